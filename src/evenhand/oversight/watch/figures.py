"""Protect the counts of incidents for everybody who may not open the records: the same figures for all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection

from evenhand.kernels.disclosure import protect_counts
from evenhand.kernels.policy import Pack
from evenhand.oversight.watch.counting import Cells, Watched
from evenhand.records.watch import IncidentFigure, WatchArea

TOTAL = "total"
MONTHS = 12
MOST_AREAS = 60
BY_MONTH, BY_AREA = "by_month", "by_area"
# A strand with fewer events than this many times the threshold would show nothing but withheld figures.
RARE = 4


@dataclass(frozen=True)
class FigureTable:
    """One protected table: None where a figure is withheld."""

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], int | None]
    computed_at: datetime


def refresh(cells: Cells, what: Watched, pack: Pack, today: date, now: datetime) -> int:
    """Put the protected figures of the last whole months in place of the last ones; returns how many stand.

    Each strand is a table of its own: an incident with two strands counts in both, so strands never add up to all.
    """
    stop = today.replace(day=1)
    start = _months_before(stop, MONTHS)
    start = max(start, _first_whole_month(cells.first))
    if start >= stop:
        IncidentFigure.objects.all().delete()
        return 0
    level = _level(what)
    months = sorted({d.strftime("%Y-%m") for d in _days(start, stop)})
    full = _full(cells, what, start, stop, level, RARE * pack.counts.threshold)
    strands = list(dict.fromkeys(key[0] for key in full))
    safe = protect_counts(full, threshold=pack.counts.threshold, round_to=pack.counts.round_to)
    labels = dict(WatchArea.objects.values_list("code", "label"))
    rows = []
    for strand in strands:
        for month in [*months, TOTAL]:
            rows.append(_row(BY_MONTH, strand, month, safe[strand, month, TOTAL], now))
        for at in level:
            rows.append(
                _row(BY_AREA, strand, labels[what.areas[at]], safe[strand, TOTAL, what.areas[at]], now)
            )
        if level and full[strand, TOTAL, ""]:
            rows.append(_row(BY_AREA, strand, "", safe[strand, TOTAL, ""], now))
    IncidentFigure.objects.all().delete()
    IncidentFigure.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _full(
    cells: Cells, what: Watched, start: date, stop: date, level: list[int], least: int
) -> dict[tuple[str, ...], int]:
    """Return every cell with its margins: strand by month, and strand by area."""
    full: dict[tuple[str, ...], int] = {}
    k = len(what.strands)
    roots = [at for at, above in enumerate(what.around) if above < 0]
    months = [d.strftime("%Y-%m") for d in _days(start, stop)]
    for s, strand in enumerate(what.strands):
        daily = cells.of(start, stop, np.array([root * k + s for root in roots], dtype=np.int64)).sum(axis=1)
        whole = int(daily.sum())
        if whole < least:
            continue
        full[strand, TOTAL, TOTAL] = whole
        for month in dict.fromkeys(months):
            full[strand, month, TOTAL] = 0
        for month, number in zip(months, daily, strict=True):
            full[strand, month, TOTAL] += int(number)
        if level:
            parts = cells.of(start, stop, np.array([at * k + s for at in level], dtype=np.int64)).sum(axis=0)
            for at, number in zip(level, parts, strict=True):
                full[strand, TOTAL, what.areas[at]] = int(number)
            full[strand, TOTAL, ""] = whole - int(parts.sum())
    return full


def tables() -> list[FigureTable]:
    """Return the figures as they were last computed, for whoever asks alike, strangers among them: rows are months or
    areas, columns strands."""
    with connection.cursor() as cursor:
        cursor.execute('select "table", key::text, value, computed_at from wall.public_incident_figures()')
        rows = [(name, json.loads(key), value, at) for name, key, value, at in cursor.fetchall()]
    found: dict[str, list[tuple[dict[str, str], int | None, datetime]]] = {}
    for name, key, value, at in rows:
        found.setdefault(name, []).append((key, value, at))
    return [
        FigureTable(
            name,
            tuple(dict.fromkeys(str(key["row"]) for key, _value, _at in part)),
            tuple(dict.fromkeys(str(key["strand"]) for key, _value, _at in part)),
            {(str(key["row"]), str(key["strand"])): value for key, value, _at in part},
            part[0][2],
        )
        for name, part in found.items()
    ]


def _row(table: str, strand: str, row: str, value: int | None, now: datetime) -> IncidentFigure:
    return IncidentFigure(table=table, key={"strand": strand, "row": row}, value=value, computed_at=now)


def _level(what: Watched) -> list[int]:
    """Return the areas of the first level that has several, when they are few enough to be shown."""
    for depth in range(max(what.depth, default=0) + 1):
        found = [at for at in range(len(what.areas)) if what.depth[at] == depth]
        if 1 < len(found) <= MOST_AREAS:
            return found
    return []


def _months_before(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)


def _first_whole_month(day: date) -> date:
    return day if day.day == 1 else _months_before(day.replace(day=1), -1)


def _days(start: date, stop: date) -> list[date]:
    return [start + timedelta(days=n) for n in range((stop - start).days)]
