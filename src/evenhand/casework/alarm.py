"""Alarm: danger now, one line from anywhere; it reaches every duty officer but whoever it names, whatever else is going on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import DOOR, Who, practitioner_names
from evenhand.gate.policy import packs
from evenhand.records.duty import Alarm, Duty

MOST = 1000
MOST_ANSWERED = 50
UNREADABLE = "What was said cannot be read: its key is not here"


@dataclass(frozen=True)
class Named:
    """A colleague whom a call may mean, and who does not hear it until a handler has said."""

    id: UUID
    name: str
    relation: bool


@dataclass(frozen=True)
class Ringing:
    """An alarm as a duty officer sees it; a handler also sees whom it may mean."""

    id: UUID
    made_at: datetime
    made_by: str
    text: str
    where: str
    taken_by: str
    taken_at: datetime | None
    done_at: datetime | None
    done: str
    named: tuple[Named, ...] = ()


def hearers() -> frozenset[str]:
    """Return the roles that may hear of danger: duty officers, and the handlers for whomever a call names."""
    handlers = {
        journey.handler[0]
        for pack in packs().values()
        for journey in pack.journeys.values()
        if journey.handler and not pack.roles[journey.handler[0]].apart
    }
    return frozenset({"duty_officer"} | handlers)


def ring(text: str, where: str, who: Who, *, now: datetime, names: Sequence[str] = ()) -> UUID:
    """Ring every duty officer whom the call does not name; it is on disk when this returns.

    names  who works here and is part of it, as the caller wrote it: a family name is enough

    Where it names somebody, the independent handlers hear it too. 999 comes first, and the page says so.
    """
    if not text.strip():
        raise Invalid({"what": "Say in one line what is happening."})
    number = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.name_in_call(%s, %s, %s)", [number, text.strip()[:MOST], [n[:200] for n in names]]
        )
    keys.make_key(keys.HOUSE_KEY)
    contents = {"text": text.strip()[:MOST], "where": where.strip()[:200]}
    known = who.practitioner_id != DOOR
    Alarm.objects.bulk_create(
        [
            Alarm(
                id=number,
                made_at=now,
                made_by=who.practitioner_id if known else None,
                sealed=keys.close(keys.HOUSE_KEY, contents),
            )
        ]
    )
    Duty.objects.bulk_create(
        [Duty(kind="alarm", contents={"alarm": str(number)}, once=f"alarm:{number}", due_at=now)]
    )
    at = now if known else now.replace(hour=0, minute=0, second=0, microsecond=0)
    ledger.write(
        None, [ledger.entry(actor=who.practitioner_id, verb="alarm", case="", at=at, detail=str(number))]
    )
    return number


def ringing(*, handles: bool = False) -> list[Ringing]:
    """Return the alarms for a duty officer: every one that rings, and the last that were answered.

    handles  also say whom each may mean, for an independent handler
    """
    # However many ring: a call that was made before fifty others waits like them, and must be seen.
    rows = list(Alarm.objects.filter(done_at=None).order_by("-made_at"))
    rows += Alarm.objects.exclude(done_at=None).order_by("-made_at")[:MOST_ANSWERED]
    ids = {number for row in rows for number in (row.made_by, row.taken_by) if number}
    names = practitioner_names(list(ids))
    shown = []
    for row in rows:
        contents = keys.open_(keys.HOUSE_KEY, row.sealed)
        shown.append(
            Ringing(
                id=row.id,
                made_at=row.made_at,
                made_by=names.get(row.made_by, "") if row.made_by else "Somebody without an account",
                text=contents.get("text") or UNREADABLE,
                where=contents.get("where", ""),
                taken_by=names.get(row.taken_by, "") if row.taken_by else "",
                taken_at=row.taken_at,
                done_at=row.done_at,
                done=keys.open_(keys.HOUSE_KEY, row.sealed_done).get("done", "") if row.sealed_done else "",
                named=_named(row.id) if handles else (),
            )
        )
    return shown


def _named(number: UUID) -> tuple[Named, ...]:
    with connection.cursor() as cursor:
        cursor.execute("select practitioner_id, ground from wall.named_in_call(%s)", [number])
        rows = cursor.fetchall()
    names = practitioner_names([row[0] for row in rows])
    return tuple(Named(whom, names.get(whom, ""), ground != "unclear") for whom, ground in rows)


def say(number: UUID, whom: UUID, who: Who, *, meant: bool, now: datetime) -> None:
    """A handler says of one colleague whether a call is about them: it stays closed to them, or they hear it now."""
    with connection.cursor() as cursor:
        cursor.execute("select wall.say_of_call(%s, %s, %s)", [number, whom, meant])
        if not cursor.fetchone()[0]:
            raise NoSuchCase
    if not meant:
        once, told = f"alarm:{number}:{whom}", {"alarm": str(number)}
        Duty.objects.bulk_create([Duty(kind="alarm", contents=told, once=once, due_at=now)])
    verb = "keep_out_of_alarm" if meant else "let_in_to_alarm"
    line = ledger.entry(actor=who.practitioner_id, verb=verb, case="", at=now, detail=f"{number} {whom}")
    ledger.write(None, [line])


def take(number: UUID, who: Who, *, now: datetime) -> None:
    """Say that one duty officer has it; the first one does."""
    row = Alarm.objects.select_for_update().filter(id=number).first()
    if row is None:
        raise NoSuchCase
    if row.taken_by is None:
        row.taken_by, row.taken_at = who.practitioner_id, now
        row.save(update_fields=["taken_by", "taken_at"])
        ledger.write(
            None,
            [ledger.entry(actor=who.practitioner_id, verb="take_alarm", case="", at=now, detail=str(number))],
        )


def write_up(number: UUID, done: str, who: Who, *, now: datetime) -> None:
    """Write down what was done, within the policy's hours; once, so that nothing is written over. Raises Invalid."""
    row = Alarm.objects.select_for_update().filter(id=number).first()
    if row is None:
        raise NoSuchCase
    if row.done_at is not None:
        raise Invalid({"done": "What was done is written down already. It stands under “Answered before”."})
    if not done.strip():
        raise Invalid({"done": "Say what was done."})
    row.done_at = now
    row.sealed_done = keys.close(
        keys.HOUSE_KEY, {"done": done.strip()[:4000], "by": str(who.practitioner_id)}
    )
    row.save(update_fields=["done_at", "sealed_done"])
    ledger.write(
        None,
        [ledger.entry(actor=who.practitioner_id, verb="write_up_alarm", case="", at=now, detail=str(number))],
    )
