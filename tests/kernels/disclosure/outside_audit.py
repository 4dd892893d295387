"""An audit of a release folder written apart from the code it judges: its own reading, its own solver calls."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp


def read(folder: Path):
    """Return what a reader has: dimensions, printed cells (None where withheld) and the policy."""
    about = json.loads((folder / "release.json").read_text())
    cells = {}
    for source in about["sources"]:
        where = folder / source["folder"]
        for table in json.loads((where / "release.json").read_text())["tables"]:
            for row in csv.DictReader((where / "tables" / f"{table['name']}.csv").open()):
                key = tuple(
                    row[d["name"]]
                    if d["name"] in table["dimensions"]
                    else source["roots"].get(d["name"], "total")
                    for d in about["dimensions"]
                )
                count = None if row["count"] == "[c]" else int(row["count"])
                if cells.get(key) is None:
                    cells[key] = count
    return about["dimensions"], cells, about["policy"]


def leaf_sets(dimension):
    """Return the finest codes under each code."""
    children = {}
    for parent, parts in dimension["sums"]:
        children.setdefault(parent, parts)
    codes = {c for p, parts in dimension["sums"] for c in (p, *parts)}

    def below(code):
        return set().union(*(below(c) for c in children[code])) if code in children else {code}

    return {code: below(code) for code in codes}


def intervals(folder: Path, *, whole: bool = False, cells_to_bound=None):
    """Bound every withheld cell with the finest cells of the whole cube as unknowns.

    This is another model than the one under test: no sums between printed cells, only people in the
    finest cells, counted into everything that is printed.
    """
    dimensions, cells, policy = read(folder)
    sets = [leaf_sets(d) for d in dimensions]
    used = [sorted({c for key in cells for c in sets[axis][key[axis]]}) for axis in range(len(dimensions))]
    leaves = list(itertools.product(*used))
    where = {leaf: at for at, leaf in enumerate(leaves)}

    def row(key):
        line = np.zeros(len(leaves))
        for leaf in itertools.product(*(sorted(sets[a][c]) for a, c in enumerate(key))):
            line[where[leaf]] = 1
        return line

    known = [key for key, count in cells.items() if count is not None]
    hidden = [key for key, count in cells.items() if count is None]
    equal, right = np.array([row(key) for key in known]), np.array([cells[key] for key in known], float)
    floor = np.array([row(key) for key in hidden]).reshape(-1, len(leaves))
    found = {}
    for at, key in enumerate(hidden):
        if cells_to_bound is not None and key not in cells_to_bound:
            continue
        ends = []
        for sign in (1, -1):
            if whole:
                answer = milp(
                    sign * floor[at],
                    constraints=[
                        LinearConstraint(equal, right, right),
                        LinearConstraint(floor, policy["lowest"], np.inf),
                    ],
                    bounds=Bounds(0, np.inf),
                    integrality=np.ones(len(leaves)),
                )
                free = answer.status == 3
            else:
                answer = linprog(
                    sign * floor[at],
                    A_ub=-floor,
                    b_ub=-np.full(len(hidden), policy["lowest"]),
                    A_eq=equal if known else None,
                    b_eq=right if known else None,
                )
                free = answer.status == 3
            assert answer.status in (0, 3), answer.message
            ends.append(sign * np.inf * -1 if free else sign * answer.fun)
        found[key] = (ends[0], ends[1])
    return found
