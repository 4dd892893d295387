"""Seal and open what belongs to a case, under that case's own key."""

from __future__ import annotations

import base64
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from evenhand.gate.entry import StoreAway
from evenhand.outside.erased import ErasedList
from evenhand.outside.keystore import KeyGone, KeysAway, KeyStore
from evenhand.records import sealed

log = logging.getLogger("evenhand.gate")
HOUSE_KEY = UUID("00000000-0000-4000-8000-000000000001")


@cache
def _store(folder: Path) -> KeyStore:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return KeyStore(folder, wrapping_key(folder))


def wrapping_key(folder: Path) -> bytes:
    """Return the key that wraps all others: 32 bytes in a file of its own, made once."""
    path = Path(getattr(settings, "WRAPPING_KEY_FILE", "") or folder / "wrapping.key")
    if not path.exists() and (folder / "keys.made").exists():
        raise KeysAway(f"the wrapping key {path} is missing: restore it from its own backup")
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(os.urandom(32)))
            file.flush()
            os.fsync(file.fileno())
    return base64.b64decode(path.read_bytes())


def store() -> KeyStore:
    """Return this instance's key store."""
    return _store(Path(settings.KEYS_FOLDER))


@contextmanager
def _at_hand() -> Iterator[KeyStore]:
    try:
        yield store()
    except (KeysAway, OSError) as away:
        log.error("%s", away)
        raise StoreAway(str(away)) from away


def _key(case_id: UUID) -> bytes:
    with _at_hand() as keys:
        return keys.get(case_id)


def make_key(case_id: UUID) -> None:
    """Make the key of a new case."""
    with _at_hand() as keys:
        keys.make(case_id)


def has_key(case_id: UUID) -> bool:
    """Say whether there is a key for this case; an erased one has none."""
    try:
        _key(case_id)
    except KeyGone:
        return False
    return True


def destroy_key(case_id: UUID) -> None:
    """Destroy the key of a case, and with it everything sealed under it."""
    with _at_hand() as keys:
        keys.destroy(case_id)


def destroy_if_any(case_id: UUID) -> bool:
    """Destroy the key of a case where there is one; returns whether there was."""
    if not has_key(case_id):
        return False
    destroy_key(case_id)
    return True


def remember_erased(case_id: UUID, told: dict[str, object]) -> None:
    """Write down beside the keys, outside the database, that a case is erased."""
    with _at_hand():
        _erased().remember(case_id, told)


def erased() -> dict[UUID, dict[str, object]]:
    """Return every erased case with what its tombstone says."""
    with _at_hand():
        return _erased().all()


def _erased() -> ErasedList:
    folder = Path(settings.KEYS_FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ErasedList(folder)


def close(case_id: UUID, contents: Any) -> bytes:
    """Return a structure sealed under the case's key."""
    return sealed.seal(_key(case_id), sealed.pack(contents), place=case_id.bytes)


def close_bytes(case_id: UUID, contents: bytes) -> bytes:
    """Return bytes (a file, openings of a ledger line) sealed under the case's key."""
    return sealed.seal(_key(case_id), contents, place=case_id.bytes)


def open_bytes(case_id: UUID, contents: bytes) -> bytes:
    """Return bytes that `close_bytes` sealed."""
    return sealed.unseal(_key(case_id), bytes(contents), place=case_id.bytes)


def open_(case_id: UUID, contents: bytes | memoryview | None) -> Any:
    """Return the structure that was sealed; an empty mapping when its key has been destroyed, or when what lies there was
    never sealed under it: one broken row does not close a case, and the log says so."""
    if contents is None:
        return {}
    try:
        return sealed.unpack(sealed.unseal(_key(case_id), bytes(contents), place=case_id.bytes))
    except KeyGone:
        return {}
    except sealed.Unreadable:
        log.error("something sealed under a case's key cannot be read")
        return {}
