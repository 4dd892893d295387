"""The worker: does duties as they fall due, looks round from time to time, and says that it is alive."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event
from time import monotonic

from django.db import DatabaseError, InterfaceError, connection, connections

from evenhand.gate.entry import DatabaseAway
from evenhand.operations.duties import do_one, sweep

log = logging.getLogger("evenhand.worker")
IDLE_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
ROUND_SECONDS = 60.0
AWAY_SECONDS = 2.0
AT_ONCE = 200

Job = Callable[[], object]


def run(stop: Event, *, rounds: Sequence[Job] = ()) -> None:
    """Work until `stop` is set; a database that is away is waited for, and nothing owed is lost.

    rounds  further jobs, done once a minute (counting, say)
    """
    beat = look = -ROUND_SECONDS
    while not stop.is_set():
        try:
            if monotonic() - beat >= HEARTBEAT_SECONDS:
                alive()
                beat = monotonic()
            if monotonic() - look >= ROUND_SECONDS:
                for job in (sweep, *rounds):
                    job()
                look = monotonic()
            busy = work(stop)
        except (DatabaseAway, DatabaseError, InterfaceError):
            log.warning("the database does not answer; waiting")
            connections.close_all()
            stop.wait(AWAY_SECONDS)
            continue
        if not busy:
            stop.wait(IDLE_SECONDS)


def work(stop: Event | None = None) -> bool:
    """Do duties until none is due, or a good number is done; returns whether there was one."""
    done = False
    for _ in range(AT_ONCE):
        if (stop is not None and stop.is_set()) or not do_one():
            break
        done = True
    return done


def alive() -> None:
    """Write the heartbeat that /healthz reads."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into heartbeat (name, at) values ('worker', now()) on conflict (name) do update set at = now()"
        )
