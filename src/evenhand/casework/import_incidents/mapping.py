"""Read the column map of a list of incidents: which of their headings says what, and what their words mean here."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evenhand.casework.sheets.cells import ORDERS
from evenhand.casework.sheets.faults import CannotRead

COLUMNS = (
    "reference", "occurred_on", "occurred_until", "reported_on", "recorded_on", "area", "strands", "religions",
    "offence", "place_kind", "source", "crime", "repeat_victim", "wishes",
)  # fmt: skip
NEEDED = ("reference", "occurred_on", "area", "strands")
CODED = ("strands", "religions", "offence", "place_kind", "source", "crime", "repeat_victim", "wishes")


@dataclass(frozen=True)
class IncidentMap:
    """How one body keeps its incidents.

    columns   our name → their headings; several make one value
    codes     our name → their words, folded → our codes (several where one word of theirs means several of ours)
    defaults  our name → what an empty cell, or no column at all, means
    area_levels  their headings from the largest area to the smallest: areas that are not there yet are made so
    area_prefix  what the codes of made areas begin with, so that two lists never share one by accident
    """

    system: str
    encoding: str
    delimiter: str
    date_order: str
    split: str
    columns: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Mapping[str, tuple[str, ...]]]
    defaults: Mapping[str, str]
    area_levels: tuple[tuple[str, ...], ...]
    area_prefix: str


def read_map(text: str) -> IncidentMap:
    """Return the column map; raises CannotRead with what is wrong."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotRead(f"the map is not TOML: {error}") from error
    _only(raw, ("file", "columns", "codes", "defaults", "areas"), "the map")
    about = _table(raw, "file")
    _only(about, ("system", "encoding", "delimiter", "date_order", "split"), "[file]")
    order = str(about.get("date_order", "dmy"))
    if order not in ORDERS:
        raise CannotRead(f"[file] date_order must be one of {', '.join(ORDERS)}, not {order!r}")
    if not str(about.get("system", "")).strip():
        raise CannotRead(
            "[file] system must name where the list comes from, for example “Council reporting centre”"
        )
    columns = {ours: _headings(ours, theirs) for ours, theirs in _table(raw, "columns").items()}
    areas = _table(raw, "areas")
    _only(areas, ("levels", "prefix"), "[areas]")
    levels = areas.get("levels", [])
    if not isinstance(levels, list):
        raise CannotRead("[areas] levels must be a list, from the largest area to the smallest")
    known = {
        **dict.fromkeys(columns),
        **dict.fromkeys(_table(raw, "codes")),
        **dict.fromkeys(_table(raw, "defaults")),
    }
    _only(known, COLUMNS, "the map")
    found = IncidentMap(
        system=str(about["system"]).strip()[:60],
        encoding=str(about.get("encoding", "")),
        delimiter=str(about.get("delimiter", "")),
        date_order=order,
        split=str(about.get("split", "")),
        columns=columns,
        codes={ours: _words(ours, theirs) for ours, theirs in _table(raw, "codes").items()},
        defaults={name: str(value) for name, value in _table(raw, "defaults").items()},
        area_levels=tuple(_headings("levels", level) for level in levels),
        area_prefix=str(areas.get("prefix", "")).strip(),
    )
    for name in NEEDED:
        if (
            name not in found.columns
            and name not in found.defaults
            and not (name == "area" and found.area_levels)
        ):
            raise CannotRead(
                f"the map must say what {name!r} is: a heading in [columns], or one value in [defaults]"
            )
    if found.area_levels and not found.area_prefix:
        raise CannotRead("[areas] prefix must say what the codes of areas made by this list begin with")
    return found


def check_map(found: IncidentMap, headings: Iterable[str]) -> None:
    """Refuse a map that names headings the file does not have."""
    there = {h.casefold(): h for h in headings}
    named = [h for listed in found.columns.values() for h in listed]
    named += [h for level in found.area_levels for h in level]
    for heading in named:
        if heading.casefold() not in there:
            raise CannotRead(f"the file has no column “{heading}”{_near(heading, there.values())}")


def fold(text: str) -> str:
    """Return a word as it is compared: without case and doubled spaces."""
    return " ".join(text.casefold().split())


def _table(raw: Mapping[str, object], name: str) -> dict[str, object]:
    value = raw.get(name, {})
    if not isinstance(value, dict):
        raise CannotRead(f"[{name}] must be a table")
    return value


def _headings(ours: str, value: object) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if (
        not isinstance(listed, list)
        or not listed
        or not all(isinstance(i, str) and i.strip() for i in listed)
    ):
        raise CannotRead(f"{ours} must be a heading, or a list of headings")
    return tuple(" ".join(item.split()) for item in listed)


def _words(ours: str, value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise CannotRead(f"[codes.{ours}] must be a table of their words and our codes")
    made = {}
    for theirs, code in value.items():
        listed = [code] if isinstance(code, str) else code
        if not isinstance(listed, list) or not all(isinstance(c, str) for c in listed):
            raise CannotRead(f"[codes.{ours}] “{theirs}” must be one of our codes, or a list of them")
        made[fold(theirs)] = tuple(listed)
    return made


def _only(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise CannotRead(f"{where} has {key!r}, which means nothing here{_near(key, known)}")


def _near(word: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean “{found[0]}”?" if found else ""
