"""Keep a report that was begun and not sent: sealed under a code that only its writer has."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from evenhand.records import sealed

DAYS = 28
CODE_DIGITS = 16
SCRYPT_COST = 2**14


@dataclass(frozen=True)
class _Keys:
    """What a code yields: where the draft lies, and what opens it. The server keeps the first alone."""

    lookup: str
    key: bytes


def new_code() -> str:
    """Return a new code: sixteen digits that nobody can guess."""
    return "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))


def plain_code(typed: str) -> str | None:
    """Return a code without the gaps people type, or nothing when it is no code."""
    digits = "".join(sign for sign in typed if not sign.isspace() and sign not in "-–.")
    return digits if len(digits) == CODE_DIGITS and digits.isascii() and digits.isdigit() else None


def grouped(code: str) -> str:
    """Return a code in groups of four, as it is read aloud."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def keep(code: str, contents: dict[str, Any], *, days: int = DAYS) -> None:
    """Keep what was written so far; what was kept before under this code is replaced."""
    keys = _keys(code)
    kept = sealed.seal(keys.key, sealed.pack(contents), place=keys.lookup.encode())
    with connection.cursor() as cursor:
        cursor.execute("select wall.keep_draft(%s, %s, %s)", [keys.lookup, kept, days])


def open_draft(code: str) -> dict[str, Any] | None:
    """Return what was kept under a code, or nothing when there is none (any more)."""
    keys = _keys(code)
    with connection.cursor() as cursor:
        cursor.execute("select wall.open_draft(%s)", [keys.lookup])
        found = cursor.fetchone()[0]
    if found is None:
        return None
    try:
        contents: dict[str, Any] = sealed.unpack(
            sealed.unseal(keys.key, bytes(found), place=keys.lookup.encode())
        )
    except sealed.Unreadable:
        return None
    return contents


def drop(code: str) -> None:
    """Forget what was kept under a code."""
    with connection.cursor() as cursor:
        cursor.execute("select wall.drop_draft(%s)", [_keys(code).lookup])


def _keys(code: str) -> _Keys:
    # The salt is this instance's secret: a copied table of drafts cannot be searched without it.
    salt = hmac.new(settings.SECRET_KEY.encode(), b"evenhand draft", hashlib.sha256).digest()
    found = hashlib.scrypt(
        code.encode(), salt=salt, n=SCRYPT_COST, r=8, p=1, dklen=64, maxmem=64 * 1024 * 1024
    )
    return _Keys(found[:32].hex(), found[32:])
