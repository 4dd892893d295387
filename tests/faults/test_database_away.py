"""The database goes away in the middle of a request: nothing is half-written, and the next request works."""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test import Client

from evenhand.casework import note
from evenhand.gate.entry import DatabaseAway, open_session
from evenhand.operations import worker
from evenhand.records.evidence import Note
from tests.faults.attacks import admin, as_superuser
from tests.world import World, raw

BODY = {"outcome": "added", "answers": {"text": "Said so."}, "reason": "x"}


def cut() -> None:
    """End this request's own session in the database, as a server that stops or a crash would."""
    mine = raw("select pg_backend_pid()")[0][0]
    as_superuser("select pg_terminate_backend(%s, 2000)", [mine])


def add_note(world: World, case_id: uuid.UUID, once: uuid.UUID):
    body = BODY | {"answers": BODY["answers"] | {"kind": world.code("note_kinds")}, "once": str(once)}  # type: ignore[operator]
    token = open_session(world.people["gateway_officer@force"].id)
    answer = Client(raise_request_exception=False).generic(
        "POST", f"/api/v1/cases/{case_id}/steps/add_note", json.dumps(body), "application/json", HTTP_AUTHORIZATION=f"Bearer {token}",
    )  # fmt: skip
    return answer.status_code, json.loads(answer.content)


def counted(case_id: uuid.UUID) -> tuple[object, ...]:
    return admin(
        "select f.version, (select count(*) from decision where case_id = f.id), (select count(*) from note where case_id = f.id),"
        " (select count(*) from entry_of where case_id = f.id), (select count(*) from duty where case_id = f.id)"
        " from case_file f where f.id = %s",
        [case_id],
    )[0]


@pytest.mark.parametrize("when", ["before it writes", "after it has written"])
def test_a_step_cut_short_is_not_on_record_and_the_same_request_works_afterwards(
    world: World, monkeypatch, when: str
):
    case_id, once = world.refer().case_id, uuid.uuid4()
    before, real, cuts = counted(case_id), note.write, [1]

    def write(writing):
        if when == "after it has written":
            real(writing)
            assert Note.objects.filter(case_id=case_id).exists()
        if cuts:
            cuts.pop()
            cut()
        if when == "before it writes":
            real(writing)

    monkeypatch.setitem(__import__("evenhand.casework.steps", fromlist=["WRITERS"]).WRITERS, "note", write)
    status, told = add_note(world, case_id, once)
    assert status == 503
    assert "Nothing was written" in told["message"]
    assert counted(case_id) == before
    status, told = add_note(world, case_id, once)
    assert status == 200
    assert not told["already"]
    assert counted(case_id)[2] == 1


def test_a_report_cut_short_leaves_no_case(world: World, monkeypatch):
    from evenhand.casework import refer as verb

    before = admin("select count(*) from case_file")

    def attach(*_: object) -> None:
        cut()
        raw("select 1")

    monkeypatch.setattr(verb, "attach", attach)
    with pytest.raises(DatabaseAway):
        world.refer()
    assert admin("select count(*) from case_file") == before
    monkeypatch.undo()
    assert world.refer().reference


def test_the_worker_waits_for_a_database_that_is_away_and_goes_on(world: World, monkeypatch):
    from threading import Event

    stop, done = Event(), []

    def job() -> None:
        done.append(1)
        if len(done) == 1:
            cut()
            raw("select 1")
        stop.set()

    monkeypatch.setattr(worker, "AWAY_SECONDS", 0.0)
    monkeypatch.setattr(worker, "work", lambda stop: False)
    monkeypatch.setattr(worker, "alive", lambda: None)
    worker.run(stop, rounds=[(0.0, job)])
    assert len(done) == 2
    assert connection.in_atomic_block is False


def test_health_says_that_the_database_is_away(world: World, monkeypatch):
    from django.db import OperationalError

    from evenhand.operations import health

    assert health.state().database == "ok"

    def away() -> None:
        raise OperationalError("no server")

    monkeypatch.setattr(health.connection, "cursor", away)
    assert health.state() == health.Health("away", "unknown", "unknown")
