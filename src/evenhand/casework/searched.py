"""Seal what was searched for, so that the words die with the record of whoever was found, or after some weeks."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid5

from evenhand.gate import keys
from evenhand.gate.entry import enter_house, now
from evenhand.outside.keystore import KeyGone
from evenhand.records import sealed as boxes

KEPT_DAYS = 31
_DAYS = UUID("6d6a2f0e-50f1-5b6c-9f6c-2f6f2e8a4c11")


def sealed_words(words: str, cases: Sequence[UUID], on: date) -> str:
    """Return the words sealed under the key of each case that was found, one inside the other: when one of them is
    erased, the words are gone. What found nothing is sealed under a key of its day, which lives for `KEPT_DAYS`."""
    owners = list(cases) or [day_key(on)]
    if not cases:
        keys.make_key(owners[0])
    contents = words.encode()
    for owner in owners:
        contents = keys.close_bytes(owner, contents)
    return " ".join([*(str(owner) for owner in owners), base64.b64encode(contents).decode()])


def opened_words(detail: str) -> str:
    """Return words that `sealed_words` sealed; empty when a key that they need is gone."""
    *owners, text = detail.split(" ")
    contents = base64.b64decode(text)
    try:
        for owner in reversed(owners):
            contents = keys.open_bytes(UUID(owner), contents)
    except (KeyGone, boxes.Unreadable):
        return ""
    return contents.decode()


def day_key(on: date) -> UUID:
    """Return the number of the key for words of a day that found nothing."""
    return uuid5(_DAYS, on.isoformat())


def forget_words() -> int:
    """Destroy the keys of words that are older than they are kept for; returns how many were destroyed."""
    with enter_house():
        today = now().date()
    return sum(
        keys.destroy_if_any(day_key(today - timedelta(days=days)))
        for days in range(KEPT_DAYS + 1, KEPT_DAYS + 32)
    )
