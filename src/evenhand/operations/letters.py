"""Owe somebody a letter: it goes into the outbox, sealed, and the worker sends it."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID, uuid4

from django.db import connections

from evenhand.gate import keys


def post(to: str, subject: str, text: str) -> UUID:
    """A letter is owed from now on; it may hold a link that opens an account, so it lies sealed until it is sent.

    to       an address; nobody, when empty: the letter is dropped by whoever would send it
    returns  its number
    """
    number = uuid4()
    keys.make_key(keys.HOUSE_KEY)
    sealed = keys.close(keys.HOUSE_KEY, {"to": to, "subject": subject, "text": text})
    with connections["signin"].cursor() as cursor:
        cursor.execute("select wall.post_letter(%s, %s)", [number, base64.b64encode(sealed).decode("ascii")])
    return number


def opened(contents: dict[str, Any]) -> dict[str, Any]:
    """Return what is in a letter, whether it was put into the outbox sealed or not."""
    if "sealed" not in contents:
        return contents
    found: dict[str, Any] = keys.open_(keys.HOUSE_KEY, base64.b64decode(contents["sealed"]))
    return found
