"""Count incidents by area, strand and day, from the smallest area up to the whole, through the one role that may."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
from django.db import connection

from evenhand.records.watch import WatchArea

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MOST_DEEP = 20


@dataclass(frozen=True)
class Watched:
    """The series that are watched: each area with each strand; the order is that of their codes and never by counts.

    series    (N,) area and strand
    parent    (N,) the series of the area around it, -1 for none
    strand    (N,) which series learn together: one strand at one depth
    """

    areas: tuple[str, ...]
    strands: tuple[str, ...]
    around: tuple[int, ...]
    """For each area the number of the one around it, -1 for none."""
    depth: tuple[int, ...]
    merged: dict[str, str]
    centres: tuple[tuple[float, float] | None, ...]

    @cached_property
    def series(self) -> tuple[tuple[str, str], ...]:
        """Return area and strand of each series."""
        return tuple((area, strand) for area in self.areas for strand in self.strands)

    @cached_property
    def parent(self) -> Whole:
        """Return the series around each series."""
        k = len(self.strands)
        return np.array(
            [above * k + s if above >= 0 else -1 for above in self.around for s in range(k)], dtype=np.int64
        )

    @cached_property
    def strand(self) -> Whole:
        """Return the number of the strand that a series learns with: sums over areas have their own."""
        k = len(self.strands)
        found = np.array([d * k + s for d in self.depth for s in range(k)], dtype=np.int64)
        return np.asarray(np.unique(found, return_inverse=True)[1], dtype=np.int64)

    @cached_property
    def mark(self) -> str:
        """Return a hash of what is watched: state of one mark fits counts of the same."""
        text = repr((self.areas, self.strands, self.around, sorted(self.merged.items())))
        return hashlib.sha256(text.encode()).hexdigest()


def watched(strands: tuple[str, ...], root: str = "") -> Watched:
    """Return what is watched with the areas as they stand: merged ones count where they went.

    root   the area that is watched with all inside it; without it, all areas
    """
    rows = list(WatchArea.objects.order_by("code"))
    if root:
        inside = {root}
        while more := {r.code for r in rows if r.parent_id in inside or r.became_id in inside} - inside:
            inside |= more
        rows = [row for row in rows if row.code in inside]
    became = {row.code: str(row.became_id) for row in rows if row.became_id}
    merged = {code: _last(code, became) for code in became}
    kept = [row for row in rows if row.code not in merged]
    number = {row.code: at for at, row in enumerate(kept)}
    around = []
    for row in kept:
        above = merged.get(str(row.parent_id), str(row.parent_id)) if row.parent_id else ""
        around.append(number.get(above, -1))
    depth = []
    for at in range(len(kept)):
        steps, here = 0, around[at]
        while here >= 0 and steps < MOST_DEEP:
            steps, here = steps + 1, around[here]
        depth.append(steps)
    centres = tuple(
        (row.longitude, row.latitude) if row.longitude is not None and row.latitude is not None else None
        for row in kept
    )
    return Watched(tuple(row.code for row in kept), strands, tuple(around), tuple(depth), merged, centres)


def _last(code: str, became: dict[str, str]) -> str:
    seen = {code}
    while code in became and became[code] not in seen:
        code = became[code]
        seen.add(code)
    return code


@dataclass(frozen=True)
class Cells:
    """Counts that are not zero, sorted by day: day number since `first`, series, number; sums over areas included.

    late   reports by day and age, (days, late_days + 1): how soon they came in; NaN where that day has not come yet
    """

    first: date
    last: date
    day: Whole
    series: Whole
    number: Whole
    late: Floats
    events: int

    def table(self, start: date, stop: date, width: int) -> Floats:
        """Return the counts of days from start to before stop as (T, N)."""
        return self.of(start, stop, np.arange(width))

    def of(self, start: date, stop: date, series: Whole) -> Floats:
        """Return the counts of some series, given in rising order, from start to before stop."""
        low, high = (start - self.first).days, (stop - self.first).days
        at = slice(*np.searchsorted(self.day, [low, high]))
        place = np.searchsorted(series, self.series[at])
        there = np.zeros(len(place), dtype=bool)
        inside = place < len(series)
        there[inside] = series[place[inside]] == self.series[at][inside]
        found = np.zeros((high - low, len(series)))
        found[self.day[at][there] - low, place[there]] = self.number[at][there]
        return found

    def active(self, start: date, stop: date) -> Whole:
        """Return the series that had an event from start to before stop, in rising order."""
        at = slice(*np.searchsorted(self.day, [(start - self.first).days, (stop - self.first).days]))
        return np.asarray(np.unique(self.series[at]), dtype=np.int64)

    def marks(self, extra: Iterable[str]) -> list[str]:
        """Return a short hash of each day's counts, and of what else bears on the day."""
        bounds = np.searchsorted(self.day, np.arange((self.last - self.first).days + 2))
        return [
            hashlib.sha256(
                self.series[bounds[t] : bounds[t + 1]].tobytes()
                + self.number[bounds[t] : bounds[t + 1]].tobytes()
                + other.encode()
            ).hexdigest()[:12]
            for t, other in enumerate(extra)
        ]


def count(
    what: Watched, *, basis: str, since: date, until: date, late_days: int, from_day: date | None = None
) -> Cells | None:
    """Return the counts of all series, or None where there is no incident in these days.

    from_day   the first day, even where the first incident came later
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select area, strand, day, age, number from wall.incident_counts(%s, %s) where day <= %s",
            [basis, since, until],
        )
        known = {*what.areas, *what.merged}
        rows = [row for row in cursor.fetchall() if row[0] in known]
    if not rows:
        return None
    first = min([row[2] for row in rows] + ([from_day] if from_day else []))
    days = (until - first).days + 1
    area_at = {code: at for at, code in enumerate(what.areas)}
    strand_at = {code: at for at, code in enumerate(what.strands)}
    width = len(what.areas) * len(what.strands)
    late = np.zeros((days, late_days + 1))
    keys: list[int] = []
    numbers: list[int] = []
    events = 0
    for area, strand, day, age, number in rows:
        here = area_at.get(what.merged.get(area, area), -1)
        k = strand_at.get(strand, -1)
        if here < 0 or k < 0:
            continue
        at = (day - first).days
        if strand == "all":
            events += number
            # What was brought in long afterwards says nothing of how soon reports come in.
            if age <= late_days:
                late[at, age] += number
        while here >= 0:
            keys.append(at * width + here * len(what.strands) + k)
            numbers.append(number)
            here = what.around[here]
    found, back = np.unique(np.array(keys, dtype=np.int64), return_inverse=True)
    summed = np.zeros(len(found), dtype=np.int64)
    np.add.at(summed, back, np.array(numbers, dtype=np.int64))
    ages = (days - 1 - np.arange(days))[:, None]
    late[np.arange(late_days + 1)[None, :] > ages] = np.nan
    return Cells(first, until, found // width, found % width, summed, late, events)


def days_between(start: date, stop: date) -> list[date]:
    """Return the days from start to before stop."""
    return [start + timedelta(days=n) for n in range((stop - start).days)]
