"""Measure the sealing of one fresh instance in a process of its own, and print a JSON object a line."""

from __future__ import annotations

import base64
import math
import multiprocessing
import os
import random
import statistics
import sys
import time
from pathlib import Path

from _fresh import fresh, say

WRITERS = 8
LINES_AN_ACT = 5
ACTS = 40


def made_up_lines(count: int) -> list[bytes]:
    """Return lines of the shape that the record has, without the cost of committing to anything."""
    data = os.urandom(272 * count)
    return [
        b"1 " + data[at : at + 16].hex().encode() + b" " + base64.b64encode(data[at + 16 : at + 272])
        for at in range(0, len(data), 272)
    ]


def write(conninfo: str, seconds: float, lines_an_act: int, together_now, done) -> None:
    """Act again and again: so many lines in one INSERT, one commit, on disk."""
    import psycopg

    acts, lines = 0, made_up_lines(lines_an_act)
    openings = [os.urandom(541)] * lines_an_act
    with psycopg.connect(conninfo, prepare_threshold=None) as session:
        together_now.wait(120)
        cpu, until = time.process_time(), time.monotonic() + seconds
        while time.monotonic() < until:
            session.execute("select wall.enter_door()")
            session.execute("select wall.append(null, %b::bytea[], %b::bytea[])", [lines, openings])
            session.commit()
            acts += 1
    done.put((acts, time.process_time() - cpu))


def sealer(seconds: float, together_now, done) -> None:
    """Seal without pause, as the worker's role, in a process of its own."""
    import django

    os.environ["EVENHAND_PROCESS"] = "worker"
    django.setup()
    from evenhand.operations.sealing.seal import seal_batch

    seal_batch(1)
    together_now.wait(120)
    sealed, cpu, until = 0, time.process_time(), time.monotonic() + seconds
    while time.monotonic() < until:
        count = seal_batch()
        sealed += count
        if count < 500:
            time.sleep(0.02)
    done.put((sealed, time.process_time() - cpu))


def server_cpu(folder: Path) -> float:
    """Return the CPU seconds of the server and all its processes, those that have ended included."""
    from evenhand.operations.database import Cluster

    postmaster, ticks = Cluster(folder).pid(), 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(path.parent.name) == postmaster:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == postmaster:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def together(
    folder: Path, conninfo: str, seconds: float, *, lines_an_act: int, sealing: bool
) -> dict[str, float]:
    """Return what was written and sealed in so many seconds, and what it cost whom in CPU seconds."""
    context = multiprocessing.get_context("spawn")
    acts, sealed, now = context.Queue(), context.Queue(), context.Barrier(WRITERS + int(sealing) + 1)
    processes = [
        context.Process(target=write, args=(conninfo, seconds, lines_an_act, now, acts))
        for _ in range(WRITERS)
    ]
    if sealing:
        processes.append(context.Process(target=sealer, args=(seconds, now, sealed)))
    for process in processes:
        process.start()
    now.wait(120)
    before = server_cpu(folder)
    told = [acts.get(timeout=seconds + 120) for _ in range(WRITERS)]
    count, cpu = sealed.get(timeout=seconds + 120) if sealing else (0, 0.0)
    server = server_cpu(folder) - before
    for process in processes:
        process.join()
    return {
        "lines": sum(n for n, _ in told) * lines_an_act,
        "clients": sum(c for _, c in told),
        "sealed": count,
        "sealer": cpu,
        "server": server,
    }


def load() -> str:
    return f"load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"


def writers_and_sealer(folder: Path, conninfo: str, seconds: float) -> None:
    from evenhand.operations.sealing import seal_all
    from evenhand.operations.sealing.seal import BATCH, seal_batch

    for lines_an_act in (1, LINES_AN_ACT):
        how = f"{WRITERS} writers, {lines_an_act} a commit, durable, {seconds:g} s, {load()}"
        alone = together(folder, conninfo, seconds, lines_an_act=lines_an_act, sealing=False)
        say(
            f"lines written, no sealer, {lines_an_act} an act",
            round(alone["lines"] / seconds),
            "lines/s",
            how,
        )
        seal_all(seconds=600)
        both = together(folder, conninfo, seconds, lines_an_act=lines_an_act, sealing=True)
        say(
            f"lines written while sealed, {lines_an_act} an act",
            round(both["lines"] / seconds),
            "lines/s",
            how,
        )
        say(
            f"lines sealed while written, {lines_an_act} an act",
            round(both["sealed"] / seconds),
            "lines/s",
            how,
        )
        for part, who in (
            ("server", "PostgreSQL"),
            ("clients", "the writers' own Python"),
            ("sealer", "the sealer's Python"),
        ):
            say(
                f"  CPU of {who}",
                round(1e6 * both[part] / max(1, both["lines"]), 1),
                "µs a line",
                "written and sealed",
            )
        say(
            "  CPU of PostgreSQL without sealing",
            round(1e6 * alone["server"] / max(1, alone["lines"]), 1),
            "µs a line",
            "written only",
        )
        seal_all(seconds=600)
    together(folder, conninfo, seconds / 2, lines_an_act=LINES_AN_ACT, sealing=False)
    server = server_cpu(folder)
    began, cpu, count = time.monotonic(), time.process_time(), 0
    while (done := seal_batch()) > 0:
        count += done
    took = time.monotonic() - began
    if count:
        say(
            "  CPU of PostgreSQL for sealing alone",
            round(1e6 * (server_cpu(folder) - server) / count, 1),
            "µs a line",
            "places, hashes, tiles",
        )
    say(
        "lines sealed, nobody writing",
        round(count / max(took, 1e-6)),
        "lines/s",
        f"{count:,} lines that waited, batches of {BATCH}, {load()}",
    )
    say(
        "  of it in Python",
        round((time.process_time() - cpu) / took, 2),
        "of the time",
        "hashing tiles; the rest is the database",
    )


def act_with_and_without_lines() -> None:
    """Save the same act with its lines and without, in turns."""
    from evenhand.casework.refer import refer
    from evenhand.gate import ledger
    from evenhand.gate.act import Act
    from evenhand.gate.entry import enter, now, open_session
    from evenhand.operations import seed

    seed.fill(cases=4, seed=2, progress=lambda done, of: None)
    from django.db import connections

    with connections["admin"].cursor() as cursor:
        cursor.execute("select practitioner_id from role_holding where role = 'safeguarding_lead' limit 1")
        person = cursor.fetchone()[0]
        cursor.execute("select code from area limit 1")
        area = cursor.fetchone()[0]
    token = open_session(person)
    told = {"danger": "no", "what_happened": "He stopped seeing his friends.", "why_now": "It has become more.",
            "names": "Sami Example", "born": "2009-05-04", "sector": "education"}  # fmt: skip
    real = ledger.write
    took: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * ACTS):
        with_lines = turn % 2 == 0
        ledger.write = real if with_lines else (lambda case_id, entries, **_: None)
        began = time.perf_counter()
        with enter(token) as who:
            refer(
                Act("refer", "received", told, reason="I am worried."), who, now=now(), area=area, door="page"
            )
        took[with_lines].append(1000 * (time.perf_counter() - began))
    ledger.write = real
    yes, no = statistics.median(took[True]), statistics.median(took[False])
    how = f"median of {ACTS} referrals each, in turns, durable, {load()}"
    say("an act with its line", round(yes, 2), "ms", how)
    say("the same act without", round(no, 2), "ms", how)
    say("an act's lines cost it", round(yes / no, 3), "times", "aim 1.15")


def grow(superuser: str, sizes: list[int]) -> None:
    """Bring the record to each size by COPY of made-up lines, seal them, and time proofs there."""
    import psycopg
    from django.db import connection

    from evenhand.gate.entry import enter_house
    from evenhand.kernels.ledger.proofs import check_inclusion, consistency_proof, root_at
    from evenhand.operations.sealing import check
    from evenhand.operations.sealing.seal import seal_batch
    from evenhand.operations.sealing.tree import CompleteTiles, StoredTree

    rates, before = [], 0
    for size in sizes:
        with psycopg.connect(superuser, autocommit=True) as session:
            with enter_house(), connection.cursor() as cursor:
                cursor.execute("select wall.tree_size()")
                here = cursor.fetchone()[0]
            for begin in range(here, size, 50_000):
                with (
                    session.cursor() as cursor,
                    cursor.copy(
                        "copy ledger_entry (epoch, xid, line, sealed) from stdin (format binary)"
                    ) as copy,
                ):
                    copy.set_types(["int4", "int8", "bytea", "bytea"])
                    # Below every running transaction, as lines of long ago are.
                    for line in made_up_lines(min(50_000, size - begin)):
                        copy.write_row((2, 1 + begin, line, b""))
            session.execute("analyze ledger_entry")
        began, count = time.monotonic(), 0
        while (done := seal_batch()) > 0:
            count += done
        took = time.monotonic() - began
        if count > size // 2:
            rates.append((size, took / count))
        say(
            f"{size:,}: lines sealed, nobody writing",
            round(count / max(took, 1e-6)),
            "lines/s",
            f"{count:,} lines, {load()}",
        )
        with psycopg.connect(superuser) as session:
            for table in ("ledger_entry", "ledger_leaf", "ledger_tile"):
                row = session.execute("select pg_total_relation_size(%s::regclass)", [table]).fetchone()
                say(
                    f"{size:,}: {table}",
                    round(row[0] / size),
                    "bytes a line",
                    "with indexes; made-up lines have no openings",
                )
        proofs(size, StoredTree, CompleteTiles, check_inclusion, consistency_proof, root_at, enter_house)
        if size <= 10_000_000:
            began = time.monotonic()
            found = check()
            say(
                f"{size:,}: the whole record checked in the database",
                round(time.monotonic() - began, 1),
                "s",
                f"{len(found)} complaints, {load()}",
            )
        before = size
    if len(rates) > 1:
        (small, one), (large, other) = rates[0], rates[-1]
        say(
            "growth of sealing with length",
            round(1 + math.log(other / one) / math.log(large / small), 2),
            "exponent",
            f"total time, {small:,} to {before:,} lines",
        )


def proofs(size, StoredTree, CompleteTiles, check_inclusion, consistency_proof, root_at, enter_house) -> None:
    choose = random.Random(size)
    places = [choose.randrange(size) for _ in range(200)]
    with enter_house():
        shared = CompleteTiles(1_000_000)
        tree = StoredTree(size, complete=shared)
        root = root_at(tree, size)
        cold = []
        for place in places:
            began = time.perf_counter()
            StoredTree(size, complete=CompleteTiles()).prove(place)
            cold.append(1000 * (time.perf_counter() - began))
        for place in places:
            tree.prove(place)
        warm, checked = [], []
        for place in places:
            began = time.perf_counter()
            proof = tree.prove(place)
            warm.append(1000 * (time.perf_counter() - began))
            leaf = tree(0, place)
            began = time.perf_counter()
            check_inclusion(leaf, place, size, proof, root)
            checked.append(1000 * (time.perf_counter() - began))
        joined = []
        for place in places:
            began = time.perf_counter()
            consistency_proof(tree, place + 1, size)
            joined.append(1000 * (time.perf_counter() - began))
    how = f"median of 200 places, {load()}"
    say(f"{size:,}: proof made, tiles at hand", round(statistics.median(warm), 3), "ms", how)
    say(
        f"{size:,}: proof made, nothing at hand",
        round(statistics.median(cold), 2),
        "ms",
        f"{how}; every tile fetched from PostgreSQL",
    )
    say(f"{size:,}: consistency proof made, tiles at hand", round(statistics.median(joined), 3), "ms", how)
    say(f"{size:,}: proof checked", round(statistics.median(checked), 3), "ms", how)


def main(folder: Path, seconds: float, sizes: list[int]) -> None:
    with fresh(folder) as (app, superuser):
        from django.db import connection

        from evenhand.gate.demo import as_worker
        from evenhand.gate.entry import enter_house

        act_with_and_without_lines()
        with as_worker():
            writers_and_sealer(folder, app, seconds)
            # Made-up lines of long ago: an epoch of their own, which has ended.
            with enter_house(), connection.cursor() as cursor:
                cursor.execute("select wall.begin_epoch('made-up lines')")
                cursor.execute("select wall.begin_epoch('after them')")
            grow(superuser, sizes)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), [int(size) for size in sys.argv[3:]])
