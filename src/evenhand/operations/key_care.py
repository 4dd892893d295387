"""Care for the key store: what it holds, copies that run out, putting one back, a new wrapping key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import ProgrammingError

from evenhand.gate import keys
from evenhand.outside import key_copies, key_rotation
from evenhand.outside.key_copies import Copy, CopyRefused
from evenhand.outside.key_rotation import Rotated
from evenhand.outside.wrapping import KeysAway

__all__ = [
    "Copy",
    "CopyRefused",
    "KeysAway",
    "Rotated",
    "Status",
    "copy",
    "look",
    "restore",
    "rotate",
    "status",
]


@dataclass(frozen=True)
class Status:
    """What can be said of a key store without opening anything: its number, how many keys, how many wrapping keys."""

    store: UUID
    keys: int
    wrapping: int
    condition: str


def status() -> Status:
    """Say how the key store is; raises KeysAway."""
    held = keys.store()
    return Status(held.identity(), held.count(), len(held.ring.keys()), keys.condition())


def copy(out: Path, passphrase: bytes, *, now: datetime, days: int) -> Copy:
    """Every key, and which cases are erased, is in a file that can be put back until its last day.

    raises  KeysAway or CopyRefused
    """
    return key_copies.copy(
        keys.store(), keys.erased_list(), out, passphrase, now=now, lasts=timedelta(days=days)
    )


def look(path: Path) -> Copy:
    """Return what a copy says about itself before it is opened; raises CopyRefused."""
    return key_copies.read(path)[0]


def restore(path: Path, passphrase: bytes, *, now: datetime) -> int:
    """The keys that were missing are back, but for those of erased cases; returns how many.

    raises  KeysAway, or CopyRefused when the copy has run out, does not open, or is of another instance
    """
    said = key_copies.read(path)[0]
    known = _known()
    if known is not None and known != said.store:
        raise CopyRefused(
            f"{path} is a copy of another instance's key store than this database was filled with"
        )
    held = keys.store_at(Path(settings.KEYS_FOLDER))
    return key_copies.restore(held, keys.erased_list(), path, passphrase, now=now)


def _known() -> UUID | None:
    """Return the number of the store that the database was filled with; nothing where keys come back before the database.

    On a new machine they do, and the worker says in its first minute whether the two belong together.
    """
    try:
        return keys.known_to_the_database()
    except (KeysAway, ProgrammingError):
        return None


def rotate() -> Rotated:
    """Every key is wrapped under a new wrapping key; whoever is reading goes on reading. Raises KeysAway."""
    return key_rotation.rotate(keys.store())
