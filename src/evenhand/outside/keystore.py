"""The key store: one key a case, wrapped, in a file of its own outside the database and its backups."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from evenhand.outside.wrapping import KEY_BYTES, InTheFile, KeysAway, Ring, WrappingKey

__all__ = ["KEY_BYTES", "KeyGone", "KeyStore", "KeysAway"]

REMEMBERED = 4096
TABLES = (
    "CREATE TABLE IF NOT EXISTS key (id BLOB PRIMARY KEY, wrapped BLOB NOT NULL, under BLOB NOT NULL) WITHOUT ROWID",
    # Keys that were destroyed: an older copy of the store does not bring them back.
    "CREATE TABLE IF NOT EXISTS destroyed (id BLOB PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS store (one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL)",
)


class KeyGone(Exception):
    """There is no key for this case: it was never made, or it was destroyed and the contents with it."""


class KeyStore:
    """Keys by case, each wrapped under the instance's wrapping key; destroying a key destroys what it sealed."""

    def __init__(self, folder: Path, ring: Ring | bytes) -> None:
        self._path = folder / "keys.sqlite3"
        # Says that there have been keys here, so that a lost file is noticed and not begun anew.
        self._made = folder / "keys.made"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._ring = ring if isinstance(ring, Ring) else _fixed(ring)
        self._own = threading.local()
        self._recent: OrderedDict[UUID, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def _connection(self) -> sqlite3.Connection:
        held: sqlite3.Connection | None = getattr(self._own, "connection", None)
        there = self._path.exists()
        if not there and (self._made.exists() or held is not None):
            self._own.connection = None
            raise KeysAway(f"the key store {self._path} is missing: restore it from its own backup")
        if held is None or self._own.process != os.getpid():
            with _one_at_a_time(self._path.parent):
                held = self._opened()
            self._own.connection = held
            self._own.process = os.getpid()
        return held

    def _opened(self) -> sqlite3.Connection:
        held = sqlite3.connect(self._path, timeout=20, isolation_level=None)
        self._path.chmod(0o600)
        held.execute("PRAGMA journal_mode=WAL")
        held.execute("PRAGMA synchronous=FULL")
        held.execute("PRAGMA secure_delete=ON")
        for table in TABLES:
            held.execute(table)
        held.execute("INSERT OR IGNORE INTO store VALUES (1, ?)", (uuid4().bytes,))
        self._made.touch(mode=0o600)
        return held

    @contextmanager
    def at_work(self) -> Iterator[sqlite3.Connection]:
        """Lend the file to whoever copies or rotates keys; raises KeysAway when it cannot be used."""
        try:
            yield self._connection()
        except (sqlite3.Error, OSError) as error:
            # A connection that met a full disk or a broken file is not trusted again.
            self._own.connection = None
            raise KeysAway(f"the key store {self._path} cannot be used: {error}") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the file to one writer alone; what is written is kept whole or not at all."""
        with self.at_work() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @property
    def ring(self) -> Ring:
        """Return the wrapping keys."""
        return self._ring

    def identity(self) -> UUID:
        """Return the number of this store, by which the database knows that it is the right one."""
        with self.at_work() as connection:
            row = connection.execute("SELECT id FROM store").fetchone()
        return UUID(bytes=row[0])

    def unwrapped(self, wrapped: bytes, under: bytes) -> bytes:
        """Return a key as it was before it was wrapped; raises KeysAway when no wrapping key opens it."""
        for key in sorted(self._ring.keys(), key=lambda known: known.mark != under):
            found = key.unwrap(wrapped)
            if found is not None:
                return found
        raise KeysAway(
            f"the wrapping key does not open the keys in {self._path}: restore the one they were made with"
        )

    def make(self, owner: UUID) -> bytes:
        """Make the key of a case, on disk before anything is sealed under it; returns the one there is when there is one.

        raises  KeyGone, when it was destroyed: what was erased is not begun anew
        """
        try:
            return self.get(owner)
        except KeyGone:
            self.make_many([owner])
        return self.get(owner)

    def make_many(self, owners: Iterable[UUID]) -> dict[UUID, bytes]:
        """Make many keys in one go; those that were destroyed or are there already stay as they are."""
        made = {owner: os.urandom(KEY_BYTES) for owner in owners}
        with self.writing() as connection:
            # Asked inside: whoever rotates waits for us, or we see the new one.
            wrapping = self._ring.keys()[0]
            connection.executemany(
                "INSERT OR IGNORE INTO key SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM destroyed WHERE id = ?1)",
                [(owner.bytes, wrapping.wrap(key), wrapping.mark) for owner, key in made.items()],
            )
        return made

    def get(self, owner: UUID) -> bytes:
        """Return the key of a case; raises KeyGone. Destroyed keys are noticed at once: only the unwrapping is remembered."""
        with self.at_work() as connection:
            row = connection.execute("SELECT wrapped, under FROM key WHERE id = ?", (owner.bytes,)).fetchone()
        if row is None:
            with self._lock:
                self._recent.pop(owner, None)
            raise KeyGone(str(owner))
        with self._lock:
            known = self._recent.get(owner)
            if known is None:
                known = self.unwrapped(row[0], row[1])
                self._recent[owner] = known
                if len(self._recent) > REMEMBERED:
                    self._recent.popitem(last=False)
        return known

    def destroy(self, owner: UUID) -> None:
        """Destroy the key of a case; what it sealed can never be read again, and no older copy brings it back here."""
        with self.writing() as connection:
            connection.execute("DELETE FROM key WHERE id = ?", (owner.bytes,))
            connection.execute("INSERT OR IGNORE INTO destroyed VALUES (?)", (owner.bytes,))
        with self.at_work() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with self._lock:
            self._recent.pop(owner, None)

    def count(self) -> int:
        """Return how many keys there are."""
        with self.at_work() as connection:
            return int(connection.execute("SELECT count(*) FROM key").fetchone()[0])


class _fixed(Ring):  # noqa: N801 - reads as the verb where it is used
    """A ring of one key that is given, and in no file."""

    def __init__(self, key: bytes) -> None:
        super().__init__(Path("/dev/null"), InTheFile())
        self._only = (WrappingKey(key),)

    def keys(self) -> tuple[WrappingKey, ...]:
        return self._only


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one after the other open the file: two who make it at once are refused by SQLite, however long they would wait."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
