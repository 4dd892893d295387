"""Keep what the board shows of each series: the latest days as they came, as expected and as bounded, in bulk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db import connection

from evenhand.oversight.watch.counting import Floats, Watched, Whole
from evenhand.oversight.watch.looked import Looked

A_BATCH = 500
PUT = """
insert into watch_series (area_id, strand, first_day, counts, expected, upper, likely, weekly, silent, aud)
select r.area, r.strand, %s, r.counts::int[], r.expected::float8[], r.upper::float8[], r.likely::jsonb, r.weekly::jsonb,
       r.silent, '{}'
  from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    as r(area, strand, counts, expected, upper, likely, weekly, silent)
"""
GET = """
select area_id, strand, first_day, array_to_string(expected, ',', 'nan'), array_to_string(upper, ',', 'nan')
  from watch_series where area_id = any (%s)
"""


@dataclass(frozen=True)
class Held:
    """What an earlier look kept of a series."""

    first_day: date
    expected: Floats
    upper: Floats


def held(what: Watched) -> dict[tuple[str, str], Held]:
    """Return what is kept by area and strand; NaN where it was not known."""
    with connection.cursor() as cursor:
        cursor.execute(GET, [list(what.areas)])
        return {
            (area, strand): Held(first, _numbers(expected), _numbers(upper))
            for area, strand, first, expected, upper in cursor.fetchall()
        }


def _numbers(text: str) -> Floats:
    return np.array(text.split(",") if text else [], dtype=np.float64)


def laid(
    table: Floats, names: Sequence[tuple[str, str]], first: date, before: Mapping[tuple[str, str], Held], part: str
) -> None:  # fmt: skip
    """Fill the days of a (T, S) table that are NaN with what an earlier look kept of them."""
    for column, name in enumerate(names):
        old = before.get(name)
        if old is None:
            continue
        values = getattr(old, part)
        low = (old.first_day - first).days
        start, stop = max(0, low), min(table.shape[0], low + len(values))
        if start < stop:
            here = table[start:stop, column]
            np.copyto(here, values[start - low : stop - low], where=np.isnan(here))


def put(
    seen: Looked, upper: Floats, weekly: Mapping[int, object], likely: Mapping[int, object], silent: Mapping[int, str],
    days: int,
) -> None:  # fmt: skip
    """Put the last days of the series that had events lately in place of what was kept."""
    seen, upper = seen.last(days), upper[-days:]
    numbers = [int(j) for j in seen.active]
    names = [seen.what.series[j] for j in numbers]
    counts = seen.counts.astype(np.int64).T.tolist()
    expected, bounds = np.round(seen.expected, 4).T.tolist(), upper.T.tolist()
    with connection.cursor() as cursor:
        cursor.execute("delete from watch_series where area_id = any (%s)", [list(seen.what.areas)])
        for at in range(0, len(numbers), A_BATCH):
            part = slice(at, at + A_BATCH)
            cursor.execute(
                PUT,
                [
                    seen.first_day,
                    [area for area, _ in names[part]],
                    [strand for _, strand in names[part]],
                    [_literal(row) for row in counts[part]],
                    [_literal(row) for row in expected[part]],
                    [_literal(row) for row in bounds[part]],
                    [json.dumps(likely.get(j, [])) for j in numbers[part]],
                    [json.dumps(weekly.get(j, {})) for j in numbers[part]],
                    [silent.get(j, "") for j in numbers[part]],
                ],
            )


def _literal(row: list[float]) -> str:
    return "{" + ",".join(map(str, row)).replace("nan", "NULL") + "}"


def table_of(first: date, days: int, by_day: Mapping[date, Floats], columns: Whole) -> Floats:
    """Return (T, S) of some columns of what is known by day, NaN for the other days."""
    found = np.full((days, len(columns)), np.nan)
    for n in range(days):
        row = by_day.get(first + timedelta(days=n))
        if row is not None:
            found[n] = row[columns]
    return found
