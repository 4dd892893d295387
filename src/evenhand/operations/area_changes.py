"""Say that an area under watch was merged into another, or split: its history goes on, and what was said of it is marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from evenhand.records.watch import AlarmEpisode, AlarmRevision, WatchArea


class CannotChange(Exception):
    """The areas cannot be merged or split like this; says why in one line."""


def merge(old: str, into: str, on: date, now: datetime, *, using: str = "admin") -> int:
    """Count one area where another is from now on, its whole history too; returns how many of its alarms are marked.

    Its alarms that go on end and stay to be read, each beside what it said before. The next look judges every day anew with
    the areas as they stand, and marks what comes out otherwise. Raises CannotChange, and then nothing is changed.
    """
    with transaction.atomic(using=using):
        gone, kept = _there(old, using), _there(into, using)
        around = dict(WatchArea.objects.using(using).values_list("code", "parent_id"))
        above: str | None = kept.code
        while above is not None:
            if above == gone.code:
                raise CannotChange(f"{into} lies inside {old}: merge it the other way round")
            above = around.get(above)
        if (gone.answers_id, gone.force_id) != (kept.answers_id, kept.force_id):
            raise CannotChange(f"{old} and {into} answer to different agencies: who sees what would change")
        gone.became, gone.until = kept, on
        gone.save(using=using, update_fields=["became", "until"])
        return _mark(gone.code, f"the area was merged into {kept.label}", on, now, using)


def split(old: str, parts: Sequence[str], on: date, now: datetime, *, using: str = "admin") -> int:
    """Divide an area into parts that are under watch already; returns how many of its alarms are marked.

    Nobody can say to which part an earlier incident belongs, so the area stays as the sum around its parts and keeps its
    history, and each part begins its own on that day. From now on incidents are recorded in the parts. Raises CannotChange.
    """
    with transaction.atomic(using=using):
        whole = _there(old, using)
        if len(set(parts)) < 2:
            raise CannotChange("name at least two parts")
        for code in parts:
            part = _there(code, using)
            if part.code == whole.code or part.parent_id not in (whole.code, whole.parent_id):
                raise CannotChange(f"{code} must lie inside {old}, or beside it")
            if (part.answers_id, part.force_id) != (whole.answers_id, whole.force_id):
                raise CannotChange(f"{code} answers to another agency than {old}")
            part.parent, part.since = whole, on
            part.save(using=using, update_fields=["parent", "since"])
        whole.until = on
        whole.save(using=using, update_fields=["until"])
        return _mark(
            whole.code, "the area was split; this is the sum of its parts", on, now, using, end=False
        )


def _there(code: str, using: str) -> WatchArea:
    row = WatchArea.objects.using(using).select_for_update(of=("self",)).filter(code=code).first()
    if row is None:
        raise CannotChange(f"there is no area {code!r} under watch")
    if row.became_id is not None:
        raise CannotChange(f"{code} was merged into {row.became_id} before")
    if row.until is not None:
        raise CannotChange(f"{code} was split before")
    return row


def _mark(code: str, why: str, on: date, now: datetime, using: str, *, end: bool = True) -> int:
    rows = AlarmEpisode.objects.using(using).filter(area_id=code, ended_on=None)
    for row in rows:
        before = {
            "began": row.began.isoformat(), "last_on": row.last_on.isoformat(), "ended_on": None,
            "window_days": row.window_days, "observed": row.observed, "expected": row.expected, "p_value": row.p_value,
            "stands": row.stands,
        }  # fmt: skip
        AlarmRevision.objects.using(using).create(episode=row, revised_at=now, why=why[:200], before=before)
        row.revised_at = now
        if end:
            row.ended_on = max(on, row.last_on)
        row.save(using=using, update_fields=["revised_at", "ended_on"])
    return len(rows)
