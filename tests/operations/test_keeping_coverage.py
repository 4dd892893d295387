"""No table is kept because nobody thought of it: each has a rule, and none stands in the way of erasure."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from evenhand.casework import rights
from evenhand.gate import keys
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.kernels.policy import carried_out_by, how_kept, own_clocks
from evenhand.operations import retention
from evenhand.operations.erasure import replay
from evenhand.records.site import Site, SiteContact
from evenhand.records.wall.build import row_models
from tests.places import areas
from tests.world import World, raw

PACKS = ("gb-eaw", "ca-situation-table")
HOW = {"with_case", "cut_loose", "kept", "no_person", "own_clock", "working_life", "own_rule"}


def tables() -> set[tuple[str, str]]:
    return {
        (schema, name)
        for schema, name in raw(
            "select table_schema, table_name from information_schema.tables where table_schema in ('public', 'wall')"
            " and table_type = 'BASE TABLE'",
            alias="admin",
        )
    }


def with_a_case() -> set[str]:
    return {
        name
        for (name,) in raw(
            "select table_name from information_schema.columns where column_name = 'case_id' and data_type = 'uuid'"
            " and table_schema in ('public', 'wall')",
            alias="admin",
        )
    }


@pytest.mark.parametrize("code", PACKS)
def test_every_table_has_a_rule_of_keeping(world: World, code: str):
    ruled = how_kept(pack(code))
    rows = {model._meta.db_table for model in row_models()}
    missing = sorted({name for _, name in tables()} - set(ruled) - rows)
    assert not missing, f"say in retention.toml, as [[record]], how these are kept: {missing}"
    assert set(ruled.values()) <= HOW


def test_every_model_is_a_table_that_the_rules_know(world: World):
    there = {name for _, name in tables()}
    for model in apps.get_models(include_auto_created=True):
        assert model._meta.db_table in there, model


def test_whatever_goes_with_a_case_is_reached_by_erasure(world: World):
    reached = with_a_case() | {"case_file", "person"}
    for name, how in how_kept(pack()).items():
        if how == "with_case":
            assert name in reached, name
    for model in row_models():
        assert model._meta.db_table in reached, model
    for name in with_a_case() - {m._meta.db_table for m in row_models()}:
        # A table that names a case is forgotten with it, or says why not.
        assert how_kept(pack())[name] in {"with_case", "cut_loose", "own_clock"}, name


def test_no_relation_from_outside_keeps_a_row_of_a_case_alive(world: World):
    inside = with_a_case() | {"case_file", "person"}
    held = raw(
        "select c.conrelid::regclass::text, c.confrelid::regclass::text, c.confdeltype, a.attname, a.attnotnull from pg_constraint c"
        " join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] where c.contype = 'f'",
        alias="admin",
    )
    for table, of, _, column, _ in held:
        if of in inside and of != "person":
            assert table in inside, f"{table}.{column} points at {of} and would stand in the way"


@pytest.mark.parametrize("code", PACKS)
def test_a_rule_of_its_own_names_what_carries_it_out_and_that_is_there(code: str):
    done = carried_out_by(pack(code))
    assert {name for name, how in how_kept(pack(code)).items() if how == "own_rule"} == set(done)
    for table, named in done.items():
        module, _, name = named.partition(":")
        assert callable(getattr(importlib.import_module(module), name, None)), f"{table}: {named}"


def test_a_contact_of_a_place_goes_some_days_after_they_answer_for_it_no_more(world: World):
    area, today, by = areas(world), datetime.now(UTC).date(), world.people["responder@council"].id
    there = {"area_id": area, "written_by": by, "sealed": b"0"}
    site = Site.objects.using("admin").create(kind="mosque", **there).id
    kept, _ = (
        SiteContact.objects.using("admin")
        .create(site_id=site, ended_on=today - timedelta(days=days), **there)
        .id
        for days in (1, 100)
    )
    with as_worker():
        retention.forget_old()
    left = raw("select id from site_contact where site_id = %s", [site], alias="admin")
    assert left == [(kept,)]


@pytest.mark.parametrize("code", PACKS)
def test_whatever_has_a_time_of_its_own_says_how_long(world: World, code: str):
    ruled, days = how_kept(pack(code)), own_clocks(pack(code))
    assert {name for name, how in ruled.items() if how == "own_clock"} == set(days)
    assert all(number > 0 for number in days.values())


def test_messages_and_answered_requests_go_when_their_time_is_over_and_stay_gone(world: World):
    officer = "data_protection_officer@force"
    told = {
        "kind": "access", "name": "Sami Example", "asks": "What?", "checked": "Seen.",
        "received_on": datetime.now(UTC).date().isoformat(),
    }  # fmt: skip
    with world.enter(officer) as who:
        number, young = (rights.take_request(told, who, now=now()) for _ in range(2))
    raw("insert into notice (id, practitioner_id, kind, text, made_at, once) values (gen_random_uuid(), %s, 'x', 'old', '2020-01-01', %s)",
        [world.people[officer].id, f"old:{world.tag}"], alias="admin")  # fmt: skip
    raw("update rights_request set answered_at = '2020-01-01' where id = %s", [number], alias="admin")
    with as_worker():
        assert retention.forget_old() >= 2
        assert replay() == 0
    assert not keys.has_key(number)
    assert keys.has_key(young)
    assert raw(
        "select count(*) from rights_request where id in (%s, %s)", [number, young], alias="admin"
    ) == [(1,)]
    assert not raw("select 1 from notice where once = %s", [f"old:{world.tag}"], alias="admin")


def test_values_that_nobody_has_checked_are_marked_as_such():
    records = pack().retention["record"]
    assert isinstance(records, list)
    marked = [entry for entry in records if entry["basis"] == "unverified"]
    assert marked
    assert all("check" in entry["source"] or "As " in entry["source"] for entry in marked)
