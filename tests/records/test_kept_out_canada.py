"""The second pack keeps people out by data alone: a name in a report, a name that somebody at the table says, a whole table."""

from __future__ import annotations

import uuid
from uuid import UUID

import pytest

from evenhand.gate.act import NoSuchCase, Refused
from tests.charter.test_canada import CHAIR, JOURNEY, LEAD, MEMBER, PACK, START, through_the_api, to_the_table
from tests.records.test_kept_out import CONFIRM, owner_of, sees, states
from tests.world import World, raw

HANDLER = "independent_handler@table"


@pytest.fixture
def table(world: World) -> World:
    world.add("agency_lead", "school", key=LEAD)
    world.add("table_chair", "table", name=f"Odile Chairing{world.tag}", key=CHAIR)
    world.add("table_chair", "table", name=f"Second Presiding{world.tag}", key="second@table")
    world.add("table_member", "table", name=f"Basile Sitting{world.tag}", key=MEMBER)
    for role in ("independent_handler", "duty_officer", "privacy_officer"):
        world.add(role, "table")
    return world


def brought(world: World, names: str, must_not_see: str = "") -> UUID:
    told = {
        "danger": "no", "what_happened": "Sleeps in a car.", "names": names, "must_not_see": must_not_see, "tried": "Called twice.",
    }  # fmt: skip
    body = {
        "area": world.areas["bay"].code, "answers": {k: v for k, v in told.items() if v}, "journey": JOURNEY, "pack": PACK,
        "reason": "Needs help.", "once": str(uuid.uuid4()),
    }  # fmt: skip
    answer = through_the_api(world, LEAD, "POST", "referrals", body)
    assert answer.status == 201, answer.text
    return UUID(answer.json["case"])


def act(world: World, case_id: UUID, whom: str, step: str, outcome: str, answers: dict[str, object]) -> None:
    world.take(case_id, whom, step, outcome, answers, at=START, journey=JOURNEY, pack_code=PACK)


def test_a_relative_whom_a_report_names_is_out_until_the_handler_has_looked(table: World):
    for outcome in ("kept_out", "let_in"):
        case_id = brought(table, "Somebody Else", f"Chairing{table.tag}")
        assert states(case_id) == {table.people[CHAIR].id: "named"}
        to_the_table(table, case_id)
        assert not sees(table, CHAIR, case_id)
        assert sees(table, MEMBER, case_id)
        assert owner_of(case_id) == table.people["second@table"].id
        answers: dict[str, object] = {"whom": str(table.people[CHAIR].id), "reason": "Looked."}
        if outcome == "kept_out":
            answers["ground"] = "relative"
        act(table, case_id, HANDLER, CONFIRM, outcome, answers)
        assert sees(table, CHAIR, case_id) == (outcome == "let_in")
        running = "select count(*) from clock where case_id = %s and code = %s and stopped_at is null"
        assert raw(running, [case_id, CONFIRM], alias="admin") == [(0,)]


def test_naming_everybody_who_chairs_routes_round_the_table_and_does_not_blind_it(table: World):
    case_id = brought(table, f"Odile Chairing{table.tag}\nSecond Presiding{table.tag}")
    assert set(states(case_id)) == {table.people[CHAIR].id, table.people["second@table"].id}
    to_the_table(table, case_id)
    assert owner_of(case_id) == table.people[HANDLER].id
    assert sees(table, HANDLER, case_id)
    assert not sees(table, CHAIR, case_id)


def test_somebody_at_the_table_names_a_cousin_and_cannot_confirm_it(table: World):
    case_id = brought(table, "Somebody Else")
    to_the_table(table, case_id)
    cousin = str(table.people[MEMBER].id)
    assert sees(table, MEMBER, case_id)
    act(
        table,
        case_id,
        CHAIR,
        "keep_out",
        "named",
        {"whom": cousin, "ground": "relative", "reason": "They told me."},
    )
    assert not sees(table, MEMBER, case_id)
    with pytest.raises((NoSuchCase, Refused)):
        act(table, case_id, CHAIR, CONFIRM, "let_in", {"whom": cousin, "reason": "No."})
    act(
        table, case_id, HANDLER, CONFIRM, "kept_out", {"whom": cousin, "ground": "relative", "reason": "Yes."}
    )
    assert not sees(table, MEMBER, case_id)
    assert not sees(table, HANDLER, case_id), "once all is said the handler's sight ends"
