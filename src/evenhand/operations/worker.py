"""The worker: does duties as they fall due, looks round from time to time, and says that it is alive."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event
from time import monotonic

from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from evenhand.casework.searched import forget_words
from evenhand.gate import keys
from evenhand.gate.entry import DatabaseAway, StoreAway, enter_house, now
from evenhand.operations import retention
from evenhand.operations.backup.noting import say_when_old
from evenhand.operations.consent import end_lapsed
from evenhand.operations.duties import do_one, forget_drafts, lapse, relations_since, sweep
from evenhand.operations.names import fill_in
from evenhand.operations.own_keys import take_from_lost_holders
from evenhand.operations.releases import end_sealed, start_building
from evenhand.operations.restrictions import end_restrictions
from evenhand.operations.rights import remind
from evenhand.operations.sealing import seal_round
from evenhand.operations.supervise import Child, evenhand
from evenhand.oversight.counts import refresh
from evenhand.oversight.watch import goes_on, watch
from evenhand.oversight.watch.policy import NotWatched

log = logging.getLogger("evenhand.worker")
IDLE_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
AWAY_SECONDS = 2.0
AT_ONCE = 200

Job = Callable[[], object]
_LOOKING: list[Child] = []


def count() -> None:
    """Count anew what everybody may see, through the one role that may read raw cells."""
    with enter_house():
        moment = now()
    refresh(moment)


def look_after_keys() -> None:
    """The database knows its key store from the first minute on; one that is lost or another's is said aloud."""
    if keys.condition() == "ok":
        with connection.cursor() as cursor:
            cursor.execute("select wall.keystore_is(%s)", [keys.store().identity()])
    else:
        log.error(
            "the keys are not there: nothing sealed can be read; put back a copy with `evenhand keys restore`"
        )


def look_at_backups() -> None:
    """Say aloud that a backup or a drill is due."""
    say_when_old(os.environ, now=datetime.now(UTC))


def look() -> None:
    """Let the watch look at the counts of incidents; a pack that watches none is left alone."""
    if _LOOKING and _LOOKING[0].code() is None:
        return
    _LOOKING.clear()
    with enter_house():
        moment = now()
    try:
        if goes_on(moment):
            watch(moment)
        else:
            # Judging from the first day may take minutes; duties and the sealing of the record do not wait for it.
            _LOOKING.append(Child(evenhand("watch", "run")))
    except NotWatched:
        return


# What is done again and again, with the seconds between.
ROUNDS: Sequence[tuple[float, Job]] = (
    (60.0, look_after_keys),
    (3600.0, look_at_backups),
    (1.0, seal_round),
    (60.0, lapse),
    (3600.0, end_lapsed),
    (60.0, remind),
    (60.0, take_from_lost_holders),
    (60.0, sweep),
    (300.0, count),
    (3600.0, forget_drafts),
    (60.0, relations_since),
    (86400.0, forget_words),
    (600.0, fill_in),
    (3600.0, end_restrictions),
    (3600.0, retention.review),
    (600.0, retention.carry_out),
    (3600.0, retention.chase),
    (3600.0, retention.forget_old),
    (300.0, look),
    (5.0, start_building),
    (3600.0, end_sealed),
)


def run(stop: Event, *, rounds: Sequence[tuple[float, Job]] = ROUNDS) -> None:
    """Work until `stop` is set; a database that is away is waited for, and nothing owed is lost."""
    beat = -HEARTBEAT_SECONDS
    last = [-seconds for seconds, _ in rounds]
    while not stop.is_set():
        try:
            if monotonic() - beat >= HEARTBEAT_SECONDS:
                alive()
                beat = monotonic()
            for number, (seconds, job) in enumerate(rounds):
                if monotonic() - last[number] >= seconds:
                    last[number] = monotonic()
                    _go_round(job)
            busy = work(stop)
        except (DatabaseAway, DatabaseError, InterfaceError):
            log.warning("the database does not answer; waiting")
            connections.close_all()
            stop.wait(AWAY_SECONDS)
            continue
        if not busy:
            stop.wait(IDLE_SECONDS)


def _go_round(job: Job) -> None:
    """Do one job; one that fails is said and comes again in its time, and stops neither the others nor what is owed.

    raises  what says that the database is away: nothing else could be done then either
    """
    try:
        job()
    except StoreAway as trouble:
        log.error("the round %s could not be made: %s", _name(job), type(trouble).__name__)
    except (DatabaseAway, OperationalError, InterfaceError):
        raise
    except Exception as trouble:  # its words may hold what somebody typed: its kind alone is said
        log.error("the round %s failed: %s", _name(job), type(trouble).__name__)


def _name(job: Job) -> str:
    return str(getattr(job, "__name__", "without a name"))


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
