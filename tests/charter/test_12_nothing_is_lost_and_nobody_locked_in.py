"""Charter 12, nothing is lost and nobody is locked in: everything can be taken out, by two agencies, and read without Evenhand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from evenhand.casework import attach
from evenhand.casework.refer import refer
from evenhand.gate.act import Act, Invalid
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import now
from evenhand.gate.splitting import WrongPhrase, lock, lock_of, unlock
from evenhand.operations.sealing import check, seal_all, seal_round
from evenhand.operations.sealing.log_key import log_folder
from evenhand.operations.sealing.publish import publish
from evenhand.operations.taking_out import CONTENTS, KEY, NotApproved, open_whole, take_out_whole
from evenhand.records.wall.build import row_models
from tests.casework.test_exporting import approve, ask
from tests.faults.test_keys_and_disk import TOLD
from tests.world import World, raw

ONE, OTHER = "the heron stands in the reeds", "a lantern over the harbour wall"
POLICE, COUNCIL = "data_protection_officer@force", "data_protection_officer@council"


def asked(world: World) -> UUID:
    return ask(world, "administrator@force", what="whole", purpose="To move to another system.")


def test_what_was_acknowledged_is_on_disk(world: World):
    done = world.refer()
    assert raw("select 1 from report where case_id = %s", [done.case_id], alias="admin")
    assert raw(
        "select 1 from ledger_entry l join entry_of o on o.entry_id = l.id where o.case_id = %s",
        [done.case_id],
        alias="admin",
    )


def test_one_agency_alone_takes_nothing_out(world: World, tmp_path: Path):
    number = asked(world)
    with as_worker(), pytest.raises(NotApproved):
        take_out_whole(number, tmp_path / "none")
    approve(world, number, POLICE, phrase=ONE)
    with as_worker(), pytest.raises(NotApproved):
        take_out_whole(number, tmp_path / "one")
    world.add("administrator", "force", key="second@force")
    with pytest.raises(Invalid):
        approve(world, number, "second@force", phrase=OTHER)
    assert not list((tmp_path / "one").iterdir())


def test_two_agencies_take_everything_out_once_and_only_both_phrases_open_it(world: World, tmp_path: Path):
    done = world.refer(names="Sami Takeout", what_happened="He said it twice.")
    number = asked(world)
    approve(world, number, POLICE, phrase=ONE)
    approve(world, number, COUNCIL, phrase=OTHER)
    out = tmp_path / "out"
    with as_worker():
        assert take_out_whole(number, out) > 0
        with pytest.raises(NotApproved):
            take_out_whole(number, tmp_path / "again")
    assert {file.name for file in out.iterdir()} == {KEY, CONTENTS, "open.py"}
    assert b"Takeout" not in (out / CONTENTS).read_bytes()
    for phrases in ((ONE, ONE), (OTHER, OTHER), (ONE, "something else altogether")):
        with pytest.raises(WrongPhrase):
            open_whole(out, phrases, tmp_path / "wrong")
    names = open_whole(out, (OTHER, ONE), tmp_path / "opened")
    assert {f"{m._meta.db_table}.jsonl" for m in row_models()} | {
        "ledger_entry.jsonl",
        "case_file.jsonl",
    } <= set(names)
    reports = [json.loads(line) for line in (tmp_path / "opened" / "report.jsonl").read_text().splitlines()]
    mine = next(row for row in reports if row["case_id"] == str(done.case_id))
    assert mine["sealed"]["what_happened"] == "He said it twice."
    assert not {"user_account.jsonl", "monitoring_answer.jsonl"} & set(names)


def test_documents_and_the_signed_record_come_along_and_need_no_evenhand(world: World, tmp_path: Path):
    number = uuid4()
    letter = attach.Upload("letter.txt", b"words of a letter " * 100)
    with as_worker():
        seal_round()
        key = log_folder().key()
        assert key is not None
    with world.enter("safeguarding_lead@school") as who:
        act = Act("refer", "received", TOLD, "x")
        area = world.areas["town"].code
        done = refer(act, who, now=now(), area=area, door="page", uploads={number: letter})
    with as_worker():
        seal_all()
        publish(log_folder(), key, every_seconds=600, lines=8, force=True)
        complaints = check()
    request = asked(world)
    approve(world, request, POLICE, phrase=ONE)
    approve(world, request, COUNCIL, phrase=OTHER)
    out, to = tmp_path / "out", tmp_path / "opened"
    with as_worker():
        take_out_whole(request, out)
    assert sorted(path.name for path in out.iterdir()) == sorted([KEY, CONTENTS, "open.py"])
    (tmp_path / "phrases").write_text(f"{ONE}\n{OTHER}\n")
    # The machine has the cryptography package; Evenhand is not on its path, and the folder opens all the same.
    lone = [sys.executable, "-c", "import sys, runpy; sys.modules['evenhand'] = None; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"]  # fmt: skip
    ran = subprocess.run(
        [*lone, str(out / "open.py"), "--out", str(to), "--phrases", str(tmp_path / "phrases")],
        capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path, env={},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert (to / "documents" / str(number)).read_bytes() == letter.contents
    if (
        complaints
    ):  # another test spoilt this worker's record: then that is what comes along, and nobody is locked in
        assert (to / "record" / "does-not-hold.txt").read_text().splitlines() == complaints
        return
    verified = subprocess.run(
        [sys.executable, "-I", "-S", str(to / "record" / "verify.py"), "--key", str(key.key)],
        capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path, env={},
    )  # fmt: skip
    assert verified.returncode == 0, verified.stdout
    assert f"case={done.reference}" in (to / "record" / "openings.txt").read_text()


def test_what_was_taken_out_and_changed_does_not_open(world: World, tmp_path: Path):
    number = asked(world)
    approve(world, number, POLICE, phrase=ONE)
    approve(world, number, COUNCIL, phrase=OTHER)
    with as_worker():
        take_out_whole(number, tmp_path / "out")
    file = tmp_path / "out" / CONTENTS
    contents = bytearray(file.read_bytes())
    contents[len(contents) // 2] ^= 1
    file.write_bytes(contents)
    with pytest.raises(WrongPhrase):
        open_whole(tmp_path / "out", (ONE, OTHER), tmp_path / "opened")


def test_the_machine_keeps_neither_phrase_nor_what_opens():
    salt, public = lock_of(ONE)
    assert ONE.encode() not in salt + public
    locked = lock(b"k" * 32, [(salt, public), lock_of(OTHER)])
    assert unlock(locked, [OTHER, ONE]) == b"k" * 32
    with pytest.raises(WrongPhrase):
        unlock(locked, [ONE, OTHER])
