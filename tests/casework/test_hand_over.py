"""Work of somebody who is away goes to a colleague at once; whoever hands it over sees none of it."""

from __future__ import annotations

import pytest

from evenhand.casework.hand_over import hand_over_all
from evenhand.gate import keys
from evenhand.records.case import Case
from evenhand.records.decision import Decision
from tests.world import World, raw


def owner_of(case_id: object) -> object:
    return raw("select owner_id from case_file where id = %s", [case_id], alias="admin")[0][0]


def test_an_administrator_hands_everything_over_without_seeing_it(world: World):
    second = world.add("gateway_officer", "force", key="second@force")
    cases = [world.refer().case_id for _ in range(4)]
    first = world.people["gateway_officer@force"]
    mine = [case for case in cases if owner_of(case) == first.id]
    assert mine
    with world.enter("administrator@force") as who:
        assert not Case.objects.exists()
        done, left = hand_over_all(
            first.id, second.id, who, ground=world.code("assign_reasons"), reason="On leave."
        )
        assert (done, left) == (len(mine), 0)
        assert not Case.objects.exists()
    assert {owner_of(case) for case in mine} == {second.id}
    with world.enter("second@force"):
        row = Decision.objects.get(case_id=mine[0], step="assign")
        assert row.recorded_by == world.people["administrator@force"].id
        assert keys.open_(mine[0], row.sealed)["reason"] == "On leave."


def test_nobody_else_can(world: World):
    second = world.add("gateway_officer", "force", key="second@force")
    case_id = world.refer().case_id
    before = owner_of(case_id)
    for whom in ("gateway_supervisor@force", "panel_chair@council", "second@force"):
        with world.enter(whom) as who:
            assert hand_over_all(before, second.id, who, ground="", reason="Mine.") == (0, 0)
    assert owner_of(case_id) == before


def test_it_goes_only_to_somebody_who_holds_the_owning_role(world: World):
    case_id = world.refer().case_id
    before = owner_of(case_id)
    with world.enter("administrator@force") as who:
        done, left = hand_over_all(before, world.people["panel_chair@council"].id, who, ground="", reason="x")
    assert (done, left) == (0, 1)
    assert owner_of(case_id) == before


@pytest.mark.parametrize(
    ("side", "officer"),
    [("integrity", "integrity_investigator@force"), ("staff_support", "staff_support_officer@force")],
)
def test_what_stands_apart_is_not_there_for_whoever_hands_over(world: World, side: str, officer: str):
    case_id = world.tell(side).case_id
    owner = owner_of(case_id)
    other = world.add(officer.partition("@")[0], "force", key="other@force")
    with world.enter("administrator@force") as who:
        assert raw("select case_id, reference from wall.work_of(%s)", [owner]) == []
        assert hand_over_all(owner, other.id, who, ground="", reason="They have left.") == (0, 0)
        assert hand_over_all(owner, None, who, ground="", reason="They have left.") == (0, 0)
    assert owner_of(case_id) == owner
