"""Names for searching are derived: after a crash they are filled in again from the sealed records."""

from __future__ import annotations

from datetime import UTC, datetime

from evenhand.casework.find import find
from evenhand.gate import demo
from evenhand.gate.entry import now
from evenhand.operations.names import fill_in
from tests import roads
from tests.world import World, raw

START = datetime(2026, 1, 12, 10, tzinfo=UTC)


def found(world: World, text: str) -> list[str]:
    with world.enter("gateway_officer@force") as who:
        return [row.reference for row in find(text, who, now=now())]


def test_an_emptied_index_is_filled_in_again(world: World):
    done = world.refer(at=START, names="Quillon Marsh")
    roads.screened(world, done.case_id, at=START, names="Quillon Marsh")
    assert found(world, "quil") == [done.reference]
    raw("truncate wall.name_token", alias="admin")
    assert found(world, "quil") == []
    with demo.as_worker():
        assert fill_in() >= 1
    assert found(world, "quil mar") == [done.reference]


def test_an_index_that_is_there_is_left_alone(world: World):
    done = world.refer(at=START)
    roads.screened(world, done.case_id, at=START)
    with demo.as_worker():
        assert fill_in() == 0
