"""Seal and open what belongs to a case, under that case's own key."""

from __future__ import annotations

import base64
import os
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from evenhand.outside.keystore import KeyGone, KeyStore
from evenhand.records import sealed

HOUSE_KEY = UUID("00000000-0000-4000-8000-000000000001")


@cache
def _store(folder: Path) -> KeyStore:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return KeyStore(folder, wrapping_key(folder))


def wrapping_key(folder: Path) -> bytes:
    """Return the key that wraps all others: 32 bytes in a file of its own, made once."""
    path = Path(getattr(settings, "WRAPPING_KEY_FILE", "") or folder / "wrapping.key")
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


def make_key(case_id: UUID) -> None:
    """Make the key of a new case."""
    store().make(case_id)


def destroy_key(case_id: UUID) -> None:
    """Destroy the key of a case, and with it everything sealed under it."""
    store().destroy(case_id)


def close(case_id: UUID, contents: Any) -> bytes:
    """Return a structure sealed under the case's key."""
    return sealed.seal(store().get(case_id), sealed.pack(contents), place=case_id.bytes)


def close_bytes(case_id: UUID, contents: bytes) -> bytes:
    """Return bytes (a file, openings of a ledger line) sealed under the case's key."""
    return sealed.seal(store().get(case_id), contents, place=case_id.bytes)


def open_bytes(case_id: UUID, contents: bytes) -> bytes:
    """Return bytes that `close_bytes` sealed."""
    return sealed.unseal(store().get(case_id), bytes(contents), place=case_id.bytes)


def open_(case_id: UUID, contents: bytes | memoryview | None) -> Any:
    """Return the structure that was sealed; an empty mapping when its key has been destroyed."""
    if contents is None:
        return {}
    try:
        return sealed.unpack(sealed.unseal(store().get(case_id), bytes(contents), place=case_id.bytes))
    except KeyGone:
        return {}
