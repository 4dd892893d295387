"""Nobody writes in somebody else's name, blinds a colleague, packs a meeting or gives themselves a role."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from evenhand.casework import alarm
from evenhand.gate.entry import EntryRefused, enter, enter_door, now, open_session
from evenhand.records.case import Case
from evenhand.records.duty import Alarm
from evenhand.records.meeting import Meeting
from evenhand.records.practitioner import RoleHolding
from tests import roads
from tests.faults.attacks import admin, attack
from tests.world import World, raw

START = datetime(2026, 1, 12, 10, tzinfo=UTC)


def test_nobody_declares_an_interest_for_somebody_else(world: World):
    case_id = world.refer().case_id
    rival = world.people["gateway_supervisor@force"].id
    with world.enter("gateway_officer@force"):
        assert (
            attack(
                "insert into interest (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, sealed)"
                " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', %s, '')",
                [case_id, rival, rival],
            )[0]
            == "refused"
        )
    with world.enter("gateway_supervisor@force"):
        assert Case.objects.filter(id=case_id).exists()


def test_a_row_cannot_hide_in_a_part_where_it_does_not_belong(world: World):
    case_id = world.refer().case_id
    with world.enter("gateway_officer@force") as who:
        attack(
            "insert into evidence (id, case_id, part, recorded_at, recorded_by, aud, bar, kind, sealed)"
            " values (gen_random_uuid(), %s, 'deconfliction', now(), %s, '{}', '{}', 'fact', '')",
            [case_id, uuid4()],
        )
        assert raw("select part, recorded_by from evidence where case_id = %s", [case_id]) == [
            ("file", who.practitioner_id)
        ]


def test_the_second_look_bears_the_name_of_whoever_took_it(world: World):
    case_id = world.refer().case_id
    danger = {"kind": world.code("danger_kinds"), "what": "He has a knife."}
    world.take(case_id, "gateway_officer@force", "danger_now", "reported", danger)
    with world.enter("duty_officer@force") as who:
        attack(
            "update alert set looked_again_by = %s, looked_again_at = now()",
            [world.people["gateway_supervisor@force"].id],
        )
        assert raw("select looked_again_by from alert where case_id = %s", [case_id]) == [
            (who.practitioner_id,)
        ]


def meeting(world: World):
    with world.enter("panel_coordinator@council", at=START) as who:
        from evenhand.casework.meetings import call

        return call(
            who, agency=world.agencies["council"].id, starts_at=START, where="Town Hall",
            members=[world.people["panel_member@council"].id], now=now(),
        )  # fmt: skip


def test_nobody_invites_themselves_to_a_meeting_or_runs_one_they_do_not_chair(world: World):
    number = meeting(world)
    seat = (
        "insert into seat (id, meeting_id, practitioner_id, agency_id, role, attended, aud)"
        " values (gen_random_uuid(), %s, %s, %s, 'panel_member', true, '{}')"
    )
    for whom in (
        "safeguarding_lead@school",
        "panel_chair@other_council",
        "panel_member@council",
        "panel_member@force",
    ):
        person = world.people[whom]
        with world.enter(whom):
            assert attack(seat, [number, person.id, person.agency_id])[0] == "refused", whom
            attack("update meeting set chair_id = %s", [person.id])
            attack("update seat set attended = true")
    assert admin("select chair_id from meeting where id = %s", [number]) == [
        (world.people["panel_chair@council"].id,)
    ]
    assert admin("select distinct attended from seat where meeting_id = %s", [number]) == [(None,)]
    with world.enter("safeguarding_lead@school") as who:
        called = attack(
            'insert into meeting (id, agency_id, starts_at, "where", chair_id, called_by, called_at, aud)'
            " values (gen_random_uuid(), %s, now(), '', %s, %s, now(), '{}')",
            [world.agencies["council"].id, who.practitioner_id, who.practitioner_id],
        )
        assert called[0] == "refused"
        assert not Meeting.objects.exists()


def test_a_seat_at_a_meeting_opens_no_case(world: World):
    case_id = world.refer(at=START).case_id
    roads.to_the_panel(world, case_id, at=START)
    guest = world.people["safeguarding_lead@school"]
    with world.enter("panel_coordinator@council", at=START) as who:
        from evenhand.casework.meetings import call, put_on_agenda

        number = call(
            who, agency=world.agencies["council"].id, starts_at=START, where="", members=[guest.id], now=now()
        )
        put_on_agenda(number, case_id, who)
    with world.enter("safeguarding_lead@school"):
        assert Meeting.objects.filter(id=number).exists()
        assert not Case.objects.exists()
        assert raw("select count(*) from agenda_item")[0][0] == 0


def test_a_view_is_given_by_whoever_sits_and_a_case_put_on_by_whoever_runs_the_meeting(world: World):
    case_id = world.refer(at=START).case_id
    roads.to_the_panel(world, case_id, at=START)
    number = roads.hear(world, case_id, at=START)
    item = admin("select id from agenda_item where case_id = %s", [case_id])[0][0]
    view = (
        "insert into panel_view (id, case_id, part, recorded_at, recorded_by, aud, bar, item_id, practitioner_id, agency_id, view, sealed)"
        " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', %s, %s, %s, 'not_adopt', '')"
    )
    chair = world.people["panel_chair@council"]
    for whom in ("case_officer@force", "panel_member@force"):
        me = world.people[whom]
        with world.enter(whom):
            assert attack(view, [case_id, me.id, item, chair.id, chair.agency_id])[0] == "refused", whom
            put = attack(
                "insert into agenda_item (id, case_id, part, recorded_at, recorded_by, aud, bar, meeting_id, position)"
                " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', %s, 9)",
                [case_id, me.id, number],
            )
            assert put[0] == "refused"


def test_an_alarm_bears_the_name_of_whoever_rang_and_the_first_to_take_it_has_it(world: World):
    victim = world.people["gateway_supervisor@force"].id
    with world.enter("safeguarding_lead@school") as who:
        number = uuid4()
        attack(
            "insert into alarm (id, made_at, made_by, sealed, taken_by, done_at) values (%s, '2001-01-01', %s, '', %s, now())",
            [number, victim, victim],
        )
    row = admin(
        "select made_by, taken_by, done_at, made_at > '2020-01-01' from alarm where id = %s", [number]
    )
    assert row == [(who.practitioner_id, None, None, True)]
    for whom in ("duty_officer@force", "duty_officer@council"):
        with world.enter(whom):
            attack("update alarm set taken_by = %s, taken_at = now() where id = %s", [victim, number])
    assert admin("select taken_by from alarm where id = %s", [number]) == [
        (world.people["duty_officer@force"].id,)
    ]
    with world.enter("gateway_officer@force"):
        assert not Alarm.objects.exists()


def test_an_alarm_rung_at_the_public_door_names_nobody(world: World):
    with enter_door() as who:
        number = alarm.ring("He has a knife.", "High Street", who, now=now())
    assert admin("select made_by from alarm where id = %s", [number]) == [(None,)]


DUTIES = [
    ("mail", None, "x:1"),
    ("notify", None, "x:2"),
    ("task", "other", "x:3"),
    ("notify", "other", "x:4"),
    ("alarm", None, "silent:1:2026-01-01"),
    ("alarm", None, "mail:1"),
]


@pytest.mark.parametrize(("kind", "case", "once"), DUTIES)
@pytest.mark.parametrize("whom", ["door", "safeguarding_lead@health"])
def test_the_house_cannot_be_made_to_write_letters_or_tell_of_cases(world: World, kind, case, once, whom):
    done = world.refer()
    statement = (
        "insert into duty (id, case_id, kind, contents, once, due_at, tries, trouble)"
        " values (gen_random_uuid(), %s, %s, '{}', %s, now(), 0, '')"
    )
    with enter_door() if whom == "door" else world.enter(whom):
        assert attack(statement, [done.case_id if case else None, kind, f"{once}{uuid4()}"])[0] == "refused"


def give(person, role: str, agency) -> tuple[str, object]:
    return attack(
        "insert into role_holding (id, practitioner_id, role, agency_id, from_date, given_by, given_at)"
        " values (gen_random_uuid(), %s, %s, %s, '2020-01-01', %s, now())",
        [person.id, role, agency.id, uuid4()],
    )


def test_nobody_gives_themselves_a_role(world: World):
    force = world.agencies["force"]
    for whom in ("gateway_officer@force", "analyst@force", "administrator@force"):
        with world.enter(whom):
            assert give(world.people[whom], "gateway_supervisor", force)[0] == "refused", whom
            attack(
                "update role_holding set practitioner_id = %s where role = 'gateway_supervisor'",
                [world.people[whom].id],
            )
            attack(
                "update role_holding set role = 'gateway_supervisor' where practitioner_id = %s",
                [world.people[whom].id],
            )
    held = admin(
        "select practitioner_id from role_holding where role = 'gateway_supervisor' and agency_id = %s",
        [force.id],
    )
    assert held == [(world.people["gateway_supervisor@force"].id,)]


def test_a_role_that_is_given_says_who_gave_it(world: World):
    person = world.people["analyst@force"]
    with world.enter("administrator@force") as who:
        assert give(person, "duty_officer", world.agencies["force"])[0] == "done"
    assert admin(
        "select given_by from role_holding where practitioner_id = %s and role = 'duty_officer'", [person.id]
    ) == [(who.practitioner_id,)]


def test_a_role_that_has_ended_or_not_begun_opens_nothing_cover_included(world: World):
    case_id = world.refer().case_id
    today = date.today()  # noqa: DTZ011 - a test's day
    person = world.add("analyst", "force", key="stand-in")
    absent = world.people["gateway_supervisor@force"]
    for dates, open_ in (((-9, -1), False), ((1, 9), False), ((-1, 0), True)):
        with transaction.atomic(using="admin"):
            RoleHolding.objects.using("admin").filter(practitioner=person).exclude(role="analyst").delete()
            RoleHolding.objects.using("admin").create(
                practitioner=person, role="gateway_supervisor", agency=world.agencies["force"], covering=absent,
                from_date=today + timedelta(days=dates[0]), to_date=today + timedelta(days=dates[1]),
            )  # fmt: skip
        with world.enter("stand-in"):
            assert Case.objects.filter(id=case_id).exists() == open_, dates


def test_a_session_that_ran_out_and_a_leaver_get_nothing(world: World):
    person = world.people["gateway_officer@force"]
    token = open_session(person.id)
    admin(
        "update wall.session set expires_at = now() - interval '1 second' where practitioner_id = %s",
        [person.id],
    )
    with pytest.raises(EntryRefused), enter(token):
        pass
    token = open_session(person.id)
    admin("update practitioner set active = false where id = %s", [person.id])
    with pytest.raises(EntryRefused), enter(token):
        pass
