"""Write the real record out as a folder that anybody can check, with openings of those cases that may be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import connection

from evenhand.gate import ledger
from evenhand.gate.entry import HOUSE, enter_house, now
from evenhand.gate.own_keys import KeptForPeople
from evenhand.kernels.ledger.entry import DoesNotOpen, open_entry
from evenhand.kernels.ledger.export import Unexportable, write_export
from evenhand.kernels.ledger.note import COSIGNATURE, Key, read_key
from evenhand.operations.sealing.check import check
from evenhand.operations.sealing.log_key import log_folder
from evenhand.operations.sealing.publish import published
from evenhand.operations.sealing.receipts import Told, is_told
from evenhand.outside.keystore import KeyGone
from evenhand.records.sealed import Unreadable

_AT_ONCE = 10_000


class NothingToExport(Exception):
    """There is no signed record, or it does not hold; says what is wrong, line by line."""

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__(self.complaints[0])


@dataclass(frozen=True)
class Exported:
    """What an export holds."""

    lines: int
    opened: int
    erased: int


def export(out: Path, *, cases: Mapping[UUID, Told | None] | None = None) -> Exported:
    """Leave a checkable export of everything that is signed, up to the last checkpoint.

    out       a folder that is not there yet
    cases     the acts that are opened in it, by case, where the case's key still is; all others stay commitments. With
              None in the place of acts every entry of the case is opened, looks included
    raises    NothingToExport, with every line that is wrong; Unexportable, when the folder cannot be made
    """
    complaints = check()
    key = log_folder().key()
    with enter_house():
        last = published()
    if last is None or key is None:
        complaints.append("nothing was signed yet: there is no record to export")
    if complaints or last is None or key is None:
        raise NothingToExport(complaints)
    with enter_house():
        openings, erased = _openings(cases or {}, last.size)
        notes, witnesses = _notes(last.key, last.size)
        write_export(
            out,
            lines=_lines(last.size),
            openings=openings,
            checkpoints=notes,
            log_key=key,
            witnesses=witnesses,
        )
        ledger.write(
            None,
            [
                ledger.entry(
                    actor=HOUSE,
                    verb="export_record",
                    case="",
                    at=now(),
                    detail=f"{last.size} lines, {len(openings)} opened",
                )
            ],
        )
    return Exported(last.size, len(openings), erased)


def _lines(size: int) -> Iterator[bytes]:
    """Yield the lines in the tree's order, a few thousand at a time."""
    for begin in range(0, size, _AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(
                "select f.position, e.line from ledger_leaf f join ledger_entry e on e.id = f.entry_id"
                " where f.position >= %s and f.position < %s order by f.position",
                [begin, min(begin + _AT_ONCE, size)],
            )
            rows = cursor.fetchall()
        for due, (position, line) in enumerate(rows, begin):
            if position != due:
                raise Unexportable(f"line {due + 1} is missing")
            yield bytes(line)


def _openings(cases: Mapping[UUID, Told | None], size: int) -> tuple[list[tuple[int, bytes]], int]:
    """Return the openings of these cases by line number, and how many cannot be opened here: erased, or kept for people."""
    found, erased = [], 0
    for case_id, acts in cases.items():
        with connection.cursor() as cursor:
            cursor.execute(
                "select f.position, e.line, e.sealed from entry_of o join ledger_entry e on e.id = o.entry_id"
                " join ledger_leaf f on f.entry_id = e.id where o.case_id = %s and f.position < %s",
                [case_id, size],
            )
            rows = cursor.fetchall()
        for position, line, sealed in rows:
            try:
                opening = ledger.opened(case_id, bytes(sealed))
                told = open_entry(bytes(line), opening)
            except (KeyGone, KeptForPeople, Unreadable, DoesNotOpen):
                erased += 1
                continue
            if acts is None or is_told(told, acts):
                found.append((position + 1, opening))
    return sorted(found), erased


def _notes(key: str, size: int) -> tuple[list[bytes], list[Key]]:
    """Return the checkpoints that this log signed, with their cosignatures, and the witnesses' keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.note, array(select s.line from ledger_cosignature s where s.checkpoint = c.number order by s.id),"
            " array(select s.witness from ledger_cosignature s where s.checkpoint = c.number)"
            " from ledger_checkpoint c join ledger_log l on l.number = c.log where l.key = %s and c.size <= %s order by c.number",
            [key, size],
        )
        rows = cursor.fetchall()
    names = sorted({name for _, _, names in rows for name in names})
    return [bytes(note) + "".join(lines).encode() for note, lines, _ in rows], [
        read_key(name, COSIGNATURE) for name in names
    ]
