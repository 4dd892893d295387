"""Promise 3: only what was told; one person, one fact and its basis; nothing standing, nothing in bulk, nothing fetched."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

import evenhand
from evenhand.gate.policy import pack, packs
from tests import roads
from tests.world import World, raw

ROOT = Path(evenhand.__file__).parent
# Whoever may ring somebody up, and nobody else does.
RINGS = {"outside", "operations", "cli"}  # the last asks its own instance whether it is up
FETCHING = re.compile(
    r"^\s*(?:import|from)\s+(requests|httpx|aiohttp|urllib3|scrapy|selenium|ftplib|socketserver|tweepy|telnetlib)\b"
    r"|\burlopen\(|\bHTTPS?Connection\(",
    re.MULTILINE,
)


def test_nothing_is_fetched_scraped_or_watched():
    for file in sorted(ROOT.rglob("*.py")):
        room = file.relative_to(ROOT).parts[0]
        if room in RINGS:
            continue
        assert not FETCHING.search(file.read_text(encoding="utf-8")), file


def test_a_question_to_a_partner_names_one_agency_one_fact_and_its_basis():
    for known in packs().values():
        for journey in known.journeys.values():
            for step in journey.steps.values():
                if step.verb != "ask":
                    continue
                fields = {field.code: field for field in known.forms[step.form].fields}
                asked = [f for f in fields.values() if f.binds]
                assert len(asked) == 1, step.code
                assert any(f.choices == "legal_bases" and f.required for f in fields.values()), step.code
                assert any(f.kind in {"text", "long_text"} and f.required for f in fields.values()), step.code


def test_no_search_is_kept_standing_or_run_again():
    words = {"saved_search", "standing_search", "search_alert", "watchlist", "watch_list"}
    from django.apps import apps

    for model in apps.get_app_config("records").get_models():
        assert model._meta.db_table not in words
        assert not {field.name for field in model._meta.concrete_fields} & {
            "query",
            "search_words",
            "searched_for",
        }, model


def test_a_search_needs_a_name_and_lists_nobody_in_bulk(world: World):
    case_id = world.refer().case_id
    roads.screened(world, case_id, at=datetime.now(UTC), names="Amina Sample")
    search = "select case_id from wall.search_names(%s, 100000)"
    with world.enter("gateway_officer@force"):
        assert raw(search, [["amina"]]) == [(case_id,)]
        for words in ([], ["a"], ["s"], ["a", "s"], ["%"], ["%%"], ["_"], ["__"], [""]):
            assert raw(search, [words]) == [], words


def test_bulk_purposes_are_denied_by_the_pack():
    denied = pack().sharing["denied_purpose"]
    assert isinstance(denied, list)
    assert {"bulk", "immigration"} <= {entry["code"] for entry in denied}


def test_what_is_told_as_victim_or_witness_is_no_concern_by_itself(world: World):
    """Whoever reports is in no index, and no case is about them for having reported."""
    done = world.refer(who_tells={"name": "Wilma Witness", "job": "Teacher"}, names="Sami Example")
    with world.enter("gateway_officer@force"):
        assert raw("select * from wall.search_names(array['wilma', 'witness'], 50)") == []
        with pytest.raises(DatabaseError), transaction.atomic():
            raw("select * from wall.name_token where case_id = %s", [done.case_id])
