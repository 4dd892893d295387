"""Compare an area's days round an event: for whoever may open its records, and days that were pasted for anybody who may ask."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO

import numpy as np
from django.db import connection

from evenhand.kernels.events import (
    AgainstControl,
    BadSeries,
    Effect,
    Study,
    TooShort,
    against_control,
    event_study,
)

BEFORE = 1096
HORIZON = 28
MOST_LINES = 20_000
NOT_OPEN = (
    "There is no such area for you. The days of an area are for whoever may open its incidents; paste days that are"
    " published instead."
)


class NotComparable(ValueError):
    """There is no such comparison; says why, in a sentence."""


@dataclass(frozen=True)
class Series:
    """Counts by day with what to call them."""

    label: str
    days: tuple[date, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Comparison:
    """One event, its effects, those of the same series after other events, and against a control."""

    series: Series
    study: Study
    others: tuple[tuple[date, tuple[Effect, ...] | str], ...]
    control: tuple[AgainstControl, ...]


def open_areas() -> frozenset[str]:
    """Return the codes of the areas whose days are open to whoever asks."""
    with connection.cursor() as cursor:
        cursor.execute("select code from watch_area where wall.sees_area_days(code)")
        return frozenset(row[0] for row in cursor.fetchall())


def of_area(area: str, strand: str, label: str, event: date, *, today: date) -> Series:
    """Return the days of an area and what is inside it, by day of occurrence; raises NotComparable.

    today   no day from it on is counted: a day that is not over would look like one on which nothing happened
    """
    if not area:
        raise NotComparable("Choose an area, or paste days and counts.")
    since, until = event - timedelta(days=BEFORE + 7), event + timedelta(days=HORIZON - 1)
    with connection.cursor() as cursor:
        cursor.execute("select wall.sees_area_days(%s)", [area])
        if not cursor.fetchone()[0]:
            raise NotComparable(NOT_OPEN)
        if until >= today:
            over = until + timedelta(days=1)
            raise NotComparable(
                f"The {HORIZON} days from the event on are not over yet: ask again from {over.day} {over:%B %Y} on."
            )
        cursor.execute("select day, number from wall.area_days(%s, %s, %s, %s)", [area, strand, since, until])
        found = {day: int(number) for day, number in cursor.fetchall()}
    if not found:
        raise NotComparable("Nothing is counted there in these years.")
    first = max(since, min(found))
    days = tuple(first + timedelta(days=n) for n in range((until - first).days + 1))
    return Series(label, days, tuple(found.get(day, 0) for day in days))


def of_text(text: str, label: str) -> Series:
    """Return days that were pasted as lines of “2026-11-22,3”; raises NotComparable with the line that is wrong."""
    found: dict[date, int] = {}
    for number, row in enumerate(csv.reader(StringIO(text)), start=1):
        if not row or (number == 1 and not row[0][:1].isdigit()):
            continue
        if number > MOST_LINES:
            raise NotComparable(f"More than {MOST_LINES:,} lines.")
        try:
            day, count = date.fromisoformat(row[0].strip()), int(row[1])
        except (ValueError, IndexError):
            raise NotComparable(f"Line {number} is not a day and a count: {','.join(row)[:60]}") from None
        if day in found:
            raise NotComparable(f"Line {number}: {day} is there twice.")
        found[day] = count
    if not found:
        raise NotComparable("There is nothing to compare.")
    days = tuple(min(found) + timedelta(days=n) for n in range((max(found) - min(found)).days + 1))
    if len(days) > 3 * MOST_LINES:
        raise NotComparable("The days are too far apart.")
    return Series(label, days, tuple(found.get(day, 0) for day in days))


def compare(
    series: Series, event: date, *, others: Sequence[date] = (), control: Series | None = None
) -> Comparison:
    """Return what the days from the event on brought against what was expected; raises NotComparable."""
    wakes = [(day, day + timedelta(days=HORIZON - 1)) for day in others]
    try:
        study = _study(series, event, wakes)
        beside = against_control(study, _study(control, event, wakes)) if control else ()
    except (BadSeries, TooShort) as wrong:
        raise NotComparable(f"This cannot be compared: {wrong}.") from wrong
    compared: list[tuple[date, tuple[Effect, ...] | str]] = []
    for day in others:
        rest = [w for w in [*wakes, (event, event + timedelta(days=HORIZON - 1))] if w[0] != day]
        try:
            compared.append((day, _study(series, day, rest).effects))
        except (BadSeries, TooShort) as wrong:
            compared.append((day, f"{wrong}."))
    return Comparison(series, study, tuple(compared), beside)


def _study(series: Series, event: date, left_out: Sequence[tuple[date, date]]) -> Study:
    days = np.array(series.days, dtype="datetime64[D]")
    return event_study(
        np.array(series.counts), days, np.datetime64(event), before=BEFORE, horizon=HORIZON, left_out=left_out
    )
