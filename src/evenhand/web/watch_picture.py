"""Work out the pictures of the watch: bars of what came, the band of what is usual, alarms, events, and a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import cos, radians
from typing import Any

from evenhand.oversight.board import AreaOf, DayOf, SeriesOf
from evenhand.web.jinja import show_date

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 760, 280, 40, 30, 46
SMALL_WIDTH, SMALL_HEIGHT = 230, 70
MAP_WIDTH = 640


@dataclass(frozen=True)
class Bar:
    """One day as it is drawn."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    """Nothing, "alarm" or "provisional"."""
    likely_top: float | None


@dataclass(frozen=True)
class Mark:
    """A line or a tick at a day, with a number or a text."""

    x: float
    text: str


@dataclass(frozen=True)
class Picture:
    """A series drawn: every coordinate in the units of the view box."""

    width: int
    height: int
    baseline: float
    left: float
    bars: tuple[Bar, ...]
    band: str
    line: str
    rules: tuple[tuple[float, str], ...]
    days: tuple[Mark, ...]
    events: tuple[Mark, ...]
    festivals: tuple[float, ...]
    alarms: tuple[float, ...]


def picture(shown: SeriesOf, *, small: bool = False) -> Picture:
    """Return the picture of a series; the small one has neither scale nor dates."""
    width, height = (SMALL_WIDTH, SMALL_HEIGHT) if small else (WIDTH, HEIGHT)
    left, top, bottom = (0.0, 4.0, 6.0) if small else (float(LEFT), float(TOP), float(BOTTOM))
    days = shown.days
    most = max([1.0, *(_top(d) for d in days)])
    base = height - bottom
    step = (width - left - 4) / max(1, len(days))

    def y(value: float) -> float:
        return round(base - (base - top) * value / most, 1)

    def x(at: int) -> float:
        return round(left + at * step, 1)

    bars = tuple(
        Bar(
            x(at), y(d.count), round(max(step * 0.72, 0.8), 1), round(base - y(d.count), 1),
            "alarm" if d.alarm else "provisional" if d.provisional else "", y(d.likely[2]) if d.likely else None,
        )
        for at, d in enumerate(days)
    )  # fmt: skip
    known = [(at, d) for at, d in enumerate(days) if d.upper is not None and d.expected is not None]
    edge = [f"{x(at)},{y(d.upper or 0)} {round(x(at) + step, 1)},{y(d.upper or 0)}" for at, d in known]
    band = ""
    if known:
        first, last = x(known[0][0]), round(x(known[-1][0]) + step, 1)
        band = " ".join([f"{first},{base}", *edge, f"{last},{base}"])
    line = " ".join(f"{round(x(at) + step / 2, 1)},{y(d.expected or 0)}" for at, d in known)
    events: dict[int, list[str]] = {}
    for at, d in enumerate(days):
        if d.events:
            events[at] = list(d.events)
    return Picture(
        width, height, base, left, bars, band, line,
        () if small else tuple((y(v), f"{v:g}") for v in _scale(most)),
        () if small else tuple(Mark(x(at), show_date(d.day, year=False)) for at, d in enumerate(days) if (len(days) - 1 - at) % 14 == 0),
        tuple(Mark(round(x(at) + step / 2, 1), str(n)) for n, at in enumerate(events, 1)),
        tuple(round(x(at) + step / 2, 1) for at, d in enumerate(days) if d.festival),
        tuple(round(x(at) + step * 0.36, 1) for at, d in enumerate(days) if d.alarm),
    )  # fmt: skip


def _top(day: DayOf) -> float:
    return max(float(day.count), day.upper or 0.0, day.likely[2] if day.likely else 0.0)


def _scale(most: float) -> list[float]:
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10**9) if most / s <= 5)
    return [float(v) for v in range(0, int(most) + 1, step)]


@dataclass(frozen=True)
class Shape:
    """One area of a map: its outline, where its number stands, whether an alarm goes on in it."""

    code: str
    label: str
    number: int
    path: str
    x: float
    y: float
    alarms: int


@dataclass(frozen=True)
class Map:
    """A map in the units of its view box."""

    width: int
    height: int
    shapes: tuple[Shape, ...]


def map_of(found: Iterable[AreaOf]) -> Map | None:
    """Return the map of the smallest areas with a boundary, or None where there is none."""
    rows = [area for area in found if area.geometry]
    around = {area.parent for area in rows}
    rows = [area for area in rows if area.code not in around]
    rings = {area.code: _rings(area.geometry or {}) for area in rows}
    points = [p for found_rings in rings.values() for ring in found_rings for p in ring]
    if not points:
        return None
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    narrow = cos(radians((south + north) / 2))
    scale = (MAP_WIDTH - 20) / max((east - west) * narrow, 1e-9)
    scale = min(scale, 620 / max(north - south, 1e-9))
    height = int((north - south) * scale) + 20

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return round(10 + (point[0] - west) * narrow * scale, 1), round(10 + (north - point[1]) * scale, 1)

    shapes = []
    for number, area in enumerate(rows, 1):
        parts, outer = [], max(rings[area.code], key=len)
        for ring in rings[area.code]:
            parts.append("M" + " L".join(f"{x} {y}" for x, y in map(place, ring)) + " Z")
        middle = place(
            (
                sum(p[0] for p in outer[:-1]) / (len(outer) - 1),
                sum(p[1] for p in outer[:-1]) / (len(outer) - 1),
            )
        )
        shapes.append(Shape(area.code, area.label, number, " ".join(parts), *middle, area.alarms))
    return Map(MAP_WIDTH, height, tuple(shapes))


def _rings(geometry: Mapping[str, Any]) -> list[list[tuple[float, float]]]:
    polygons = geometry.get("coordinates", [])
    polygons = [polygons] if geometry.get("type") == "Polygon" else polygons
    return [[(float(p[0]), float(p[1])) for p in ring] for polygon in polygons for ring in polygon]
