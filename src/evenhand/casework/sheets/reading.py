"""Read a CSV file as people save it: UTF-8 or Excel's Windows code page, commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from evenhand.casework.sheets.faults import CannotRead, Fault

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 50_000
MOST_CELL = 100_000
# How every file of Excel before 2007 begins.
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
DELIMITERS = ",;\t|"
# How two bytes of UTF-8 look when a program took them for Windows letters: Ã©, â€™, Â£.
_DAMAGED = re.compile(
    "[ÂÃ][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]|â€|ï¿½|\ufffd"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Row:
    """One row with its cells by heading."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """What was read: headings, rows that can be looked at, and faults of rows that cannot."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    encoding: str
    delimiter: str


def read_sheet(
    contents: bytes, *, encoding: str = "", delimiter: str = "", most_rows: int = MOST_ROWS
) -> Sheet:
    """Return the rows of a CSV file.

    encoding, delimiter  what the column map says; empty means find out
    most_rows            rows beyond which the file is refused
    raises               CannotRead
    """
    if len(contents) > MOST_BYTES:
        raise CannotRead(f"the file is larger than {MOST_BYTES // 2**20} MB; split it")
    if not contents.strip():
        raise CannotRead("the file is empty")
    if contents[:2] == b"PK" or contents[:4] == OLD_WORKBOOK:
        raise CannotRead("this is a spreadsheet, not a CSV file: save it as “CSV UTF-8” and try that")
    text, found = _decoded(contents, encoding)
    mark = delimiter or _delimiter(text)
    csv.field_size_limit(MOST_CELL)
    # A NUL would end the reading; kept as the sign for it, the row that has it is told so.
    lines = csv.reader(io.StringIO(text.replace("\x00", "\u2400"), newline=""), delimiter=mark)
    try:
        headings = _headings(next(lines, []))
        rows, faults = _rows(lines, headings, most_rows)
    except csv.Error as error:
        raise CannotRead(f"line {lines.line_num} cannot be read as CSV ({error})") from error
    return Sheet(headings, tuple(rows), tuple(faults), found, mark)


def _decoded(contents: bytes, encoding: str) -> tuple[str, str]:
    if encoding:
        try:
            return contents.decode("utf-8-sig" if encoding.lower() == "utf-8" else encoding), encoding
        except LookupError as error:
            raise CannotRead(f"there is no encoding called {encoding!r}") from error
        except UnicodeDecodeError as error:
            raise CannotRead(
                f"byte {error.start} is not {encoding}; leave the encoding out of the map"
            ) from error
    if contents[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return contents.decode("utf-16"), "utf-16"
    try:
        return contents.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        # Five bytes mean nothing in Excel's code page; they are kept as a sign that the cell is damaged.
        return contents.decode("cp1252", errors="replace"), "cp1252"


def _delimiter(text: str) -> str:
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    outside = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=outside.count)


def _headings(cells: list[str]) -> tuple[str, ...]:
    headings = tuple(" ".join(cell.split()) for cell in cells)
    if not any(headings):
        raise CannotRead("the first row holds no headings")
    doubled = sorted({h for h in headings if h and [x.casefold() for x in headings].count(h.casefold()) > 1})
    if doubled:
        raise CannotRead(f"two columns are called {doubled[0]!r}; rename one")
    return headings


def _rows(
    lines: Iterator[list[str]], headings: tuple[str, ...], most_rows: int
) -> tuple[list[Row], list[Fault]]:
    rows: list[Row] = []
    faults: list[Fault] = []
    for number, cells in enumerate(lines, 2):
        if number > most_rows + 1:
            raise CannotRead(f"the file has more than {most_rows:,} rows; split it")
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(headings):
            faults.append(_wrong_width(number, cells, headings))
            continue
        wrong = [_damage(number, h, cell) for h, cell in zip(headings, cells, strict=True)]
        found = [fault for fault in wrong if fault is not None]
        if found:
            faults += found
        else:
            rows.append(Row(number, {h: cell.strip() for h, cell in zip(headings, cells, strict=True)}))
    return rows, faults


def _wrong_width(number: int, cells: list[str], headings: tuple[str, ...]) -> Fault:
    many = len(cells) > len(headings)
    return Fault(
        number,
        "",
        f"It has {len(cells)} cells, and there are {len(headings)} headings.",
        "Put quotation marks round text that holds the separating sign."
        if many
        else "Look for a cell that is missing.",
    )


def _damage(number: int, heading: str, cell: str) -> Fault | None:
    if _DAMAGED.search(cell):
        return Fault(number, heading, "Letters are damaged, as when a file is saved twice in different ways.",
                     "Type the text again, and save the file as “CSV UTF-8”.")  # fmt: skip
    if _CONTROL.search(cell) or "\u2400" in cell:
        return Fault(
            number, heading, "It holds signs that cannot be seen or printed.", "Type the text again."
        )
    return None
