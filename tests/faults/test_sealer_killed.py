"""A sealer killed in the middle of a batch leaves all of it or none, and the next one goes on."""

from __future__ import annotations

import pytest

from evenhand.gate import demo
from evenhand.operations.sealing import check, seal_all
from tests.faults.attacks import admin
from tests.faults.killing import killed_in
from tests.operations.sealing.test_seal import app, append, some_lines
from tests.world import World

# A real sealer that stops dead: its lines have places and tiles, and nothing is committed.
STUCK = """
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
    killed_in(STUCK, at="placed")
    assert admin("select count(*) from ledger_leaf") == before
    with demo.as_worker():
        assert seal_all() == 600
        assert check() == []
