"""Say how the house is doing, for /healthz and /readyz: no figure about cases, no word about why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.db import DatabaseError, InterfaceError, connection

from evenhand.gate import keys
from evenhand.operations.sealing.alarms import record_word
from evenhand.records.wall import again

LATE_SECONDS = 60


@dataclass(frozen=True)
class Health:
    """`database` is ok or away; `worker` is ok, late or unknown; `keys` are ok, away, lost or unknown; `record` is the
    state of its sealing in one word."""

    database: str
    worker: str
    keys: str
    record: str = "unknown"

    @property
    def well(self) -> bool:
        return self.database == "ok" and self.keys == "ok"


def state() -> Health:
    """Ask the database, look at the worker's heartbeat and at the key store."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select extract(epoch from clock_timestamp() - wall.health())")
            age = cursor.fetchone()[0]
    except (DatabaseError, InterfaceError):
        connection.close()
        return Health("away", "unknown", "unknown")
    if age is None:
        return Health("ok", "unknown", keys.condition(), record_word())
    return Health("ok", "ok" if age < LATE_SECONDS else "late", keys.condition(), record_word())


@cache
def _this_version() -> str:
    return again.expected()


# What this process was found ready for.
_READY_FOR: set[str] = set()


def ready() -> str:
    """Say what this process still waits for before people are sent to it: `database`, `migrate`, or nothing.

    A process that was ready once stays so while the database answers: during an upgrade the version before
    goes on working over the new one's wall until it is taken away.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("select wall.fingerprint()")
            found = cursor.fetchone()[0]
    except InterfaceError:
        connection.close()
        return "database"
    except DatabaseError as error:
        connection.close()
        # A database without any wall answers, and is not fit to be worked with either.
        return "migrate" if getattr(error.__cause__, "sqlstate", "") in {"3F000", "42883"} else "database"
    if found == _this_version():
        _READY_FOR.add(found)
    return "" if _READY_FOR else "migrate"
