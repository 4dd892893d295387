"""Say how the house is doing, for /healthz: no figure about cases, no word about why."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, connection

LATE_SECONDS = 60


@dataclass(frozen=True)
class Health:
    """`database` is ok or away; `worker` is ok, late or unknown."""

    database: str
    worker: str

    @property
    def well(self) -> bool:
        return self.database == "ok"


def state() -> Health:
    """Ask the database and look at the worker's heartbeat."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select extract(epoch from clock_timestamp() - wall.health())")
            age = cursor.fetchone()[0]
    except (DatabaseError, InterfaceError):
        connection.close()
        return Health("away", "unknown")
    if age is None:
        return Health("ok", "unknown")
    return Health("ok", "ok" if age < LATE_SECONDS else "late")
