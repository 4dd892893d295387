"""Charter 10, a wall hides that there is a wall: barred and absent answer alike in what is kept, shared, told and taken out."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
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
from evenhand.oversight.counts import refresh, tables
from evenhand.records.case import Case
from evenhand.records.duty import Notice
from evenhand.records.wall.build import row_models
from tests import roads
from tests.casework.test_keeping import ended, hold, on_list, rounds
from tests.casework.test_rights import DPO, asked, case_at_gateway, shared
from tests.operations.test_duties import work_off
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


def known_of(world: World, whom: str, case_id: UUID) -> set[str]:
    """Return everything by which somebody can know of a case: its rows, lists, search and messages."""
    after = "'-infinity', '00000000-0000-0000-0000-000000000000'"
    with world.enter(whom):
        found = {
            model._meta.db_table for model in row_models() if model.objects.filter(case_id=case_id).exists()
        }
        found |= {"case_file"} if Case.objects.filter(id=case_id).exists() else set()
        found |= {"notice"} if Notice.objects.filter(case_id=case_id).exists() else set()
        for name, asked in (
            ("worklist", f"select 1 from wall.worklist(false, 500, {after}) w where w.case_id = %s"),
            ("search", "select 1 from wall.search_names(array['nowhere'], 50) s where s.case_id = %s"),
        ):
            found |= {name} if raw(asked, [case_id]) else set()
    return found


def test_whoever_is_barred_knows_of_the_case_by_nothing_at_all(world: World):
    whom = "gateway_officer@force"
    case_id = world.refer(names="Xanthippe Nowhere").case_id
    roads.screened(world, case_id, at=datetime.now(UTC), names="Xanthippe Nowhere")
    work_off()
    assert {"case_file", "evidence", "decision", "worklist", "search", "notice"} <= known_of(
        world, whom, case_id
    )
    world.add("gateway_officer", "force", key="other@force")
    bar(world, case_id, whom)
    assert known_of(world, whom, case_id) == set()
    assert "case_file" in known_of(world, "other@force", case_id)


def test_references_tell_neither_how_many_there_are_nor_which_came_first(world: World):
    found = [world.refer().reference.replace("-", "") for _ in range(12)]
    shared = [sum(a == b for a, b in zip(one, other, strict=True)) for one, other in pairwise(found)]
    assert max(shared) <= 4, "two that follow one another have nothing in common but chance"
    assert found != sorted(found)
    assert found != sorted(found, reverse=True)


def test_naming_closes_the_case_to_a_colleague_at_once_and_never_to_everybody(world: World):
    named = world.add("gateway_officer", "force", name=f"Zebedee Only{world.tag}", key="named@force")
    world.add("gateway_officer", "force", key="other@force")
    case_id = world.refer(names=named.name).case_id
    assert known_of(world, "named@force", case_id) == set()
    assert "case_file" in known_of(world, "other@force", case_id)
    names = "\n".join(world.people[k].name for k in ("gateway_officer@force", "independent_handler@force"))
    whole = world.refer(names=f"{names}\n{named.name}\n{world.people['other@force'].name}").case_id
    owner = raw("select owner_id from case_file where id = %s", [whole], alias="admin")[0][0]
    handlers = "select practitioner_id from role_holding where role = 'independent_handler'"
    assert owner in {row[0] for row in raw(handlers, alias="admin")}
    for whom in ("gateway_officer@force", "other@force", "named@force"):
        assert known_of(world, whom, whole) == set()


def test_danger_reaches_a_duty_officer_who_is_not_kept_out(world: World):
    case_id = world.refer().case_id
    for whom in ("duty_officer@force", "duty_officer@council"):
        bar(world, case_id, whom)
    danger = {"kind": world.code("danger_kinds"), "what": "He has a knife."}
    world.take(case_id, "gateway_officer@force", "danger_now", "reported", danger)
    work_off()
    told = raw("select n.practitioner_id from notice n join role_holding h using (practitioner_id)"
               " where n.case_id = %s and h.role = 'duty_officer'", [case_id], alias="admin")  # fmt: skip
    assert told
    assert not {world.people[w].id for w in ("duty_officer@force", "duty_officer@council")} & {
        r[0] for r in told
    }


def test_a_figure_is_the_same_for_whoever_is_barred_and_whoever_is_not(world: World):
    case_id = world.refer().case_id
    bar(world, case_id, "gateway_officer@force")
    with as_worker():
        refresh(datetime.now(UTC))
    seen = []
    for whom in ("gateway_officer@force", "gateway_supervisor@force", "safeguarding_lead@school"):
        with world.enter(whom):
            seen.append([(t.title, dict(t.cells)) for t in tables()])
    assert seen[0]
    assert seen[0] == seen[1] == seen[2]


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
