"""Whoever must be kept out of a case is out at once, and nobody can blind a team by naming it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from evenhand.gate.act import NoSuchCase, Refused
from evenhand.gate.demo import as_worker
from evenhand.operations.duties import relations_since
from evenhand.records.case import Case
from evenhand.records.kept_out import KeptOut, Relation
from evenhand.records.practitioner import RoleHolding
from evenhand.records.wall.build import row_models
from tests.world import World, raw

CONFIRM = "confirm_kept_out"


def owner_of(case_id: UUID) -> UUID:
    found: UUID = raw("select owner_id from case_file where id = %s", [case_id], alias="admin")[0][0]
    return found


def states(case_id: UUID) -> dict[UUID | None, str]:
    return dict(
        raw("select practitioner_id, state from kept_out where case_id = %s", [case_id], alias="admin")
    )


def sees(world: World, whom: str, case_id: UUID) -> bool:
    """Say whether somebody sees any row of a case at all, or has it on a list."""
    with world.enter(whom):
        found = Case.objects.filter(id=case_id).exists() or any(
            model.objects.filter(case_id=case_id).exists() for model in row_models()
        )
        listed = raw(
            "select count(*) from wall.worklist(false, 500, '-infinity', '00000000-0000-0000-0000-000000000000') w"
            " where w.case_id = %s",
            [case_id],
        )[0][0]
        searched = raw(
            "select count(*) from wall.search_names(array['zebedee'], 50) s where s.case_id = %s", [case_id]
        )
        return found or listed > 0 or searched[0][0] > 0


def test_the_person_a_report_names_works_at_the_gateway_and_their_line_manager_is_the_administrator(
    world: World,
):
    officer = world.add("gateway_officer", "force", name=f"Zebedee Unlike{world.tag}", key="named@force")
    world.add("gateway_officer", "force", key="other@force")
    manager = world.people["administrator@force"]
    with world.enter("administrator@force"):
        Relation.objects.bulk_create(
            [Relation(practitioner=officer, other=manager, kind="line_manager", from_date=date(2020, 1, 1))]
        )
    done = world.refer(names=f"Sgt Zebedee Unlike{world.tag}")
    assert states(done.case_id) == {officer.id: "named", manager.id: "named"}
    assert owner_of(done.case_id) not in {officer.id, manager.id}
    assert not sees(world, "named@force", done.case_id)
    assert not sees(world, "administrator@force", done.case_id)
    assert sees(world, "other@force", done.case_id)
    assert sees(world, "independent_handler@force", done.case_id)
    answers = {"whom": str(officer.id), "ground": "person_concerned"}
    world.take(done.case_id, "independent_handler@force", CONFIRM, "kept_out", answers)
    assert states(done.case_id)[officer.id] == "kept_out"
    answers = {"whom": str(manager.id), "ground": "line_manager"}
    world.take(done.case_id, "independent_handler@force", CONFIRM, "kept_out", answers)
    assert not sees(world, "named@force", done.case_id)
    assert not sees(world, "independent_handler@force", done.case_id)
    with world.enter("administrator@force"):
        assert raw("select count(*) from wall.work_of(%s)", [owner_of(done.case_id)])[0][0] in {0}


def test_a_panel_member_turns_out_to_be_a_cousin(world: World):
    done = world.refer()
    world.take(
        done.case_id,
        "gateway_supervisor@force",
        "keep_out",
        "named",
        {"whom": str(world.people["panel_member@council"].id), "ground": "relative"},
    )
    assert states(done.case_id) == {world.people["panel_member@council"].id: "named"}
    with pytest.raises((NoSuchCase, Refused)):
        world.take(
            done.case_id,
            "gateway_supervisor@force",
            CONFIRM,
            "let_in",
            {"whom": str(world.people["panel_member@council"].id)},
        )
    world.take(
        done.case_id,
        "independent_handler@force",
        CONFIRM,
        "kept_out",
        {"whom": str(world.people["panel_member@council"].id), "ground": "relative"},
    )
    raw("update case_file set place = 'awaiting_panel' where id = %s", [done.case_id], alias="admin")
    assert not sees(world, "panel_member@council", done.case_id)


def test_naming_a_whole_team_leaves_it_to_somebody_independent_and_for_hours_alone(world: World):
    world.add("gateway_officer", "force", name=f"Anna Teamone{world.tag}", key="one@force")
    team = RoleHolding.objects.using("admin").filter(
        agency=world.agencies["force"], role__in=["gateway_officer", "gateway_supervisor"]
    )
    people = [holding.practitioner for holding in team.select_related("practitioner")]
    with_words = "\n".join(person.name for person in people)
    done = world.refer(names=with_words)
    assert set(states(done.case_id)) == {person.id for person in people}
    assert owner_of(done.case_id) == world.people["independent_handler@force"].id
    for person in people:
        world.take(done.case_id, "independent_handler@force", CONFIRM, "let_in", {"whom": str(person.id)})
    assert set(states(done.case_id).values()) == {"let_in"}
    assert owner_of(done.case_id) in {p.id for p in people}
    assert not sees(world, "independent_handler@force", done.case_id)
    assert raw(
        "select count(*) from clock where case_id = %s and code = 'confirm_kept_out' and stopped_at is null",
        [done.case_id],
        alias="admin",
    ) == [(0,)]


def test_naming_every_handler_too_still_leaves_one_who_may_look(world: World):
    names = "\n".join(world.people[k].name for k in ("gateway_officer@force", "independent_handler@force"))
    done = world.refer(names=names)
    handlers = raw(
        "select practitioner_id from role_holding where role = 'independent_handler' and to_date is null",
        alias="admin",
    )
    assert owner_of(done.case_id) in {row[0] for row in handlers}


@pytest.mark.parametrize(
    "statement",
    [
        "select wall.name_one('{case}', '{whom}', 'close', ''::bytea)",
        "select wall.say_kept_out('{case}', '{whom}', false, '', ''::bytea)",
        "select wall.keep_out_named('{case}', array['{name}'], '{{}}', '{{}}')",
        "insert into kept_out (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, ground, state)"
        " values (gen_random_uuid(), '{case}', 'file', now(), '{whom}', '{{}}', '{{}}', '{whom}', 'close', 'named')",
        "update kept_out set state = 'let_in'",
        "select wall.relations_since()",
        "select wall.barred_people('{case}')",
        "select * from wall.known_name",
        "update interest set until = '2000-01-01'",
    ],
)
def test_nobody_bars_or_lets_in_outside_an_act(world: World, statement: str):
    person = world.people["gateway_supervisor@force"]
    done = world.refer()
    text = statement.format(case=done.case_id, whom=person.id, name=person.name)
    with world.enter("gateway_officer@force"), pytest.raises(DatabaseError), transaction.atomic():
        raw(text)
    assert states(done.case_id) == {}


def test_nobody_ends_a_relation_to_get_back_in(world: World):
    officer = world.add("gateway_officer", "force", name=f"Rory Relate{world.tag}", key="rory@force")
    sister = world.people["case_officer@force"]
    with world.enter("rory@force"):
        Relation.objects.bulk_create(
            [Relation(practitioner=officer, other=sister, kind="relative", from_date=date(2020, 1, 1))]
        )
    done = world.refer(names=officer.name)
    with world.enter("rory@force"):
        Relation.objects.filter(practitioner=officer).update(to_date=date.today())  # noqa: DTZ011 - a test's day
    with world.enter("independent_handler@force"):
        assert KeptOut.objects.filter(case_id=done.case_id, practitioner=sister, state="named").exists()


def test_relations_of_others_are_not_read(world: World):
    officer = world.people["gateway_officer@force"]
    with world.enter("gateway_officer@force"):
        Relation.objects.bulk_create(
            [
                Relation(
                    practitioner=officer,
                    other=world.people["case_officer@force"],
                    kind="relative",
                    from_date=date(2020, 1, 1),
                )
            ]
        )
    for whom in ("case_officer@force", "administrator@force", "gateway_supervisor@force"):
        with world.enter(whom):
            assert not Relation.objects.filter(practitioner=officer, kind="relative").exists(), whom


@pytest.mark.parametrize(
    ("entered", "told"),
    [("Dr {}", "{}"), ("Det. Sgt {} QPM", "{}"), ("{}", "Dr {}"), ("Prof Dr {}, MBE", "Mrs {}")],
)
def test_a_title_before_a_name_hides_nobody(world: World, entered: str, told: str):
    name = f"Jane Titled{world.tag}"
    officer = world.add("gateway_officer", "force", name=entered.format(name), key="titled@force")
    world.add("gateway_officer", "force", key="other@force")
    done = world.refer(names=told.format(name))
    assert states(done.case_id) == {officer.id: "named"}
    assert not sees(world, "titled@force", done.case_id)


def test_a_title_and_a_family_name_alone_are_known_as_they_stand(world: World):
    officer = world.add("gateway_officer", "force", name=f"Dr Doe{world.tag}")
    assert states(world.refer(names=f"Dr Doe{world.tag}").case_id) == {officer.id: "named"}
    assert states(world.refer(names=f"Jane Doe{world.tag}").case_id) == {}


@pytest.mark.parametrize("begins_later", [False, True])
def test_a_worker_that_was_away_for_a_month_finds_what_was_declared_meanwhile(
    world: World, begins_later: bool
):
    officer = world.add("gateway_officer", "force", name=f"Zora Absent{world.tag}", key="named@force")
    world.add("gateway_officer", "force", key="other@force")
    manager = world.people["case_officer@force"]
    done = world.refer(names=f"Zora Absent{world.tag}")
    assert set(states(done.case_id)) == {officer.id}
    raw("update wall.relations_seen set at = wall.now() - interval '40 days'", alias="admin")
    raw(
        "insert into relation (id, practitioner_id, other_id, kind, from_date, declared_by, declared_at)"
        " values (gen_random_uuid(), %s, %s, 'line_manager', %s, %s, now() - %s::interval)",
        [
            officer.id,
            manager.id,
            date.today() - timedelta(days=20) if begins_later else date(2020, 1, 1),  # noqa: DTZ011
            officer.id,
            "300 days" if begins_later else "30 days",
        ],
        alias="admin",
    )
    with as_worker():
        relations_since()
    assert set(states(done.case_id)) == {officer.id, manager.id}
    assert raw("select at > now() - interval '1 hour' from wall.relations_seen", alias="admin") == [(True,)]
