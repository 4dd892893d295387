"""Turn the times of sites into windows on days: daily, weekly, once, and festivals wherever their calendar puts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from evenhand.kernels.festivals import FESTIVALS, Observed, Unknown, observed
from evenhand.records.site import SiteTime


@dataclass(frozen=True)
class Window:
    """One time at which people gather: from and until by the clock of the place, and what was asked for it."""

    time_id: UUID
    site_id: UUID
    opens: datetime
    closes: datetime
    minutes: int
    visits: int
    priority: int
    what: str
    note: str

    @property
    def day(self) -> date:
        """Return the day on which it opens."""
        return self.opens.date()


def windows(times: Iterable[SiteTime], first: date, last: date) -> list[Window]:
    """Return every window that opens on one of these days, by time; clock times carry no zone."""
    found = []
    for row in times:
        for day, what, note in _days(row, first, last):
            if row.from_on <= day and (row.ended_on is None or day < row.ended_on):
                found.append(_window(row, day, what, note))
    return sorted(found, key=lambda w: (w.opens, str(w.site_id), str(w.time_id)))


def unknown_festivals(times: Iterable[SiteTime], first: date, last: date) -> list[Unknown]:
    """Return the festivals of these times whose day is not known in one of these years."""
    found: dict[tuple[str, int], Unknown] = {}
    for row in times:
        if row.kind == "festival" and row.festival in FESTIVALS:
            for year in range(first.year, last.year + 1):
                for one in observed(row.festival, year):
                    if isinstance(one, Unknown):
                        found[row.festival, year] = one
    return list(found.values())


def _window(row: SiteTime, day: date, what: str, note: str) -> Window:
    opens, closes = (datetime.combine(day, clock) for clock in (row.opens, row.closes))
    if closes <= opens:
        closes += timedelta(days=1)
    return Window(row.id, row.site_id, opens, closes, row.minutes, row.visits, row.priority, what, note)


def _days(row: SiteTime, first: date, last: date) -> Iterator[tuple[date, str, str]]:
    if row.kind == "once":
        if row.on_day and first <= row.on_day <= last:
            yield row.on_day, "", ""
    elif row.kind == "festival":
        yield from _of_festival(row, first, last)
    else:
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if row.kind == "daily" or day.weekday() == row.weekday:
                yield day, "", ""


def _of_festival(row: SiteTime, first: date, last: date) -> Iterator[tuple[date, str, str]]:
    festival = FESTIVALS.get(row.festival)
    if festival is None:
        return
    # A year earlier, for what begins in December and goes on in January.
    for year in range(first.year - 1, last.year + 1):
        for one in observed(row.festival, year):
            if not isinstance(one, Observed):
                continue
            length = (one.last - one.begins).days + 1
            days = range(length) if row.every_day else [row.day_offset]
            for number in days:
                day = one.begins + timedelta(days=number)
                if first <= day <= last:
                    yield day, festival.label, festival.note
