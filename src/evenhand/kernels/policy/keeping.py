"""Say on which days it is to be decided whether a case that has ended is kept any longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evenhand.kernels.policy.pack import Pack

ENDED, BIRTHDAY = "ended", "eighteenth_birthday"
ADULT_YEARS = 18


@dataclass(frozen=True)
class Group:
    """One rule of keeping: which cases, from which event, after how many years a day to decide comes."""

    code: str
    label: str
    default: str
    basis: str
    source: str
    counts_from: str = ENDED
    years: int = 0
    every_years: int = 0
    until_age: int = 0
    regime: str = ""
    journeys: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()


@dataclass(frozen=True)
class Erasing:
    """How erasure goes: whether somebody looks again, for how many days it can be stopped, how answers are chased."""

    second_look: bool = True
    undo_days: int = 7
    message_days: int = 0
    answer_within_days: int = 28
    chase_every_days: int = 14


@dataclass(frozen=True)
class Kept:
    """What the rules of keeping need of a case that has ended; `born` may be a year or a month only."""

    journey: str
    place: str
    ended_on: date
    opened_on: date
    reached: str = ""
    born: str = ""
    events: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class Review:
    """A day to decide, and the rule that brings it."""

    on: date
    group: Group


def keeping_groups(pack: Pack) -> tuple[Group, ...]:
    """Return a pack's rules of keeping, in the order of its file."""
    return tuple(_group(entry) for entry in _entries(pack, "group"))


def erasing_of(pack: Pack) -> Erasing:
    """Return how erasure goes in a pack; what it does not say is as careful as it gets."""
    found = next(iter(_entries(pack, "erasing")), {})
    names = Erasing.__dataclass_fields__
    return Erasing(**{name: value for name, value in found.items() if name in names})


def own_clocks(pack: Pack) -> dict[str, int]:
    """Return the days after which rows of a table go by themselves, by table."""
    return {
        table: int(entry["keep_days"])
        for entry in _entries(pack, "record")
        if entry.get("how") == "own_clock" and "keep_days" in entry
        for table in _tables(entry)
    }


def review_days(pack: Pack) -> dict[str, int]:
    """Return the days after its end on which a person decides about a row of a table with a rule of its own, by table."""
    return {
        table: int(entry["keep_days"])
        for entry in _entries(pack, "record")
        if entry.get("how") == "own_rule" and "keep_days" in entry
        for table in _tables(entry)
    }


def how_kept(pack: Pack) -> dict[str, str]:
    """Return how each table is kept, by table."""
    return {
        table: str(entry.get("how", "")) for entry in _entries(pack, "record") for table in _tables(entry)
    }


def carried_out_by(pack: Pack) -> dict[str, str]:
    """Return, for each table with a rule of its own, what in the program carries it out, as MODULE:NAME."""
    return {
        table: str(entry.get("done_by", ""))
        for entry in _entries(pack, "record")
        if entry.get("how") == "own_rule"
        for table in _tables(entry)
    }


def _tables(entry: Mapping[str, Any]) -> list[str]:
    """Return the tables that one entry speaks of: those it lists, or the one it is named after."""
    return [str(table) for table in entry.get("tables", ())] or [str(entry["code"])]


def keeping_reviews(groups: Sequence[Group], kept: Kept) -> tuple[Review, ...]:
    """Return every day on which a rule asks for a decision about this case, the soonest first.

    A case that no rule with places names falls under the rules without places, so that none is kept for ever.
    """
    fitting = [group for group in groups if group.places and _fits(group, kept)]
    plain = [group for group in fitting if group.counts_from != BIRTHDAY]
    if not plain:
        fitting += [group for group in groups if not group.places and _fits(group, kept)]
    found = [Review(day, group) for group in fitting for day in _days(group, kept)]
    return tuple(sorted(found, key=lambda review: (review.on, review.group.code)))


def next_review(
    groups: Sequence[Group], kept: Kept, *, decided_on: date | None, keep_until: date | None
) -> Review | None:
    """Return the next day to decide: the soonest of what the rules ask and what was last decided.

    decided_on, keep_until  the day of the last decision to keep, and the day that it names; None when there was none
    returns  None only when no rule has another day and nobody named one
    """
    ahead = [
        review for review in keeping_reviews(groups, kept) if decided_on is None or review.on > decided_on
    ]
    if keep_until is not None:
        group = ahead[0].group if ahead else Group("decided", "As decided last time", "decide", "local", "")
        ahead.append(Review(keep_until, group))
    return min(ahead, key=lambda review: review.on, default=None)


def _fits(group: Group, kept: Kept) -> bool:
    return (
        (not group.journeys or kept.journey in group.journeys)
        and (not group.places or kept.place in group.places)
        and (not group.reached or kept.reached in group.reached)
    )


def _days(group: Group, kept: Kept) -> list[date]:
    if group.counts_from == BIRTHDAY:
        day = birthday(kept.born, ADULT_YEARS)
        # Only somebody who was a child when the case began is looked at again for having grown up.
        if day is None or day <= kept.opened_on:
            return []
        return [max(_later(day, group.years), kept.ended_on)]
    start = kept.events.get(group.counts_from, kept.ended_on)
    if not group.every_years:
        return [_later(start, group.years)]
    last = birthday(kept.born, group.until_age) if group.until_age else None
    days = [_later(start, group.every_years * n) for n in range(1, 11)]
    return [day for day in days if last is None or day < last] + ([max(last, start)] if last else [])


def birthday(born: str, age: int) -> date | None:
    """Return the first day on which somebody can have reached an age; a month or a year alone counts from its start."""
    parts = [int(part) for part in born.split("-")] if born else []
    if not parts:
        return None
    year, month, day = parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1
    return _later(date(year, month, 1).replace(day=day), age)


def _later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, month=3, day=1)


def _group(entry: Mapping[str, Any]) -> Group:
    return Group(
        code=str(entry["code"]),
        label=str(entry.get("label", entry["code"])),
        default=str(entry.get("default", "decide")),
        basis=str(entry["basis"]),
        source=str(entry["source"]),
        counts_from=str(entry.get("counts_from", ENDED)),
        years=int(entry.get("review_after_years", 0)),
        every_years=int(entry.get("review_every_years", 0)),
        until_age=int(entry.get("until_age", 0)),
        regime=str(entry.get("regime", "")),
        journeys=tuple(entry.get("journeys", ())),
        places=tuple(entry.get("places", ())),
        reached=tuple(entry.get("reached", ())),
    )


def _entries(pack: Pack, section: str) -> list[Mapping[str, Any]]:
    found = pack.retention.get(section, [])
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
