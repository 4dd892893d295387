"""Say when a clock is due: working days, bank holidays, the cut-off hour, daylight saving and pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

UNITS = ("working_days", "days", "hours", "months")
LONGEST = 20_000
Pause = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Calendar:
    """The days and hours that count in one jurisdiction.

    country, subdivision   codes of the `holidays` library, whose bank holidays do not count
    weekend                weekday numbers that do not count, Monday 0
    cut_off                local hour after which something counts as begun on the next working day
    closed, opened         single days added to, or taken from, the bank holidays
    """

    zone: str = "Europe/London"
    country: str = "GB"
    subdivision: str = "ENG"
    cut_off: time = time(17, 0)
    weekend: frozenset[int] = frozenset({5, 6})
    closed: frozenset[date] = field(default_factory=frozenset)
    opened: frozenset[date] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        """Say whether a day counts as a working day."""
        if day in self.closed:
            return False
        if day in self.opened:
            return True
        return day.weekday() not in self.weekend and day not in _bank_holidays(
            self.country, self.subdivision, day.year
        )

    def cut_off_on(self, day: date) -> datetime:
        """Return the instant (UTC) at which a local day ends for clocks."""
        return datetime.combine(day, self.cut_off, ZoneInfo(self.zone)).astimezone(UTC)

    def local_day(self, at: datetime) -> date:
        """Return the local day of an instant."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def day_began(self, at: datetime) -> datetime:
        """Return the instant (UTC) at which the local day of an instant began."""
        return datetime.combine(self.local_day(at), time(), ZoneInfo(self.zone)).astimezone(UTC)


@lru_cache(maxsize=512)
def _bank_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=[year])
    return frozenset(day for day in found if isinstance(day, date))


def due_at(
    value: int,
    unit: str,
    started_at: datetime,
    calendar: Calendar,
    paused: Sequence[Pause],
    now: datetime,
) -> datetime:
    """Say at which instant (UTC) a clock is due.

    value, unit   whole number of working_days, days, months or hours
    started_at    instant at which it began; after the cut-off hour, or on a day that is no working day, a
                  clock in working days counts as begun on the next working day
    paused        (from, until) pairs, until None while it still stands still: it is then due as though it ran
                  again from `now`
    returns       hours: the instant itself; otherwise the cut-off hour of the last day. A day counts when the
                  clock was running at that day's cut-off hour, so a pause never shortens and one opened and
                  ended between two cut-off hours takes nothing
    raises        ValueError for an unknown unit, a negative value, or an instant without a zone
    source        counting convention of this pack format (docs/reference/policy-format.md); golden dates in
                  tests/kernels/policy/test_working_time.py are worked by hand
    """
    if unit not in UNITS:
        raise ValueError(f"a clock counts {', '.join(UNITS)}, not {unit!r}")
    if value < 0 or value > LONGEST:
        raise ValueError(f"a clock's value lies between 0 and {LONGEST}, not {value}")
    stops = _merge(paused, now)
    if started_at.tzinfo is None:
        raise ValueError("a clock starts at an instant with its zone")
    started_at = started_at.astimezone(UTC)
    if unit == "hours":
        return _after_hours(value, started_at, stops)
    day = calendar.local_day(started_at)
    if unit == "working_days":
        return _after_days(value, _first_working_day(started_at, calendar), calendar, stops, working=True)
    days = value if unit == "days" else (_add_months(day, value) - day).days
    return _after_days(days, day, calendar, stops, working=False)


def _merge(paused: Sequence[Pause], now: datetime) -> list[tuple[datetime, datetime]]:
    spans = sorted(
        (start.astimezone(UTC), (now if end is None else end).astimezone(UTC)) for start, end in paused
    )
    merged: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _after_hours(value: int, started_at: datetime, stops: list[tuple[datetime, datetime]]) -> datetime:
    due = started_at + timedelta(hours=value)
    for start, end in stops:
        stood_from = max(start, started_at)
        if end > stood_from and stood_from < due:
            due += end - stood_from
    return due


def _first_working_day(started_at: datetime, calendar: Calendar) -> date:
    day = calendar.local_day(started_at)
    if calendar.is_working_day(day) and started_at > calendar.cut_off_on(day):
        day += timedelta(days=1)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return day


def _after_days(
    value: int, day: date, calendar: Calendar, stops: list[tuple[datetime, datetime]], *, working: bool
) -> datetime:
    left = value
    while True:
        counts = (not working or calendar.is_working_day(day)) and not _standing(
            calendar.cut_off_on(day), stops
        )
        if counts and left <= 0:
            return calendar.cut_off_on(day)
        day += timedelta(days=1)
        # The day of the start itself is day 0: it takes nothing off whether or not the clock stood still.
        if (not working or calendar.is_working_day(day)) and not _standing(calendar.cut_off_on(day), stops):
            left -= 1


def _standing(at: datetime, stops: list[tuple[datetime, datetime]]) -> bool:
    return any(start <= at < end for start, end in stops)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
