"""Take an act about a place: check its form, write its rows and the line of the ledger in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction

from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack
from evenhand.kernels.policy import Form, Reason, validate
from evenhand.records.area_row import AreaRow

ROLES = frozenset({"responder", "protection_planner"})
Choices = tuple[tuple[str, str], ...]


@dataclass
class Doing:
    """One act under way: who, when, what was answered, and the row it is about.

    number  the id of the row that the act writes: the form's own random number, so that the same sending is one act
    """

    who: Who
    now: datetime
    today: date
    number: UUID
    answers: Mapping[str, Any]
    on: AreaRow | None

    @property
    def target(self) -> Any:
        """Return the row that the act is about."""
        if self.on is None:
            raise NoSuchCase
        return self.on

    def clock(self, code: str) -> time:
        """Return a time of day that was typed; raises Invalid."""
        text = str(self.answers[code]).replace(".", ":")
        hour, _, minute = text.partition(":")
        try:
            return time(int(hour), int(minute or 0))
        except ValueError:
            raise Invalid({code: "Give a time, for example 12:30."}) from None

    def day(self, code: str) -> date:
        """Return a day that was answered."""
        return date.fromisoformat(str(self.answers[code]))

    def day_if_any(self, code: str) -> date | None:
        """Return a day that was answered, or none."""
        return self.day(code) if self.answers.get(code) else None

    def seal(self, key: UUID, *codes: str, **more: Any) -> bytes:
        """Return answers sealed under the key of a site or a response, with the reason."""
        contents = {code: self.answers[code] for code in (*codes, "reason") if code in self.answers}
        return keys.close(key, contents | more)

    def common(self, area: str | None = None) -> dict[str, Any]:
        """Return what every row has; the database writes the rest."""
        return {
            "id": self.number,
            "area_id": area or self.target.area_id,
            "written_by": self.who.practitioner_id,
            "written_at": self.now,
        }


@dataclass(frozen=True)
class Done:
    """What an act came to: the row it wrote, the row whose page shows it, and what to tell whoever acted."""

    number: UUID
    page: str
    page_id: UUID | None
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaceAct:
    """An act about a place.

    form     the pack's form
    target   the model of the row it is about; none: it begins something
    write    writes the rows; returns what it came to
    options  what can be picked where the pack cannot know it: people, areas, entries
    title    in the place of the form's own
    """

    form: str
    target: type[AreaRow] | None
    write: Callable[[Doing], Done]
    options: Callable[[Who, AreaRow | None], dict[str, Choices]] = lambda who, on: {}
    title: str = ""


def find_act(acts: Mapping[str, PlaceAct], code: str) -> tuple[PlaceAct, Form]:
    """Return an act and its form; raises NoSuchCase where this instance's policy has none."""
    act = acts.get(code)
    form = pack().forms.get(act.form) if act else None
    if act is None or form is None:
        raise NoSuchCase
    return act, form


def begin(act: PlaceAct, target_id: UUID | None, who: Who) -> AreaRow | None:
    """Return the row that an act is about, as far as whoever asks sees it; raises NoSuchCase or Refused."""
    found = None
    if act.target is not None:
        found = act.target._default_manager.filter(id=target_id).first() if target_id else None
        if found is None:
            raise NoSuchCase
    if not who.roles & ROLES:
        sentence = "A responder or a protection planner of this area does this."
        raise Refused((Reason("not_your_role", sentence, ""),))
    return found


def take(
    acts: Mapping[str, PlaceAct],
    code: str,
    target_id: UUID | None,
    answers: Mapping[str, object],
    who: Who,
    *,
    number: UUID,
) -> Done:
    """Take one act; raises NoSuchCase, Refused, or Invalid with a sentence a field, and then nothing is written."""
    act, form = find_act(acts, code)
    on = begin(act, target_id, who)
    moment, rules = now(), pack()
    today = rules.calendar.local_day(moment)
    cleaned = validate(form, answers, outcome="", lists=rules.lists, on=today)
    for field_code, choices in act.options(who, on).items():
        if field_code in cleaned and str(cleaned[field_code]) not in {value for value, _ in choices}:
            raise Invalid({field_code: "Choose one from the list."})
    doing = Doing(who, moment, today, number, cleaned, on)
    try:
        with transaction.atomic():
            done = act.write(doing)
            entry = ledger.entry(
                actor=who.practitioner_id,
                verb=code,
                case="",
                at=moment,
                ground=form.source,
                detail=f"{done.number} {cleaned.get('reason', cleaned.get('words', ''))}".strip(),
            )
            ledger.write(None, [entry])
    except DatabaseError as error:
        cause = getattr(error.__cause__, "sqlstate", "")
        if cause == "23505":  # the same form, sent twice
            raise Invalid({"": "This was recorded already. Go back to see it."}) from error
        if cause == "23514":
            raise Invalid({"": "There can be no more entries of this kind. End one first."}) from error
        if cause == "42501":
            raise NoSuchCase from error
        raise
    return done
