"""Who leaves or moves loses sight, sessions and keys at once, and their open work goes to a colleague, on record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from evenhand.gate.entry import EntryRefused, enter, now, open_session
from evenhand.gate.standing import NoSuchCase, standing
from evenhand.operations import roles
from tests.visiting import seen, visit
from tests.world import World, raw

TODAY = date.today()  # noqa: DTZ011 - a test's day
OFFICER = "gateway_officer@force"


def owner_of(case_id):
    return raw("select owner_id from case_file where id = %s", [case_id], alias="admin")[0][0]


def test_a_leavers_work_goes_to_a_colleague_and_every_way_in_closes(world: World):
    case_id = world.refer().case_id
    gone = world.people[OFFICER]
    assert owner_of(case_id) == gone.id
    second = world.add("gateway_officer", "force", key="second")
    token = open_session(gone.id)
    before = raw("select count(*) from decision where case_id = %s", [case_id], alias="admin")[0][0]
    with world.enter("administrator@force") as who:
        handed = roles.leave(who, gone.id, on=TODAY, now=now())
    assert (handed.done, handed.waiting) == (1, 0)
    assert owner_of(case_id) == second.id
    assert (
        raw("select count(*) from decision where case_id = %s", [case_id], alias="admin")[0][0] == before + 1
    )
    with pytest.raises(EntryRefused), enter(token):
        pass
    assert raw("select count(*) from wall.session where practitioner_id = %s", [gone.id], alias="admin") == [
        (0,)
    ]


def test_what_nobody_can_take_is_said_to_wait(world: World):
    case_id = world.refer().case_id
    gone = world.people[OFFICER]
    with world.enter("administrator@force") as who:
        handed = roles.leave(who, gone.id, on=TODAY, now=now())
    assert (handed.done, handed.waiting) == (0, 1)
    assert owner_of(case_id) == gone.id
    page = visit(world, "administrator@force").get(f"/administration/work/?owner={gone.id}")
    assert page.status_code == 200


def test_a_mover_keeps_their_entry_and_not_their_sight(world: World):
    case_id = world.refer().case_id
    mover = world.people[OFFICER]
    second = world.add("gateway_officer", "force", key="second")
    with world.enter("administrator@force") as who:
        roles.give_role(
            who,
            mover.id,
            role="analyst",
            agency=world.agencies["force"].id,
            from_date=TODAY,
            to_date=None,
            now=now(),
        )
    with world.enter(OFFICER) as who:
        assert standing(case_id, who).owner_id == mover.id
    holding = raw(
        "select id from role_holding where practitioner_id = %s and role = 'gateway_officer'",
        [mover.id],
        alias="admin",
    )[0][0]
    with world.enter("administrator@force") as who:
        handed = roles.end_role(who, holding, on=TODAY - timedelta(days=1), now=now())
    assert handed.done == 1
    assert owner_of(case_id) == second.id
    with world.enter(OFFICER) as who:
        assert who.roles == {"analyst"}
        with pytest.raises(NoSuchCase):
            standing(case_id, who)


def test_the_page_says_what_was_handed_over(world: World):
    world.refer()
    world.add("gateway_officer", "force", key="second")
    keeper = visit(world, "administrator@force")
    said = keeper.post(f"/administration/people/{world.people[OFFICER].id}/", {"doing": "leave"}, follow=True)
    assert "They have left: no role, no sign-in, no key. Handed over: 1." in seen(said)
