"""Write values so that a spreadsheet shows them and never runs them."""

from __future__ import annotations

import re

# What spreadsheets take for a formula, also behind blanks, quotes and characters that do not show.
_RUNS = re.compile("^[\\s'\"\\x00-\\x1f\\u200b-\\u200f\\ufeff\\u2060]*[=+\\-@\uff1d\uff0b\uff0d\uff20|%]")
_NUMBER = re.compile(r"^[+-]?\d+(?:[.,]\d+)?$")


def escaped(value: object) -> str:
    """Return a value as text that no spreadsheet takes for a formula: an apostrophe stands before what it would run."""
    text = "" if value is None else str(value)
    text = text.replace("\x00", "")
    if _RUNS.match(text) and not _NUMBER.match(text):
        return "'" + text
    return text if not text.startswith(("\t", "\r", "\n")) else "'" + text
