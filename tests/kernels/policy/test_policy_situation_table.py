"""The Canadian table runs on the same code: four filters, and nobody named before the third."""

from __future__ import annotations

import pytest

from evenhand.kernels.policy import START, Pack, Refused
from tests.kernels.policy.conftest import Act


def test_a_situation_passes_four_filters_and_closes(at_table: Act) -> None:
    road = [
        at_table("refer", "brought", START),
        at_table("screen", "to_table", "filter_one"),
        at_table("convene", "taken", "filter_two", table_agreed=True),
        at_table("identify", "named", "filter_three", table_agreed=True),
        at_table("make_plan", "in_force", "filter_four"),
        at_table("record_session", "offered", "filter_four", plan_exists=True),
        at_table("close", "connected", "filter_four", sessions_delivered=1),
    ]
    assert [d.to_place for d in road] == [
        "filter_one",
        "filter_two",
        "filter_three",
        "filter_four",
        "filter_four",
        "filter_four",
        "closed",
    ]
    assert [d.identity for d in road[:4]] == ["sealed", "hidden", "shown", "shown"]


def test_nobody_is_named_before_the_table_has_agreed(at_table: Act) -> None:
    with pytest.raises(Refused, match="no name may be told"):
        at_table("convene", "taken", "filter_two")
    with pytest.raises(Refused):
        at_table("identify", "named", "filter_two", table_agreed=True)


def test_the_door_is_knocked_on_within_two_days(table: Pack, at_table: Act) -> None:
    starts = {
        s.clock: (s.value, s.unit)
        for s in at_table("identify", "named", "filter_three", table_agreed=True).starts
    }
    assert starts["connect"] == (48, "hours")
    assert "statutory" not in {v.basis for c in table.clocks.values() for v in c.values}


def test_the_table_itself_no_longer_sees_a_closed_situation(at_table: Act) -> None:
    decision = at_table("close", "connected", "filter_four", sessions_delivered=1)
    assert ("table_member", "table") not in decision.see["file"]
    assert decision.identity == "hidden"
