"""Charter 7 among incidents: nobody is refused because too many are reporting, and a stranger leaves no trace."""

from __future__ import annotations

from evenhand.casework.record_incident import record
from evenhand.gate.entry import enter_door, now
from evenhand.records.incident import Incident
from tests.incidents import RECORDER, put, told, watch_areas
from tests.world import World, raw


def test_no_refusal_in_a_spike(world: World):
    areas = watch_areas(world)
    done = [put(world, areas["east"]) for _ in range(60)]
    assert len({one.reference for one in done}) == 60
    with world.enter(RECORDER):
        assert Incident.objects.filter(area=areas["east"]).count() == 60


def test_through_the_public_door_too_and_nothing_can_be_seen_there(world: World):
    areas = watch_areas(world)
    for _ in range(20):
        with enter_door() as stranger:
            done = record(told("crime", areas["east"]), stranger, now=now())
            assert not Incident.objects.filter(id=done.id).exists()
    rows = raw(
        "select source, written_by::text from incident where area_id = %s",
        [areas["east"].code],
        alias="admin",
    )
    assert set(rows) == {("public", "00000000-0000-4000-8000-000000000002")}
    assert len(rows) == 20
