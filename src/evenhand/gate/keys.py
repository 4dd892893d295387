"""Seal and open what belongs to a case, under that case's own key."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

from evenhand.gate import own_keys
from evenhand.gate.entry import StoreAway
from evenhand.gate.own_keys import Holder, KeptForPeople
from evenhand.outside.erased import ErasedList
from evenhand.outside.keystore import KeyGone, KeysAway, KeyStore
from evenhand.outside.wrapping import ByCommand, InTheFile, Keeper, Ring, UnderPassphrase
from evenhand.records import sealed

log = logging.getLogger("evenhand.gate")
HOUSE_KEY = UUID("00000000-0000-4000-8000-000000000001")


@cache
def _store(folder: Path) -> KeyStore:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun = (folder / "keys.made").exists() or (folder / "keys.sqlite3").exists()
    if not begun and known_to_the_database() is not None:
        raise KeysAway(f"the keys in {folder} are lost: put back a copy with `evenhand keys restore`")
    return KeyStore(folder, ring(folder))


def ring(folder: Path) -> Ring:
    """Return the keys that wrap all others, in a file of their own, made once; raises KeysAway."""
    path = Path(getattr(settings, "WRAPPING_KEY_FILE", "") or folder / "wrapping.key")
    if not path.exists() and (folder / "keys.made").exists():
        raise KeysAway(f"the wrapping key {path} is missing: restore it from its own backup")
    found = Ring(path, _keeper())
    found.begin()
    return found


def _keeper() -> Keeper:
    """Return who keeps the wrapping keys: the file alone, unless a setting names a command or a passphrase."""
    if command := getattr(settings, "WRAPPING_COMMAND", ""):
        return ByCommand(command)
    if named := getattr(settings, "WRAPPING_PASSPHRASE_FILE", ""):
        try:
            return UnderPassphrase(Path(named).read_bytes().strip())
        except OSError as error:
            raise KeysAway(
                f"the passphrase of the wrapping key {named} cannot be read: {error.strerror}"
            ) from error
    return InTheFile()


def known_to_the_database() -> UUID | None:
    """Return the number of the key store that this database was filled with; nothing before there was one."""
    held = connections[DEFAULT_DB_ALIAS]
    try:
        with held.cursor() as cursor:
            cursor.execute("select wall.keystore()")
            found: UUID | None = cursor.fetchone()[0]
    except (OperationalError, InterfaceError) as away:
        raise KeysAway(
            "there are no keys here, and the database cannot say whether there have been"
        ) from away
    return found


def condition() -> str:
    """Say how the keys are: ok, away when they cannot be read, lost when they are not those of this database."""
    try:
        known = known_to_the_database()
        return "ok" if store().identity() == known or known is None else "lost"
    except (KeysAway, OSError) as trouble:
        log.error("%s", trouble)
        return "away"


def store_at(folder: Path) -> KeyStore:
    """Return the store in a folder for whoever puts back a copy, also where the database knows of a lost one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "keys.sqlite3").exists():
        (folder / "keys.made").unlink(missing_ok=True)
    return KeyStore(folder, ring(folder))


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
        erased_list().remember(case_id, told)


def erased() -> dict[UUID, dict[str, object]]:
    """Return every erased case with what its tombstone says."""
    with _at_hand():
        return erased_list().all()


def erased_list() -> ErasedList:
    """Return the list of what was erased, which lies beside the keys."""
    folder = Path(settings.KEYS_FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ErasedList(folder)


def close(case_id: UUID, contents: Any) -> bytes:
    """Return a structure sealed under the case's key."""
    return sealed.seal(_key(case_id), sealed.pack(contents), place=case_id.bytes)


def close_bytes(case_id: UUID, contents: bytes) -> bytes:
    """Return bytes (a file, openings of a ledger line) sealed under the case's key."""
    return sealed.seal(_key(case_id), contents, place=case_id.bytes)


def close_to(case_id: UUID, part: str, contents: Any, to: Sequence[Holder], *, by: UUID) -> bytes:
    """Return a structure sealed to people's own keys, and that under the case's key, so that erasing reaches it.

    Where nobody of the role has a key of their own yet, the case's key alone: nobody is refused for want of one.
    """
    return close_bytes_to(case_id, part, sealed.pack(contents), to, by=by)


def close_bytes_to(case_id: UUID, part: str, contents: bytes, to: Sequence[Holder], *, by: UUID) -> bytes:
    """Return bytes (a file, openings of a ledger line) sealed likewise."""
    return close_bytes(case_id, own_keys.seal(case_id, part, contents, to, by=by) if to else contents)


def open_bytes(case_id: UUID, contents: bytes) -> bytes:
    """Return bytes that `close_bytes` or `close_bytes_to` sealed; raises KeptForPeople where no key at hand opens them."""
    plain = sealed.unseal(_key(case_id), bytes(contents), place=case_id.bytes)
    if not plain.startswith(own_keys.MARK):
        return plain
    inner = own_keys.open_(case_id, plain)
    if inner is None:
        raise KeptForPeople
    return inner


def open_(case_id: UUID, contents: bytes | memoryview | None) -> Any:
    """Return the structure that was sealed; an empty mapping when its key has been destroyed, or when what lies there was
    never sealed under it: one broken row does not close a case, and the log says so."""
    if contents is None:
        return {}
    try:
        plain = sealed.unseal(_key(case_id), bytes(contents), place=case_id.bytes)
        if plain.startswith(own_keys.MARK):
            inner = own_keys.open_(case_id, plain)
            return {own_keys.LOCKED: True} if inner is None else sealed.unpack(inner)
        return sealed.unpack(plain)
    except KeyGone:
        return {}
    except sealed.Unreadable:
        log.error("something sealed under a case's key cannot be read")
        return {}
