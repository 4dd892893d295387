"""A call about danger goes round whom it names, reaches a duty officer whatever it names, and tells nobody which it was."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.test import Client

from evenhand.casework import alarm
from evenhand.gate.act import NoSuchCase
from evenhand.gate.entry import enter_door, now
from evenhand.records.duty import Notice
from evenhand.records.kept_out import Relation
from tests.faults.attacks import admin
from tests.operations.test_duties import work_off
from tests.visiting import seen, visit
from tests.world import World, raw

OFFICERS = ("duty_officer@force", "duty_officer@council", "duty_officer@other_council")
HANDLER = "independent_handler@force"


def ring(text: str, names: tuple[str, ...] = ()) -> UUID:
    with enter_door() as who:
        return alarm.ring(text, "Hill Road", who, now=now(), names=names)


def hears(world: World, whom: str, number: UUID) -> bool:
    with world.enter(whom):
        listed = any(call.id == number for call in alarm.ringing())
        row = raw("select count(*) from alarm where id = %s", [number])[0][0]
    assert listed == bool(row)
    return listed


def told(world: World, number: UUID) -> set[str]:
    work_off()
    rows = Notice.objects.using("admin").filter(once__startswith=f"alarm:{number}:")
    heard = {row.practitioner_id for row in rows}
    return {key for key, person in world.people.items() if person.id in heard}


@pytest.fixture
def officer(world: World) -> World:
    """A partnership in which one duty officer has a name that can be told, and a cousin who is one too."""
    world.add("duty_officer", "force", name=f"Wilhelmina Onduty{world.tag}", key="named@force")
    world.add("duty_officer", "council", name=f"Percival Cousin{world.tag}", key="cousin@council")
    with world.enter("cousin@council"):
        Relation.objects.bulk_create(
            [
                Relation(
                    practitioner=world.people["cousin@council"],
                    other=world.people["named@force"],
                    kind="relative",
                    from_date=date(2020, 1, 1),
                )
            ]
        )
    return world


def test_whom_a_call_names_does_not_hear_it_and_everybody_else_on_duty_does(officer: World):
    number = ring(f"wilhelmina  ONDUTY{officer.tag} stands over her with a knife")
    assert not hears(officer, "named@force", number)
    assert not hears(officer, "cousin@council", number), "a relative is routed round as well"
    assert all(hears(officer, whom, number) for whom in OFFICERS)
    assert hears(officer, HANDLER, number), "somebody independent hears it, to say who is meant"
    assert told(officer, number) == {*OFFICERS, HANDLER}
    for side in ("integrity_handler@force", "staff_support_lead@force", "gateway_officer@force"):
        assert not hears(officer, side, number), side


def test_a_family_name_is_enough_where_the_form_asks_and_a_street_bars_nobody(officer: World):
    family = f"Onduty{officer.tag}"
    assert hears(officer, "named@force", ring(f"A fight in {family} Road"))
    assert not hears(officer, "named@force", ring("A fight", names=(f" Sgt {family} ",)))


def test_the_page_takes_the_name_and_answers_alike_whether_it_fitted(officer: World):
    pages = [
        Client().post("/alert/", {"what": "A knife", "where": "Yard", "names": name}, follow=True)
        for name in (f"Onduty{officer.tag}", "Nobodyatall")
    ]
    assert seen(pages[0]) == seen(pages[1])
    assert "told" in pages[0].redirect_chain[0][0]
    again = Client().post("/alert/", {"what": "", "names": "Somebody"})
    assert (again.status_code, 'value="Somebody"' in again.content.decode()) == (422, True)


def test_barred_and_absent_calls_are_one_answer_at_every_door(officer: World):
    line = f"A knife {uuid4()}"
    number, client = ring(line, names=(f"Onduty{officer.tag}",)), visit(officer, "named@force")
    client.get("/alert/duty/")
    for action in ("take", "done", f"said/{officer.people['named@force'].id}"):
        answers = [
            client.post(f"/alert/duty/{call}/{action}/", {"done": "x", "meant": "no"})
            for call in (number, uuid4())
        ]
        assert [a.status_code for a in answers] == [404, 404], action
        assert seen(answers[0]) == seen(answers[1])
    assert client.get(f"/alert/duty/{number}/done/").status_code == 404
    assert line not in seen(client.get("/worklist/"))
    assert line in seen(visit(officer, "duty_officer@force").get("/worklist/"))
    with officer.enter("named@force"):
        assert raw("select wall.say_of_call(%s, %s, false)", [number, officer.people["named@force"].id]) == [
            (False,)
        ]
        assert raw("select count(*) from wall.named_in_call(%s)", [number]) == [(0,)]
        raw("update alarm set done_at = now() where id = %s", [number])
    assert admin("select done_at from alarm where id = %s", [number]) == [(None,)]
    assert "named@force" not in told(officer, number)


def test_a_handler_says_who_is_meant_and_whoever_is_not_hears_it_then(officer: World):
    number = ring("A knife", names=(f"Onduty{officer.tag}",))
    client, whom = visit(officer, HANDLER), officer.people["named@force"].id
    page = seen(client.get("/alert/duty/"))
    assert f"This call may mean Wilhelmina Onduty{officer.tag}" in page
    assert f"Percival Cousin{officer.tag} is a line manager or relative" in page
    said = client.post(f"/alert/duty/{number}/said/{whom}/", {"meant": "no"}, follow=True)
    assert "They hear it now" in seen(said)
    assert hears(officer, "named@force", number)
    assert hears(officer, "cousin@council", number), "named because of somebody who was not meant"
    assert {"named@force", "cousin@council"} <= told(officer, number)
    assert len(admin("select 1 from notice where once like %s", [f"alarm:{number}:{whom}%"])) == 1
    assert hears(officer, HANDLER, number), "whoever has said goes on hearing it"
    other = ring("A knife", names=(f"Onduty{officer.tag}",))
    client.post(f"/alert/duty/{other}/said/{whom}/", {"meant": "yes"})
    assert not hears(officer, "named@force", other)
    with pytest.raises(NoSuchCase), officer.enter("duty_officer@force") as who:
        alarm.say(other, whom, who, meant=False, now=now())


def test_naming_everybody_on_duty_blinds_nobody(officer: World):
    """Every duty officer and every handler there is, named at once: one of each still hears."""
    number = ring("A knife", names=(f"Onduty{officer.tag}",))
    admin_all = (
        "insert into wall.alarm_bar (alarm_id, practitioner_id, ground)"
        " select %s, h.practitioner_id, 'unclear' from role_holding h join practitioner p on p.id = h.practitioner_id"
        " where h.role in ('duty_officer', 'independent_handler') and p.active group by 2 on conflict do nothing"
    )
    raw(admin_all, [number], alias="admin")
    left = admin(
        "select array_agg(x) from wall.on_duty() x where x <> all (wall.barred_from_call(%s))", [number]
    )
    assert len(left[0][0]) == 1
    assert left[0][0] == [officer.people["cousin@council"].id], "a relative before whoever was named"
    assert hears(officer, "cousin@council", number)
    handlers = admin(
        "select count(*) from wall.all_handlers() x where x <> all (wall.barred_from_call(%s))", [number]
    )
    assert handlers == [(1,)]


@pytest.mark.parametrize("statement", [
    "select * from wall.alarm_bar", "delete from wall.alarm_bar", "select wall.told_of_call('{}')", "select wall.barred_from_call('{}')",
])  # fmt: skip
def test_nobody_reads_or_ends_what_a_call_closes(officer: World, statement: str):
    number = ring("A knife", names=(f"Onduty{officer.tag}",))
    with pytest.raises(Exception, match="permission denied"), officer.enter("named@force"):
        raw(statement.format(number))


def test_nobody_closes_a_call_that_is_there(officer: World):
    number = ring("A knife")
    with officer.enter("named@force"):
        raw("select wall.name_in_call(%s, %s, %s)", [number, officer.people["duty_officer@force"].name, []])
    assert hears(officer, "duty_officer@force", number)
