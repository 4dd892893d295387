"""Put areas under watch: those of the partnership with their forces above them, and boundaries from a GeoJSON file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from evenhand.records.agency import Agency, Area
from evenhand.records.watch import WatchArea

WHOLE = "all"
MOST_FEATURES = 50_000


class WrongBoundaries(Exception):
    """The file is no GeoJSON that can be used; says where and why in one line."""


@dataclass(frozen=True)
class Loaded:
    """What came of a file: areas that are new, and those whose boundary was put in place."""

    made: int
    changed: int


def mirror(*, using: str = "admin") -> int:
    """Put every area of the partnership under watch, its force above it and the whole above all; returns how many are new."""
    made = 0
    with transaction.atomic(using=using):
        areas = WatchArea.objects.using(using)
        _row, new = areas.get_or_create(code=WHOLE, defaults={"label": "All areas", "kind": "whole"})
        made += new
        forces = Agency.objects.using(using).filter(
            id__in=Area.objects.using(using).exclude(force=None).values("force_id")
        )
        for force in forces:
            _row, new = areas.get_or_create(
                code=f"force-{force.code}"[:80],
                defaults={"label": force.name, "kind": "force", "parent_id": WHOLE, "force_id": force.id},
            )
            made += new
        for area in Area.objects.using(using).select_related("force"):
            parent = f"force-{area.force.code}"[:80] if area.force else WHOLE
            _row, new = areas.get_or_create(
                code=area.code,
                defaults={
                    "label": area.label,
                    "kind": "area",
                    "parent_id": parent,
                    "answers_id": area.answers_id,
                    "force_id": area.force_id,
                },
            )
            made += new
    return made


def load_boundaries(text: str, *, using: str = "admin") -> Loaded:
    """Put boundaries in place from a GeoJSON FeatureCollection in degrees; raises WrongBoundaries.

    Each feature has the properties `code`, and for a new area `label` and `parent` (a code that there is already, or that
    stands earlier in the file). Nothing is put in place when one of them is wrong.
    """
    made = changed = 0
    with transaction.atomic(using=using):
        there = {row.code: row for row in WatchArea.objects.using(using).all()}
        for number, feature in enumerate(_features(text), 1):
            about: Mapping[str, Any] = feature.get("properties") or {}
            code = str(about.get("code", ""))
            if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,79}", code):
                raise WrongBoundaries(
                    f"feature {number}: code {code!r} must be small letters, figures, - and _"
                )
            geometry, centre = checked_geometry(feature.get("geometry"), number)
            row = there.get(code)
            if row is None:
                parent = str(about.get("parent", ""))
                if parent not in there:
                    raise WrongBoundaries(f"feature {number} ({code}): there is no area {parent!r} around it")
                row = WatchArea(code=code, label=str(about.get("label", code))[:120], kind="neighbourhood")
                row.parent_id = parent
                row.answers_id, row.force_id = there[parent].answers_id, there[parent].force_id
                there[code] = row
                made += 1
            else:
                changed += 1
            row.geometry, (row.longitude, row.latitude) = geometry, centre
            row.save(using=using)
    return Loaded(made, changed)


def _features(text: str) -> Iterator[dict[str, Any]]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise WrongBoundaries(f"this is not JSON: {error}") from error
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise WrongBoundaries("this is no GeoJSON FeatureCollection")
    if len(features) > MOST_FEATURES:
        raise WrongBoundaries(f"the file has more than {MOST_FEATURES:,} areas; split it")
    yield from features


def checked_geometry(geometry: object, number: int) -> tuple[dict[str, Any], tuple[float, float]]:
    """Return a Polygon or MultiPolygon and the middle of its outer ring; raises WrongBoundaries."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise WrongBoundaries(f"feature {number}: the boundary must be a Polygon or MultiPolygon")
    polygons = geometry.get("coordinates")
    polygons = [polygons] if geometry["type"] == "Polygon" else polygons
    try:
        rings = [[(float(p[0]), float(p[1])) for p in ring] for polygon in polygons for ring in polygon]  # type: ignore[union-attr]
    except (TypeError, ValueError, IndexError) as error:
        raise WrongBoundaries(f"feature {number}: a point is not two numbers") from error
    if not rings or any(len(ring) < 4 for ring in rings):
        raise WrongBoundaries(f"feature {number}: a ring needs four points, the last like the first")
    for x, y in (p for ring in rings for p in ring):
        if not (-180.0 <= x <= 180.0 and -90.0 <= y <= 90.0):
            raise WrongBoundaries(
                f"feature {number}: {x}, {y} is no longitude and latitude in degrees (is the file in metres?)"
            )
    outer = max(rings, key=len)
    middle = (
        sum(p[0] for p in outer[:-1]) / (len(outer) - 1),
        sum(p[1] for p in outer[:-1]) / (len(outer) - 1),
    )
    return {"type": geometry["type"], "coordinates": geometry["coordinates"]}, middle
