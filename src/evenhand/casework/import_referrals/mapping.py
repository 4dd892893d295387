"""Read the column map: which of their headings answers which of our questions, and what their words mean."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from evenhand.casework.sheets.cells import ORDERS
from evenhand.casework.sheets.faults import CannotRead

# What a row may say beside the answers to the journey's first form.
AREA, RECEIVED, REFERENCE, STANDS_AT, OWNER, REASON = (
    "area",
    "received",
    "reference",
    "stands_at",
    "owner",
    "reason",
)
OURS = (AREA, RECEIVED, REFERENCE, STANDS_AT, OWNER, REASON)


@dataclass(frozen=True)
class ColumnMap:
    """How one organisation keeps its referrals.

    columns   our name → their headings; several are put together, names and addresses a line each otherwise
    codes     our name → their words, folded → our code
    defaults  our name → what an empty cell, or no column at all, means
    """

    system: str
    journey: str
    encoding: str
    delimiter: str
    date_order: str
    columns: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Mapping[str, str]]
    defaults: Mapping[str, str]
    whole_names: tuple[str, ...] = field(default=())
    """Headings that are parts of one name, in the order in which they are written."""

    def headings(self) -> set[str]:
        """Return every heading that the map names."""
        return {h for headings in self.columns.values() for h in headings} | set(self.whole_names)


def read_map(text: str) -> ColumnMap:
    """Return the column map; raises CannotRead with what is wrong."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotRead(f"the map is not TOML: {error}") from error
    _only(raw, ("file", "columns", "codes", "defaults"), "the map")
    about = _table(raw, "file")
    _only(about, ("system", "journey", "encoding", "delimiter", "date_order"), "[file]")
    order = str(about.get("date_order", "dmy"))
    if order not in ORDERS:
        raise CannotRead(f"[file] date_order must be one of {', '.join(ORDERS)}, not {order!r}")
    if not str(about.get("system", "")).strip():
        raise CannotRead("[file] system must name where the rows come from, for example “Ashmere case list”")
    columns: dict[str, tuple[str, ...]] = {}
    parts: tuple[str, ...] = ()
    for ours, theirs in _table(raw, "columns").items():
        if ours == "name_parts":
            parts = _headings("name_parts", theirs)
        else:
            columns[ours] = _headings(ours, theirs)
    codes = {
        ours: {_fold(k): str(v) for k, v in _words(ours, t).items()}
        for ours, t in _table(raw, "codes").items()
    }
    return ColumnMap(
        system=str(about["system"]).strip()[:60],
        journey=str(about.get("journey", "channel")),
        encoding=str(about.get("encoding", "")),
        delimiter=str(about.get("delimiter", "")),
        date_order=order,
        columns=columns,
        codes=codes,
        defaults={name: str(value) for name, value in _table(raw, "defaults").items()},
        whole_names=parts,
    )


def check_map(found: ColumnMap, *, headings: Iterable[str], questions: Iterable[str]) -> None:
    """Refuse a map that names headings the file does not have, or questions the form does not ask."""
    there = {h.casefold(): h for h in headings}
    for heading in sorted(found.headings()):
        if heading.casefold() not in there:
            raise CannotRead(f"the file has no column “{heading}”{_near(heading, there.values())}")
    known = {*questions, *OURS}
    for name in [*found.columns, *found.codes, *found.defaults]:
        if name not in known:
            raise CannotRead(f"the map answers {name!r}, and nothing asks that{_near(name, known)}")
    if AREA not in found.columns and AREA not in found.defaults:
        raise CannotRead("the map must say where the person lives: area, as a column or a default")


def _table(raw: Mapping[str, object], name: str) -> dict[str, object]:
    value = raw.get(name, {})
    if not isinstance(value, dict):
        raise CannotRead(f"[{name}] must be a table")
    return value


def _words(ours: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise CannotRead(f"[codes.{ours}] must be a table of their words and our codes")
    return value


def _headings(ours: str, value: object) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if (
        not isinstance(listed, list)
        or not listed
        or not all(isinstance(item, str) and item.strip() for item in listed)
    ):
        raise CannotRead(f"[columns] {ours} must be a heading, or a list of headings")
    return tuple(" ".join(item.split()) for item in listed)


def _only(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise CannotRead(f"{where} has {key!r}, which means nothing here{_near(key, known)}")


def _near(word: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean “{found[0]}”?" if found else ""


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
