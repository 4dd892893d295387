"""Charter 12, nothing is lost and nobody is locked in: everything can be taken out, by two agencies, and read without Evenhand."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest

from evenhand.gate.act import Invalid
from evenhand.gate.demo import as_worker
from evenhand.gate.splitting import WrongPhrase, lock, lock_of, unlock
from evenhand.operations.taking_out import CONTENTS, KEY, NotApproved, open_whole, take_out_whole
from evenhand.records.wall.build import row_models
from tests.casework.test_exporting import approve, ask
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
    assert {file.name for file in out.iterdir()} == {KEY, CONTENTS}
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
