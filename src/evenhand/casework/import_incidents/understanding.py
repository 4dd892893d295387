"""Understand one row of a list of incidents in our terms, or say of each cell what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from evenhand.casework.import_incidents.mapping import IncidentMap, fold
from evenhand.casework.sheets.cells import as_date, as_yes_no
from evenhand.casework.sheets.faults import BadCell, Fault
from evenhand.casework.sheets.reading import Row, Sheet
from evenhand.kernels.policy import CodeList

OLDEST = date(1990, 1, 1)
NOT_A_NUMBER = re.compile(r"^-\d")
SAME_WEEKDAY_FROM = 8
GAP_DAYS = 120
GAP_TIMES = 40


@dataclass(frozen=True)
class Terms:
    """What rows are understood by: our lists, the areas there are (label or code, folded → code), and the day."""

    lists: Mapping[str, CodeList]
    areas: Mapping[str, str]
    today: date


@dataclass(frozen=True)
class MadeArea:
    """An area that a list names and that is not there yet: its code and label, and the one around it."""

    code: str
    label: str
    parent: str


@dataclass(frozen=True)
class Understood:
    """One row in our terms."""

    row: int
    reference: str
    occurred_on: date
    occurred_until: date | None
    reported_on: date | None
    recorded_on: date
    area: str
    new_areas: tuple[MadeArea, ...]
    strands: tuple[str, ...]
    religions: tuple[str, ...]
    crime: bool
    offence_group: str
    place_kind: str
    source: str
    repeat_victim: bool | None
    wishes: tuple[str, ...]


LISTS = {
    "strands": "strands",
    "religions": "religions",
    "offence": "offence_groups",
    "place_kind": "place_kinds",
    "source": "incident_sources",
    "wishes": "victim_wishes",
}


def slug(text: str) -> str:
    """Return a word as part of a code."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "x"


class Reader:
    """Reads rows; remembers what each word came to, because a list has few words and many rows."""

    def __init__(self, found: IncidentMap, terms: Terms) -> None:
        self.map = found
        self.terms = terms
        self._known: dict[tuple[str, str], tuple[str, ...] | str] = {}
        self._days: dict[str, date | BadCell] = {}

    def understand(self, row: Row) -> Understood | list[Fault]:
        """Return the row in our terms, or everything that is wrong with it."""
        cells = {heading.casefold(): text for heading, text in row.cells.items()}
        faults: list[Fault] = []
        occurred = self._day("occurred_on", row, cells, faults)
        until = self._day("occurred_until", row, cells, faults)
        reported = self._day("reported_on", row, cells, faults)
        recorded = self._day("recorded_on", row, cells, faults)
        several = {name: self._codes(name, row, cells, faults) for name in LISTS}
        crime = self._yes_no("crime", row, cells, faults)
        repeat = self._yes_no("repeat_victim", row, cells, faults)
        area, made = self._area(row, cells, faults)
        reference = " ".join(self._texts("reference", cells))
        if not reference:
            faults.append(
                self._fault(
                    "reference", row, "It is empty.", "Each row needs the number by which they know it."
                )
            )
        if occurred and until and until < occurred:
            faults.append(
                self._fault("occurred_until", row, "The last day lies before the first.", "Check both days.")
            )
        if not several["strands"] and not faults:
            faults.append(
                self._fault("strands", row, "It is empty.", "Say which strand it was perceived to be about.")
            )
        if faults or occurred is None:
            return faults
        return Understood(
            row=row.number, reference=reference[:120], occurred_on=occurred, occurred_until=until, reported_on=reported,
            recorded_on=recorded or reported or occurred, area=area, new_areas=made, strands=several["strands"],
            religions=several["religions"], crime=True if crime is None else crime,
            offence_group=(several["offence"] or ("offence_unknown",))[0] if crime is not False else "",
            place_kind=(several["place_kind"] or ("place_unknown",))[0], source=(several["source"] or ("police",))[0],
            repeat_victim=repeat, wishes=several["wishes"],
        )  # fmt: skip

    def _texts(self, name: str, cells: Mapping[str, str]) -> list[str]:
        found = [cells[h.casefold()] for h in self.map.columns.get(name, ())]
        kept = [text for text in found if text]
        return kept or ([self.map.defaults[name]] if name in self.map.defaults else [])

    def _fault(self, name: str, row: Row, reason: str, what_to_do: str) -> Fault:
        listed = self.map.columns.get(name, ()) or (
            self.map.area_levels[-1] if name == "area" and self.map.area_levels else ()
        )
        return Fault(row.number, listed[0] if listed else "", reason, what_to_do)

    def _day(self, name: str, row: Row, cells: Mapping[str, str], faults: list[Fault]) -> date | None:
        text = " ".join(self._texts(name, cells))
        if not text:
            if name == "occurred_on":
                faults.append(self._fault(name, row, "It is empty.", "Say on which day it happened."))
            return None
        if text not in self._days:
            try:
                self._days[text] = self._checked_day(text)
            except BadCell as bad:
                self._days[text] = bad
        found = self._days[text]
        if isinstance(found, BadCell):
            faults.append(self._fault(name, row, found.reason, found.what_to_do))
            return None
        return found

    def _checked_day(self, text: str) -> date:
        if NOT_A_NUMBER.match(text):
            raise BadCell(
                f"“{text[:20]}” is below zero and no date.", "Check the column map: is this column a count?"
            )
        day = as_date(text, order=self.map.date_order, today=self.terms.today)
        if day > self.terms.today:
            raise BadCell(
                f"{day:%d %B %Y} lies in the future.",
                "Check day and month: date_order in the map says which comes first.",
            )
        if day < OLDEST:
            raise BadCell(f"{day:%d %B %Y} is too long ago.", "Check the year.")
        return day

    def _codes(self, name: str, row: Row, cells: Mapping[str, str], faults: list[Fault]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for text in self._texts(name, cells):
            parts = [p.strip() for p in text.split(self.map.split)] if self.map.split else [text]
            for part in parts:
                if not part:
                    continue
                key = (name, part)
                if key not in self._known:
                    self._known[key] = self._code(name, part)
                known = self._known[key]
                if isinstance(known, str):
                    faults.append(self._fault(name, row, known, f"Add it to [codes.{name}] of the map."))
                else:
                    found |= dict.fromkeys(known)
        return tuple(found)

    def _code(self, name: str, text: str) -> tuple[str, ...] | str:
        codes = self.terms.lists[LISTS[name]].codes
        mapped = self.map.codes.get(name, {}).get(fold(text))
        if mapped is not None:
            wrong = [code for code in mapped if code not in codes]
            return f"The map says {wrong[0]!r}, which is in no list here." if wrong else mapped
        for code in codes.values():
            if fold(text) in (code.code, fold(code.label)):
                return (code.code,)
        return f"“{text[:60]}” means nothing here yet."

    def _yes_no(self, name: str, row: Row, cells: Mapping[str, str], faults: list[Fault]) -> bool | None:
        text = " ".join(self._texts(name, cells))
        if not text:
            return None
        mapped = self.map.codes.get(name, {}).get(fold(text))
        try:
            return as_yes_no(mapped[0] if mapped else text) == "yes"
        except BadCell as bad:
            faults.append(self._fault(name, row, bad.reason, bad.what_to_do))
            return None

    def _area(
        self, row: Row, cells: Mapping[str, str], faults: list[Fault]
    ) -> tuple[str, tuple[MadeArea, ...]]:
        if self.map.area_levels:
            made, parent, path = [], self.map.area_prefix, [self.map.area_prefix]
            for level in self.map.area_levels:
                texts = [cells[h.casefold()] for h in level]
                if not all(texts):
                    faults.append(self._fault("area", row, "The area is empty.", "Say where it happened."))
                    return "", ()
                path.append("-".join(slug(t) for t in texts))
                code = "-".join(path)[:80]
                made.append(MadeArea(code, " ".join(texts)[:120], parent))
                parent = code
            return parent, tuple(made)
        text = " ".join(self._texts("area", cells))
        found = self.terms.areas.get(fold(text), "")
        if not found:
            said = f"There is no area called “{text[:60]}”." if text else "The area is empty."
            faults.append(
                self._fault("area", row, said, "Put the area under watch first, or correct the name.")
            )
        return found, ()


def cautions(days: Sequence[date], sheet: Sheet) -> list[str]:
    """Return what is odd about the file as a whole, for a person to judge: weekly figures, a long silence."""
    said = []
    distinct = sorted(set(days))
    if len(distinct) >= SAME_WEEKDAY_FROM and len({d.weekday() for d in distinct}) == 1:
        said.append(
            f"All {len(distinct)} dates fall on the same day of the week: these look like weekly figures and not days."
        )
    if len(distinct) > GAP_TIMES:
        usual = (distinct[-1] - distinct[0]).days / len(distinct)
        for one, other in pairwise(distinct):
            if (other - one).days > max(GAP_DAYS, GAP_TIMES * usual):
                said.append(
                    f"Nothing happened between {one:%d %B %Y} and {other:%d %B %Y}: is a part of the list missing?"
                )
    return said
