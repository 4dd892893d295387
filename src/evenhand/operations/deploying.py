"""Refuse what an instance for real people must not be: each finding one line, and what to do in it."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from uuid import UUID

import psycopg

from evenhand.operations.data_folder import data_folder
from evenhand.operations.database.address import Address
from evenhand.operations.database.finding import Finding
from evenhand.operations.single_sign_on import SingleSignOnTrouble, read

SETTINGS = "evenhand.settings.instance"
LOOPBACK = {"", "127.0.0.1", "::1", "localhost"}
SECRET_FILES = (
    "EVENHAND_WRAPPING_KEY_FILE",
    "EVENHAND_WRAPPING_PASSPHRASE_FILE",
    "EVENHAND_KEYS_PASSPHRASE_FILE",
    "EVENHAND_SINGLE_SIGN_ON",
)


def examine_deployment(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what the settings and the files say, without a database."""
    named = environ.get("DJANGO_SETTINGS_MODULE", SETTINGS)
    yield Finding(
        "settings",
        named == SETTINGS,
        "the instance's own" if named == SETTINGS else f"{named} is not for people",
    )
    bind = environ.get("EVENHAND_BIND", "").strip()
    yield Finding(
        "EVENHAND_BIND",
        bind in LOOPBACK,
        "only the web server in front reaches us"
        if bind in LOOPBACK
        else f"{bind}: whoever reaches us without the web server in front can say that they came by TLS, and from where",
    )
    witnesses = bool(environ.get("EVENHAND_WITNESSES", "").strip())
    yield Finding(
        "EVENHAND_WITNESSES",
        witnesses,
        "named" if witnesses else "none: nobody outside would notice a record that was written anew",
    )
    scanned = bool(environ.get("EVENHAND_CLAMD", "").strip())
    yield Finding("EVENHAND_CLAMD", scanned, "set" if scanned else "not set: files are kept unchecked")
    stepped = environ.get("EVENHAND_SECOND_STEP", "1") == "1"
    yield Finding(
        "EVENHAND_SECOND_STEP",
        stepped,
        "wanted of everybody" if stepped else "off: a password alone opens the records",
    )
    yield from _single_sign_on(environ)
    for variable in SECRET_FILES:
        if path := environ.get(variable, "").strip():
            yield _closed(variable, Path(path))
    yield from _keys_folder(data_folder(environ) / "keys", environ)


def _single_sign_on(environ: Mapping[str, str]) -> Iterator[Finding]:
    if not (path := environ.get("EVENHAND_SINGLE_SIGN_ON", "").strip()):
        return
    try:
        found = read(path, environ)
    except SingleSignOnTrouble as trouble:
        yield Finding("single sign-on", False, str(trouble))
        return
    unsafe = [each.agency for each in found if not each.issuer.startswith("https://")]
    yield Finding(
        "single sign-on",
        not unsafe,
        f"without TLS: {', '.join(unsafe)}" if unsafe else f"{len(found)} agencies",
    )


def _closed(what: str, path: Path) -> Finding:
    try:
        found = path.stat()
    except OSError as error:
        return Finding(what, False, f"{path}: {(error.strerror or str(error)).lower()}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Finding(
            what, False, f"{path} is open to others ({stat.S_IMODE(found.st_mode):o}): chmod 600 {path}"
        )
    return Finding(what, True, f"{path} ({stat.S_IMODE(found.st_mode):o})")


def _keys_folder(folder: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    store = folder / "keys.sqlite3"
    if not store.exists():
        return  # the database says below whether there should be one
    wrapping = Path(environ.get("EVENHAND_WRAPPING_KEY_FILE", "").strip() or folder / "wrapping.key")
    for what, path in (("key store", store), ("wrapping key", wrapping)):
        yield _closed(what, path)
    try:
        lines = len(wrapping.read_bytes().split())
    except OSError:
        return
    said = "one" if lines == 1 else f"{lines}: a rotation was broken off; `evenhand keys rotate` finishes it"
    yield Finding("wrapping keys", lines == 1, said)


def store_number(folder: Path) -> UUID | None:
    """Return the number of the key store in a folder; nothing where there is none that can be read."""
    try:
        with closing(
            sqlite3.connect(f"file:{folder / 'keys.sqlite3'}?mode=ro", uri=True, timeout=5)
        ) as connection:
            row = connection.execute("SELECT id FROM store").fetchone()
    except sqlite3.Error:
        return None
    return UUID(bytes=row[0]) if row else None


def examine_people_and_keys(admin: Address, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what the database says about demo sign-ins, administrators and the key store."""
    try:
        with psycopg.connect(admin.as_itself().conninfo(), autocommit=True) as connection:
            yield from _people(connection)
            known = connection.execute("SELECT keystore FROM wall.instance").fetchone()
    except psycopg.Error as error:
        yield Finding("people and keys", False, " ".join(str(error).split()) or type(error).__name__)
        return
    here = store_number(data_folder(environ) / "keys")
    if known is None or known[0] is None:
        yield Finding("keys", True, "the database does not know its key store yet: start the worker")
    elif here is None:
        yield Finding("keys", False, "the key store is missing: put back a copy with `evenhand keys restore`")
    else:
        said = (
            "those of this database"
            if here == known[0]
            else "those of another instance: nothing sealed can be read"
        )
        yield Finding("keys", here == known[0], said)


def _people(connection: psycopg.Connection) -> Iterator[Finding]:
    demo = connection.execute("SELECT demo FROM wall.instance").fetchone()
    yield Finding(
        "instance", demo == (False,), "no demo" if demo == (False,) else "this database was filled as a demo"
    )
    known = connection.execute(
        "SELECT count(*) FROM user_account WHERE is_active AND email ~ '@([a-z0-9-]+[.])*(example|test|invalid)([.](com|net|org))?$'"
    ).fetchone()
    count = int(known[0]) if known else 0
    yield Finding(
        "default sign-ins",
        count == 0,
        "none" if not count else f"{count} accounts at addresses of examples: close them",
    )
    bare = connection.execute(
        "SELECT count(DISTINCT u.id) FROM user_account u JOIN role_holding h ON h.practitioner_id = u.id"
        " WHERE u.is_active AND h.role = 'administrator' AND h.from_date <= current_date"
        " AND (h.to_date IS NULL OR h.to_date >= current_date) AND u.password NOT LIKE '!%%'"
        " AND NOT EXISTS (SELECT 1 FROM mfa_authenticator m WHERE m.user_id = u.id AND m.type IN ('totp', 'webauthn'))",
        [],
    ).fetchone()
    count = int(bare[0]) if bare else 0
    yield Finding(
        "administrators",
        count == 0,
        "each has a second step"
        if not count
        else f"{count} sign in by password alone: a passkey or codes are wanted",
    )
