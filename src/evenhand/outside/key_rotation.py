"""Change the wrapping key while everybody goes on reading: a new one first in the ring, every key anew, the old one gone."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass

from evenhand.outside.keystore import KeyStore
from evenhand.outside.wrapping import KEY_BYTES, WrappingKey

AT_ONCE = 500


@dataclass(frozen=True)
class Rotated:
    """How many keys were wrapped anew, and whether this finished what was broken off before."""

    keys: int
    resumed: bool


def rotate(store: KeyStore) -> Rotated:
    """Every key is wrapped under a new wrapping key, and the one before is in no file of the store any more.

    Killed at any moment it leaves a ring that opens everything; the next call finishes before it would begin anew.
    """
    ring = store.ring
    resumed = len(ring.keys()) > 1
    if not resumed:
        with store.writing():
            ring.replace([WrappingKey(os.urandom(KEY_BYTES)), *ring.keys()])
    done = 0
    while True:
        with store.writing() as connection:
            changed = _some(store, connection)
        done += changed
        if changed:
            continue
        # Alone with the file: nobody can put in a key under an old one between this look and the end of the old ones.
        with store.writing() as connection:
            if not _left(store, connection, 1):
                ring.replace(ring.keys()[:1])
                break
    with store.at_work() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Rotated(done, resumed)


def _left(store: KeyStore, connection: sqlite3.Connection, most: int) -> list[tuple[bytes, bytes, bytes]]:
    return connection.execute(
        "SELECT id, wrapped, under FROM key WHERE under <> ? LIMIT ?", (store.ring.keys()[0].mark, most)
    ).fetchall()


def _some(store: KeyStore, connection: sqlite3.Connection) -> int:
    now = store.ring.keys()[0]
    rows = _left(store, connection, AT_ONCE)
    connection.executemany(
        "UPDATE key SET wrapped = ?, under = ? WHERE id = ?",
        [(now.wrap(store.unwrapped(wrapped, under)), now.mark, number) for number, wrapped, under in rows],
    )
    return len(rows)
