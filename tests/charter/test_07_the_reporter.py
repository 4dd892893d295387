"""Charter 7, the reporter can stay unknown and hears back: no trace of who or from where, and nobody is one too many."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from evenhand.casework.case_file import look
from evenhand.records.duty import Notice
from tests import roads
from tests.operations.test_duties import work_off
from tests.visiting import seen
from tests.web.test_refer import answer, reference_of, send
from tests.world import World, raw

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
ADDRESS, DEVICE = "192.0.2.77", "RareBrowser/7.31 (OneOfAKind)"


def holding(words: list[str]) -> list[str]:
    """Return the tables in which some row holds one of these words."""
    tables = raw(
        "select schemaname, tablename from pg_tables where schemaname in ('public', 'wall')", alias="admin"
    )
    found = []
    for schema, table in tables:
        rows = f'select 1 from {schema}."{table}" r where r::text like any(%s) limit 1'
        if raw(rows, [[f"%{word}%" for word in words]], alias="admin"):
            found.append(table)
    return found


def test_no_address_and_no_device_of_a_stranger_is_kept_or_logged(
    world: World, caplog: pytest.LogCaptureFixture
):
    client = Client(REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT=DEVICE, HTTP_X_FORWARDED_FOR=ADDRESS)
    with caplog.at_level(logging.DEBUG):
        answer(world, client, walk=True)
        reference = reference_of(send(client))
        client.post("/alert/", {"what": "He stands outside with a knife", "where": "Hill Road"})
    assert ADDRESS not in caplog.text
    assert "RareBrowser" not in caplog.text
    assert raw("select 1 from case_file where reference = %s", [reference], alias="admin")
    assert holding([ADDRESS, "RareBrowser"]) == []
    hex_of = [word.encode().hex() for word in (ADDRESS, "RareBrowser")]
    assert holding(hex_of) == []


def test_no_hour_and_no_minute_of_a_stranger_is_kept(world: World):
    case_id = world.refer_anonymously(names="Sami Example").case_id
    work_off()
    moments = raw(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'public' and data_type = 'timestamp with time zone' and table_name in"
        " (select table_name from information_schema.columns where table_schema = 'public' and column_name = 'case_id')",
        alias="admin",
    )
    of = [(table, "case_id", column) for table, column in moments]
    of += [("case_file", "id", column) for column in ("opened_at", "changed_at", "place_since")]
    told, seen_in = [], set()
    for table, key, column in of:
        rows = raw(
            f'select ("{column}" at time zone \'Europe/London\')::text from "{table}" where "{key}" = %s and "{column}" is not null',
            [case_id],
            alias="admin",
        )
        seen_in.update(table for _ in rows)
        # An hour that follows from the day alone (the end of a working day) tells no more than the day.
        told += [
            (table, column, at)
            for (at,) in rows
            if column not in ("due_at", "answer_by") and not at.endswith(" 00:00:00")
        ]
    assert {"case_file", "report", "decision", "clock", "notice", "duty"} <= seen_in
    assert told == []


def test_who_told_us_is_in_no_file_and_a_stranger_is_nobody(world: World):
    done = world.refer_anonymously(safe_contact="A friend, 01632 960 555")
    with world.enter("gateway_officer@force") as who:
        file = look(done.case_id, who)
    assert file.of("report")
    assert "960 555" not in repr([item.contents for item in file.items if item.kind == "report"])
    stranger = world.refer_anonymously()
    assert raw(
        "select anonymous, agency_id from reporter where case_id = %s", [stranger.case_id], alias="admin"
    ) == [(True, None)]


def test_nobody_is_refused_because_too_many_are_reporting(world: World):
    assert len({world.refer_anonymously().reference for _ in range(60)}) == 60


def test_whoever_reported_hears_of_the_report_and_never_what_was_decided(world: World):
    case_id = world.refer(at=START).case_id
    roads.to_the_panel(world, case_id, at=START)
    said = {"said": "Thank you. It was looked at.", "told_on": START.date().isoformat()}
    world.take(case_id, "gateway_officer@force", "tell_reporter", "told", said, at=START + timedelta(hours=1))
    work_off()
    heard = Notice.objects.using("admin").filter(
        practitioner=world.people["safeguarding_lead@school"], case_id=case_id
    )
    words = {re.sub(r"^\S+: ", "", text) for text in heard.values_list("text", flat=True)}
    assert words == {"Your report has been received.", "There is an answer to your report."}


def test_the_page_says_plainly_what_is_kept_and_what_a_court_can_order(world: World):
    for address in ("/refer/", "/what-happens/"):
        page = seen(Client().get(address))
        assert "no address" in page, address
        assert "A court can order us" in page, address
