"""Each line gets its place once: in order, late commits included, with many writers at once."""

from __future__ import annotations

import os
import random
import re
import threading
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from evenhand.gate import demo
from evenhand.gate.entry import enter_house
from evenhand.kernels.ledger.entry import padding
from evenhand.kernels.ledger.proofs import (
    Nodes,
    check_consistency,
    check_inclusion,
    consistency_proof,
    root_at,
)
from evenhand.kernels.ledger.tree import leaf_hash
from evenhand.operations.database import Cluster, addresses
from evenhand.operations.sealing import check, seal_all
from evenhand.operations.sealing.log_key import LogFolder
from evenhand.operations.sealing.publish import publish
from evenhand.operations.sealing.seal import seal_batch
from evenhand.operations.sealing.tree import StoredTree
from tests.faults.attacks import admin
from tests.world import World, raw


@pytest.fixture(autouse=True)
def as_worker(world: World):
    with demo.as_worker():
        seal_all()
        yield


def app() -> psycopg.Connection:
    """Another session of the application."""
    return psycopg.connect(addresses(os.environ).app.conninfo())


def tamper(statement: str, parameters: list[object] | None = None) -> None:
    """Change the tables as somebody can who has the server: past grants, triggers and row security."""
    address = Cluster(Path(settings.DATA), durable=False).ensure().named(addresses(os.environ).app.dbname)
    with psycopg.connect(address.as_itself().conninfo(), autocommit=True) as server:
        server.execute("set session_replication_role = replica")
        server.execute(statement, parameters)


def append(session: psycopg.Connection, lines: list[bytes]) -> None:
    session.execute("select wall.enter_door()")
    session.execute("select wall.append(null, %s, %s)", [lines, [b"s"] * len(lines)])


def some_lines(count: int) -> list[bytes]:
    return [padding(os.urandom) for _ in range(count)]


def sealed_lines() -> list[bytes]:
    with enter_house():
        found = raw(
            "select e.line from ledger_leaf f join ledger_entry e on e.id = f.entry_id order by f.position"
        )
    return [bytes(line) for (line,) in found]


def unsealed() -> int:
    return int(
        admin(
            "select count(*) from ledger_entry e left join ledger_leaf f on f.entry_id = e.id where f.entry_id is null"
        )[0][0]
    )


def size() -> int:
    with enter_house():
        return int(raw("select wall.tree_size()")[0][0])


def test_lines_of_many_writers_are_sealed_once_each_while_they_write():
    before, stop, written = size(), threading.Event(), list[bytes]()
    lock = threading.Lock()

    def write(seed: int) -> None:
        choose = random.Random(seed)
        with app() as session:
            for _ in range(25):
                lines = some_lines(choose.randint(1, 5))
                append(session, lines)
                if choose.random() < 0.2:
                    session.rollback()
                    continue
                session.commit()
                with lock:
                    written.extend(lines)

    writers = [threading.Thread(target=write, args=[seed]) for seed in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seal_batch(7)
        stop.wait(0.001)
    for writer in writers:
        writer.join()
    seal_all()
    found = sealed_lines()[before:]
    assert sorted(found) == sorted(written)
    assert len(set(found)) == len(found)
    assert unsealed() == 0


def test_a_late_commit_is_waited_for_and_keeps_its_place():
    late, early = some_lines(2), some_lines(3)
    before = size()
    with app() as first, app() as second:
        append(first, late)
        append(second, early)
        second.commit()
        assert seal_all() == 0  # an older transaction is still under way
        first.commit()
    assert seal_all() == 5
    assert sealed_lines()[before:] == late + early


def test_a_transaction_that_is_undone_leaves_no_gap():
    before = size()
    with app() as session:
        append(session, some_lines(3))
        session.rollback()
        kept = some_lines(1)
        append(session, kept)
    seal_all()
    assert sealed_lines()[before:] == kept


def test_the_tree_is_the_one_that_the_kernel_builds_and_every_proof_holds(tmp_path: Path):
    with app() as session:
        append(session, some_lines(700))
    with app() as session:
        append(session, some_lines(90))
    seal_all()
    lines, total = sealed_lines(), size()
    nodes = Nodes(leaf_hash(line) for line in lines)
    root = root_at(nodes, total)
    with enter_house():
        tree = StoredTree(total)
        assert root_at(tree, total) == root
        for index in {0, 1, 255, 256, 511, total - 91, total - 2, total - 1}:
            check_inclusion(leaf_hash(lines[index]), index, total, tree.prove(index), root)
        for old in {1, 2, 255, 256, 300, total - 1}:
            check_consistency(old, total, consistency_proof(tree, old, total), root_at(nodes, old), root)
    assert check() == []


def test_a_second_sealer_waits_its_turn():
    with app() as session:
        append(session, some_lines(1))
    with psycopg.connect(addresses(os.environ).worker.conninfo()) as other:
        other.execute("select wall.enter_house()")
        assert other.execute("select wall.take_sealing()").fetchone() == (True,)
        assert seal_all() == 0
    assert seal_all() == 1


@pytest.mark.parametrize(
    "table", ["ledger_leaf", "ledger_batch", "ledger_tile", "ledger_checkpoint", "ledger_epoch"]
)
@pytest.mark.parametrize("alias", ["default", "admin"])
def test_what_is_sealed_cannot_be_changed(table: str, alias: str):
    column = {"ledger_leaf": "entry_id", "ledger_batch": "xid", "ledger_tile": "number", "ledger_checkpoint": "size",
              "ledger_epoch": "reason"}[table]  # fmt: skip
    with app() as session:
        append(session, some_lines(300))
    seal_all()
    publish(
        LogFolder(Path(settings.SEALING_FOLDER), Path(settings.SEALING_FOLDER) / "log.key"),
        key(),
        every_seconds=1,
        lines=4,
        force=True,
    )
    with enter_house():
        raw("select wall.begin_epoch('a test')")
    for statement in (f"update {table} set {column} = {column}", f"delete from {table}", f"truncate {table}"):
        with pytest.raises(DatabaseError), transaction.atomic(using=alias):
            raw(statement, alias=alias)


def key():
    folder = LogFolder(Path(settings.SEALING_FOLDER), Path(settings.SEALING_FOLDER) / "log.key")
    found = folder.key()
    if found is None:
        found = folder.make_key("evenhand.example/ledger")
        with enter_house():
            raw("select wall.keep_log(%s, 'test')", [str(found.key)])
    return found


FOR_THE_SEALER_ALONE = [
    "select wall.seal(1)",
    "select wall.pad(array['x'::bytea])",
    "select wall.take_sealing()",
    "select wall.begin_epoch('x')",
    "select wall.keep_log('x', 'x')",
    "select wall.keep_checkpoint(99, 1, 1, 'x', 1)",
    "select wall.keep_cosignature(1, 'x', 'x')",
    "select wall.keep_tiles(0, 99, array['x'::bytea], array['x'::bytea])",
    "select wall.raise_alarm('late', 'x')",
    "select wall.lower_alarm('late')",
    "select wall.tree_size()",
    "insert into ledger_leaf values (99999, 99999, 'x')",
    "select * from ledger_leaf",
    "select * from ledger_checkpoint",
]


@pytest.mark.parametrize("statement", FOR_THE_SEALER_ALONE)
def test_only_the_worker_may_seal(world: World, statement: str):
    with app() as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(statement)


def test_no_line_of_an_epoch_comes_after_its_end():
    """A line that waits while an epoch ends belongs to the next: a line of the last would never be sealed."""
    lines, written = some_lines(2), threading.Event()
    before = size()
    with psycopg.connect(addresses(os.environ).worker.conninfo()) as other:
        other.execute("select wall.enter_house()")
        other.execute("select wall.begin_epoch('a test')")

        def write() -> None:
            with app() as session:
                append(session, lines)
            written.set()

        writer = threading.Thread(target=write)
        writer.start()
        assert not written.wait(0.2)
        other.commit()
        writer.join(10)
    assert seal_all() == 2
    assert sealed_lines()[before:] == lines
    assert check() == []


def test_lines_are_written_in_one_place_and_by_the_sealer():
    from evenhand.records.wall.build import FOLDER

    writing = [
        path.name
        for path in FOLDER.glob("*.sql")
        for _ in re.findall("insert into ledger_entry", path.read_text())
    ]
    assert sorted(writing) == ["ledger.sql", "sealing.sql"]
