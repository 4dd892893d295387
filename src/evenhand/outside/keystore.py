"""The key store: one key a case, wrapped, in a file of its own outside the database and its backups."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

KEY_BYTES = 32
REMEMBERED = 4096


class KeyGone(Exception):
    """There is no key for this case: it was never made, or it was destroyed and the contents with it."""


class KeysAway(Exception):
    """The key store cannot be read or written; says why in one line."""


class KeyStore:
    """Keys by case, each wrapped under the instance's wrapping key; destroying a key destroys what it sealed."""

    def __init__(self, folder: Path, wrapping_key: bytes) -> None:
        self._path = folder / "keys.sqlite3"
        # Says that there have been keys here, so that a lost file is noticed and not begun anew.
        self._made = folder / "keys.made"
        self._wrapping_key = wrapping_key
        self._own = threading.local()
        self._recent: OrderedDict[UUID, bytes] = OrderedDict()
        self._lock = threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _connection(self) -> sqlite3.Connection:
        held: sqlite3.Connection | None = getattr(self._own, "connection", None)
        there = self._path.exists()
        if not there and (self._made.exists() or held is not None):
            self._own.connection = None
            raise KeysAway(f"the key store {self._path} is missing: restore it from its own backup")
        if held is None or self._own.process != os.getpid():
            held = sqlite3.connect(self._path, timeout=20, isolation_level=None)
            self._path.chmod(0o600)
            held.execute("PRAGMA journal_mode=WAL")
            held.execute("PRAGMA synchronous=FULL")
            held.execute("PRAGMA secure_delete=ON")
            held.execute(
                "CREATE TABLE IF NOT EXISTS key (id BLOB PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID"
            )
            self._made.touch(mode=0o600)
            self._own.connection = held
            self._own.process = os.getpid()
        return held

    @contextmanager
    def _at_work(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection()
        except (sqlite3.Error, OSError) as error:
            # A connection that met a full disk or a broken file is not trusted again.
            self._own.connection = None
            raise KeysAway(f"the key store {self._path} cannot be used: {error}") from error

    def _unwrap(self, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self._wrapping_key, wrapped)
        except InvalidUnwrap as error:
            raise KeysAway(
                f"the wrapping key does not open the keys in {self._path}: restore the one they were made with"
            ) from error

    def make(self, owner: UUID) -> bytes:
        """Make the key of a case, on disk before anything is sealed under it; returns the one there is when there is one."""
        key = os.urandom(KEY_BYTES)
        with self._at_work() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO key VALUES (?, ?)",
                (owner.bytes, aes_key_wrap(self._wrapping_key, key)),
            )
        return self.get(owner)

    def make_many(self, owners: Iterable[UUID]) -> dict[UUID, bytes]:
        """Make many keys in one go, for filling an instance with synthetic cases."""
        made = {owner: os.urandom(KEY_BYTES) for owner in owners}
        with self._at_work() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO key VALUES (?, ?)",
                [(owner.bytes, aes_key_wrap(self._wrapping_key, key)) for owner, key in made.items()],
            )
            connection.execute("COMMIT")
        return made

    def get(self, owner: UUID) -> bytes:
        """Return the key of a case; raises KeyGone. Destroyed keys are noticed at once: only the unwrapping is remembered."""
        with self._at_work() as connection:
            row = connection.execute("SELECT wrapped FROM key WHERE id = ?", (owner.bytes,)).fetchone()
        if row is None:
            with self._lock:
                self._recent.pop(owner, None)
            raise KeyGone(str(owner))
        with self._lock:
            known = self._recent.get(owner)
            if known is None:
                known = self._unwrap(row[0])
                self._recent[owner] = known
                if len(self._recent) > REMEMBERED:
                    self._recent.popitem(last=False)
        return known

    def destroy(self, owner: UUID) -> None:
        """Destroy the key of a case; what it sealed can never be read again."""
        with self._at_work() as connection:
            connection.execute("DELETE FROM key WHERE id = ?", (owner.bytes,))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with self._lock:
            self._recent.pop(owner, None)
