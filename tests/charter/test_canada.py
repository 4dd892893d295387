"""A situation table runs on the same code: four filters, nobody named before the third, and no word of English law."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from evenhand.casework import meetings
from evenhand.casework.break_glass import break_glass, review, to_review
from evenhand.casework.case_file import look
from evenhand.casework.find import find
from evenhand.casework.looks import looks_across, looks_of
from evenhand.casework.names_shown import names_shown
from evenhand.casework.refer import first_step
from evenhand.casework.worklist import worklist
from evenhand.gate.act import NoSuchCase, Refused
from evenhand.gate.entry import now, open_session
from evenhand.gate.policy import pack
from evenhand.records.case import Case
from evenhand.records.meeting import AgendaItem
from tests.visiting import visit
from tests.world import World, raw

START = datetime(2026, 2, 2, 15, tzinfo=UTC)
PACK, JOURNEY = "ca-situation-table", "situation"
LEAD, CHAIR, MEMBER = "agency_lead@school", "table_chair@table", "table_member@table"
NEEDED = "agency_lead@health"
NAME = "Marguerite Example"


@pytest.fixture
def table(world: World) -> World:
    for role, agency in (
        ("agency_lead", "school"), ("agency_lead", "health"), ("table_chair", "table"), ("table_member", "table"),
        ("duty_officer", "table"), ("privacy_officer", "table"),
    ):  # fmt: skip
        world.add(role, agency)
    return world


def code(name: str) -> str:
    return pack(PACK).lists[name].codes_on(START.date())[0].code


def step(
    world: World,
    case_id: uuid.UUID,
    whom: str,
    taken: str,
    outcome: str,
    *,
    at: datetime = START,
    **answers: object,
) -> None:
    world.take(case_id, whom, taken, outcome, answers, at=at, journey=JOURNEY, pack_code=PACK)


def through_the_api(world: World, whom: str, method: str, path: str, body: object = None) -> SimpleNamespace:
    answer = Client().generic(
        method, f"/api/v1/{path}", json.dumps(body) if body is not None else "", "application/json",
        HTTP_AUTHORIZATION=f"Bearer {open_session(world.people[whom].id)}",
    )  # fmt: skip
    return SimpleNamespace(
        status=answer.status_code, text=answer.content.decode(), json=json.loads(answer.content)
    )


def brought(world: World) -> uuid.UUID:
    """A situation that the school brings through its own system."""
    told = {
        "danger": "no", "what_happened": "Sleeps in a car and speaks of ending it.", "names": NAME, "born": "1991",
        "address": "12 Harbour Road", "tried": "A worker called twice.",
    }  # fmt: skip
    body = {
        "area": world.areas["bay"].code,
        "answers": told,
        "journey": JOURNEY,
        "pack": PACK,
        "reason": f"{NAME} needs help.",
        "once": str(uuid.uuid4()),
    }
    answer = through_the_api(world, LEAD, "POST", "referrals", body)
    assert answer.status == 201, answer.text
    return uuid.UUID(answer.json["case"])


def to_the_table(world: World, case_id: uuid.UUID) -> None:
    answers = {
        "acute": "It is winter.",
        "why_several": "Housing and health.",
        "without_names": "Somebody without a home.",
    }
    step(world, case_id, LEAD, "screen", "to_table", **answers)


def heard(world: World, case_id: uuid.UUID, *, view: str) -> uuid.UUID:
    """The table meets, and says whether it takes the situation."""
    with world.enter(CHAIR, at=START) as who:
        people = [world.people[CHAIR].id, world.people[MEMBER].id]
        number = meetings.call(
            who, agency=world.agencies["table"].id, starts_at=START, where="Online", members=people, now=now()
        )
        meetings.put_on_agenda(number, case_id, who)
        meetings.take_attendance(number, people, who, now=now())
        item = AgendaItem.objects.get(meeting_id=number, case_id=case_id)
        meetings.give_view(item.id, world.people[CHAIR].id, view, "The danger is acute.", who)
    return number


def everything_shown(world: World, case_id: uuid.UUID, whom: str) -> str:
    """All that somebody is shown of a case, through every door there is."""
    with world.enter(whom, at=START) as who:
        file = look(case_id, who)
        shown = [
            str(file.items),
            str(file.moments),
            str(file.identity),
            str(file.report),
            str(file.clocks),
            str(file.offers),
        ]
        shown += [str(worklist(mine=mine, now=now(), size=100).rows) for mine in (True, False)]
        shown.append(str(find(file.standing.reference, who, now=now())))
        shown.append(str(find("Marguerite", who, now=now())))
        shown.append(str(names_shown([case_id])))
        shown += [str(meetings.meeting_page(m.id, who)) for m in meetings.meetings()]
    shown.append(through_the_api(world, whom, "GET", f"cases/{case_id}?ground=my+work").text)
    shown.append(through_the_api(world, whom, "GET", "worklist?mine=false&size=100").text)
    return "\n".join(shown)


def tells(text: str) -> bool:
    return any(part in text for part in ("Marguerite", "1991", "Harbour"))


def test_a_situation_passes_four_filters_and_nobody_is_named_before_the_third(table: World):
    case_id = brought(table)
    # One: within the agency alone.
    with pytest.raises(NoSuchCase), table.enter(CHAIR) as who:
        look(case_id, who)
    assert tells(everything_shown(table, case_id, LEAD))
    to_the_table(table, case_id)
    # Two: the table hears it without a name.
    for whom in (CHAIR, MEMBER, LEAD):
        assert not tells(everything_shown(table, case_id, whom)), whom
    with pytest.raises(Refused, match="no name may be told"):
        step(table, case_id, CHAIR, "convene", "taken", meeting="first", lead=table.agency("health"))
    heard(table, case_id, view="adopt")
    assert not tells(everything_shown(table, case_id, MEMBER))
    step(table, case_id, CHAIR, "convene", "taken", meeting="first", lead=table.agency("health"))
    # Three: the agency that brought it tells who it is, and no more than is needed.
    with pytest.raises(Refused, match="agency lead"):
        step(
            table,
            case_id,
            CHAIR,
            "identify",
            "named",
            shared=NAME,
            consent=code("consent_words"),
            authority=code("authorities"),
        )
    step(
        table,
        case_id,
        LEAD,
        "identify",
        "named",
        shared=NAME,
        consent=code("consent_words"),
        authority=code("authorities"),
    )
    with table.enter(NEEDED, at=START) as who:
        assert look(case_id, who).identity["names"] == [NAME]
        assert [f.case_id for f in find("Marguerite", who, now=now())] == [case_id]
    # Four: only those needed go on.
    with table.enter(MEMBER):
        assert not Case.objects.filter(id=case_id).exists()
    step(table, case_id, NEEDED, "make_plan", "in_force", who_goes="A nurse, today.", offer="A bed.")
    step(
        table,
        case_id,
        LEAD,
        "tell_person",
        "told",
        told_on="2026-02-02",
        way=code("telling_ways"),
        told_what="All of it.",
    )
    with pytest.raises(Refused, match="written down a contact"):
        step(table, case_id, CHAIR, "close", "connected", ground=code("closing_reasons"), follow_on="Health.")
    missed = {"held_on": "2026-02-02", "result": code("contact_results"), "report": "Nobody there."}
    step(table, case_id, NEEDED, "record_session", "not_reached", **missed)
    with pytest.raises(Refused, match="written down a contact"):
        step(table, case_id, CHAIR, "close", "connected", ground=code("closing_reasons"), follow_on="Health.")
    later = START + timedelta(days=1)
    step(
        table,
        case_id,
        NEEDED,
        "record_session",
        "offered",
        at=later,
        **(missed | {"report": "Took the bed."}),
    )
    step(
        table,
        case_id,
        CHAIR,
        "close",
        "connected",
        at=later,
        ground=code("closing_reasons"),
        follow_on="Health goes on.",
    )
    # It ends, and names do not stay with the table.
    with table.enter(CHAIR):
        case = Case.objects.get(id=case_id)
        assert (case.place, case.outcome) == ("closed", "connected")
        assert case.closed_at is not None
    for whom in (CHAIR, "privacy_officer@table"):
        assert not tells(everything_shown(table, case_id, whom)), whom
    with pytest.raises(NoSuchCase), table.enter(NEEDED) as who:
        look(case_id, who)


def test_a_table_that_does_not_agree_names_nobody_and_it_is_a_clean_end(table: World):
    case_id = brought(table)
    to_the_table(table, case_id)
    heard(table, case_id, view="not_adopt")
    with pytest.raises(Refused, match="no name may be told"):
        step(table, case_id, CHAIR, "convene", "taken", meeting="first", lead=table.agency("health"))
    step(table, case_id, CHAIR, "convene", "not_taken", meeting="first", ground=code("not_taken_reasons"))
    with pytest.raises(NoSuchCase), table.enter(MEMBER) as who:
        look(case_id, who)
    with table.enter(NEEDED) as who:
        assert find("Marguerite", who, now=now()) == []


def test_the_case_says_which_rules_it_stands_under(table: World):
    assert first_step(JOURNEY, PACK, now=START) == ("refer", "brought")
    case_id = brought(table)
    with table.enter(LEAD):
        assert Case.objects.get(id=case_id).pack == PACK
    with pytest.raises(Refused, match="no such step"):
        step(table, case_id, LEAD, "decide_section_36", "refer_to_panel")


def test_the_privacy_officer_reads_who_looked_and_reviews_what_was_opened_in_an_emergency(table: World):
    done = brought(table)
    to_the_table(table, done)
    reference = str(raw("select reference from case_file where id = %s", [done], alias="admin")[0][0])
    with table.enter("duty_officer@table") as who:
        assert break_glass(reference, "Somebody stands at the school gate with a knife.", who) == done
        look(done, who)
    officer = visit(table, "privacy_officer@table")
    assert officer.get("/looks/").status_code == 200
    with table.enter("privacy_officer@table") as who:
        assert any(p.case_id == done for p in looks_across(who, purpose="lawfulness", words="a check").looks)
        assert looks_of(done, who).looks
        (waits,) = to_review(who)
        review(waits.id, "in_order", "They were needed at the gate.", who)
        assert to_review(who) == []
    with table.enter(MEMBER) as who:
        assert to_review(who) == []
        with pytest.raises(NoSuchCase):
            looks_of(done, who)
