"""Incidents for tests: areas of a world under watch, and counts of a given shape put in as a list would be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from evenhand.casework.record_incident import Recorded, record
from evenhand.casework.told_incident import Told
from evenhand.gate import demo
from evenhand.gate.entry import now
from evenhand.records.incident import Incident
from evenhand.records.watch import WatchArea
from tests.world import World

RECORDER = "incident_recorder@force"
COORDINATOR = "hate_crime_coordinator@force"
ANSWERS = {
    "source": "police", "occurred_on": "2026-03-01", "reported_on": "2026-03-02", "place": "12 Mill Lane",
    "place_kind": "street", "strands": ("religion",), "religions": ("muslim",),
    "what_happened": "Shouted at on the way home and her scarf pulled.", "victim_religion": "Sikh",
    "wishes": ("support",), "repeat_victim": "no",
}  # fmt: skip
CRIME = {"offence_group": "public_order"}
NON_CRIME = {"expression": "No view was put forward; it was an insult to her face."}
MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)


def watch_areas(world: World) -> dict[str, WatchArea]:
    """Put the world's force, its town and two neighbourhoods of the town under watch."""
    force, council = world.agencies["force"], world.agencies["council"]
    made: dict[str, WatchArea] = {}
    for name, parent, answers in (
        ("force", None, None),
        ("town", "force", council),
        ("east", "town", council),
        ("west", "town", council),
    ):
        made[name] = WatchArea.objects.using("admin").create(
            code=f"{name}-{world.tag}".lower(), label=f"{name.title()} {world.tag}", kind=name,
            parent=made[parent] if parent else None, answers=answers, force=force,
        )  # fmt: skip
    return made


def told(kind: str, area: WatchArea, **answers: Any) -> Told:
    """Return what is told of an incident; further answers replace the usual ones."""
    return Told(kind, area.code, ANSWERS | (CRIME if kind == "crime" else NON_CRIME) | answers)


def put(
    world: World, area: WatchArea, *, whom: str = RECORDER, at: datetime = MARCH, kind: str = "crime", **answers: Any
) -> Recorded:  # fmt: skip
    """Record an incident as somebody."""
    with world.enter(whom, at=at) as who:
        return record(told(kind, area, **answers), who, now=now())


def put_counts(
    world: World, area: WatchArea, days: Iterable[tuple[date, int]], *, religions: tuple[str, ...] = ("muslim",),
    strands: tuple[str, ...] = ("religion",), known_after: int = 0,
) -> None:  # fmt: skip
    """Put bare incidents on record as the owner of the tables would: so many on each day."""
    rows = [
        Incident(
            reference="T" + uuid4().hex[:11], agency=world.agencies["force"], area=area, source="police",
            strands=list(strands), religions=list(religions), crime=True, rule="hate_crime", occurred_on=day,
            reported_on=day, recorded_on=day, known_on=day + timedelta(days=known_after), written_by=uuid4(),
        )
        for day, number in days for _ in range(number)
    ]  # fmt: skip
    Incident.objects.using("admin").bulk_create(rows, batch_size=1000)


@contextmanager
def as_watch() -> Iterator[None]:
    """Act as the worker."""
    with demo.as_worker():
        yield


def a_rise(world: World) -> dict[str, Any]:
    """Put a quiet year and a blow today on record, let the watch look, and return what pages need of it."""
    import numpy as np

    from evenhand.operations.watch_areas import load_boundaries
    from evenhand.oversight.watch import watch
    from evenhand.records.watch import AlarmEpisode

    areas = watch_areas(world)
    shape = (
        '{"type": "Feature", "properties": {"code": "%s"}, "geometry": {"type": "Polygon", "coordinates": '
        "[[[%s, 51], [%s, 51], [%s, 52], [%s, 51]]]}}"
    )
    features = [shape % (areas[name].code, x, x + 1, x, x) for name, x in (("east", 0), ("west", -2))]
    load_boundaries('{"type": "FeatureCollection", "features": [' + ", ".join(features) + "]}")
    moment = datetime.now(UTC)
    today = moment.date()
    counts = np.random.default_rng(8).poisson(1.2, 300)
    put_counts(
        world, areas["east"], [(today - timedelta(days=300 - n), int(c)) for n, c in enumerate(counts)]
    )
    put_counts(
        world, areas["west"], [(today - timedelta(days=300 - n), int(c) % 2) for n, c in enumerate(counts)]
    )
    put_counts(world, areas["east"], [(today, 16)])
    with as_watch():
        watch(moment, root=areas["force"].code)
    told_on = (today - timedelta(days=1)).isoformat()
    first = put(world, areas["east"], at=moment, occurred_on=told_on, reported_on=told_on)
    second = put(
        world, areas["east"], at=moment, occurred_on=told_on, reported_on=told_on, source="third_party"
    )
    episode = AlarmEpisode.objects.using("admin").filter(area=areas["east"], strand="religion.muslim").first()
    assert episode is not None
    one, other = sorted((first.id, second.id))
    return {
        "first": one,
        "second": other,
        "area": areas["east"].code,
        "strand": "religion.muslim",
        "episode": episode.id,
    }
