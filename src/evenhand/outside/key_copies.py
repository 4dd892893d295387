"""Copies of the key store: encrypted under a passphrase of their own, with a last day inside that is honoured.

With the keys goes the list of what was erased, so that whoever has lost both erases again what a backup brings back.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from evenhand.outside.erased import ErasedList, as_lines, told_in
from evenhand.outside.keystore import KeyStore
from evenhand.outside.wrapping import KEY_BYTES, from_passphrase

FORM = "evenhand-keys-2"
RECORD = 16 + KEY_BYTES
LONGEST = timedelta(days=366)
SHORTEST_PASSPHRASE = 12


class CopyRefused(Exception):
    """The copy cannot be made or used; says why in one line."""


@dataclass(frozen=True)
class Copy:
    """What a copy says about itself; all of it is authenticated."""

    store: UUID
    made_at: datetime
    expires_at: datetime
    keys: int
    erased: int


def copy(
    store: KeyStore, gone: ErasedList, path: Path, passphrase: bytes, *, now: datetime, lasts: timedelta
) -> Copy:
    """Write every key, and which cases are erased, into a file that opens with the passphrase until its last moment.

    raises  CopyRefused
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CopyRefused(f"the passphrase is too short: {SHORTEST_PASSPHRASE} characters at least")
    if not timedelta(0) < lasts <= LONGEST:
        raise CopyRefused(f"a copy lasts between one and {LONGEST.days} days")
    with store.at_work() as connection:
        rows = connection.execute("SELECT id, wrapped, under FROM key ORDER BY id").fetchall()
    body = b"".join(number + store.unwrapped(wrapped, under) for number, wrapped, under in rows)
    # After the keys: whatever is erased meanwhile is on the list, and its key is not put back.
    erased = gone.all()
    said = Copy(store.identity(), now, now + lasts, len(rows), len(erased))
    salt, nonce = os.urandom(16), os.urandom(12)
    head = json.dumps(
        {
            "form": FORM,
            "store": str(said.store),
            "made_at": said.made_at.isoformat(),
            "expires_at": said.expires_at.isoformat(),
            "keys": said.keys,
            "erased": said.erased,
            "salt": base64.b64encode(salt).decode(),
            "nonce": base64.b64encode(nonce).decode(),
        },
        sort_keys=True,
    ).encode()
    sealed = AESGCM(from_passphrase(passphrase, salt)).encrypt(nonce, body + as_lines(erased), head)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise CopyRefused(f"{path} cannot be made: {(error.strerror or str(error)).lower()}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(head + b"\n" + sealed)
        file.flush()
        os.fsync(file.fileno())
    return said


def read(path: Path) -> tuple[Copy, dict[str, str], bytes]:
    """Return what a copy says about itself, its head and its sealed body; raises CopyRefused."""
    try:
        head, _, sealed = path.read_bytes().partition(b"\n")
        told = json.loads(head)
        if told["form"] != FORM:
            raise CopyRefused(f"{path} is a copy of another form: {told['form']}")
        said = Copy(
            UUID(told["store"]),
            datetime.fromisoformat(told["made_at"]),
            datetime.fromisoformat(told["expires_at"]),
            int(told["keys"]),
            int(told["erased"]),
        )
    except OSError as error:
        raise CopyRefused(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CopyRefused(f"{path} is no copy of a key store") from error
    return said, told, head + b"\n" + sealed


def restore(store: KeyStore, gone: ErasedList, path: Path, passphrase: bytes, *, now: datetime) -> int:
    """Put back the keys that are missing, but none that was destroyed or is erased; returns how many.

    What the copy says is erased is on the list here from then on, before any key is put back.
    An empty store becomes the one that was copied: the database knows it by its number.
    raises  CopyRefused
    """
    said, told, whole = read(path)
    if now >= said.expires_at:
        raise CopyRefused(f"{path} ran out on {said.expires_at:%d %B %Y}: keys erased since would come back")
    head, _, sealed = whole.partition(b"\n")
    salt, nonce = base64.b64decode(told["salt"]), base64.b64decode(told["nonce"])
    try:
        body = AESGCM(from_passphrase(passphrase, salt)).decrypt(nonce, sealed, head)
    except InvalidTag as error:
        raise CopyRefused(f"{path} does not open: another passphrase, or it was changed") from error
    empty = store.count() == 0
    if not empty and store.identity() != said.store:
        raise CopyRefused(f"{path} is a copy of another instance's key store")
    end = RECORD * said.keys
    pairs = [(body[at : at + 16], body[at + 16 : at + RECORD]) for at in range(0, end, RECORD)]
    gone.take_over(told_in(body[end:]))
    with store.writing() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO destroyed VALUES (?)", [(number.bytes,) for number in gone.all()]
        )
        before = connection.total_changes
        wrapping = store.ring.keys()[0]
        connection.executemany(
            "INSERT OR IGNORE INTO key SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM destroyed WHERE id = ?1)",
            [(number, wrapping.wrap(key), wrapping.mark) for number, key in pairs],
        )
        put_back = connection.total_changes - before
        if empty:
            connection.execute("UPDATE store SET id = ?", (said.store.bytes,))
    return put_back
