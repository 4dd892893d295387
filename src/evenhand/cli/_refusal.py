"""What a command raises when it cannot be asked so, and how trouble from outside becomes its one line."""

from __future__ import annotations

LONGEST = 1000


class CommandError(Exception):
    """Says in one line what was wrong with what was asked; the command then exits with 2."""


def shown(text: str) -> str:
    """Return a text as one line, not too long to be read, in which nothing moves the cursor of a terminal."""
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST else f"{line[:LONGEST]} …"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def trouble_outside(error: Exception) -> str | None:
    """Say what a file, a disk or the memory refused, or None for a mistake of ours, which keeps its traceback."""
    if isinstance(error, OSError) and error.strerror:
        named = error.filename if isinstance(error.filename, str) else ""
        return f"{named}: {error.strerror.lower()}".removeprefix(": ")
    if isinstance(error, UnicodeDecodeError):
        return f"what was given is no text in UTF-8 (byte {error.start + 1} of it)"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this"
    if isinstance(error, RecursionError):
        return "what was given is nested too deep"
    return None
