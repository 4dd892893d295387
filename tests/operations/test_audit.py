"""An inspector's extract can be checked without us, and names neither a person nor a case."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from evenhand.gate.demo import as_worker
from evenhand.operations import sealing
from evenhand.operations.audit import AuditTrouble, write_audit
from tests.world import World, raw


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_it_verifies_and_names_nobody(world: World, tmp_path):
    done = world.refer(names="Marigold Unmistakable", what_happened="Something unmistakable.")
    with as_worker():
        sealing.seal_round()
        assert write_audit(tmp_path / "audit").lines
    folder = tmp_path / "audit"
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    record = subprocess.run(
        [sys.executable, "-m", "evenhand.kernels.ledger", "verify", str(folder / "record")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert record.returncode == 0, record.stdout
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    people = raw("select name, email from practitioner", alias="admin")
    for word in (
        "Marigold",
        "unmistakable",
        done.reference,
        str(done.case_id),
        world.people["gateway_officer@force"].name,
    ):
        assert word.encode() not in everything, word
    assert not [name for name, email in people if len(name) > 12 and name.encode() in everything]
    assert not [email for name, email in people if email and email.encode() in everything]


def test_it_says_which_rules_held_who_held_what_and_what_was_decided_roughly(world: World, tmp_path):
    world.refer()
    with as_worker():
        sealing.seal_round()
        write_audit(tmp_path / "audit")
    folder = tmp_path / "audit"
    held = rows(folder / "roles.csv")
    assert {"gateway_officer", "panel_chair"} <= {row["role"] for row in held}
    assert all(row["holder"].isdecimal() and row["from"] for row in held)
    editions = rows(folder / "editions.csv")
    assert any(row["journey"] == "channel" and len(row["shape"]) == 64 for row in editions)
    assert any(row["list"] == "sectors" for row in rows(folder / "lists.csv"))
    assert (folder / "policy" / "pack.toml").exists()
    for name in ("decisions.csv", "sharing.csv", "break_glass.csv"):
        for row in rows(folder / name):
            assert row["count"] == "*" or int(row["count"]) % 5 == 0
    decided = rows(folder / "decisions.csv")
    assert any(row["step"] == "refer" and row["clause"] for row in decided)


def test_a_folder_that_is_there_is_not_written_into(database, tmp_path):
    with as_worker(), pytest.raises(AuditTrouble, match="is there already"):
        write_audit(tmp_path)
