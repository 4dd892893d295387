"""A situation of the table comes up, is erased by two people and is read by nobody again; what was counted stays. Policy data alone."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client

from evenhand.casework import meetings
from evenhand.casework.find import find
from evenhand.casework.refer import refer
from evenhand.casework.worklist import worklist
from evenhand.gate import keys, ledger
from evenhand.gate.act import Act, NoSuchCase, Refused
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import now, open_session
from evenhand.operations import retention
from evenhand.records.meeting import AgendaItem
from evenhand.records.sealed import Unreadable
from tests.charter.test_canada import CHAIR, JOURNEY, LEAD, MEMBER, NEEDED, PACK, code, step
from tests.operations.test_duties import work_off
from tests.operations.test_erasure import left_of
from tests.visiting import seen, visit
from tests.world import World, raw

THEN = datetime(2024, 2, 5, 15, tzinfo=UTC)
OFFICER = "privacy_officer@table"
NAME = "Philippa Example"


@pytest.fixture
def table(world: World) -> World:
    for role, agency in (
        ("agency_lead", "school"), ("agency_lead", "health"), ("table_chair", "table"), ("table_member", "table"),
        ("duty_officer", "table"), ("privacy_officer", "table"),
    ):  # fmt: skip
        world.add(role, agency)
    return world


def take(world: World, case_id: UUID, whom: str, taken: str, outcome: str, **answers: object) -> None:
    step(world, case_id, whom, taken, outcome, at=THEN, **answers)


def closed(world: World) -> tuple[UUID, str]:
    """A situation that the table took, that was connected to help, and whose discussion was closed years ago."""
    told = {
        "danger": "no", "what_happened": "Sleeps in a car.", "names": NAME, "born": "1991", "tried": "A worker called.",
    }  # fmt: skip
    with world.enter(LEAD, at=THEN) as who:
        wanted = Act("refer", "brought", told, reason="They need help.")
        area = world.areas["bay"].code
        done = refer(wanted, who, now=now(), area=area, door="page", journey=JOURNEY, pack=PACK)
    case_id = done.case_id
    filters = {"acute": "It is winter.", "why_several": "Housing, health.", "without_names": "Somebody."}
    take(world, case_id, LEAD, "screen", "to_table", **filters)
    with world.enter(CHAIR, at=THEN) as who:
        people = [world.people[CHAIR].id, world.people[MEMBER].id]
        at_table = world.agencies["table"].id
        number = meetings.call(
            who, agency=at_table, starts_at=THEN, where="Online", members=people, now=now()
        )
        meetings.put_on_agenda(number, case_id, who)
        meetings.take_attendance(number, people, who, now=now())
        item = AgendaItem.objects.get(meeting_id=number, case_id=case_id)
        meetings.give_view(item.id, world.people[CHAIR].id, "adopt", "The danger is acute.", who)
    take(world, case_id, CHAIR, "convene", "taken", meeting="first", lead=world.agency("health"))
    named = {"shared": NAME, "consent": code("consent_words"), "authority": code("authorities")}
    take(world, case_id, LEAD, "identify", "named", **named)
    take(world, case_id, NEEDED, "make_plan", "in_force", who_goes="A nurse.", offer="A bed.")
    person = {"told_on": "2024-02-05", "way": code("telling_ways"), "told_what": "All of it."}
    take(world, case_id, LEAD, "tell_person", "told", **person)
    visited = {"held_on": "2024-02-05", "result": code("contact_results"), "report": "Took the bed."}
    take(world, case_id, NEEDED, "record_session", "offered", **visited)
    take(
        world,
        case_id,
        CHAIR,
        "close",
        "connected",
        ground=code("closing_reasons"),
        follow_on="Health goes on.",
    )
    return case_id, done.reference


def rounds() -> None:
    with as_worker():
        while retention.review():
            pass
        retention.carry_out()
        retention.chase()
    work_off()


def readable(case_id: UUID, lines: list[tuple[bytes, bytes]]) -> int:
    """How many of these lines of the record anybody can still read, with every key there is."""
    found = 0
    for _, sealed in lines:
        with suppress(Unreadable, keys.KeyGone):
            ledger.opened(case_id, bytes(sealed))
            found += 1
    return found


def counted(world: World) -> list[tuple[object, ...]]:
    return raw(
        "select journey, outcome, stage_reached, to_char(referred_on, 'YYYY-MM') from counted_case where area = %s",
        [world.areas["bay"].code],
        alias="admin",
    )


def test_a_situation_is_forgotten_by_two_people_and_only_the_count_stays(table: World):
    case_id, reference = closed(table)
    work_off()
    lines = raw(
        "select l.line, l.sealed from ledger_entry l join entry_of o on o.entry_id = l.id where o.case_id = %s",
        [case_id], alias="admin",
    )  # fmt: skip
    assert readable(case_id, lines) == len(lines) > 8
    before = counted(table)
    assert [row[:2] for row in before] == [(JOURNEY, "connected")]

    # Its day has come, by the pack's own rule, and somebody named by the pack finds it on their list.
    rounds()
    (brought_up,) = raw('select "on", "group" from keeping_day where case_id = %s', [case_id], alias="admin")
    assert (brought_up[0].isoformat(), brought_up[1]) == ("2025-02-05", "closed")
    with table.enter(OFFICER):
        due = {row.case_id: row.due_for for row in worklist(mine=True, now=now(), size=100).rows}
    assert due[case_id] == "Decide whether to keep"

    # One decides, another looks again, and some days pass.
    decide = {"journey": JOURNEY, "pack_code": PACK}
    table.take(case_id, OFFICER, "review_keeping", "erase", {}, **decide)
    with pytest.raises(Refused):
        table.take(case_id, OFFICER, "confirm_erasure", "confirmed", {}, **decide)
    rounds()
    assert keys.has_key(case_id), "nobody has looked again"
    table.take(case_id, CHAIR, "confirm_erasure", "confirmed", {}, **decide)
    rounds()
    assert keys.has_key(case_id), "it can still be stopped"
    (days,) = raw("select due_at - now() from erasure_order where case_id = %s", [case_id], alias="admin")[0]
    assert timedelta(days=6) < days <= timedelta(days=7)
    raw(
        "update erasure_order set due_at = now() - interval '1 minute' where case_id = %s",
        [case_id],
        alias="admin",
    )
    rounds()

    # Nothing of it can be read: no key, no row, no name, no page, no address, not one line of the record.
    assert not keys.has_key(case_id)
    assert left_of(case_id) == {}
    assert readable(case_id, lines) == 0
    assert len(
        raw("select 1 from ledger_entry where line = any(%s)", [[line for line, _ in lines]], alias="admin")
    ) == len(lines)
    for whom in (LEAD, CHAIR, MEMBER, NEEDED, OFFICER):
        with table.enter(whom) as who:
            assert find(reference, who, now=now()) == []
            assert find("Philippa", who, now=now()) == []
        with pytest.raises(NoSuchCase):
            table.take(case_id, whom, "add_note", "added", {}, **decide)
        assert visit(table, whom).get(f"/cases/{case_id}/").status_code == 404
        token = open_session(table.people[whom].id)
        answer = Client().get(f"/api/v1/cases/{case_id}?ground=my+work", HTTP_AUTHORIZATION=f"Bearer {token}")
        assert answer.status_code == 404
    shown = seen(visit(table, OFFICER).get("/keeping/"))
    assert "Erased on" in shown
    assert NAME not in shown

    # The proof that two people did it stays; the agencies that were told are asked; what was counted is what it was.
    stone = raw(
        'select decided_by, confirmed_by, "group" from tombstone where id = %s', [case_id], alias="admin"
    )
    assert stone == [(table.people[OFFICER].id, table.people[CHAIR].id, "closed")]
    asked = raw("select agency_id from erasure_notice where tombstone_id = %s", [case_id], alias="admin")
    assert (table.agencies["health"].id,) in asked
    assert counted(table) == before
    assert raw(
        "select case_id from counted_case where area = %s", [table.areas["bay"].code], alias="admin"
    ) == [(None,)]

    # Nor is there ever a key for it again.
    with pytest.raises(keys.KeyGone):
        keys.make_key(case_id)
