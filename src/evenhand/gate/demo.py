"""The demo's clock: a synthetic past is made through the gate; an instance outside demo mode has no such clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, connections

_TICKS = itertools.count(1)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the record believe that it is `moment`, in this transaction; the database heeds it in a demo alone."""
    # Two acts at the same synthetic moment still come one after the other.
    moment += timedelta(microseconds=next(_TICKS))
    with connection.cursor() as cursor:
        cursor.execute("select set_config('wall.demo_now', %s, true)", [moment.isoformat()])
    yield
    with connection.cursor() as cursor:
        cursor.execute("select set_config('wall.demo_now', '', true)")


@contextmanager
def as_worker() -> Iterator[None]:
    """Let an operator's process act through the worker's database role for a while."""
    held = connections["default"]
    connections["default"] = connections["worker"]
    try:
        yield
    finally:
        connections["default"] = held
