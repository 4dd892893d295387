"""Nothing passes the wall: each role at each agency, each table, by ORM and by raw SQL as the application's role."""

from __future__ import annotations

import json
import uuid
from datetime import date

import pytest
from django.db import DatabaseError, connection, connections, models, transaction
from django.test import Client

from evenhand.gate.entry import enter_door, open_session
from evenhand.gate.policy import pack
from evenhand.records.case import Case, CasePart
from evenhand.records.case_row import CaseRow
from evenhand.records.decision import Decision
from evenhand.records.meeting import AgendaItem, Meeting
from evenhand.records.support import Commission, Plan
from evenhand.records.user import User
from evenhand.records.wall.build import part_of, row_models
from tests.world import World, raw

PLACES = ("received", "gateway", "awaiting_panel", "supported", "not_proceeding")


REVIEWERS = {"data_protection_officer@force", "data_protection_officer@council"}


def value_for(field: models.Field, world: World, case_id: uuid.UUID, made: dict[str, object]) -> object:
    """Return something that fits a column, so that every table has a row, new tables too."""
    if isinstance(field, models.ForeignKey):
        name = field.related_model.__name__
        if name == "Case":
            return case_id
        if name in {"Practitioner"}:
            return world.people["case_officer@other_force"].id
        if name == "Agency":
            return None if field.null else world.agencies["table"].id
        return made.get(name) if not field.null else None
    if field.has_default():
        return field.get_default()
    kinds = {
        models.UUIDField: uuid.uuid4(), models.BinaryField: b"x", models.BooleanField: False, models.DateField: date(2026, 1, 1),
        models.IntegerField: 1, models.DateTimeField: "2026-01-01T00:00:00Z", models.JSONField: {},
    }  # fmt: skip
    for kind, value in kinds.items():
        if type(field) is kind:
            return None if field.null else value
    return field.choices[0][0] if field.choices else "x"


def put_a_row_everywhere(world: World, case_id: uuid.UUID) -> None:
    """Put one row of every kind on a case, as the owner of the tables would."""
    made: dict[str, object] = {"Person": uuid.uuid4()}
    decision = raw("select id from decision where case_id = %s limit 1", [case_id], alias="admin")[0][0]
    made["Decision"] = decision
    with transaction.atomic(using="admin"):
        raw("insert into person (id) values (%s)", [made["Person"]], alias="admin")
        meeting = Meeting.objects.using("admin").create(
            agency=world.agencies["table"], starts_at="2026-01-01T00:00Z",
            chair=world.people["case_officer@other_force"], called_by=world.people["case_officer@other_force"].id,
        )  # fmt: skip
        made["Meeting"] = meeting.id
        ordered = [Plan, Commission, AgendaItem]
        for model in ordered + [m for m in row_models() if m not in ordered]:
            row = {
                field.attname: value_for(field, world, case_id, made)
                for field in model._meta.concrete_fields
                if field.name not in {"aud", "bar"}
            }
            row |= {"part": part_of(model._meta.db_table), "recorded_by": uuid.uuid4(), "aud": [], "bar": []}
            if model.__name__ in {"Note"}:
                row["scope"] = "case"
            instance = model(**row)
            model.objects.using("admin").bulk_create([instance])
            made[model.__name__] = instance.id


def move_to(world: World, case_id: uuid.UUID, place: str) -> None:
    """Say that a case stands somewhere, with the audience that the policy gives that place."""
    found = pack().journeys["channel"].places[place]
    bindings = {
        "council": world.agencies["council"].id,
        "force": world.agencies["force"].id,
        "provider": world.agencies["provider"].id,
    }
    sees = {
        part: [[role, str(bindings[binding])] for role, binding in holdings if binding in bindings]
        for part, holdings in found.see.items()
    }
    with connections["admin"].cursor() as cursor:
        cursor.execute("update case_file set place = %s where id = %s", [place, case_id])
        cursor.execute("update case_part set base = '{}' where case_id = %s", [case_id])
        cursor.execute("select wall.set_base(%s, %s::jsonb)", [case_id, json.dumps(sees)])
        cursor.execute("select wall.rewall(%s)", [case_id])


def may_see(place: str, role: str, agency: str) -> set[str]:
    """Return the parts that the policy shows to a role at an agency of the case."""
    found = pack().journeys["channel"].places[place]
    binding = agency if agency in {"force", "council", "provider"} else ""
    return {part for part, holdings in found.see.items() if (role, binding) in holdings}


@pytest.mark.parametrize("place", PLACES)
def test_each_role_sees_the_rows_of_its_parts_and_no_others(world: World, place: str):
    case_id = world.refer().case_id
    move_to(world, case_id, "gateway")
    put_a_row_everywhere(world, case_id)
    move_to(world, case_id, place)
    owner = raw("select owner_id from case_file where id = %s", [case_id], alias="admin")[0][0]
    for whom, person in world.people.items():
        role, agency = whom.split("@")
        parts = may_see(place, role, agency)
        if person.id == owner:
            parts |= {"file", "support"}
        if whom == "independent_handler@force":
            parts |= {"file"}  # one of the rows says that somebody was named and nobody has looked yet
        with world.enter(whom):
            assert Case.objects.filter(id=case_id).exists() == ("file" in parts), whom
            assert set(CasePart.objects.filter(case_id=case_id).values_list("part", flat=True)) == parts, whom
            for model in row_models():
                table = model._meta.db_table
                by_orm = model.objects.filter(case_id=case_id).exclude(**excluded(model, person.id)).count()
                by_sql = raw(f'select count(*) from "{table}" where case_id = %s', [case_id])[0][0]
                # Whoever reviews an emergency opening sees that row, and no other of the case.
                reviews = table == "break_glass" and whom in REVIEWERS
                seen = part_of(table) in parts or reviews
                assert (by_orm > 0) == seen, (whom, place, table)
                assert (by_sql > 0) == seen, (whom, place, table)


@pytest.mark.parametrize("place", PLACES)
def test_api_and_page_answer_as_the_wall_does(world: World, place: str):
    """Whoever sees no part gets the answer for a case that does not exist; whoever sees a part gets no other."""
    case_id = world.refer(names="Zebedee Unmistakable").case_id
    move_to(world, case_id, "gateway")
    move_to(world, case_id, place)
    owner = raw("select owner_id from case_file where id = %s", [case_id], alias="admin")[0][0]
    for whom, person in world.people.items():
        role, agency = whom.split("@")
        parts = may_see(place, role, agency) | ({"file"} if person.id == owner else set())
        token = open_session(person.id)
        api = Client().get(f"/api/v1/cases/{case_id}?ground=work", HTTP_AUTHORIZATION=f"Bearer {token}")
        assert api.status_code == (200 if parts else 404), (whom, place)
        assert (b"Zebedee" in api.content) == ("file" in parts), (whom, place)
        world.user(whom)
        client = Client()
        client.force_login(
            User.objects.get(id=person.id), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        client.cookies["evenhand_entry"] = token
        page = client.get(f"/case/{case_id}/")
        assert (page.status_code == 404) == (not parts), (whom, place, page.status_code)
        if "file" not in parts:
            assert b"Zebedee" not in page.content, (whom, place)


def excluded(model: type[CaseRow], person: uuid.UUID) -> dict[str, object]:
    """A task is seen by the one who is to do it, whatever part they see; here nobody in question is."""
    return {"owner_id": person} if model.__name__ == "Task" else {"id": uuid.uuid4()}


def case_tables() -> list[str]:
    return ["case_file", "case_part", "counted_case", "entry_of", "ledger_entry", "person", "monitoring_answer", "duty", "draft",
            "imported_row", "alarm", *[m._meta.db_table for m in row_models()]]  # fmt: skip


@pytest.mark.parametrize("context", ["none", "empty", "forged", "door"])
def test_without_a_true_context_every_table_is_empty(world: World, context: str):
    world.refer()
    for table in case_tables():
        with transaction.atomic():
            if context == "empty":
                raw("select set_config('wall.context', '', true)")
            if context == "forged":
                pid, began = raw("select pg_backend_pid(), extract(epoch from now())")[0]
                groups = "{" + ",".join(str(n) for n in range(1, 400)) + "}"
                raw("select set_config('wall.context', %s, true)",
                    [f"{pid}|{began}|{uuid.uuid4()}|{groups}|{'00' * 32}"])  # fmt: skip
            if context == "door":
                raw("select wall.enter_door()")
            try:
                with transaction.atomic():
                    found = raw(f'select count(*) from "{table}"')[0][0]
            except DatabaseError:
                found = 0  # not even allowed to ask
            assert found == 0, table


def test_a_context_cannot_be_replayed_in_another_transaction(world: World):
    world.refer()
    with world.enter("gateway_officer@force"):
        stolen = raw("select current_setting('wall.context')")[0][0]
        assert Case.objects.exists()
    with transaction.atomic():
        raw("select set_config('wall.context', %s, true)", [stolen])
        assert raw("select count(*) from case_file")[0][0] == 0
        assert raw("select wall.who()")[0][0] is None


FORBIDDEN = [
    "select * from wall.key",
    "select * from wall.session",
    "select * from wall.worklist",
    "select * from wall.name_token",
    "select wall.set_context('00000000-0000-4000-8000-000000000001', '{1,2,3}')",
    "select wall.open_session('00000000-0000-4000-8000-000000000001', '\\x00', 60)",
    "select wall.enter_house()",
    "select wall.rewall(gen_random_uuid())",
    "select wall.groups_of(gen_random_uuid())",
    "set role evenhand_owner",
    "set role evenhand_worker",
    "select * from user_account",
    "select * from django_session",
    "select * from counted_case",
    "select * from monitoring_answer",
    "update wall.instance set demo = true",
    "alter table case_file disable row level security",
    "create table stolen (x int)",
    "create temporary table stolen (x int)",
    "truncate ledger_entry",
    "delete from ledger_entry",
    "update ledger_entry set line = ''",
    "delete from decision",
    "update decision set clause = ''",
    "truncate decision",
    "update case_file set place = 'closed'",
    "update evidence set aud = '{1}'",
    "select * from pg_stat_activity",
    "select pg_terminate_backend(1)",
    "select lo_from_bytea(0, 'x')",
    "notify x, 'y'",
    "select reltuples from pg_class where relname = 'case_file'",
    "select * from pg_stat_user_tables",
    "select * from pg_stats",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_application_role_is_refused(world: World, statement: str):
    world.refer()
    with world.enter("gateway_officer@force"):
        if statement.startswith("notify"):
            pytest.importorskip("psycopg")
        with transaction.atomic():
            try:
                with transaction.atomic():
                    found = raw(statement)
            except DatabaseError:
                return
            assert not found or all(value in (None, -1) for row in found for value in row), found


def test_the_owner_of_the_tables_sees_no_row_when_it_signs_in_itself(world: World):
    world.refer()
    with connections["admin"].cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and not relrowsecurity"
        )
        without = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and has_table_privilege('evenhand_app', oid, 'select')"
        )
        readable = {row[0] for row in cursor.fetchall()}
    assert not (without & readable) - {"django_migrations"}
    assert not set(case_tables()) & without


def test_every_table_that_names_a_case_stands_behind_the_wall(world: World):
    """A table added later without a wall is found here."""
    from django.apps import apps

    for model in apps.get_app_config("records").get_models():
        names_a_case = any(
            (isinstance(f, models.ForeignKey) and f.related_model is Case) or f.name == "case_id"
            for f in model._meta.concrete_fields
        )
        if not names_a_case:
            continue
        rows = raw(
            "select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass",
            [f"public.{model._meta.db_table}"],
            alias="admin",
        )
        assert rows == [(True, True)], model


def test_the_time_of_recording_and_the_writer_cannot_be_supplied(world: World):
    case_id = world.refer().case_id
    with world.enter("gateway_officer@force") as who:
        from evenhand.gate import keys
        from evenhand.records.evidence import Evidence

        Evidence.objects.bulk_create([
            Evidence(case_id=case_id, part="file", recorded_by=uuid.uuid4(), recorded_at="2001-01-01T00:00Z", kind="fact", sealed=keys.close(case_id, {}))
        ])  # fmt: skip
        row = Evidence.objects.get(case_id=case_id)
        assert row.recorded_by == who.practitioner_id
        assert row.recorded_at.year > 2020


def test_whoever_declares_an_interest_is_gone_from_the_case_at_once(world: World):
    world.add("gateway_officer", "force", key="second@force")
    done = world.refer()
    with connections["admin"].cursor() as cursor:
        cursor.execute("select owner_id from case_file where id = %s", [done.case_id])
        owner = cursor.fetchone()[0]
    whom = next(k for k, p in world.people.items() if p.id == owner)
    world.take(done.case_id, whom, "declare_interest", "declared", {"kind": world.code("interest_kinds")})
    with world.enter(whom):
        assert not Case.objects.filter(id=done.case_id).exists()
        assert (
            raw(
                "select count(*) from wall.worklist(false, 50, '-infinity', '00000000-0000-0000-0000-000000000000')"
            )[0][0]
            == 0
        )
        for model in row_models():
            assert not model.objects.filter(case_id=done.case_id).exists(), model
    with connections["admin"].cursor() as cursor:
        cursor.execute("select owner_id from case_file where id = %s", [done.case_id])
        assert cursor.fetchone()[0] != owner


def test_the_public_door_can_put_in_and_see_nothing(world: World):
    done = world.refer_anonymously()
    with enter_door():
        assert not Case.objects.exists()
        assert not Decision.objects.exists()
    assert done.reference


def test_a_token_that_was_closed_opens_nothing(world: World):
    from evenhand.gate.entry import EntryRefused, close_session, enter

    token = open_session(world.people["gateway_officer@force"].id)
    close_session(token)
    with pytest.raises(EntryRefused), enter(token):
        pass
    assert connection.in_atomic_block is False
