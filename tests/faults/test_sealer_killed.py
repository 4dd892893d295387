"""A sealer killed in the middle of a batch leaves all of it or none, and the next one goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from evenhand.gate import demo
from evenhand.operations.sealing import check, seal_all
from tests.faults.attacks import admin
from tests.operations.sealing.test_seal import app, append, some_lines, tamper
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
# A real sealer that stops dead: its lines have places and tiles, and nothing is committed.
STUCK = """
import os, time
os.environ["EVENHAND_PROCESS"] = "worker"
os.environ["DJANGO_SETTINGS_MODULE"] = "evenhand.settings.instance"
import django
django.setup()
from evenhand.operations.sealing import seal
real = seal.complete_tiles
def dies(first, hashes, level=0):
    real(first, hashes, level)
    print("placed", flush=True)
    time.sleep(60)
seal.complete_tiles = dies
seal.seal_batch()
"""


@pytest.mark.usefixtures("world")
def test_a_sealer_killed_in_the_middle_of_a_batch_leaves_none_of_it(world: World):
    with demo.as_worker():
        seal_all()
    with app() as session:
        append(session, some_lines(600))
    before = admin("select count(*) from ledger_leaf")
    stuck = subprocess.Popen(
        [sys.executable, "-c", STUCK], stdout=subprocess.PIPE, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "EVENHAND_DATA": str(settings.DATA)},
    )  # fmt: skip
    try:
        assert stuck.stdout is not None
        assert stuck.stdout.readline() == b"placed\n"
        stuck.send_signal(signal.SIGKILL)
    finally:
        stuck.kill()
        stuck.communicate()
    tamper(
        "select pg_terminate_backend(pid, 2000) from pg_stat_activity where usename = 'evenhand_worker' and state <> 'idle'"
    )
    assert admin("select count(*) from ledger_leaf") == before
    with demo.as_worker():
        assert seal_all() == 600
        assert check() == []
