"""Nobody can ask the house a question whose answer tells that a case is there: barred and absent sound alike."""

from __future__ import annotations

from uuid import uuid4

import pytest

from evenhand.gate import demo
from evenhand.gate.act import NoSuchCase
from evenhand.gate.entry import enter_door, now
from evenhand.operations import worker
from evenhand.records.duty import Notice
from tests.faults.attacks import admin, attack
from tests.world import World, raw


@pytest.fixture
def barred(world: World):
    """A case that an officer knew, was told of, and has declared an interest in."""
    world.add("gateway_officer", "force", key="second@force")
    done = world.refer()
    with demo.as_worker():
        while worker.work():
            pass
    heard = admin(
        "select practitioner_id from notice where case_id = %s and text not like '%%received%%'",
        [done.case_id],
    )[0][0]
    whom = next(key for key, person in world.people.items() if person.id == heard)
    world.take(done.case_id, whom, "declare_interest", "declared", {"kind": world.code("interest_kinds")})
    return done.case_id, whom


PUT = (
    "insert into evidence (id, case_id, part, recorded_at, recorded_by, aud, bar, kind, sealed)"
    " values (gen_random_uuid(), %s, 'file', now(), gen_random_uuid(), '{}', '{}', 'fact', '')"
)
ASKED = [
    PUT,
    "select wall.standing(%s, true, null)",
    "select * from wall.case_page(%s)",
    "select wall.may_put(%s)",
    "select wall.index_names(%s, '{xx}')",
    "select wall.settle(%s, 1, '{}')",
    "select wall.append(%s, array['x'::bytea], array['x'::bytea])",
    "select wall.made_here(%s)",
    "select wall.began(%s)",
    "insert into monitoring_answer (id, case_id, answers) values (gen_random_uuid(), %s, '{}')",
    "insert into duty (id, case_id, kind, contents, once, due_at, tries, trouble) values"
    " (gen_random_uuid(), %s, 'notify', '{}', gen_random_uuid(), now(), 0, '')",
    "update notice set read_at = now() where case_id = %s returning 1",
    "select wall.barred_from(%s)",
]


@pytest.mark.parametrize("statement", ASKED)
def test_barred_and_absent_sound_alike(world: World, barred, statement: str):
    case_id, whom = barred
    for asker in (whom, "panel_chair@other_council"):
        with world.enter(asker):
            assert attack(statement, [case_id]) == attack(statement, [uuid4()]), asker


def test_what_was_told_before_the_bar_is_gone_and_cannot_be_counted(world: World, barred):
    case_id, whom = barred
    with world.enter(whom) as who:
        assert not Notice.objects.filter(case_id=case_id).exists()
        number = admin(
            "select id from notice where case_id = %s and practitioner_id = %s",
            [case_id, who.practitioner_id],
        )[0][0]
        assert raw("select wall.still_tells(%s)", [number]) == raw("select wall.still_tells(%s)", [uuid4()])
        raw("update notice set read_at = now()")
    assert admin("select read_at from notice where id = %s", [number]) == [(None,)]


def test_a_row_of_an_import_cannot_be_taken_for_a_case_of_others(world: World, barred):
    case_id, whom = barred
    from django.db import DatabaseError

    def take_for_it(asker: str) -> None:
        with world.enter(asker):
            once, mark = uuid4(), uuid4().hex
            raw("select wall.take_row(%s, %s)", [mark, case_id])
            assert raw("select * from wall.begun(%s, %s)", [mark, once]) == []

    for asker in (whom, "safeguarding_lead@school"):
        with pytest.raises(DatabaseError):
            take_for_it(asker)
    with pytest.raises(DatabaseError), world.enter("safeguarding_lead@school"):
        raw("select wall.take_row(%s, %s)", ["somebody will send this", uuid4()])
    assert not admin("select 1 from imported_row where fingerprint = 'somebody will send this'")


def test_sending_a_report_again_does_not_tell_how_it_went_on(world: World):
    from evenhand.casework.refer import refer
    from evenhand.gate.act import Act

    told = {
        "danger": "no",
        "what_happened": "Talk.",
        "why_now": "Now.",
        "names": "Sami Example",
        "sector": "education",
    }
    wanted = Act("refer", "received", told, reason="I am worried.")

    def send():
        with world.enter("safeguarding_lead@school") as who:
            return refer(wanted, who, now=now(), area=world.areas["town"].code, door="api")

    first = send()
    world.take(first.case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Yes."})
    world.take(
        first.case_id, "gateway_officer@force", "screen", "proceed", {"concern": world.code("concerns")}
    )
    again = send()
    assert again.already
    assert (again.case_id, again.decision_id, again.place) == (first.case_id, first.decision_id, first.place)


def test_somebody_else_with_the_same_number_does_not_get_the_case(world: World):
    done = world.refer()
    mark, once = admin(
        "select r.fingerprint, d.idempotency_key from imported_row r join decision d on d.case_id = r.case_id where r.case_id = %s",
        [done.case_id],
    )[0]
    for whom in ("safeguarding_lead@health", "panel_chair@other_council"):
        with world.enter(whom):
            assert raw("select * from wall.begun(%s, %s)", [mark, once]) == []
    with enter_door():
        assert raw("select * from wall.begun(%s, %s)", [mark, once]) == []


@pytest.mark.parametrize("table", ["practitioner", "role_holding", "team", "audience_group", "case_file"])
def test_the_public_door_does_not_tell_who_works_here(world: World, table: str):
    with enter_door():
        assert raw(f'select 1 from "{table}" limit 1') == []
        assert raw("select 1 from agency limit 1")
        assert raw("select 1 from area limit 1")


def test_a_line_of_the_record_is_not_put_on_a_case_one_does_not_know(world: World):
    done = world.refer()
    before = admin("select count(*) from entry_of where case_id = %s", [done.case_id])
    with enter_door():
        assert (
            attack("select wall.append(%s, array['x'::bytea], array['x'::bytea])", [done.case_id])[0]
            == "refused"
        )
    assert admin("select count(*) from entry_of where case_id = %s", [done.case_id]) == before


def test_a_barred_reporter_sending_again_hears_that_there_is_no_such_case(world: World):
    from evenhand.casework.refer import refer
    from evenhand.gate.act import Act

    told = {
        "danger": "no",
        "what_happened": "Talk.",
        "why_now": "Now.",
        "names": "Sami Example",
        "sector": "education",
    }
    wanted = Act("refer", "received", told, reason="I am worried.")

    def send():
        with world.enter("gateway_officer@force") as who:
            return refer(wanted, who, now=now(), area=world.areas["town"].code, door="api")

    world.add("gateway_officer", "force", key="second@force")
    done = send()
    world.take(
        done.case_id,
        "gateway_officer@force",
        "declare_interest",
        "declared",
        {"kind": world.code("interest_kinds")},
    )
    with pytest.raises(NoSuchCase):
        send()
