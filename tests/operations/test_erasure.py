"""Erasure reaches every table, key, index and list, leaves figures and ledger lines, and survives a restore."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connections, transaction

from evenhand.gate import keys
from evenhand.gate.act import NoSuchCase
from evenhand.gate.demo import as_worker
from evenhand.operations.erasure import erase, replay
from evenhand.oversight import counts
from evenhand.records.wall.build import row_models
from tests import roads
from tests.operations.test_duties import work_off
from tests.records.test_wall import put_a_row_everywhere
from tests.world import World, raw

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
TOLD: dict[str, object] = {"by": None, "group": "not_proceeding", "clause": "Local default of this pack"}


def every_table_with_a_case() -> list[tuple[str, str]]:
    return [
        (schema, table)
        for schema, table in raw(
            "select table_schema, table_name from information_schema.columns where column_name = 'case_id'"
            " and table_schema in ('public', 'wall')",
            alias="admin",
        )
    ]


def left_of(case_id: UUID) -> dict[str, int]:
    found = {}
    for schema, table in every_table_with_a_case():
        number = raw(
            f'select count(*) from "{schema}"."{table}" where case_id = %s', [case_id], alias="admin"
        )[0][0]
        if number:
            found[table] = number
    return found


def test_nothing_is_left_in_any_table_and_the_key_is_gone(world: World):
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    work_off()
    put_a_row_everywhere(world, case_id)
    lines = raw("select count(*) from ledger_entry", alias="admin")[0][0]
    assert set(left_of(case_id)) >= {m._meta.db_table for m in row_models()} | {
        "entry_of",
        "case_part",
        "counted_case",
    }
    with as_worker():
        assert erase(case_id, TOLD)
    assert left_of(case_id) == {}
    assert not keys.has_key(case_id)
    assert not raw("select 1 from case_file where id = %s", [case_id], alias="admin")
    assert raw("select count(*) from ledger_entry", alias="admin")[0][0] == lines + 1
    with pytest.raises(NoSuchCase):
        world.take(case_id, "gateway_officer@force", "add_note", "added", {})


def test_no_door_finds_it_and_the_tombstone_says_nothing(world: World):
    done = world.refer(at=START, names="Zacharias Unfindable")
    roads.screened(world, done.case_id, at=START, names="Zacharias Unfindable")
    with as_worker():
        erase(done.case_id, TOLD)
    assert not raw("select 1 from wall.name_token where token like 'unfindable%%'", alias="admin")
    row = raw("select * from tombstone where id = %s", [done.case_id], alias="admin")[0]
    assert done.reference not in str(row)
    assert "Zacharias" not in str(row)
    with world.enter("gateway_officer@force"):
        assert raw("select count(*) from wall.search_names(array['unfindable'], 5)")[0][0] == 0


def test_figures_stay_as_they_were_and_lead_back_to_nobody(world: World):
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    with as_worker():
        before = sorted(map(str, _counted()))
        known = raw("select id from counted_case where case_id = %s", [case_id], alias="admin")[0][0]
        erase(case_id, TOLD)
        assert sorted(map(str, _counted())) == before
    assert not raw("select 1 from counted_case where id = %s", [known], alias="admin")
    days = raw("select referred_on from counted_case where case_id is null", alias="admin")
    assert all(day.weekday() == 0 or day.day == 1 for (day,) in days)


def _counted():
    with counts.enter_house():
        return counts._referrals(counts.current_pack())


def test_recipients_are_asked_and_their_own_record_is_not(world: World):
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    ask = {"whom": world.agency("health"), "fact": "Is he registered?", "basis": world.code("legal_bases")}
    world.take(case_id, "gateway_officer@force", "ask", "asked", ask, at=START)
    with as_worker():
        erase(case_id, TOLD)
    asked = raw(
        "select agency_id, reference, answer from erasure_notice where tombstone_id = %s",
        [case_id],
        alias="admin",
    )
    assert [agency for agency, _, _ in asked] == [world.agencies["health"].id]
    assert asked[0][1]
    assert not asked[0][2]
    with world.enter("safeguarding_lead@health"):
        assert raw(
            "update erasure_notice set answer = 'erased' where tombstone_id = %s returning reference, answered_by",
            [case_id],
        ) == [("", world.people["safeguarding_lead@health"].id)]
    with world.enter("safeguarding_lead@school"):
        assert not raw("select 1 from erasure_notice where tombstone_id = %s", [case_id])


Kept = dict[tuple[str, str], list[tuple[str]]]


def copy_of(case_id: UUID) -> Kept:
    """What yesterday's backup holds of one case, as rows of text; what others refer to comes first."""
    person = raw("select person_id from case_file where id = %s", [case_id], alias="admin")[0][0]
    kept = {
        ("public", "person"): raw("select p::text from person p where id = %s", [person], alias="admin"),
        ("public", "case_file"): raw(
            "select f::text from case_file f where id = %s", [case_id], alias="admin"
        ),
    }
    tables = sorted(every_table_with_a_case(), key=lambda t: t[1] != "case_part")
    for schema, table in tables:
        kept[schema, table] = raw(
            f'select t::text from "{schema}"."{table}" t where case_id = %s', [case_id], alias="admin"
        )
    return kept


def put_back(kept: Kept) -> None:
    with transaction.atomic(using="admin"), connections["admin"].cursor() as cursor:
        cursor.execute("set constraints all deferred")
        for (schema, table), rows in kept.items():
            for (text,) in rows:
                cursor.execute(
                    f'insert into "{schema}"."{table}" select (%s::"{schema}"."{table}").*', [text]
                )


def test_a_restore_brings_nothing_back(world: World):
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    kept = copy_of(case_id)
    with as_worker():
        erase(case_id, TOLD)
        assert replay() == 0
        put_back(kept)
        assert left_of(case_id)
        assert replay() == 1
        assert left_of(case_id) == {}
        assert not keys.has_key(case_id)
        assert replay() == 0


def test_a_line_torn_by_a_crash_loses_no_other(world: World, tmp_path):
    from uuid import uuid4

    from evenhand.outside.erased import FILE, ErasedList

    one, other = uuid4(), uuid4()
    found = ErasedList(tmp_path)
    found.remember(one, {"group": "a"})
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"id": "torn')
    found.remember(other, {"group": "b"})
    assert set(ErasedList(tmp_path).all()) == {one, other}


def test_only_the_house_erases(world: World):
    case_id = world.refer().case_id
    with world.enter("data_protection_officer@force"), pytest.raises(Exception, match="permission denied"):
        raw("select wall.erase(%s, '{}'::jsonb)", [case_id])


def test_how_far_a_case_came_is_not_where_it_stands(world: World):
    case_id = world.refer(at=START).case_id
    ids = roads.screened(world, case_id, at=START)
    assert stage(case_id) == "R3"
    world.take(case_id, "gateway_officer@force", "assess", "recorded", roads.assessment(ids), at=START)
    end = {
        "evidence": ids,
        "ground": world.code("not_proceeding_reasons"),
        "beyond_ideology": "Looked at all of it.",
    }
    roads.told(world, case_id, at=START)
    world.take(case_id, "gateway_supervisor@force", "decide_gateway", "not_appropriate", end, at=START)
    assert stage(case_id) == "R3"


def stage(case_id: UUID) -> str:
    return str(
        raw("select stage_reached from counted_case where case_id = %s", [case_id], alias="admin")[0][0]
    )
