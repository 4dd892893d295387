"""Which cases have been erased: a file beside the keys, outside the database and its backups, that only grows.

A restored database brings erased cases back, and a restored key store their keys; this file says which.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from uuid import UUID

FILE = "erased.jsonl"


class ErasedList:
    """What is remembered of erased cases: a random number, a day, the rule; nothing of what they held."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def remember(self, number: UUID, told: dict[str, object]) -> None:
        """Write down, on disk before this returns, that a case is erased."""
        line = as_lines({number: told})
        # A line torn by a crash must not swallow this one.
        handle = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            os.write(handle, b"\n" + line)
            os.fsync(handle)
        finally:
            os.close(handle)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def take_over(self, others: dict[UUID, dict[str, object]]) -> int:
        """Remember what another copy of this list remembers and this one does not; returns how many that were."""
        known = self.all()
        new = {number: told for number, told in others.items() if number not in known}
        for number, told in new.items():
            self.remember(number, told)
        return len(new)

    def all(self) -> dict[UUID, dict[str, object]]:
        """Return everything that was erased, by its number; what a crash tore is passed over."""
        try:
            return told_in(self._path.read_bytes())
        except FileNotFoundError:
            return {}


def told_in(text: bytes) -> dict[UUID, dict[str, object]]:
    """Return what such a file says, whole lines only."""
    found: dict[UUID, dict[str, object]] = {}
    for line in text.splitlines():
        try:
            told = json.loads(line)
            number = UUID(told.pop("id"))
        except (ValueError, KeyError, AttributeError, TypeError):
            continue
        found.setdefault(number, told)
    return found


def as_lines(erased: dict[UUID, dict[str, object]]) -> bytes:
    """Return a line for each erased case, as the file has them."""
    return b"".join(
        json.dumps({"id": str(number), **told}, sort_keys=True).encode() + b"\n"
        for number, told in erased.items()
    )
