"""Understand what people write into cells: dates in many ways, yes and no, and codes in their own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from evenhand.casework.sheets.faults import BadCell

ORDERS = ("dmy", "mdy", "ymd")
# English and Welsh; the first three letters are enough where they are told apart by them.
_MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8,
    "september": 9, "october": 10, "november": 11, "december": 12, "sept": 9,
    "ionawr": 1, "chwefror": 2, "mawrth": 3, "ebrill": 4, "mai": 5, "mehefin": 6, "gorffennaf": 7, "awst": 8,
    "medi": 9, "hydref": 10, "tachwedd": 11, "rhagfyr": 12,
}  # fmt: skip
_SHORT = {name[:3]: number for name, number in reversed(_MONTHS.items())}
_CLOCK = re.compile(
    r"[ T,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\.\d+)?\s*(?:[ap]\.?m\.?)?(?:Z|\+00:00)?$", re.IGNORECASE
)
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})")
_DAY_MONTH_YEAR = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s./-]*([^\W\d_]+)\.?,?[\s./-]*(\d{2}|\d{4})", re.IGNORECASE
)
_MONTH_DAY_YEAR = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,\s*(\d{4})", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"([^\W\d_]+)\.?[\s./'’-]*(\d{2}|\d{4})", re.IGNORECASE)
_NUMBER_YEAR = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{4})")
_YEAR_NUMBER = re.compile(r"(\d{4})-(\d{2})")
_SERIAL_START = date(1899, 12, 30)
_SERIALS = range(3_000, 80_000)
YES = {"yes", "y", "true", "1", "x", "✓", "ydy", "oes", "ie"}
NO = {"no", "n", "false", "0", "nac oes", "na"}
_EXAMPLE = "Write it like 27/03/2026 or 27 March 2026."


def as_date(text: str, *, order: str, today: date) -> date:
    """Return a whole day; raises BadCell."""
    found = as_partial_date(text, order=order, today=today)
    if len(found) != len("2026-03-27"):
        raise BadCell(f"“{text}” leaves the day open.", _EXAMPLE)
    return date.fromisoformat(found)


def as_partial_date(text: str, *, order: str, today: date) -> str:
    """Return as much of a date as was written: 2009, 2009-05 or 2009-05-04; raises BadCell.

    order  how 03/04/2026 is to be read: dmy, mdy or ymd
    """
    bare = _WEEKDAY.sub("", _CLOCK.sub("", " ".join(text.split())))
    if re.fullmatch(r"1[6-9]\d\d|20\d\d", bare):
        return bare
    if re.fullmatch(r"\d{4,5}(?:\.\d+)?", bare):
        return _serial(text, float(bare))
    if found := _YEAR_NUMBER.fullmatch(bare):
        return _month(text, int(found[1]), int(found[2]))
    if found := _NUMBERS.fullmatch(bare):
        return _numbers(text, found.groups(), order, today)
    if found := _NUMBER_YEAR.fullmatch(bare):
        return _month(text, int(found[2]), int(found[1]))
    if found := _MONTH_DAY_YEAR.fullmatch(bare):
        return _day(text, int(found[3]), _named(text, found[1]), int(found[2]))
    if found := _DAY_MONTH_YEAR.fullmatch(bare):
        return _day(text, _year(found[3], today), _named(text, found[2]), int(found[1]))
    if found := _MONTH_YEAR.fullmatch(bare):
        return _month(text, _year(found[2], today), _named(text, found[1]))
    raise BadCell(f"“{_short(text)}” cannot be read as a date.", _EXAMPLE)


def _serial(text: str, number: float) -> str:
    """Read the number of days that a spreadsheet keeps behind a date."""
    if int(number) not in _SERIALS:
        raise BadCell(f"“{text}” is a number and not a date.", _EXAMPLE)
    return (_SERIAL_START + timedelta(days=int(number))).isoformat()


def _numbers(text: str, parts: tuple[str, ...], order: str, today: date) -> str:
    first, second, third = parts
    if len(first) == 4 or order == "ymd":
        year, month, day = _year(first, today), int(second), int(third)
    elif order == "mdy":
        month, day, year = int(first), int(second), _year(third, today)
    else:
        day, month, year = int(first), int(second), _year(third, today)
    return _day(text, year, month, day)


def _year(text: str, today: date) -> int:
    """Read 24 as 2024, and 68 as 1968: never more than a year ahead."""
    if len(text) == 4:
        return int(text)
    if len(text) > 2:
        raise BadCell(f"“{text}” is not a year.", "Write the year with four figures.")
    century = today.year // 100 * 100
    return century + int(text) - (100 if century + int(text) > today.year + 1 else 0)


def _day(text: str, year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise BadCell(
            f"There is no such day as “{text}”.", "Check the day, the month and the year."
        ) from None


def _month(text: str, year: int, month: int) -> str:
    return _day(text, year, month, 1)[:7]


def _named(text: str, name: str) -> int:
    plain = name.casefold().rstrip(".")
    if plain in _MONTHS:
        return _MONTHS[plain]
    if len(plain) == 3 and plain in _SHORT:
        return _SHORT[plain]
    raise BadCell(f"“{name}” in “{_short(text)}” is no month.", _EXAMPLE)


def as_yes_no(text: str) -> str:
    """Return yes or no; raises BadCell."""
    plain = text.casefold().rstrip(".! ")
    if plain in YES:
        return "yes"
    if plain in NO:
        return "no"
    raise BadCell(f"“{_short(text)}” is neither yes nor no.", "Write yes or no, or leave the cell empty.")


def as_code(text: str, translated: Mapping[str, str], known: Mapping[str, str]) -> str:
    """Return the code that a cell means: by the map, by its label, or written as the code itself; raises BadCell.

    translated  their words, folded → our code
    known       our code → its label
    """
    plain = " ".join(text.casefold().split())
    if plain in translated:
        return translated[plain]
    for code, label in known.items():
        if plain in {code.casefold(), label.casefold()}:
            return code
    raise BadCell(
        f"“{_short(text)}” is not in the map.",
        f"Add it to the map, or write one of: {', '.join(list(known.values())[:12])}.",
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
