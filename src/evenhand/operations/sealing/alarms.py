"""Say that something is wrong with the sealing of the record, and what to do, for as long as it is."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from evenhand.gate.entry import enter_house, now
from evenhand.operations.record_advice import WHAT_TO_DO
from evenhand.operations.sealing.publish import published
from evenhand.records.duty import Duty

log = logging.getLogger("evenhand.sealing")
KINDS = ("inconsistent", "unsigned", "unwitnessed")
MISSED = 3
GRACE_SECONDS = 60.0


@dataclass(frozen=True)
class RecordState:
    """How the sealing of the record does: `word` is ok, late, unsigned, inconsistent, unwitnessed or unknown."""

    word: str
    said: str = ""
    to_do: str = ""
    since: datetime | None = None


def record_state() -> RecordState:
    """Ask the database; any role may, and learns nothing about cases."""
    with connection.cursor() as cursor:
        cursor.execute("select kind, said, since from wall.log_alarms()")
        alarms = {kind: (said, since) for kind, said, since in cursor.fetchall()}
    last = published()
    for kind in ("inconsistent", "unsigned"):
        if kind in alarms:
            return RecordState(kind, alarms[kind][0], WHAT_TO_DO[kind], alarms[kind][1])
    if last is None:
        return RecordState("unsigned", "No checkpoint was signed yet.", WHAT_TO_DO["unsigned"])
    every = float(settings.CHECKPOINT_SECONDS)
    # A clock that was set back makes the last checkpoint one of the future.
    if not -every <= last.age_seconds <= MISSED * every + GRACE_SECONDS:
        minutes = int(abs(last.age_seconds) // 60)
        said = f"The last checkpoint was signed {minutes} minutes ago; one is due every {every:g} seconds."
        if last.age_seconds < 0:
            said = f"The last checkpoint is {minutes} minutes ahead of the clock: the clock was set back."
        return RecordState("late", said, WHAT_TO_DO["late"], last.signed_at)
    if "unwitnessed" in alarms:
        said, since = alarms["unwitnessed"]
        return RecordState("unwitnessed", said, WHAT_TO_DO["unwitnessed"], since)
    return RecordState("ok")


def record_word() -> str:
    """Return the state's one word, for /healthz and for banners; unknown when it cannot be asked."""
    try:
        return record_state().word
    except (DatabaseError, InterfaceError):
        return "unknown"


def raise_alarm(kind: str, said: str) -> None:
    """Have an alarm on; the first time, administrators get a message."""
    with enter_house():
        with connection.cursor() as cursor:
            cursor.execute("select wall.raise_alarm(%s, %s)", [kind, said])
            new = cursor.fetchone()[0]
        if not new:
            return
        log.error("the record is %s: %s", kind, said)
        at = now()
        Duty.objects.bulk_create(
            [
                Duty(
                    kind="notify",
                    contents={
                        "to": [["administrator", ""]],
                        "label": f"The record is {kind}. See Administration, The record.",
                    },
                    once=f"record:{kind}:{at.isoformat()}",
                    due_at=at,
                )
            ],
            ignore_conflicts=True,
        )


def lower_alarm(kind: str) -> None:
    """Have an alarm off."""
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select wall.lower_alarm(%s)", [kind])
        if cursor.fetchone()[0]:
            log.warning("the record is no longer %s", kind)
