"""Names as people write them, and what is derived from them: search words, age bands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from evenhand.gate.standing import age_on
from evenhand.kernels.policy import Pack

_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
_BAND = re.compile(r"(\d+)")


def words_of(names: Iterable[str]) -> list[str]:
    """Return the words by which names are found: folded, without marks, in any script.

    “Zoë O’Brien-Nuñez” gives zoe, obrien, nunez; Arabic, Chinese and other scripts stay as written.
    """
    found: list[str] = []
    for name in names:
        text = unicodedata.normalize("NFKD", name.casefold())
        plain = "".join(sign for sign in text if not unicodedata.combining(sign))
        for word in _LETTERS.findall(unicodedata.normalize("NFC", plain)):
            bare = word.replace("'", "").replace("’", "")
            # One-letter names exist; two signs are what the index needs to be of use.
            if bare and bare not in found:
                found.append(bare if len(bare) > 1 else bare + bare)
    return found


def age_band(pack: Pack, answers: Mapping[str, Any], now: datetime) -> str:
    """Return the code of the age band on this day in the pack's list, or "" where the age is not known."""
    on = pack.calendar.local_day(now)
    age = age_on(answers.get("born"), on)
    if age is None or "age_bands" not in pack.lists:
        return ""
    for code in pack.lists["age_bands"].codes_on(on):
        bounds = [int(n) for n in _BAND.findall(code.label)]
        label = code.label.lower()
        if len(bounds) == 2 and bounds[0] <= age <= bounds[1]:
            return code.code
        if len(bounds) == 1 and ("under" in label or "younger" in label) and age <= bounds[0]:
            return code.code
        if len(bounds) == 1 and ("over" in label or "older" in label or "+" in label) and age >= bounds[0]:
            return code.code
    return ""
