"""Say what is wrong with a row, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one row.

    row     as a spreadsheet numbers it: the headings are row 1
    column  the heading as the file writes it, or "" for the row as a whole
    """

    row: int
    column: str
    reason: str
    what_to_do: str

    def __str__(self) -> str:
        where = f"row {self.row}" + (f", column “{self.column}”" if self.column else "")
        return f"{where}: {self.reason} {self.what_to_do}".rstrip()


class CannotRead(Exception):
    """The file or its column map cannot be read at all; says why and what to do in one line."""


class BadCell(Exception):
    """One cell that cannot be taken: the reason, and what to do."""

    def __init__(self, reason: str, what_to_do: str) -> None:
        self.reason = reason
        self.what_to_do = what_to_do
        super().__init__(f"{reason} {what_to_do}")
