"""Set the withholding of four real linked tables beside the tau-ARGUS engine's: cells, cost, time, and what each leaves exposed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.kernels.disclosure.audit import feasible_intervals
from evenhand.kernels.disclosure.join import Release, Source, join_tables
from evenhand.kernels.disclosure.programme import Flags, Ints
from evenhand.kernels.disclosure.rules import Policy, price
from evenhand.kernels.disclosure.tables import Dimension, Table
from evenhand.kernels.disclosure.withhold import withhold

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "kernels" / "disclosure"))
from real_tables import real_tables

# An interpreter that has pytauargus; it is no requirement of Evenhand's.
ARGUS = "EVENHAND_BENCH_ARGUS"
# Engine method and rule: a count under 5 is unsafe, and its interval must reach so many per cent of it each way.
SETTINGS = (("OPT(1)", "FREQ(5,100)"), ("MOD(1)", "FREQ(5,100)"))
LIMIT = 280

Tables = list[tuple[Table, Ints]]


def measure(quick: bool) -> Iterator[dict[str, object]]:
    """Yield figures for the engine's two methods and for Evenhand, each table by itself and all four together."""
    dimensions, tables = real_tables()
    policy = Policy()
    together = joined(dimensions, tables)
    begun = time.process_time()
    done = withhold(together.system, policy)
    yield from figures(
        "Evenhand, four tables together", together, done.withheld, done.primary, time.process_time() - begun
    )
    begun = time.process_time()
    apart = [withhold(joined(dimensions, [one]).system, policy).withheld for one in tables]
    took = time.process_time() - begun
    marks = [
        flags[joined(dimensions, [one]).cells["all", one[0].name]]
        for flags, one in zip(apart, tables, strict=True)
    ]
    yield from both("Evenhand, table by table", dimensions, tables, marks, done.primary, took)
    python = os.environ.get(ARGUS, "")
    for method, rule in SETTINGS if python else ():
        name = f"tau-ARGUS engine {method[:3]}, {rule}, table by table"
        answers = engine(python, dimensions, tables, method, rule)
        faults = "; ".join(answer["fault"] for answer in answers if answer["fault"])
        if faults:
            yield {"name": f"{name}: ended without a pattern", "value": 0, "unit": "tables", "how": faults}
            continue
        marks = [withheld(answer, dimensions, one) for answer, one in zip(answers, tables, strict=True)]
        yield from both(
            name, dimensions, tables, marks, done.primary, sum(float(answer["cpu"]) for answer in answers)
        )
    if not python:
        yield {
            "name": "tau-ARGUS engine",
            "value": 0,
            "unit": "tables",
            "how": f"not measured: {ARGUS} names no interpreter",
        }


def joined(dimensions: tuple[Dimension, ...], tables: Tables) -> Release:
    """Join some of the tables into one system."""
    return join_tables(dimensions, [Source("all", tables)], lowest=1, price=price)


def engine(
    python: str, dimensions: tuple[Dimension, ...], tables: Tables, method: str, rule: str
) -> list[dict[str, Any]]:
    """Let the engine protect each table, as so many people in its finest cells."""
    named = {d.name: d for d in dimensions}
    asked = [
        {
            "dimensions": list(table.dimensions),
            "hierarchies": {
                name: tree(named[name]) for name in table.dimensions if len(named[name].sums) > 1
            },
            "cells": [
                [
                    [named[name].codes[at] for name, at in zip(table.dimensions, place, strict=True)],
                    int(count),
                ]
                for place, count in np.ndenumerate(counts)
                if count
                and all(
                    named[name].codes[at] in named[name].leaves
                    for name, at in zip(table.dimensions, place, strict=True)
                )
            ],
        }
        for table, counts in tables
    ]
    # The engine writes logs into the folder that it is started in, and reads some of them back.
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run(
            [python, str(Path(__file__).resolve().parent / "_tauargus.py")],
            input=json.dumps({"tables": asked, "rule": rule, "method": method}),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
            cwd=folder,
            env={**os.environ, "TMPDIR": folder},
        ).stdout
    answers: list[dict[str, Any]] = json.loads(said[said.index("[{") :])
    return answers


def tree(dimension: Dimension, code: str = "total", depth: int = 0) -> list[str]:
    """Return a roll-up as the engine reads it: a code a line, deeper ones behind more signs."""
    lines: list[str] = []
    for parent, children in dimension.sums:
        if parent == code:
            for child in children:
                lines += ["@" * depth + child, *tree(dimension, child, depth + 1)]
    return lines


def withheld(answer: dict[str, Any], dimensions: tuple[Dimension, ...], one: tuple[Table, Ints]) -> Flags:
    """Return which cells of a table the engine withholds."""
    table, counts = one
    place = [next(d for d in dimensions if d.name == name).place for name in table.dimensions]
    marks = np.zeros(counts.shape, dtype=np.bool_)
    for codes, _, status in answer["cells"]:
        at = tuple(
            known["total" if code in ("", "Total") else code]
            for known, code in zip(place, codes, strict=True)
        )
        marks[at] = status in ("U", "M")
    return marks


def both(
    name: str,
    dimensions: tuple[Dimension, ...],
    tables: Tables,
    marks: list[Flags],
    primary: Flags,
    took: float,
) -> Iterator[dict[str, object]]:
    """Yield the figures of patterns chosen table by table, audited one by one and as they stand side by side."""
    exposed = total = 0
    for one, flags in zip(tables, marks, strict=True):
        alone = joined(dimensions, [one])
        hidden = np.zeros(alone.system.size, dtype=np.bool_)
        hidden[alone.cells["all", one[0].name]] = flags
        exposed += feasible_intervals(alone.system, hidden).narrower_than(Policy().width).size
        total += int(hidden.sum())
    yield {
        "name": f"{name}: exposed within a table",
        "value": exposed,
        "unit": f"of {total} withheld",
        "how": "interval under 5 from that table's print alone; figures of two tables counted twice",
    }
    release = joined(dimensions, tables)
    # A figure that one table prints is printed.
    hidden = np.ones(release.system.size, dtype=np.bool_)
    some = ~hidden
    for (table, _), flags in zip(tables, marks, strict=True):
        cells = release.cells["all", table.name]
        hidden[cells[~flags]] = False
        some[cells[flags]] = True
    yield {
        "name": f"{name}: withheld in one table, printed in another",
        "value": int((some & ~hidden).sum()),
        "unit": "cells",
        "how": "the shared margins",
    }
    yield from figures(f"{name}, side by side", release, hidden, primary, took)


def figures(
    name: str, release: Release, hidden: Flags, primary: Flags, took: float
) -> Iterator[dict[str, object]]:
    """Yield cells, cost and exposure of a pattern over all four tables."""
    system = release.system
    intervals = feasible_intervals(system, hidden)
    tight = intervals.narrower_than(Policy().width)
    exact = intervals.narrower_than(1)
    unaware = feasible_intervals(replace(system, lowest=np.zeros_like(system.lowest)), hidden).narrower_than(
        4
    )
    small = primary[tight].sum() + (primary & ~hidden).sum()
    how = f"{took:.1f} CPU s; complements cost {system.cost[hidden & ~primary].sum():.0f}"
    yield {
        "name": f"{name}: withheld",
        "value": int(hidden.sum()),
        "unit": f"of {system.size} cells",
        "how": how,
    }
    yield {
        "name": f"{name}: exposed",
        "value": int(tight.size + (primary & ~hidden).sum()),
        "unit": "cells",
        "how": f"interval under 5 from all four tables; {exact.size} of them exactly known; {small} of them small;"
        f" {unaware.size} under 4 to a reader who does not see that zeros are printed",
    }
