"""What anybody may fetch of the record: its key, tiles of its tree and its lines, which tell nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from evenhand.kernels.ledger.tiles import WIDTH, entry_bundle
from evenhand.operations.sealing.tree import hashes_at

_HIGHEST_LEVEL = 7
_MOST = 2**40


class NotPublished(Exception):
    """There is no such part, or no signed checkpoint holds it yet."""


@dataclass(frozen=True)
class LogKey:
    """A name and key under which the record was or is signed."""

    key: str
    began_at: datetime
    reason: str


def log_keys() -> list[LogKey]:
    """Return the keys under which this record was signed, the one in force first."""
    with connection.cursor() as cursor:
        cursor.execute("select key, began_at, reason from wall.log_keys()")
        return [LogKey(*row) for row in cursor.fetchall()]


def tile_bytes(level: int, number: int, width: int = WIDTH) -> bytes:
    """Return a tile's hashes, as C2SP tlog-tiles lays them out.

    raises  NotPublished
    """
    if not (0 <= level <= _HIGHEST_LEVEL and 0 <= number < _MOST and 0 < width <= WIDTH):
        raise NotPublished
    hashes = hashes_at(level, number * WIDTH, width)
    if len(hashes) != width:
        raise NotPublished
    return b"".join(hashes)


def entries_bytes(number: int, width: int = WIDTH) -> bytes:
    """Return a bundle of lines, each after its length.

    raises  NotPublished
    """
    if not (0 <= number < _MOST and 0 < width <= WIDTH):
        raise NotPublished
    with connection.cursor() as cursor:
        cursor.execute("select * from wall.log_lines(%s, %s)", [number * WIDTH, width])
        lines = [bytes(line) for (line,) in cursor.fetchall()]
    if len(lines) != width:
        raise NotPublished
    return entry_bundle(lines)
