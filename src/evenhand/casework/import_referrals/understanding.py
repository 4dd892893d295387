"""Turn a row of their words into the answers of our form, or say everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from evenhand.casework.import_referrals.mapping import (
    AREA,
    OWNER,
    REASON,
    RECEIVED,
    REFERENCE,
    STANDS_AT,
    ColumnMap,
)
from evenhand.casework.sheets.cells import as_code, as_date, as_partial_date, as_yes_no
from evenhand.casework.sheets.faults import BadCell, Fault
from evenhand.casework.sheets.reading import Row
from evenhand.kernels.policy import Field, Invalid, Journey, Pack, validate

OLDEST_YEARS = 40
OLDEST_PERSON = 110
REPLACED = "leave the cell empty if it is not known."


@dataclass(frozen=True)
class Understood:
    """One row in our words, ready to go through the gate."""

    row: int
    area: str
    answers: Mapping[str, object]
    reason: str
    received: date
    reference: str
    stands_at: str
    owner: str


@dataclass(frozen=True)
class Terms:
    """What a row is held against: the rules, the places, who may own, and today."""

    pack: Pack
    journey: Journey
    areas: Mapping[str, str]
    owners: Mapping[str, str]
    """E-mail address, folded → practitioner id."""
    today: date

    @property
    def fields(self) -> dict[str, Field]:
        """Return the questions of the journey's first form."""
        form = self.pack.forms[self.journey.steps[self.journey.start_step].form]
        outcome = next(iter(self.journey.steps[self.journey.start_step].outcomes))
        return {f.code: f for f in form.asked(outcome) if f.kind != "file"}


def understand(row: Row, found: ColumnMap, terms: Terms) -> Understood | list[Fault]:
    """Return the row in our words, or all its faults."""
    reader = _Reader(row, found, terms)
    answers = {
        code: value
        for code, field in terms.fields.items()
        if (value := reader.answer(code, field)) is not None
    }
    area = reader.code(AREA, terms.areas, required=True)
    received = reader.received()
    stands_at = reader.place()
    owner = reader.owner()
    reader.check_birth(answers.get("born"), received)
    reader.check_form(answers)
    if reader.faults:
        return reader.faults
    return Understood(
        row=row.number,
        area=area,
        answers=answers,
        reason=reader.text(REASON) or f"Taken in from {found.system}.",
        received=received,
        reference=reader.text(REFERENCE)[:120],
        stands_at=stands_at,
        owner=owner,
    )


class _Reader:
    """Reads the cells of one row and keeps what is wrong with them."""

    def __init__(self, row: Row, found: ColumnMap, terms: Terms) -> None:
        self.row = row
        self.map = found
        self.terms = terms
        self.faults: list[Fault] = []
        self._cells = {heading.casefold(): (heading, text) for heading, text in row.cells.items()}

    def heading(self, name: str) -> str:
        """Return the heading that a fault names."""
        listed = self.map.columns.get(name, ())
        if name == "names" and self.map.whole_names:
            listed = self.map.whole_names
        return self._cells[listed[0].casefold()][0] if listed else ""

    def lines(self, headings: Iterable[str]) -> list[str]:
        """Return what is written under headings, the empty ones left out."""
        found = [self._cells[heading.casefold()][1] for heading in headings]
        return [text for text in found if text]

    def text(self, name: str) -> str:
        """Return what a row says, several columns a line each."""
        written = "\n".join(self.lines(self.map.columns.get(name, ())))
        return written or self.map.defaults.get(name, "")

    def wrong(self, name: str, reason: str, what_to_do: str) -> None:
        """Keep one fault."""
        self.faults.append(Fault(self.row.number, self.heading(name), reason, what_to_do))

    def answer(self, code: str, field: Field) -> object:
        """Return the answer to one question as its form takes it, or None."""
        text = self.text(code)
        if code == "names" and self.map.whole_names:
            whole = " ".join(self.lines(self.map.whole_names))
            text = "\n".join(part for part in (whole, text) if part)
        if not text:
            return None
        try:
            if field.kind == "yes_no":
                return as_yes_no(text)
            if field.kind == "choice":
                listed = self.terms.pack.lists[field.choices or ""].codes_on(self.terms.today)
                return as_code(text, self.map.codes.get(code, {}), {c.code: c.label for c in listed})
            if field.kind == "date":
                return as_date(text, order=self.map.date_order, today=self.terms.today).isoformat()
            if field.kind == "partial_date":
                return as_partial_date(text, order=self.map.date_order, today=self.terms.today)
        except BadCell as bad:
            self.wrong(code, bad.reason, bad.what_to_do)
            return None
        return text

    def code(self, name: str, known: Mapping[str, str], *, required: bool) -> str:
        """Return one of our codes, or ""."""
        text = self.text(name)
        if not text:
            if required:
                self.wrong(name, "It is empty.", "Write where the person lives.")
            return ""
        try:
            return as_code(text, self.map.codes.get(name, {}), known)
        except BadCell as bad:
            self.wrong(name, bad.reason, bad.what_to_do)
            return ""

    def received(self) -> date:
        """Return the day on which they got it: today where no column says so."""
        text, today = self.text(RECEIVED), self.terms.today
        if not text:
            if RECEIVED in self.map.columns:
                self.wrong(RECEIVED, "It is empty.", "Write the day on which the referral came.")
            return today
        try:
            day = as_date(text, order=self.map.date_order, today=today)
        except BadCell as bad:
            self.wrong(RECEIVED, bad.reason, bad.what_to_do)
            return today
        if day > today:
            self.wrong(
                RECEIVED, f"{day:%d %B %Y} lies in the future.", "Check the day, the month and the year."
            )
        elif day.year < today.year - OLDEST_YEARS:
            self.wrong(RECEIVED, f"{day:%d %B %Y} is too long ago.", "Check the year.")
        return day

    def place(self) -> str:
        """Return where a live case of the older system stands, as a place of the journey."""
        places = self.terms.journey.places
        code = self.code(STANDS_AT, {place.code: place.label for place in places.values()}, required=False)
        if code and code not in places:
            self.wrong(
                STANDS_AT, f"The map says {code!r}, and the journey has no such place.", "Correct the map."
            )
            return ""
        if code and places[code].final:
            self.wrong(
                STANDS_AT,
                f"A case at “{places[code].label}” has ended.",
                "Take live cases only; leave this row out.",
            )
        return code

    def owner(self) -> str:
        """Return who is to own the case, by their e-mail address here."""
        text = self.text(OWNER)
        if not text:
            return ""
        found = self.terms.owners.get(text.casefold())
        if found is None:
            self.wrong(OWNER, f"Nobody who may own a case at “{self._first_place()}” has the address “{text[:80]}”.",
                       "Write the e-mail address that they sign in with, or leave the cell empty.")  # fmt: skip
        return found or ""

    def _first_place(self) -> str:
        return self.terms.journey.places[self.terms.journey.start].label

    def check_birth(self, born: object, received: date) -> None:
        """Refuse a birth after the referral, and an age that nobody reaches."""
        if not isinstance(born, str):
            return
        if born > received.isoformat()[: len(born)]:
            self.wrong("born", f"A birth in {born} lies after the referral.", f"Check the year; {REPLACED}")
        elif int(born[:4]) < received.year - OLDEST_PERSON:
            self.wrong(
                "born",
                f"A birth in {born} makes the person older than {OLDEST_PERSON}.",
                f"Check the year; {REPLACED}",
            )

    def check_form(self, answers: Mapping[str, object]) -> None:
        """Hold the answers against the form, as the gate will."""
        step = self.terms.journey.steps[self.terms.journey.start_step]
        faulty = {fault.column for fault in self.faults}
        try:
            validate(
                self.terms.pack.forms[step.form],
                answers,
                outcome=next(iter(step.outcomes)),
                lists=self.terms.pack.lists,
                on=self.terms.today,
            )
        except Invalid as invalid:
            for code, sentence in invalid.errors.items():
                if self.heading(code) not in faulty or not self.heading(code):
                    empty = not self.text(code)
                    self.wrong(code, "It is empty." if empty else "It cannot be taken as it is.", sentence)
