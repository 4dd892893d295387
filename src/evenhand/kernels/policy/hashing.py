"""Turn a shape into canonical bytes and their SHA-256, so that two people hash the same rules alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time

UNHASHED = frozenset({"file"})
"""Where a rule was read from is no part of the rule."""

Plain = None | bool | int | str | list["Plain"] | dict[str, "Plain"]


def shape(value: object) -> Plain:
    """Return a value as plain JSON data: dataclasses as objects, sets sorted, dates as ISO text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): shape(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((shape(item) for item in value), key=repr)
    if isinstance(value, tuple | list):
        return [shape(item) for item in value]
    if is_dataclass(value):
        return {f.name: shape(getattr(value, f.name)) for f in fields(value) if f.name not in UNHASHED}
    raise TypeError(f"{type(value).__name__} has no canonical form")


def digest(value: object) -> str:
    """Return the SHA-256 in hex of the canonical JSON: sorted keys, no spaces, UTF-8."""
    plain = json.dumps(shape(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()
