"""What is held or set apart is on no list and in no search but its own: every page and address without a number is asked."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from evenhand.casework import exporting
from evenhand.casework.hand_over import owned_by
from evenhand.casework.partner_work import asked_of
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import open_session
from evenhand.operations import retention
from tests.casework.test_keeping import DPO, SECOND, ended, hold
from tests.casework.test_rights import case_at_gateway, shared
from tests.operations.test_duties import work_off
from tests.visiting import visit
from tests.world import World, raw

KEEPER = "analyst@force"
EVERYBODY = (
    DPO, SECOND, KEEPER, "gateway_officer@force", "case_officer@force", "panel_chair@council", "panel_coordinator@council",
    "duty_officer@force", "administrator@force", "safeguarding_lead@school", "safeguarding_lead@health",
)  # fmt: skip
ITS_OWN = "keeping"
# Pages that begin something, end the sign-in or ask for a fresh one: no list is on them.
NO_LIST = ("account_", "mfa_", "openid_", "choose_", "own_key")


def pages() -> list[str]:
    found = []
    for name in get_resolver().reverse_dict:
        if isinstance(name, str) and name != ITS_OWN and not name.startswith(NO_LIST):
            try:
                found.append(reverse(name))
            except NoReverseMatch:
                continue
    return sorted(set(found))


def reference_of(case_id: UUID) -> str:
    return str(raw("select reference from case_file where id = %s", [case_id], alias="admin")[0][0])


def held(world: World, name: str) -> UUID:
    case_id = ended(world)
    world.take(case_id, DPO, "hold_material", "held", hold(world))
    return case_id


def restricted(world: World, name: str) -> UUID:
    case_id = case_at_gateway(world, names=name)
    world.take(case_id, "gateway_supervisor@force", "share", "shared", shared(world))
    apart = hold(world) | {"cause": "objection"}
    world.take(case_id, SECOND, "restrict_material", "restricted", apart)
    return case_id


@pytest.mark.parametrize("how", [held, restricted])
def test_no_page_and_no_address_speaks_of_it_to_anybody(world: World, how):  # type: ignore[no-untyped-def]  # one of two
    name = f"Nadir {world.tag}"
    case_id = how(world, name)
    work_off()
    with as_worker():
        retention.review()
    marks = (reference_of(case_id), str(case_id), name)
    said = []
    for whom in EVERYBODY:
        client = visit(world, whom)
        for page in (
            *pages(),
            "/worklist/?list=teams",
            "/worklist/?list=asked",
            f"/search/?words={marks[0]}",
        ):
            answer = client.get(page)
            text = (
                b"".join(answer).decode(errors="replace")
                if answer.streaming
                else answer.content.decode(errors="replace")
            )
            echoed = text.replace(f'value="{marks[0]}"', "")
            said += [(whom, page, mark) for mark in marks if mark in echoed and "words=" not in page]
            said += [(whom, page, mark) for mark in marks[1:] if mark in echoed]
        token = open_session(world.people[whom].id)
        for address in ("worklist", "worklist?mine=false", "disclosures", "notices"):
            answer = Client().get(f"/api/v1/{address}", HTTP_AUTHORIZATION=f"Bearer {token}")
            said += [(whom, address, mark) for mark in marks if mark in answer.content.decode()]
    assert not said


@pytest.mark.parametrize("how", [held, restricted])
def test_nor_do_handing_over_what_partners_are_asked_and_exports(world: World, how):  # type: ignore[no-untyped-def]
    case_id = how(world, f"Omar {world.tag}")
    reference = reference_of(case_id)
    owner = raw("select owner_id from case_file where id = %s", [case_id], alias="admin")[0][0]
    for whom in EVERYBODY:
        with world.enter(whom) as who:
            assert case_id not in {row.case_id for row in owned_by(owner)}
            assert case_id not in {asked.case_id for asked in asked_of(who)}
            for what in ("cases", "disclosures"):
                assert reference not in {row[0] for row in exporting._rows(what, 1000)}
            assert not raw(
                "select 1 from wall.search_names(array['sami', 'omar'], 50) s where s.case_id = %s", [case_id]
            )
            assert not raw("select 1 from wall.worklist(false, 500, '-infinity', %s) w where w.case_id = %s",
                           [UUID(int=0), case_id])  # fmt: skip


@pytest.mark.parametrize("how", [held, restricted])
def test_its_own_list_has_it_for_those_who_keep_it_and_for_nobody_else(world: World, how):  # type: ignore[no-untyped-def]
    case_id = how(world, f"Pir {world.tag}")
    reference = reference_of(case_id)
    for whom in EVERYBODY:
        there = reference in visit(world, whom).get(reverse(ITS_OWN)).content.decode()
        assert there == (whom in {DPO, KEEPER}), whom
