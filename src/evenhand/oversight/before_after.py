"""Compare an area's days round an event: for whoever may open its records as they are, for an analyst protected."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import StringIO

import numpy as np
from django.db import connection

from evenhand.gate.policy import pack
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
OPEN, PROTECTED = "open", "protected"
TOO_FEW = (
    "Too few incidents to show to somebody who may not open the records. Ask the coordinator of the area."
)


class NotComparable(ValueError):
    """There is no such comparison; says why, in a sentence."""


@dataclass(frozen=True)
class Series:
    """Counts by day with what to call them; `shown` is how much of them may be shown."""

    label: str
    days: tuple[date, ...]
    counts: tuple[int, ...]
    shown: str


@dataclass(frozen=True)
class Comparison:
    """One event, its effects, those of the same series after other events, and against a control."""

    series: Series
    study: Study
    others: tuple[tuple[date, tuple[Effect, ...] | str], ...]
    control: tuple[AgainstControl, ...]


def of_area(area: str, strand: str, label: str, event: date) -> Series:
    """Return the days of an area and what is inside it, by day of occurrence; raises NotComparable."""
    since, until = event - timedelta(days=BEFORE + 7), event + timedelta(days=HORIZON - 1)
    with connection.cursor() as cursor:
        cursor.execute("select wall.sees_area_days(%s)", [area])
        shown = cursor.fetchone()[0]
        if not shown:
            raise NotComparable("There is no such area for you.")
        cursor.execute("select day, number from wall.area_days(%s, %s, %s, %s)", [area, strand, since, until])
        found = {day: int(number) for day, number in cursor.fetchall()}
    if not found:
        raise NotComparable("Nothing is counted there in these years.")
    first = max(since, min(found))
    days = tuple(first + timedelta(days=n) for n in range((until - first).days + 1))
    return Series(label, days, tuple(found.get(day, 0) for day in days), shown)


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
    return Series(label, days, tuple(found.get(day, 0) for day in days), OPEN)


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
    found = Comparison(series, study, tuple(compared), beside)
    return (
        _protected(found) if series.shown == PROTECTED or (control and control.shown == PROTECTED) else found
    )


def _study(series: Series, event: date, left_out: Sequence[tuple[date, date]]) -> Study:
    days = np.array(series.days, dtype="datetime64[D]")
    return event_study(
        np.array(series.counts), days, np.datetime64(event), before=BEFORE, horizon=HORIZON, left_out=left_out
    )


def _protected(found: Comparison) -> Comparison:
    """Return the windows alone, and only where no piece that can be worked out of them is small."""
    least = pack().counts.threshold
    effects = {(e.first, e.last): e.observed for e in found.study.effects}
    pieces = [effects[0, 6], effects[7, 13], effects[0, 27] - effects[0, 13]]
    if any(0 < piece < least for piece in pieces):
        raise NotComparable(TOO_FEW)
    kept = tuple(e for e in found.study.effects if (e.first, e.last) != (0, 0))
    none = np.zeros(0)
    study = replace(
        found.study,
        effects=kept,
        dates=found.study.dates[:0],
        counts=none,
        expected=none,
        lower=none,
        upper=none,
    )
    others = tuple(
        (day, _windows_of(what, least) if isinstance(what, tuple) else what) for day, what in found.others
    )
    control = tuple(c for c in found.control if (c.first, c.last) != (0, 0))
    return Comparison(found.series, study, others, control)


def _windows_of(effects: tuple[Effect, ...], least: int) -> tuple[Effect, ...] | str:
    by = {(e.first, e.last): e.observed for e in effects}
    if any(0 < piece < least for piece in (by[0, 6], by[7, 13], by[0, 27] - by[0, 13])):
        return TOO_FEW
    return tuple(e for e in effects if (e.first, e.last) != (0, 0))
