"""Lay a release's printed figures out as sheets: the one source of every page, spreadsheet and chart."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

TOTAL = "total"
KNOWN = "known"
COUNT, PERCENT, RATE, MARKS = "count", "percent", "rate", "mark"

Cell = int | float | str


@dataclass(frozen=True)
class Sheet:
    """One table as it is laid out: headings, then rows; a figure is a number, a mark or a label is a text.

    labels   how many columns at the left are labels
    bars     (label, figure) of the column that a chart shows; empty when none is drawn
    """

    name: str
    title: str
    unit: str
    notes: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    labels: int
    bars: tuple[tuple[str, Cell], ...]
    bars_of: str


def sheets(files: Mapping[str, str]) -> list[Sheet]:
    """Return every table of a release as a sheet, from its files alone."""
    about = json.loads(files["release.json"])
    found = [_sheet(about, table, files[f"tables/{table['name']}.csv"]) for table in about["tables"]]
    found = gathered(found, {table["name"]: table["sheet"] for table in about["tables"] if "sheet" in table})
    for more in about.get("more", []):
        found.append(_more(more, files[f"more/{more['name']}.csv"]))
    return sorted(found, key=lambda sheet: sheet.name)


def gathered(found: Sequence[Sheet], of: Mapping[str, Sequence[str]]) -> list[Sheet]:
    """Return the sheets with those of one name put under one another; a row that stands already is not repeated.

    of   name of a table -> name and title of its sheet
    """
    groups: dict[str, list[Sheet]] = {}
    for sheet in found:
        groups.setdefault(of[sheet.name][0] if sheet.name in of else sheet.name, []).append(sheet)
    made = []
    for name, parts in groups.items():
        first = parts[0]
        if len(parts) == 1:
            made.append(first)
            continue
        rows = tuple(dict.fromkeys(row for part in parts for row in part.rows))
        bars = tuple((str(row[0]), row[first.labels]) for row in rows) if first.labels == 1 else ()
        made.append(replace(first, name=name, title=of[first.name][1], rows=rows, bars=bars))
    return made


def _sheet(about: Mapping[str, Any], table: Mapping[str, Any], text: str) -> Sheet:
    """Lay a table out: the last dimension across, the others down; percentages to the right of counts."""
    fields = {d["name"]: d for d in about["dimensions"]}
    names = about.get("fields", {})
    rows = list(csv.DictReader(io.StringIO(text)))
    down = table["dimensions"][:-1] or table["dimensions"]
    across = table["dimensions"][-1] if len(table["dimensions"]) > 1 else None
    figures = {tuple(row[n] for n in table["dimensions"]): row for row in rows}
    lines = list(dict.fromkeys(tuple(row[n] for n in down) for row in rows))
    if len(down) == 1:
        lines = [(code,) for code in in_order(fields[down[0]], {line[0] for line in lines})]
    columns = in_order(fields[across], {row[across] for row in rows}) if across else [""]
    shares = bool(rows) and PERCENT in rows[0]
    rate = bool(rows) and RATE in rows[0]
    said = {code: fields[across]["labels"].get(code, code) if across else "Number" for code in columns}
    headings = [names.get(name, name) for name in down]
    headings += [said[code] for code in columns]
    headings += [f"{said[code]} (%)" for code in columns] if shares else []
    headings += [f"{said[TOTAL]}, per million people"] if rate and across else []
    headings += ["Marks"] if rows and MARKS in rows[0] else []
    laid: list[tuple[Cell, ...]] = []
    for line in lines:
        cells = [figures[(*line, code) if across else line] for code in columns]
        laid.append(
            (
                *(fields[n]["labels"].get(code, code) for n, code in zip(down, line, strict=True)),
                *(figure(cell[COUNT]) for cell in cells),
                *((figure(cell[PERCENT]) for cell in cells) if shares else ()),
                *([figure(figures[(*line, TOTAL)][RATE])] if rate and across else []),
                *(
                    [" ".join(dict.fromkeys(c[MARKS] for c in cells if c[MARKS]))]
                    if MARKS in cells[0]
                    else []
                ),
            )
        )
    printed = {line[0] for line in lines}
    wholes = {parent for parent, parts in fields[down[0]]["sums"] if printed.intersection(parts)}
    main = columns.index(TOTAL) if TOTAL in columns else 0
    drawn = [
        (str(row[0]), row[len(down) + main])
        for row, line in zip(laid, lines, strict=True)
        if line[0] not in {TOTAL, KNOWN}
        and (line[0] != lines[0][0] or len(lines) == 1 or table["dimensions"][0] == "period")
        # A bar of a period beside bars of its parts would dwarf them and be read as one more of them.
        and not (table["dimensions"][0] == "period" and line[0] in wholes)
    ]
    return Sheet(
        table["name"],
        table["title"],
        table["unit"],
        tuple(table.get("notes", ())),
        tuple(headings),
        tuple(laid),
        len(down),
        tuple(drawn) if len(down) == 1 else (),
        said[columns[main]],
    )


def _more(more: Mapping[str, Any], text: str) -> Sheet:
    rows = list(csv.reader(io.StringIO(text)))
    laid = tuple(tuple(figure(cell) if at else cell for at, cell in enumerate(row)) for row in rows[1:])
    return Sheet(
        more["name"],
        more["title"],
        more["unit"],
        tuple(more.get("notes", ())),
        tuple(rows[0]),
        laid,
        1,
        (),
        "",
    )


def figure(text: str) -> Cell:
    """Return a number where the text is one, else the text: a mark stays a mark."""
    if text.isdecimal():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def in_order(dimension: Mapping[str, Any], printed: set[str]) -> list[str]:
    """Return codes as a reader wants them: a roll-up, then its parts, the total last."""
    below: dict[str, list[str]] = {}
    for parent, parts in dimension["sums"]:
        below.setdefault(parent, []).extend(p for p in parts if p not in below.get(parent, []))
    part_of = {part for parts in below.values() for part in parts}
    found: dict[str, None] = {}

    def walk(code: str) -> Iterator[str]:
        yield code
        for part in below.get(code, ()):
            yield from walk(part)

    for top in [code for code in below if code not in part_of]:
        for code in walk(top):
            found.setdefault(code)
    ordered = [code for code in found if code in printed and code != TOTAL]
    return ordered + ([TOTAL] if TOTAL in printed else [])
