"""Break glass: open what one could not, in an emergency, for an hour; somebody else looks at it within a working day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from evenhand.casework.looks import KINDS
from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import Who, now, practitioner_names
from evenhand.gate.policy import pack, protectors
from evenhand.kernels.policy import Reason, due_at
from evenhand.records.break_glass import BreakGlass

ROLE = "duty_officer"
CLOCK = "break_glass_review"
LEAST_WORDS, MOST_WORDS = 20, 4000
IN_ORDER, NOT_IN_ORDER = "in_order", "not_in_order"


@dataclass(frozen=True)
class Opening:
    """An emergency opening as its reviewer sees it: no word of what is in the case."""

    id: UUID
    reference: str
    by: str
    opened_at: datetime
    until: datetime
    review_due_at: datetime
    reason: str
    result: str
    done: tuple[str, ...]


def break_glass(reference: str, reason: str, who: Who) -> UUID:
    """Open a case for an hour; its owner and the data protection officers are told at once.

    raises  Refused for whoever is no duty officer; Invalid without a reason; NoSuchCase where there is no such case, or
            it is closed to whoever asks for good: the two are one answer, and both tries leave a trace
    """
    if ROLE not in who.roles:
        raise Refused((Reason("not_your_role", "A duty officer opens a case in an emergency.", ""),))
    said = reason.strip()[:MOST_WORDS]
    if len(said) < LEAST_WORDS:
        raise Invalid({"reason": "Say in a sentence what the emergency is and why you need this case."})
    moment = now()
    keys.make_key(keys.HOUSE_KEY)
    asked = reference.upper().replace(" ", "").replace("-", "")[:16]
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.break_glass(%s, %s, %s)",
            [f"{asked[:4]}-{asked[4:]}", keys.close(keys.HOUSE_KEY, {"reason": said}), _review_by(moment)],
        )
        found: UUID | None = cursor.fetchone()[0]
    line = ledger.entry(
        actor=who.practitioner_id, verb="break_glass", case="", at=moment, ground="emergency", detail=asked
    )
    ledger.write(None, [line])
    if found is None:
        raise NoSuchCase
    return found


def _review_by(moment: datetime) -> datetime:
    rules = pack()
    clock = rules.clocks.get(CLOCK)
    if clock is None:
        return moment + timedelta(days=1)
    value = clock.values_on(rules.calendar.local_day(moment))[0]
    return due_at(value.value, value.unit, moment, rules.calendar, (), moment)


def to_review(who: Who) -> list[Opening]:
    """Return the emergency openings that wait for whoever asks, the soonest due first."""
    if not who.roles & protectors():
        return []
    rows = (
        BreakGlass.objects.exclude(result=IN_ORDER)
        .exclude(practitioner_id=who.practitioner_id)
        .select_related("practitioner")
        .order_by("review_due_at")
    )
    return [_opening(row) for row in rows[:100]]


def opening(number: UUID, who: Who) -> Opening:
    """Return one emergency opening for its reviewer, with what was done in it; raises NoSuchCase."""
    row = BreakGlass.objects.filter(id=number).select_related("practitioner").first()
    if row is None or not who.roles & protectors() or row.practitioner_id == who.practitioner_id:
        raise NoSuchCase
    with connection.cursor() as cursor:
        cursor.execute("select kind, what, times from wall.done_in_glass(%s)", [number])
        done = [
            f"{KINDS.get(what, what) if kind == 'look' else _step(what)}"
            + (f" ({times} times)" if times > 1 else "")
            for kind, what, times in cursor.fetchall()
        ]
    return _opening(row, tuple(done))


def _step(code: str) -> str:
    steps = {c: s.label for j in pack().journeys.values() for c, s in j.steps.items()}
    return f"took the step “{steps.get(code, code)}”"


def review(number: UUID, verdict: str, words: str, who: Who) -> None:
    """Say whether an emergency opening was in order; raises NoSuchCase, Invalid."""
    if verdict not in {IN_ORDER, NOT_IN_ORDER}:
        raise Invalid({"verdict": "Say whether it was in order."})
    if not words.strip():
        raise Invalid({"words": "Say what you looked at and why you think so."})
    row = opening(number, who)
    with connection.cursor() as cursor:
        sealed = keys.close(keys.HOUSE_KEY, {"words": words.strip()[:MOST_WORDS]})
        cursor.execute("select wall.review_glass(%s, %s, %s)", [number, verdict, sealed])
        if not cursor.fetchone()[0]:
            raise NoSuchCase
    line = ledger.entry(
        actor=who.practitioner_id, verb="review_glass", case=row.reference, at=now(), detail=verdict
    )
    ledger.write(None, [line])


@dataclass(frozen=True)
class Hold:
    """Why an account is held."""

    reference: str
    opened_at: datetime
    review_due_at: datetime
    result: str


def holds() -> list[Hold]:
    """Return why the account of whoever asks is held; nothing for an account that is not."""
    with connection.cursor() as cursor:
        cursor.execute("select reference, opened_at, review_due_at, result from wall.held()")
        return [Hold(*row) for row in cursor.fetchall()]


def _opening(row: BreakGlass, done: tuple[str, ...] = ()) -> Opening:
    with connection.cursor() as cursor:
        cursor.execute("select wall.reference_of_glass(%s)", [row.id])
        reference = str(cursor.fetchone()[0] or "")
    names = practitioner_names([row.practitioner_id])
    return Opening(
        id=row.id,
        reference=reference,
        by=names.get(row.practitioner_id, ""),
        opened_at=row.recorded_at,
        until=row.until,
        review_due_at=row.review_due_at,
        reason=str(keys.open_(keys.HOUSE_KEY, row.sealed).get("reason", "")),
        result=row.result,
        done=done,
    )
