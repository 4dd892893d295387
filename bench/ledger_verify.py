"""How long an outsider needs to check a record, what memory it takes, and what proofs and entries cost."""

from __future__ import annotations

import math
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from evenhand.kernels.ledger.entry import compose, open_entry
from evenhand.kernels.ledger.proofs import (
    Nodes,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    root_at,
)
from evenhand.kernels.ledger.sample import write_sample
from evenhand.kernels.ledger.tree import Frontier, grow, leaf_hash

Result = dict[str, object]
# The peak that the kernel keeps for a child counts the parent it was forked from; this one does not.
CHECK = """
import sys
from evenhand.kernels.ledger.__main__ import main
status = main(sys.argv[1:])
sys.stderr.write(open("/proc/self/status").read())
sys.exit(status)
"""
ACT = {
    "actor": "0b8e3c3e-5a2f-4a58-9b1c-0a3d9f7f2c11",
    "verb": "screen",
    "step": "screening",
    "case": "7QX2-M4RT",
    "at": "2026-11-03T09:12:44Z",
    "ground": "duty to decide within five working days",
    "detail": "moved to the gateway assessment; two agencies asked",
}


def measure(quick: bool) -> Iterator[Result]:
    """Yield the figures; `quick` takes records a tenth as long; EVENHAND_BENCH_SIZES=1000000,10000000 names others."""
    named = os.environ.get("EVENHAND_BENCH_SIZES", "")
    sizes = (10_000, 100_000) if quick else (100_000, 1_000_000)
    if named:
        sizes = tuple(int(size) for size in named.split(","))
    seconds = []
    for size in sizes:
        tries = 3 if size <= 1_000_000 else 1
        with tempfile.TemporaryDirectory(prefix="evenhand-ledger-") as folder:
            export = Path(folder) / "export"
            write_sample(export, entries=size, checkpoints=16, random_bytes=random.Random(size).randbytes)
            opened = sum(1 for _ in (export / "openings.txt").open("rb"))
            key = str(export / "log.pub")
            ran = [sys.executable, "-c", CHECK, "verify", str(export), "--key", key]
            alone = [sys.executable, "-I", "-S", str(export / "verify.py"), "--key", key]
            cpu, memory = min(run(ran) for _ in range(tries))
            how = f"16 checkpoints cosigned, {opened:,} entries opened; CPU of one core, best of {tries}"
            yield figure(f"verify an export of {size:,} lines", round(cpu, 2), "s", how)
            yield figure(
                f"  peak memory, {size:,} lines",
                round(memory),
                "MB",
                "largest resident set of the process (VmHWM)",
            )
            cpu_alone, _ = min(run(alone) for _ in range(tries))
            yield figure(
                f"  with its own verify.py, {size:,} lines",
                round(cpu_alone, 2),
                "s",
                f"Python alone; best of {tries}",
            )
            seconds.append(cpu)
            os.truncate(export / "openings.txt", 0)
            cpu_closed, _ = min(run(ran, expect=1) for _ in range(tries))
            yield figure(
                f"  lines alone, {size:,} lines",
                round(cpu_closed, 2),
                "s",
                f"no entry opened; best of {tries}",
            )
    if len(sizes) > 1:
        exponent = math.log(seconds[-1] / seconds[0]) / math.log(sizes[-1] / sizes[0])
        how = f"{sizes[0]:,} to {sizes[-1]:,} lines"
        yield figure("growth of verifying with length", round(exponent, 2), "exponent", how)
    # In memory, 64 bytes a leaf and the list besides: a million tells what ten million do.
    yield from proofs(min(sizes[-1], 1_000_000))
    yield from entries(2_000 if quick else 20_000)


def figure(name: str, value: float, unit: str, how: str) -> Result:
    return {"name": name, "value": value, "unit": unit, "how": how}


def run(command: list[str], expect: int = 0) -> tuple[float, float]:
    """Run a checker in a process of its own; return its CPU seconds and peak megabytes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expect:
        raise RuntimeError(f"{command[-3:]} ended with {process.returncode}, not {expect}: {said[-300:]}")
    peak = re.search(r"VmHWM:\s+(\d+) kB", said)
    return usage.ru_utime + usage.ru_stime, int(peak[1]) / 1024 if peak else math.nan


def proofs(size: int) -> Iterator[Result]:
    """Time proofs over a tree in memory, at random places."""
    choose = random.Random(1)
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]
    nodes = Nodes(leaves)
    root = root_at(nodes, size)
    places = [choose.randrange(size) for _ in range(1000)]
    how = f"mean over 1,000 places in a tree of {size:,} lines"
    made = [inclusion_proof(nodes, place, size) for place in places]
    joined = [consistency_proof(nodes, place + 1, size) for place in places]
    roots = [root_at(nodes, place + 1) for place in places]
    tasks: list[tuple[str, Callable[[int], object]]] = [
        ("make an inclusion proof", lambda i: inclusion_proof(nodes, places[i], size)),
        (
            "check an inclusion proof",
            lambda i: check_inclusion(leaves[places[i]], places[i], size, made[i], root),
        ),
        ("make a consistency proof", lambda i: consistency_proof(nodes, places[i] + 1, size)),
        (
            "check a consistency proof",
            lambda i: check_consistency(places[i] + 1, size, joined[i], roots[i], root),
        ),
    ]
    for name, task in tasks:
        yield figure(name, round(1000 * each(task, 1000), 4), "ms", how)
    some = leaves[:100_000]
    begun = time.process_time()
    grow(Frontier(), some)
    rate = len(some) / (time.process_time() - begun)
    yield figure(
        "hash lines into the tree", round(rate), "lines/s", "100,000 leaf hashes, one by one, CPU of one core"
    )


def entries(count: int) -> Iterator[Result]:
    """Time the writing and opening of an entry."""
    composed = [compose(ACT, random_bytes=os.urandom) for _ in range(count)]
    how = f"mean of {count:,}; seven words, {len(composed[0].line)} bytes in clear, {len(composed[0].openings)} to seal"
    write = each(lambda _: compose(ACT, random_bytes=os.urandom), count)
    yield figure("write an entry", round(1e6 * write, 1), "µs", how)
    read = each(lambda i: open_entry(composed[i].line, composed[i].openings), count)
    yield figure("open an entry", round(1e6 * read, 1), "µs", how)


def each(task: Callable[[int], object], count: int) -> float:
    """Return the CPU seconds that a task takes, on the mean."""
    begun = time.process_time()
    for number in range(count):
        task(number)
    return (time.process_time() - begun) / count
