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
        line = json.dumps({"id": str(number), **told}, sort_keys=True).encode()
        # A line torn by a crash must not swallow this one.
        handle = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            os.write(handle, b"\n" + line + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def all(self) -> dict[UUID, dict[str, object]]:
        """Return everything that was erased, by its number; what a crash tore is passed over."""
        found: dict[UUID, dict[str, object]] = {}
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return found
        for line in lines:
            try:
                told = json.loads(line)
                number = UUID(told.pop("id"))
            except (ValueError, KeyError, AttributeError, TypeError):
                continue
            found.setdefault(number, told)
        return found
