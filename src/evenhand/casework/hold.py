"""Hold: material of a proceeding or a complaint is kept, apart from everything else, by somebody outside the case."""

from __future__ import annotations

from evenhand.casework.apart import HOLD, set_apart
from evenhand.gate.act import Writing


def write(writing: Writing) -> None:
    """Set the named entries apart, or the whole case once it has ended."""
    set_apart(writing, HOLD)
