"""Promises 4 and 10, the side of the figures: monitoring answers come out only as protected counts, and no figure knows who looks."""

from __future__ import annotations

import inspect

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house
from evenhand.gate.policy import pack
from evenhand.oversight.publish import extract, job, plan, read
from tests.world import raw

BUILDING = (extract, job, plan)


def test_monitored_tables_come_from_the_sealed_store_alone():
    monitored = [e for e in pack("gb-eaw").release["dimension"] if e.get("monitored")]
    assert {e["code"] for e in monitored} == {"gender", "ethnicity", "conditions"}
    assert not set(extract.COLUMNS) & {e["code"] for e in monitored}, "no counted row holds an answer"


def test_the_release_job_needs_two_database_roles_and_neither_reads_the_other_half(database):
    with as_worker(), pytest.raises(DatabaseError), enter_house(), transaction.atomic():
        raw("select * from monitoring_answer")
    with pytest.raises(DatabaseError), transaction.atomic(using="equality"):
        raw("select * from counted_case", alias="equality")


def test_what_is_frozen_holds_no_id_and_no_row_of_anybody(world):
    done = world.refer()
    with as_worker(), enter_house():
        planned = job.planned(f"annual-{_year()}", "gb-eaw")
        frozen = extract.freeze(planned)
    text = str(frozen.to_json())
    assert str(done.case_id) not in text
    assert sum(frozen.period.counts) >= 1


def _year() -> int:
    from django.utils import timezone

    today = timezone.now().date()
    return today.year + (today.month > 3)


def test_nothing_that_builds_a_release_knows_who_will_look():
    for module in BUILDING:
        source = inspect.getsource(module)
        assert "wall.who" not in source
        assert "visitor" not in source
        assert "enter(" not in source.replace("enter_house(", "")
    for reading in (read.open_releases, read.open_release, read.contents, read.file):
        assert "who" not in inspect.signature(reading).parameters


def test_the_public_pages_are_the_same_for_a_stranger_and_for_whoever_is_signed_in(world):
    def main_of(client):
        page = client.get("/statistics/").content.decode()
        return page[page.index("<main") : page.index("</main>")]

    stranger = main_of(Client())
    for whom in ("gateway_officer@force", "panel_chair@other_council", "analyst@force"):
        client = Client()
        given = {
            "login": world.user(whom, "correct horse battery").email,
            "password": "correct horse battery",
        }
        assert client.post("/sign-in/", given).status_code == 302
        assert main_of(client) == stranger
