"""Between staff support and integrity stands a firewall: no role, person, link, search or count goes through it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from django.db import DatabaseError, connections, transaction

from evenhand.gate.act import NoSuchCase
from evenhand.gate.policy import pack
from evenhand.oversight import counts
from evenhand.records.case import Case
from evenhand.records.practitioner import RoleHolding
from evenhand.records.wall.build import row_models
from tests.world import World, raw

SIDES = ("staff_support", "integrity")
TEAM = {
    "staff_support": ("staff_support_officer@force", "staff_support_lead@force"),
    "integrity": ("integrity_investigator@force", "integrity_supervisor@force"),
}


def walk(world: World, side: str, names: str) -> UUID:
    """Bring a case of one side to where its person has an entry."""
    done = world.tell(side, names=names)
    first, outcome = {"staff_support": ("take_on", "taken_on"), "integrity": ("screen_conduct", "conduct")}[
        side
    ]
    officer = TEAM[side][0]
    world.take(done.case_id, officer, first, outcome, journey=side)
    world.take(done.case_id, officer, "say_who", "new_person", {"names": names}, journey=side)
    return done.case_id


def test_no_role_is_shown_both_sides():
    for code, journey in pack().journeys.items():
        roles = {role for place in journey.places.values() for held in place.see.values() for role, _ in held}
        assert {pack().roles[role].apart for role in roles} == {code if code in SIDES else ""}, code


@pytest.mark.parametrize("side", SIDES)
def test_only_the_team_of_its_side_sees_a_case(world: World, side: str):
    case_id = walk(world, side, "Quentin Firewall")
    for whom in world.people:
        with world.enter(whom):
            seen = Case.objects.filter(id=case_id).exists() or any(
                model.objects.filter(case_id=case_id).exists() for model in row_models()
            )
            found = raw(
                "select count(*) from wall.search_names(array['quentin'], 50) where case_id = %s", [case_id]
            )
            # An index of names would lie open to whoever has the disks, so nobody finds these cases by a name.
            assert (seen, found[0][0]) == (whom in TEAM[side], 0), whom


def test_nobody_holds_roles_of_two_sides(world: World):
    for first, second in (
        ("staff_support_officer@force", "integrity_investigator"),
        ("integrity_supervisor@force", "staff_support_lead"),
        ("gateway_officer@force", "integrity_investigator"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic(using="admin"):
            RoleHolding.objects.using("admin").create(
                practitioner=world.people[first],
                role=second,
                agency=world.agencies["force"],
                from_date=date(2020, 1, 1),
            )


def test_one_human_being_has_two_entries_that_nothing_joins(world: World):
    support, integrity = (walk(world, side, "Rosalind Twoways") for side in SIDES)
    rows = dict(
        raw("select id, person_id from case_file where id = any(%s)", [[support, integrity]], alias="admin")
    )
    assert rows[support] != rows[integrity]
    # Naming a case of the other side is naming a case that does not exist.
    with pytest.raises(Exception) as refused:
        world.take(
            integrity, "integrity_investigator@force", "say_who", "known_person",
            {"person": str(support)}, journey="integrity",
        )  # fmt: skip
    with pytest.raises(Exception) as absent:
        world.take(
            integrity, "integrity_investigator@force", "say_who", "known_person",
            {"person": "5b9b7f5e-1111-4111-8111-111111111111"}, journey="integrity",
        )  # fmt: skip
    assert str(refused.value) == str(absent.value)
    # The database holds against the owner of its tables too.
    with (
        connections["admin"].cursor() as cursor,
        pytest.raises(DatabaseError),
        transaction.atomic(using="admin"),
    ):
        cursor.execute("update case_file set person_id = %s where id = %s", [rows[support], integrity])


def test_nothing_is_handed_out_of_a_case_that_stands_apart(world: World):
    case_id = walk(world, "integrity", "Ursula Handed")
    with world.enter("integrity_investigator@force"):
        for table, columns, values in (
            ("access_grant", "practitioner_id, of_part, sealed", f"'{world.people['staff_support_officer@force'].id}', 'file', ''::bytea"),
            ("information_request", "agency_id, basis, asked_at, sealed", f"'{world.agencies['school'].id}', 'x', now(), ''::bytea"),
            ("onward_referral", "agency_id, service, state, sealed", f"'{world.agencies['school'].id}', 'x', 'offered', ''::bytea"),
        ):  # fmt: skip
            with pytest.raises(DatabaseError), transaction.atomic():
                raw(
                    f"insert into {table} (id, case_id, part, recorded_at, recorded_by, aud, bar, {columns}) values"
                    f" (gen_random_uuid(), '{case_id}', 'file', now(), gen_random_uuid(), '{{}}', '{{}}', {values})"
                )


def test_no_board_counts_what_stands_apart(world: World):
    for side in SIDES:
        world.tell(side, names="Nobody Counted")
    from evenhand.gate.demo import as_worker
    from evenhand.gate.entry import enter_house

    with as_worker(), enter_house():
        assert not {row.journey for row in counts._referrals(pack())} & set(SIDES)


def test_somebody_on_a_file_cannot_show_it_to_whom_the_policy_does_not(world: World):
    """An act that was tampered with asks the wall to show the case to others: the wall knows what the place shows."""
    done = world.refer()
    with world.enter("gateway_officer@force"):
        for role, agency in (
            ("panel_member", "council"),
            ("gateway_officer", "other_force"),
            ("staff_support_officer", "force"),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():  # noqa: PT012 - one act, tampered with at its end
                raw("select wall.standing(%s, true, null)", [done.case_id])
                raw(
                    "insert into decision (id, case_id, part, recorded_at, recorded_by, aud, bar, step, verb, outcome, from_place, to_place,"
                    " clause, happened_at, shape_hash, lists_hash, sealed, idempotency_key) values (gen_random_uuid(), %s, 'file', now(),"
                    " gen_random_uuid(), '{}', '{}', 'x', 'x', 'x', '', 'received', '', now(), '', '', '', gen_random_uuid())",
                    [done.case_id],
                )
                sees = f'{{"sees": {{"file": [["{role}", "{world.agencies[agency].id}"]]}}}}'
                raw("select wall.settle(%s, 1, %s::jsonb)", [done.case_id, sees])


def test_a_stranger_can_tell_either_side_and_reads_neither(world: World):
    done = world.tell("integrity")
    with pytest.raises(NoSuchCase):
        world.take(done.case_id, "safeguarding_lead@school", "add_note", "added", {}, journey="integrity")
