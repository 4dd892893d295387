"""Reckon what any rota covers, proposed or changed by hand: what is covered, what is not and why, and what cannot be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evenhand.kernels.rota.asked import Crew, Need, Travel, Visit
from evenhand.kernels.rota.network import starts

NO_SHIFT = "No crew is on shift in this window."
TOO_FAR = (
    "A crew is on shift, but cannot be there for {minutes} minutes within this window and be back in time."
)
ELSEWHERE = "Every crew that could come is taken up by what it does then: {others}."
NOBODY_SENT = "A crew could still come without leaving another window."


@dataclass(frozen=True)
class Covered:
    """One window: how many visits there are of those wanted, and why not all."""

    need: Need
    visits: int
    why: str

    @property
    def minutes(self) -> int:
        """Return the crew-minutes covered."""
        return self.visits * self.need.minutes

    @property
    def gap(self) -> int:
        """Return how many visits are missing."""
        return self.need.visits - self.visits


@dataclass(frozen=True)
class Reckoning:
    """What a rota comes to: each window, crew-minutes by priority, and what about it cannot be."""

    windows: tuple[Covered, ...]
    minutes: dict[int, int]
    faults: tuple[str, ...]

    @property
    def gaps(self) -> tuple[Covered, ...]:
        """Return the windows that want more visits than there are."""
        return tuple(one for one in self.windows if one.gap)


def reckon(
    needs: Sequence[Need],
    crews: Sequence[Crew],
    visits: Sequence[Visit],
    *,
    travel: Travel | None = None,
    step: int = 15,
) -> Reckoning:
    """Return what these visits cover; a rota with faults is reckoned too, and says what is wrong with it."""
    ways = travel or Travel()
    by_need, by_crew = {n.code: n for n in needs}, {c.code: c for c in crews}
    faults = [f"There is no crew {v.crew}." for v in visits if v.crew not in by_crew]
    faults += [f"There is no window {v.need}." for v in visits if v.need not in by_need]
    known = sorted(v for v in visits if v.crew in by_crew and v.need in by_need)
    days: dict[str, list[Visit]] = defaultdict(list)
    for visit in known:
        days[visit.crew].append(visit)
    for code in sorted(days):
        faults += _faults(by_crew[code], days[code], by_need, ways)
    coming: dict[str, int] = defaultdict(int)
    for visit in dict.fromkeys(known):
        coming[visit.need] += 1
    windows = []
    for need in needs:
        sent = min(coming[need.code], need.visits)
        gap = _why(need, crews, days, by_need, ways, step) if sent < need.visits else ""
        windows.append(Covered(need, sent, gap))
    minutes: dict[int, int] = {}
    for one in sorted(windows, key=lambda one: one.need.priority):
        minutes[one.need.priority] = minutes.get(one.need.priority, 0) + one.minutes
    return Reckoning(tuple(windows), minutes, tuple(faults))


def _faults(crew: Crew, visits: list[Visit], needs: dict[str, Need], travel: Travel) -> list[str]:
    found = []
    at, place = crew.begins, crew.base
    for visit in visits:
        need = needs[visit.need]
        way = travel.minutes(place, need.site)
        if visit.begins < need.opens or visit.begins + need.minutes > need.closes:
            found.append(f"Crew {crew.code} comes to window {need.code} outside it.")
        if visit.begins < at + way:
            found.append(
                f"Crew {crew.code} cannot be at window {need.code} by then: it needs {way} minutes to come."
            )
        at, place = visit.begins + need.minutes, need.site
    if visits and at + travel.minutes(place, crew.base) > crew.ends:
        found.append(f"Crew {crew.code} is not back by the end of its shift.")
    if visits and crew.rest_minutes and not _rests(crew, visits, needs, travel):
        found.append(f"Crew {crew.code} has no {crew.rest_minutes} minutes left for its rest.")
    return found


def _rests(crew: Crew, visits: list[Visit], needs: dict[str, Need], travel: Travel) -> bool:
    """Say whether the rest fits between two visits, before the first or after the last, at either end of the way."""
    opens, closes = crew.rest_window
    at, place = crew.begins, crew.base
    stops = [(v.begins, needs[v.need].site, v.begins + needs[v.need].minutes) for v in visits]
    for begins, site, ends in [*stops, (crew.ends, crew.base, crew.ends)]:
        way = travel.minutes(place, site)
        for first, last in ((at, begins - way), (at + way, begins)):
            if min(last, closes) - max(first, opens) >= crew.rest_minutes:
                return True
        at, place = ends, site
    return False


def _why(
    need: Need,
    crews: Sequence[Crew],
    days: dict[str, list[Visit]],
    needs: dict[str, Need],
    travel: Travel,
    step: int,
) -> str:
    here = [c for c in crews if c.begins < need.closes and c.ends > need.opens]
    if not here:
        return NO_SHIFT
    able = [c for c in here if starts(need, c, travel, step)]
    if not able:
        return TOO_FAR.format(minutes=need.minutes)
    others: dict[str, None] = {}
    for crew in able:
        day = days.get(crew.code, [])
        for begins in starts(need, crew, travel, step):
            if not _faults(crew, sorted([*day, Visit(crew.code, begins, need.code)]), needs, travel):
                return NOBODY_SENT
        near = [
            v
            for v in day
            if v.begins < need.closes + 60 and v.begins + needs[v.need].minutes > need.opens - 60
        ]
        others.update(dict.fromkeys(v.need for v in near or day))
    return (
        ELSEWHERE.format(others=", ".join(sorted(others))) if others else TOO_FAR.format(minutes=need.minutes)
    )
