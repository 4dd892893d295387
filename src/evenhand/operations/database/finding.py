"""What an examination found: one thing, whether it is well, and one line about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's."""

    what: str
    well: bool
    said: str
