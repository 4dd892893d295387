"""Name the years and quarters of a release: which days they cover and what they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from evenhand.oversight.publish.trouble import NoRelease

NAME = re.compile(r"(?P<kind>[a-z][a-z_]*)-(?P<year>20\d\d)(-q(?P<quarter>[1-4]))?\Z")


@dataclass(frozen=True)
class Period:
    """A year named by the calendar year in which it ends, or one quarter of it."""

    year: int
    quarter: int | None
    ends_month: int

    @property
    def code(self) -> str:
        """Return the code of the period: y2026, y2026q1."""
        return f"y{self.year}" + (f"q{self.quarter}" if self.quarter else "")

    @property
    def begins(self) -> date:
        """Return its first day."""
        first = first_day(self.year, self.ends_month)
        return month_after(first, 3 * (self.quarter - 1)) if self.quarter else first

    @property
    def ends(self) -> date:
        """Return its last day."""
        return month_after(self.begins, 3 if self.quarter else 12) - timedelta(days=1)

    @property
    def months(self) -> tuple[str, ...]:
        """Return the codes of the months of its year, by their place in it."""
        return tuple(f"y{self.year}m{n:02d}" for n in range(1, 13))

    def months_of(self, quarter: int) -> tuple[str, ...]:
        """Return the codes of the months of one of its quarters, the first being 1."""
        return self.months[3 * quarter - 3 : 3 * quarter]

    @property
    def quarters(self) -> tuple[str, ...]:
        """Return the codes of the quarters of its year."""
        return tuple(f"y{self.year}q{n}" for n in range(1, 5))


def first_day(year: int, ends_month: int) -> date:
    """Return the first day of the year that ends in this month of that calendar year."""
    return date(year, 1, 1) if ends_month == 12 else date(year - 1, ends_month + 1, 1)


def month_after(day: date, months: int) -> date:
    """Return the first of the month so many months on."""
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def label(code: str, ends_month: int) -> str:
    """Return what a period is called: 'Year ending 31 March 2026', 'April to June 2025', 'April 2025'."""
    if "m" in code:
        year, _, month = code[1:].partition("m")
        return f"{month_after(first_day(int(year), ends_month), int(month) - 1):%B %Y}"
    year, _, quarter = code[1:].partition("q")
    period = Period(int(year), int(quarter) if quarter else None, ends_month)
    if quarter:
        return f"{period.begins:%B} to {period.ends:%B %Y}"
    return f"year ending {period.ends.day} {period.ends:%B %Y}"


def parse(name: str) -> tuple[str, int, int | None]:
    """Return kind, year and quarter of a release's name; raises NoRelease."""
    found = NAME.match(name)
    if found is None:
        raise NoRelease(f"{name!r} names no release: write annual-2026 or quarterly-2026-q1")
    quarter = found["quarter"]
    return found["kind"], int(found["year"]), int(quarter) if quarter else None
