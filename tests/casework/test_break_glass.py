"""A duty officer opens what they could not, for an hour, never what they are barred from, and somebody else looks at it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from evenhand.casework.break_glass import break_glass, holds, review, to_review
from evenhand.casework.case_file import look
from evenhand.casework.looks import looks_of
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.records.case import Case
from evenhand.records.duty import Notice
from tests.charter.test_09_every_look_leaves_a_trace import entries
from tests.operations.test_duties import work_off
from tests.visiting import seen, visit
from tests.world import World, raw

WHOM = "duty_officer@council"
WHY = "Somebody stands at the school gate with a knife."


def smash(world: World, reference: str, whom: str = WHOM):
    with world.enter(whom) as who:
        return break_glass(reference, WHY, who)


def sees(world: World, whom: str, case_id) -> bool:
    with world.enter(whom):
        return Case.objects.filter(id=case_id).exists()


def test_an_hour_and_everybody_concerned_is_told(world: World):
    done = world.refer()
    assert not sees(world, WHOM, done.case_id)
    assert smash(world, done.reference) == done.case_id
    with world.enter(WHOM) as who:
        file = look(done.case_id, who, ground="own_work")
        assert file.standing.glass_until is not None
    assert entries(done.case_id)[-1]["ground"] == "emergency"
    work_off()
    for whom in ("gateway_officer@force", "data_protection_officer@force", "data_protection_officer@council"):
        assert (
            Notice.objects.using("admin")
            .filter(practitioner=world.people[whom], case_id=done.case_id, kind="notify")
            .exists()
        ), whom
    with world.enter("gateway_officer@force") as who:
        assert [one.ground for one in looks_of(done.case_id, who).looks] == ["Emergency"]
    raw(
        "update access_grant set until = now() - interval '1 second', recorded_at = now() - interval '1 hour' where case_id = %s",
        [done.case_id],
        alias="admin",
    )
    assert not sees(world, WHOM, done.case_id)


def test_what_is_done_in_that_hour_is_marked(world: World):
    done = world.refer()
    smash(world, done.reference)
    danger = {"kind": world.code("danger_kinds"), "what": "He has a knife."}
    world.take(done.case_id, WHOM, "danger_now", "reported", danger)
    assert entries(done.case_id)[-1]["detail"].endswith("(emergency)")
    with world.enter("data_protection_officer@force") as who:
        from evenhand.casework.break_glass import opening

        mine = next(one for one in to_review(who) if one.reference == done.reference)
        assert any("Danger now" in line for line in opening(mine.id, who).done)


def test_barred_and_absent_and_apart_are_one_answer(world: World):
    barred = world.refer(names=world.people[WHOM].name)
    apart = world.tell("integrity")
    far = world.refer(area="far")
    said = set()
    for reference in (barred.reference, apart.reference, far.reference, "ZZZZ-ZZZZ"):
        with pytest.raises(NoSuchCase) as refused:
            smash(world, reference)
        said.add(str(refused.value))
    assert len(said) == 1
    assert not sees(world, WHOM, barred.case_id)
    client = visit(world, WHOM)
    pages = set()
    for reference in (barred.reference, "ZZZZ-ZZZZ"):
        page = client.post("/break-glass/", {"reference": reference, "reason": WHY, "known": "yes"})
        assert page.status_code == 422
        pages.add(seen(page).replace(reference, "REF"))
    assert len(pages) == 1


def test_reason_first_and_duty_officers_alone(world: World):
    done = world.refer()
    with world.enter(WHOM) as who, pytest.raises(Invalid):
        break_glass(done.reference, "urgent", who)
    with world.enter("panel_chair@council") as who, pytest.raises(Refused):
        break_glass(done.reference, WHY, who)
    with world.enter("panel_chair@council"), pytest.raises(DatabaseError), transaction.atomic():
        raw("select wall.break_glass(%s, %s, now())", [done.reference, b"x" * 60])
    with world.enter(WHOM), pytest.raises(DatabaseError), transaction.atomic():
        raw("select wall.break_glass(%s, %s, now())", [done.reference, b""])


@pytest.mark.parametrize(
    "statement",
    [
        "insert into break_glass (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, until, review_due_at, result, sealed)"
        " select gen_random_uuid(), id, 'file', now(), gen_random_uuid(), '{}', '{}', wall.who(), now() + interval '9 days', now(), 'in_order', 'x' from case_file",
        "update break_glass set result = 'in_order'",
        "update access_grant set until = now() + interval '9 days'",
        "select wall.end_grants(wall.who())",
    ],
)  # fmt: skip
def test_nobody_makes_it_longer_or_reviews_it_by_hand(world: World, statement: str):
    done = world.refer()
    smash(world, done.reference)
    with world.enter(WHOM), pytest.raises(DatabaseError), transaction.atomic():
        raw(statement)


def test_without_a_review_the_account_is_held_and_says_why(world: World):
    done = world.refer()
    smash(world, done.reference)
    client = visit(world, WHOM)
    assert client.get("/worklist/").status_code == 200
    raw(
        "update break_glass set review_due_at = now() - interval '1 minute' where case_id = %s",
        [done.case_id],
        alias="admin",
    )
    assert not sees(world, WHOM, done.case_id)
    with world.enter(WHOM) as who:
        assert not who.roles
        assert [hold.reference for hold in holds()] == [done.reference]
    for address in ("/worklist/", "/search/", f"/case/{done.case_id}/", "/meetings/", "/break-glass/"):
        answered = client.get(address)
        assert (answered.status_code, answered["Location"]) == (302, "/held/"), address
    assert done.reference in seen(client.get("/held/"))
    with world.enter("data_protection_officer@force") as who:
        mine = next(one for one in to_review(who) if one.reference == done.reference)
        review(mine.id, "in_order", "I rang the school; it was as told.", who)
    assert client.get("/worklist/").status_code == 200


def test_the_second_person_is_another_one_and_a_no_holds_the_account(world: World):
    world.add("data_protection_officer", "force", key="second_dpo@force")
    done = world.refer()
    smash(world, done.reference)
    with world.enter("data_protection_officer@force") as who:
        mine = next(one for one in to_review(who) if one.reference == done.reference)
        review(mine.id, "not_in_order", "Nobody stood at the gate.", who)
    with world.enter(WHOM) as who:
        assert not who.roles
        with pytest.raises(NoSuchCase):
            review(mine.id, "in_order", "All was well.", who)
    with world.enter("data_protection_officer@force") as who, pytest.raises(NoSuchCase):
        review(mine.id, "in_order", "I have thought again.", who)
    with world.enter("second_dpo@force") as who:
        review(mine.id, "in_order", "The call came from the next street.", who)
    with world.enter(WHOM) as who:
        assert who.roles


def test_the_review_is_due_within_a_working_day(world: World):
    done = world.refer()
    smash(world, done.reference)
    due, at = raw(
        "select review_due_at, recorded_at from break_glass where case_id = %s", [done.case_id], alias="admin"
    )[0]
    assert timedelta(0) < due - at <= timedelta(days=6)
    page = seen(visit(world, "data_protection_officer@force").get("/worklist/"))
    assert "Emergency openings to review" in page


def test_the_page_says_everything_that_is_missing_and_whether_a_glass_was_broken_at_all(world: World):
    done = world.refer()
    client = visit(world, WHOM)
    empty = client.post("/break-glass/", {})
    assert empty.status_code == 422
    for sentence in ("Say in a sentence", "Write the reference", "Say that you know who is told"):
        assert sentence in seen(empty)
    asked = {"reference": done.reference, "reason": WHY, "known": "yes"}
    assert "open to you for an hour" in seen(client.post("/break-glass/", asked, follow=True))
    # The duty officers of the force have this case by their role: nobody is told, and nobody is told so.
    theirs = seen(visit(world, "duty_officer@force").post("/break-glass/", asked, follow=True))
    assert "open to you through your role" in theirs
    assert "Everything you do in it is marked" not in theirs
