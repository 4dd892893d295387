"""Charter 10, a wall hides that there is a wall: barred and absent answer alike in what is kept, shared, told and taken out."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from evenhand.casework import exporting, rights
from evenhand.casework.disclosing import register
from evenhand.casework.kept_apart import set_apart, to_erase
from evenhand.gate.act import NoSuchCase
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import now
from evenhand.operations import retention
from tests import roads
from tests.casework.test_keeping import ended, hold, on_list, rounds
from tests.casework.test_rights import DPO, asked, case_at_gateway, shared
from tests.visiting import visit
from tests.world import World, raw

START = datetime(2023, 1, 12, 10, tzinfo=UTC)


def bar(world: World, case_id: UUID, whom: str) -> None:
    """Take somebody out of a case, as a declared interest does."""
    raw(
        "insert into interest (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, sealed)"
        " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', %s, '\\x00')",
        [case_id, world.people[whom].id, world.people[whom].id],
        alias="admin",
    )
    raw("select wall.rewall(%s)", [case_id], alias="admin")


def page(client: Client, address: str) -> tuple[int, str]:
    """Return the status and the page without what is random or of the moment."""
    response = client.get(address)
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())
    return response.status_code, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text)


@pytest.mark.parametrize(
    "address", ["/case/{}/", "/case/{}/letter/", "/case/{}/print/", "/case/{}/step/review_keeping/"]
)
def test_a_barred_case_and_one_that_never_was_give_the_same_page(world: World, address: str):
    case_id = ended(world)
    bar(world, case_id, DPO)
    client = visit(world, DPO)
    assert page(client, address.format(case_id)) == page(client, address.format(uuid4()))


def test_a_held_case_and_one_that_never_was_give_the_same_page(world: World):
    case_id = ended(world)
    supervisor = "gateway_supervisor@force"
    client = visit(world, supervisor)
    world.take(case_id, DPO, "hold_material", "held", hold(world))
    for address in ("/case/{}/", "/case/{}/letter/", "/case/{}/step/stop_erasure/"):
        assert page(client, address.format(case_id)) == page(client, address.format(uuid4()))


def test_whoever_is_barred_is_not_given_the_day_to_decide_nor_told_of_it(world: World):
    world.add("data_protection_officer", "force", key="second@force")
    case_id = ended(world)
    bar(world, case_id, DPO)
    rounds()
    assert case_id not in on_list(world, DPO)
    assert case_id in on_list(world, "second@force")
    person = world.people[DPO].id
    assert not raw(
        "select 1 from notice where practitioner_id = %s and case_id = %s", [person, case_id], alias="admin"
    )


def test_no_register_list_or_request_tells_whoever_is_barred(world: World):
    name = f"Barred {world.tag}"
    case_id = case_at_gateway(world, names=name)
    world.take(case_id, "gateway_supervisor@force", "share", "shared", shared(world))
    restricted = hold(world, cause="accuracy", what=roads.evidence_ids(world, case_id), owner="analyst@force")
    world.take(case_id, "gateway_supervisor@force", "restrict_material", "restricted", restricted)
    bar(world, case_id, DPO)
    number = asked(world, name)
    with world.enter(DPO) as who:
        assert register(who, now=now()) == []
        assert set_apart(who, now=now()) == []
        assert rights.matches(number, name, who, now=now()) == []
        absent: list[str] = []
        for case in (case_id, uuid4()):
            with pytest.raises(NoSuchCase) as no:
                rights.say_it_is_theirs(number, case, who, now=now())
            absent.append(repr(no.value))
        assert absent[0] == absent[1]


def test_no_export_holds_what_its_asker_is_barred_from_and_counts_are_of_what_it_holds(world: World):
    mine, barred = world.refer(), world.refer()
    whom = "gateway_officer@force"
    world.add("gateway_officer", "force", key="other@force")
    bar(world, barred.case_id, whom)
    with world.enter(whom) as who:
        number = exporting.ask(
            {"what": "cases", "purpose": "To plan the week's work.", "cap": "50"}, who, now=now()
        )
    with world.enter(DPO) as who:
        exporting.approve(number, who, agreed=True, reason="It is needed.", now=now())
    with world.enter(whom) as who:
        rows = list(csv.reader(io.StringIO(exporting.take_out(number, who, now=now()).decode("utf-8-sig"))))
        shown = exporting.export_of(number, who, now=now()).rows
    references = {row[0] for row in rows[2:]}
    assert mine.reference in references
    assert barred.reference not in references
    assert shown == len(rows) - 2


def test_an_erasure_is_told_to_those_who_were_told_of_the_case_and_to_nobody_else(world: World):
    case_id = case_at_gateway(world)
    world.take(case_id, "gateway_supervisor@force", "share", "shared", shared(world))
    from evenhand.operations.erasure import erase

    with as_worker():
        erase(case_id, {"by": None})
        retention.chase()
    with world.enter("safeguarding_lead@health"):
        assert [row.agency for row in to_erase()] == [world.agencies["health"].name]
    for whom in ("safeguarding_lead@school", "panel_coordinator@other_council", "gateway_officer@force"):
        with world.enter(whom):
            assert to_erase() == [], whom


def test_the_answer_to_a_person_goes_by_the_request_and_not_by_what_is_held(world: World):
    held = asked(world, "Sami Example")
    nothing = asked(world, "Nobody Known")
    with world.enter(DPO):
        one, other = rights.request_of(held), rights.request_of(nothing)
    assert one.due_on == other.due_on
    assert one.due_on - one.received_on <= timedelta(days=31)
