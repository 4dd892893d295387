"""Incidents: recorded under the rule of the day, corrected in sight, set side by side, and never counted twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from evenhand.casework import incidents as noun
from evenhand.casework.correct_incident import ChangedMeanwhile, correct
from evenhand.casework.incident_rules import rule_on
from evenhand.casework.keep_incident import keep
from evenhand.casework.match_incidents import decide, suggested
from evenhand.gate.act import Invalid, Refused
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.records.incident import Incident
from tests.incidents import COORDINATOR, MARCH, RECORDER, put, told, watch_areas
from tests.world import World

TEST_MET = {
    "personal_ground": "future_crime",
    "personal_reason": "He said that he would come back with others.",
}


def test_a_non_crime_record_is_refused_its_personal_data_by_policy(world: World):
    areas = watch_areas(world)
    with pytest.raises(Refused) as refused:
        put(world, areas["east"], kind="non_crime", subject="Orson Unlikely, 14 Mill Lane")
    assert "real risk of significant harm" in refused.value.reasons[0].sentence
    assert "Code of Practice" in refused.value.reasons[0].clause
    with pytest.raises(Refused):
        put(world, areas["east"], kind="non_crime", subject="Orson Unlikely", personal_ground="future_crime")
    kept = put(world, areas["east"], kind="non_crime", subject="Orson Unlikely", **TEST_MET)
    without = put(world, areas["east"], kind="non_crime")
    with world.enter(RECORDER):
        rows = {row.id: row for row in Incident.objects.filter(area=areas["east"])}
    assert (rows[kept.id].holds_personal_data, rows[kept.id].personal_ground) == (True, "future_crime")
    assert not rows[without.id].holds_personal_data
    assert rows[without.id].rule == "non_crime_2023"
    assert rows[without.id].review_on == date(2027, 3, 3)


def test_what_is_trivial_is_not_recorded_and_after_the_rules_end_nothing_is(world: World):
    areas = watch_areas(world)
    with pytest.raises(Refused, match="not recorded as a non-crime"):
        put(world, areas["east"], kind="non_crime", left_out="trivial")
    assert rule_on(pack(), date(2023, 6, 2), crime=False).code == "non_crime_2014"
    assert rule_on(pack(), date(2023, 6, 3), crime=False).code == "non_crime_2023"
    with pytest.raises(Refused, match="is in force on 01 July 2027"):
        put(world, areas["east"], kind="non_crime", at=datetime(2027, 7, 1, 10, tzinfo=UTC))
    put(world, areas["east"], at=datetime(2027, 7, 1, 10, tzinfo=UTC))


def test_three_dates_and_what_the_database_says_of_them(world: World):
    areas = watch_areas(world)
    done = put(world, areas["east"])
    with world.enter(RECORDER):
        row = Incident.objects.get(id=done.id)
    assert (row.occurred_on, row.reported_on, row.recorded_on) == (
        date(2026, 3, 1),
        date(2026, 3, 2),
        date(2026, 3, 3),
    )
    assert row.known_on == date(2026, 3, 3)
    with pytest.raises(Invalid) as wrong:
        put(world, areas["east"], occurred_on="2026-03-02", reported_on="2026-03-01")
    assert "reported_on" in wrong.value.errors


def test_sums_by_strand_are_not_totals(world: World):
    areas = watch_areas(world)
    put(world, areas["east"], strands=("race", "religion"))
    put(world, areas["east"], strands=("religion",))
    with world.enter(RECORDER):
        rows = list(Incident.objects.filter(area=areas["east"]))
    strands = Counter(strand for row in rows for strand in row.strands)
    assert (len(rows), sum(strands.values())) == (2, 3)
    from evenhand.gate import demo
    from evenhand.gate.entry import enter_house
    from tests.world import raw

    with demo.as_worker(), enter_house():
        counted = dict(
            raw(
                "select strand, sum(number)::int from wall.incident_counts('recorded', '2020-01-01') where area = %s group by 1",
                [areas["east"].code],
            )
        )
    assert (counted["all"], counted["race"], counted["religion"]) == (2, 1, 2)


def test_a_correction_leaves_what_was_said_before_and_is_not_overtaken(world: World):
    areas = watch_areas(world)
    done = put(world, areas["east"])
    with world.enter(RECORDER, at=MARCH) as who:
        right = told("crime", areas["west"], strands=("religion", "race"))
        correct(done.id, right, who, version=1, kind="new_information", reason="She called again.", now=now())
        with pytest.raises(ChangedMeanwhile):
            correct(done.id, right, who, version=1, kind="was_wrong", reason="x", now=now())
        found = noun.look(done.id, who, now=now(), ground="work")
    assert found.row.area_id == areas["west"].code
    assert found.earlier[0].before["area_id"] == areas["east"].code
    assert (found.earlier[0].kind, found.earlier[0].reason) == ("new_information", "She called again.")


def test_two_tellings_are_set_side_by_side_and_a_person_decides(world: World):
    areas = watch_areas(world)
    police = put(world, areas["east"])
    centre = put(world, areas["east"], source="third_party", occurred_on="2026-03-02")
    put(world, areas["west"], source="third_party")
    with world.enter(COORDINATOR, at=MARCH) as who:
        pairs, _ = suggested(only=police.id)
        assert [{p.first.id, p.second.id} for p in pairs] == [{police.id, centre.id}]
        assert "1 day apart" in pairs[0].alike
        with pytest.raises(Invalid):
            decide(police.id, centre.id, same=True, keep=None, reason="The same words.", who=who, now=now())
        decide(police.id, centre.id, same=True, keep=police.id, reason="The same words.", who=who, now=now())
        assert suggested(only=police.id)[0] == []
        assert Incident.objects.get(id=centre.id).duplicate_of_id == police.id
        assert Incident.objects.get(id=police.id).duplicate_of_id is None


def test_old_records_come_up_and_are_kept_only_with_a_day_and_a_reason(world: World):
    areas = watch_areas(world)
    done = put(world, areas["east"], kind="non_crime")
    with world.enter(COORDINATOR, at=datetime(2027, 3, 4, 10, tzinfo=UTC)) as who:
        due = noun.incidents(noun.Wanted(review=True, until=date(2027, 3, 4)))[0]
        assert done.id in {line.id for line in due}
        with pytest.raises(Invalid):
            keep(done.id, date(2027, 3, 1), "", who, now=now())
        keep(done.id, date(2027, 9, 1), "Proceedings are open.", who, now=now())
        assert done.id not in {
            line.id for line in noun.incidents(noun.Wanted(review=True, until=date(2027, 3, 4)))[0]
        }
