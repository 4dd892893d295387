"""Say that an area under watch was merged into another, or split: its history goes on, and what was said of it is marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction

from evenhand.gate.entry import Who
from evenhand.operations.partnership import put_on_record
from evenhand.records.watch import WatchArea

COORDINATOR = "hate_crime_coordinator"
LONGEST_REASON = 500


class CannotChange(Exception):
    """The areas cannot be merged or split like this; says why in one line."""


def merge(who: Who, old: str, into: str, *, on: date, reason: str, now: datetime) -> int:
    """Count one area where another is from now on, its whole history too; returns how many of its alarms are marked.

    Its alarms that go on end and stay to be read, each beside what it said before. The next look judges every day anew with
    the areas as they stand, and marks what comes out otherwise. It stands in the ledger, in the same transaction, who said so
    and why. Raises CannotChange, and then nothing is changed.
    """
    why = _reason(reason)
    with transaction.atomic():
        gone, kept = _there(who, old), _there(who, into)
        around = dict(WatchArea.objects.values_list("code", "parent_id"))
        above: str | None = kept.code
        while above is not None:
            if above == gone.code:
                raise CannotChange(f"{into} lies inside {old}: merge it the other way round")
            above = around.get(above)
        if (gone.answers_id, gone.force_id) != (kept.answers_id, kept.force_id):
            raise CannotChange(f"{old} and {into} answer to different agencies: who sees what would change")
        gone.became, gone.until = kept, on
        gone.save(update_fields=["became", "until"])
        put_on_record(who, "merge_area", now, f"{old} into {into} from {on}: {why}")
        return _mark(gone.code, f"the area was merged into {kept.label}")


def split(who: Who, old: str, parts: Sequence[str], *, on: date, reason: str, now: datetime) -> int:
    """Divide an area into parts that are under watch already; returns how many of its alarms are marked.

    Nobody can say to which part an earlier incident belongs, so the area stays as the sum around its parts and keeps its
    history, and each part begins its own on that day. From now on incidents are recorded in the parts. It stands in the
    ledger, as a merger does. Raises CannotChange.
    """
    why = _reason(reason)
    with transaction.atomic():
        whole = _there(who, old)
        if len(set(parts)) < 2:
            raise CannotChange("name at least two parts")
        for code in parts:
            part = _there(who, code)
            if part.code == whole.code or part.parent_id not in (whole.code, whole.parent_id):
                raise CannotChange(f"{code} must lie inside {old}, or beside it")
            if (part.answers_id, part.force_id) != (whole.answers_id, whole.force_id):
                raise CannotChange(f"{code} answers to another agency than {old}")
            part.parent, part.since = whole, on
            part.save(update_fields=["parent", "since"])
        whole.until = on
        whole.save(update_fields=["until"])
        put_on_record(who, "split_area", now, f"{old} into {', '.join(parts)} from {on}: {why}")
        return _mark(whole.code, "the area was split; this is the sum of its parts")


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    if not plain or len(plain) > LONGEST_REASON:
        raise CannotChange(f"say why, in {LONGEST_REASON} characters or fewer")
    return plain


def _there(who: Who, code: str) -> WatchArea:
    row = WatchArea.objects.filter(code=code).first()
    if row is None:
        raise CannotChange(f"there is no area {code!r} under watch")
    if not (who.is_administrator or (COORDINATOR, row.answers_id or row.force_id) in who.holdings):
        raise CannotChange(
            f"{code} is changed by an administrator, or by the coordinator of whoever answers for it"
        )
    row = WatchArea.objects.select_for_update(of=("self",)).get(code=code)
    if row.became_id is not None:
        raise CannotChange(f"{code} was merged into {row.became_id} before")
    if row.until is not None:
        raise CannotChange(f"{code} was split before")
    return row


def _mark(code: str, why: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select wall.area_changed(%s, %s)", [code, why])
        return int(cursor.fetchone()[0])
