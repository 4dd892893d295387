"""The real record, exported, checked, altered: by the database's own check and by the checker in the export."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from evenhand.cli.main import main
from evenhand.gate import demo, keys
from evenhand.gate.entry import open_session
from evenhand.kernels.ledger.inclusion import check_proof
from evenhand.kernels.ledger.note import ED25519, Broken, read_key
from evenhand.kernels.ledger.proofs import ProofFails
from evenhand.kernels.ledger.signing import fast_verify
from evenhand.operations.sealing import check, published
from evenhand.operations.sealing.export import NothingToExport, export
from evenhand.operations.sealing.receipts import Told, acts_seen
from evenhand.records.user import User
from tests.faults.attacks import admin
from tests.operations.sealing.test_publish import sign_now
from tests.operations.sealing.test_seal import app, append, some_lines, tamper
from tests.world import World

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def verify(folder: Path, key: str) -> subprocess.CompletedProcess[str]:
    """Check an export as somebody who has Python and nothing else."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), "--key", key],
        capture_output=True, text=True, check=False, timeout=60, cwd="/",
    )  # fmt: skip


def seen_by(world: World, whom: str, *cases: UUID) -> dict[UUID, Told]:
    """Return the acts of these cases that somebody may see."""
    with world.enter(whom):
        return {case_id: acts_seen(case_id) for case_id in cases}


def test_the_real_record_is_exported_and_verifies_with_python_alone(world: World, tmp_path: Path):
    done, erased = world.refer(), world.refer(names="Somebody Else")
    acts = seen_by(world, "gateway_officer@force", done.case_id, erased.case_id)
    with demo.as_worker():
        sign_now()
        keys.destroy_key(erased.case_id)
        made = export(tmp_path / "out", cases=acts)
        key = published().key
    assert made.opened >= 1
    assert made.erased >= 1
    found = verify(tmp_path / "out", key)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.startswith(f"verified: {made.lines:,} lines")
    assert done.reference in (tmp_path / "out" / "openings.txt").read_text()
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert erased.reference.encode() not in everything
    assert (
        b"Sami Example" not in everything
    )  # with a space: four letters come up by chance in a million of base64
    shutil.copytree(tmp_path / "out", tmp_path / "altered")
    lines = (tmp_path / "altered" / "lines.txt").read_bytes().splitlines(keepends=True)
    lines[4], lines[5] = lines[5], lines[4]
    (tmp_path / "altered" / "lines.txt").write_bytes(b"".join(lines))
    found = verify(tmp_path / "altered", key)
    assert found.returncode == 1
    assert "line 5" in found.stdout.splitlines()[0]


def test_a_look_is_opened_by_no_ordinary_export(world: World, tmp_path: Path):
    done = world.refer()
    world.user("gateway_officer@force")
    with world.enter("gateway_officer@force") as who:
        from evenhand.casework.case_file import look

        look(done.case_id, who, ground="inspection")
    acts = seen_by(world, "gateway_officer@force", done.case_id)
    with demo.as_worker():
        sign_now()
        export(tmp_path / "out", cases=acts)
    told = (tmp_path / "out" / "openings.txt").read_text()
    assert "verb=refer" in told
    assert "verb=look" not in told


def edits(count: int) -> list[int]:
    """Return places of sealed lines in the middle of the record, each of an entry that no other edit touches."""
    rows = admin(
        "select f.position from ledger_leaf f where f.position < (select count(*) from ledger_leaf) - 300 order by f.position"
    )
    return random.Random(7).sample([row[0] for row in rows], count)


@pytest.mark.parametrize("what", ["byte", "leaf", "delete", "delete the place", "swap", "tile", "insert"])
def test_each_edit_of_the_tables_is_found_and_named(world: World, what: str):
    with demo.as_worker():
        with app() as session:
            append(session, some_lines(900))
        sign_now()
        assert check() == []
        (one, two), choose = edits(2), random.Random(what)
        entry = dict(
            admin("select position, entry_id from ledger_leaf where position = any(%s)", [[one, two]])
        )
        at = choose.randrange(379)
        saved = "create table if not exists kept_{0} as select * from {0}"
        for table in ("ledger_entry", "ledger_leaf", "ledger_tile"):
            tamper(f"drop table if exists kept_{table}")
            tamper(saved.format(table))
        try:
            if what == "byte":
                tamper(
                    "update ledger_entry set line = set_byte(line, %s, get_byte(line, %s) # 1) where id = %s",
                    [at, at, entry[one]],
                )
                named = f"line {one + 1} (entry {entry[one]}) is altered"
            elif what == "leaf":
                tamper(
                    "update ledger_leaf set hash = set_byte(hash, 3, get_byte(hash, 3) # 1) where position = %s",
                    [one],
                )
                named = f"the leaf of line {one + 1} (entry {entry[one]}) is altered"
            elif what == "delete":
                tamper("delete from ledger_entry where id = %s", [entry[one]])
                named = f"line {one + 1} (entry {entry[one]}) is missing"
            elif what == "delete the place":
                tamper("delete from ledger_leaf where position = %s", [one])
                named = f"the place of line {one + 1} is missing from the tree"
            elif what == "swap":
                tamper(
                    "update ledger_entry e set line = o.line from ledger_entry o"
                    " where (e.id = %s and o.id = %s) or (e.id = %s and o.id = %s)",
                    [entry[one], entry[two], entry[two], entry[one]],
                )
                named = f"what stands there is line {two + 1}"
            elif what == "tile":
                tamper(
                    "update ledger_tile set nodes = set_byte(nodes, 9000, get_byte(nodes, 9000) # 1) where level = 0 and number = 1"
                )
                named = "tile 0/1 is altered"
            else:
                tamper(
                    "insert into ledger_entry (id, epoch, xid, line, sealed) select 9000000001, 0, 5, 'x', ''"
                )
                named = "entry 9000000001 was inserted"
            found = check()
            assert any(named in complaint for complaint in found), (named, found[:5])
            if what in {"byte", "delete", "swap", "leaf"}:
                with pytest.raises(NothingToExport):
                    export(Path("/nonexistent/export"))
        finally:
            for table in ("ledger_entry", "ledger_leaf", "ledger_tile"):
                tamper(f"delete from {table}")
                tamper(f"insert into {table} select * from kept_{table}")
                tamper(f"drop table kept_{table}")
        assert check() == []


def test_a_checkpoint_that_was_altered_or_removed_is_named(world: World):
    with demo.as_worker():
        for _ in range(3):
            sign_now()
        number = published().number
        row = admin(
            "select log, size, note, step, signed_at from ledger_checkpoint where number = %s", [number - 1]
        )[0]
        tamper(
            "update ledger_checkpoint set note = set_byte(note, 1, get_byte(note, 1) # 1) where number = %s",
            [number - 1],
        )
        assert any(f"checkpoint {number - 1} " in complaint for complaint in check())
        tamper("delete from ledger_checkpoint where number = %s", [number - 1])
        assert f"checkpoint {number - 1} is missing" in check()
        tamper("insert into ledger_checkpoint values (%s, %s, %s, %s, %s, %s)", [number - 1, *row])
        assert check() == []


def signed_in(world: World, whom: str) -> Client:
    world.user(whom)
    client, person = Client(), world.people[whom]
    client.force_login(User.objects.get(id=person.id), backend=BACKEND)
    client.cookies["evenhand_entry"] = open_session(person.id)
    return client


def test_who_may_see_a_case_gets_a_proof_of_its_acts_and_nobody_else_does(
    world: World, tmp_path: Path, capsys
):
    case_id: UUID = world.refer().case_id
    world.take(case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."})
    with demo.as_worker():
        sign_now()
    officer = signed_in(world, "gateway_officer@force")
    page = officer.get(f"/case/{case_id}/record/")
    assert page.status_code == 200
    entry = admin("select min(entry_id) from entry_of where case_id = %s", [case_id])[0][0]
    address = f"/case/{case_id}/record/{entry}/"
    assert address in page.content.decode()
    # An act of a part that they may not see is not there, under no number.
    closed = admin("select entry_id from entry_of where case_id = %s order by entry_id", [case_id])
    shown = [number for (number,) in closed if f"/record/{number}/" in page.content.decode()]
    assert shown == [entry]
    for (number,) in closed[1:]:
        assert officer.get(f"/case/{case_id}/record/{number}/").status_code == 404
    proof = officer.get(address)
    assert proof.status_code == 200
    key = read_key(Client().get("/ledger/log.pub").content.decode().strip(), ED25519)
    found = check_proof(proof.content, key=key, check=fast_verify)
    assert found.checkpoint.size == published().size
    with pytest.raises((Broken, ProofFails)):
        check_proof(proof.content.replace(b"index ", b"index 1"), key=key, check=fast_verify)
    (tmp_path / "p").write_bytes(proof.content)
    assert main(["ledger", "proof", str(tmp_path / "p"), "--key", str(key)]) == 0
    assert "proved: the line stands at" in capsys.readouterr().out
    outsider = signed_in(world, "panel_chair@other_council")
    absent = UUID(int=7)
    for one, other in (
        (f"/case/{case_id}/record/", f"/case/{absent}/record/"),
        (address, f"/case/{absent}/record/{entry}/"),
    ):
        assert outsider.get(one).status_code == outsider.get(other).status_code == 404
    # Another case's number under a case that one may see opens nothing either.
    other = world.refer(names="Other Person").case_id
    foreign = admin("select min(entry_id) from entry_of where case_id = %s", [other])[0][0]
    assert officer.get(f"/case/{case_id}/record/{foreign}/").status_code == 404


def test_anybody_may_fetch_what_was_signed_and_nothing_beyond_it(world: World):
    with demo.as_worker():
        with app() as session:
            append(session, some_lines(700))
        last = sign_now()
        with app() as session:
            append(session, some_lines(300))
        from evenhand.operations.sealing import seal_all

        seal_all()
    client = Client()
    assert client.get("/ledger/checkpoint").content == published().cosigned_note
    assert client.get("/record/").status_code == 200
    from evenhand.kernels.ledger.proofs import root_at
    from evenhand.kernels.ledger.tiles import nodes_from_tiles
    from evenhand.kernels.ledger.tree import leaf_hash

    fetched = nodes_from_tiles(lambda path: client.get(f"/ledger/{path}").content, last.size)
    assert root_at(fetched, last.size) == last.checkpoint.root
    bundle = client.get("/ledger/tile/entries/000").content
    assert int.from_bytes(bundle[:2], "big") == 379
    assert leaf_hash(bundle[2:381]) == fetched(0, 0)
    full, partial = divmod(last.size, 256)
    if partial:
        assert client.get(f"/ledger/tile/entries/{full:03}.p/{partial}").status_code == 200
    assert client.get(f"/ledger/tile/entries/{full:03}.p/{partial + 1}").status_code == 404
    assert client.get(f"/ledger/tile/entries/{full:03}").status_code == 404
    assert client.get(f"/ledger/tile/0/{full + 1:03}").status_code == 404
    for wrong in ("0/000.p/256", "0/000.p/0", "9/000", "0/x999/999", "entries/000.p/0"):
        assert client.get(f"/ledger/tile/{wrong}").status_code == 404


def test_administrators_are_told_on_their_pages_and_health_says_one_word(world: World):
    from evenhand.operations.sealing.alarms import lower_alarm, raise_alarm

    with demo.as_worker():
        sign_now()
        raise_alarm("unsigned", "the log's key is missing")
    try:
        client = signed_in(world, "administrator@force")
        assert "The sealing of the record needs you" in client.get("/administration/").content.decode()
        page = client.get("/administration/record/").content.decode()
        assert "the log&#39;s key is missing" in page
        assert "See whether the worker runs" in page
        assert Client().get("/healthz").json()["record"] == "unsigned"
        assert admin("select count(*) from duty where once like 'record:unsigned:%%'")[0][0] >= 1
    finally:
        with demo.as_worker():
            lower_alarm("unsigned")
    assert Client().get("/healthz").json()["record"] == "ok"
    officer = signed_in(world, "gateway_officer@force")
    assert officer.get("/administration/record/").status_code == 403
