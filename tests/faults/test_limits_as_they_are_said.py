"""What the threat model says that somebody can do, done: so that the page neither flatters nor goes out of date."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from evenhand.gate import demo, keys
from evenhand.gate.act import Refused
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.operations import duties, letters, worker
from evenhand.operations.backup import proving
from evenhand.operations.backup.trouble import BackupTrouble
from evenhand.operations.database import Cluster, addresses
from evenhand.operations.secrets import secrets_folder
from evenhand.outside.keystore import KeyStore
from evenhand.outside.wrapping import InTheFile, Ring
from evenhand.oversight.counts import protected
from evenhand.records.duty import Duty
from tests import roads
from tests.faults.attacks import admin, attack, version
from tests.faults.test_abuse_sight import decision, settle
from tests.visiting import open_case, seen, visit
from tests.world import World, raw

WORDS = "He stopped seeing his friends and talks of violence."


def test_a_file_that_no_virus_check_saw_is_taken_and_its_record_and_page_say_so(world: World) -> None:
    assert not settings.CLAMD_SOCKET
    done = world.refer(at=now() - timedelta(days=2))
    roads.screened(world, done.case_id, at=now() - timedelta(days=1))
    client = visit(world, "gateway_officer@force")
    answers = {
        "outcome": "added", "kind": "fact", "what": "A letter.", "source": world.code("evidence_sources"),
        "reason": "She brought it.", "documents-file": SimpleUploadedFile("letter.txt", b"what she wrote"),
    }  # fmt: skip
    client.post(f"/case/{done.case_id}/step/add_evidence/", answers)
    assert admin("select checked from document where case_id = %s", [done.case_id]) == [("not checked",)]
    assert "No virus check saw this file" in seen(open_case(client, done.case_id))


def test_whoever_speaks_as_the_application_can_put_down_a_decision_that_the_policy_refuses(
    world: World,
) -> None:
    """The gate refuses to close it; the database takes the decision by hand, and it names who it was made as."""
    case_id = world.refer().case_id
    with pytest.raises(Refused):
        world.take(
            case_id, "gateway_officer@force", "screen", "appropriate", {"concern": world.code("concerns")}
        )
    with world.enter("gateway_officer@force") as who:
        raw("select wall.standing(%s, true, null)", [case_id])
        assert decision(case_id, who.practitioner_id) == ("done", [])
        assert settle(case_id, version(case_id), place="screened")[0] == "done"
    made = admin("select recorded_by, step from decision where case_id = %s and step = 'x'", [case_id])
    assert made == [(world.people["gateway_officer@force"].id, "x")]


def test_rows_that_a_person_may_see_can_be_read_by_statement_without_a_look(world: World) -> None:
    case_id = world.refer().case_id
    before = admin("select count(*) from ledger_entry")
    with world.enter("gateway_officer@force"):
        rows = raw("select sealed from report where case_id = %s", [case_id])
    assert rows
    assert admin("select count(*) from ledger_entry") == before


def test_what_is_sealed_is_bytes_to_whoever_has_the_database_alone(world: World) -> None:
    """Nothing typed stands anywhere in a copy of the tables, and no key does; monitoring answers are in clear."""
    words = f"Nobody else writes {uuid4().hex}."
    case_id = world.refer(what_happened=words).case_id
    with world.enter("gateway_officer@force"):
        sealed = [bytes(row[0]) for row in raw("select sealed from report where case_id = %s", [case_id])]
    assert sealed
    assert not any(words.encode() in each for each in sealed)
    with world.enter("safeguarding_lead@school"):
        raw(
            "insert into monitoring_answer (id, case_id, answers) values (gen_random_uuid(), %s, %s::jsonb)",
            [case_id, json.dumps({"ethnicity": "asian"})],
        )
    key = keys._key(case_id)
    tables = [
        row[0] for row in admin("select tablename from pg_tables where schemaname in ('public', 'wall')")
    ]
    wall = {row[0] for row in admin("select tablename from pg_tables where schemaname = 'wall'")}
    for table in tables:
        where = f"wall.{table}" if table in wall else f"public.{table}"
        for (row,) in admin(f"select to_jsonb(t)::text from {where} t"):
            assert words not in row, table
            assert words.encode().hex() not in row, table
            assert key.hex() not in row, table
    kept = admin("select answers->>'ethnicity' from monitoring_answer where case_id = %s", [case_id])
    assert kept == [("asian",)], "in clear to whoever has the whole database"
    with world.enter("gateway_officer@force"):
        assert attack("select answers from monitoring_answer")[0] == "refused"


def test_the_account_of_the_web_process_can_read_the_passwords_of_the_worker_and_of_its_local_server(
    world: World,
) -> None:
    """Web and worker are one account: code in the web process reads its files, comes in as the worker, and sees every case."""
    case_id = world.refer().case_id
    folder = secrets_folder(os.environ)
    files = {path.name: path.stat() for path in folder.iterdir()}
    assert all(stat.S_IMODE(found.st_mode) == 0o600 for found in files.values()), "nobody else's account"
    assert all(found.st_uid == os.getuid() for found in files.values()), "but this one"
    name = settings.DATABASES["default"]["NAME"]
    as_worker = addresses(os.environ).worker.named(name)
    with psycopg.connect(as_worker.as_itself().conninfo()) as taken:
        taken.execute("select wall.enter_house()")
        assert taken.execute("select count(*) from case_file where id = %s", [case_id]).fetchone() == (1,)
    server = Cluster(Path(settings.DATA), durable=False).address().named(name)
    with psycopg.connect(server.conninfo()) as taken:
        assert taken.execute("select rolsuper from pg_roles where rolname = session_user").fetchone() == (
            True,
        )


def test_keys_of_another_day_than_the_database_are_noticed_before_a_door_opens(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = world.refer().case_id
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    ring = Ring(folder / "wrapping.key", InTheFile())
    ring.begin()
    older = KeyStore(folder, ring)
    with demo.as_worker():
        assert keys.has_key(case_id)
        monkeypatch.setattr(keys, "store", lambda: older)
        with pytest.raises(BackupTrouble, match="have no key here: put the keys back first"):
            proving._try_keys()


def work_off() -> None:
    while worker.work():
        pass


@pytest.fixture
def letter(database: None) -> str:
    address = f"{uuid4().hex}@example.org"
    letters.post(address, "A subject", "A text")
    return address


def test_a_letter_can_go_out_twice_and_never_not_at_all(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the mail server took it and before that was put down: it is sent again, under the same number."""
    sent: list[tuple[str, object]] = []
    real = duties._put_down
    killed: list[Duty] = []

    def kill_once(duty: Duty, moment: object) -> object:
        if duty.kind == "mail" and sent and not killed:
            killed.append(duty)
            raise KeyboardInterrupt
        return real(duty, moment)  # type: ignore[arg-type]

    monkeypatch.setattr(duties, "send", lambda to, *_, number: sent.append((to, number)))
    monkeypatch.setattr(duties, "_put_down", kill_once)
    with demo.as_worker():
        with pytest.raises(KeyboardInterrupt):
            work_off()
        work_off()
    ours = [number for to, number in sent if to == letter]
    assert len(sent) >= 2
    assert ours
    assert len({number for to, number in sent if to == sent[0][0]}) == 1, (
        "told apart by nobody, known by its number"
    )


def test_whoever_watches_the_internal_figures_sees_when_one_passes_a_step(world: World) -> None:
    """One more concern is not seen, until it is the one that passes a step of the rounding."""
    rule = pack().counts
    shown = [
        protected({("a",): count, ("b",): 40, ("",): count + 40}, pack())[("a",)]
        for count in range(20, 20 + rule.round_to + 1)
    ]
    steps = [first != second for first, second in pairwise(shown)]
    assert sum(steps) == 1
    assert len(steps) == rule.round_to
