"""An audit of a release folder written apart from the code it judges: its own reading, its own solver calls."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import numpy as np
from scipy.optimize import linprog


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


def intervals_by_sums(folder: Path):
    """Bound every withheld cell, and every unprinted rest of a half-printed sum, with printed cells as unknowns."""
    dimensions, cells, policy = read(folder)
    keys = list(cells)
    place = {key: at for at, key in enumerate(keys)}
    low = [policy["lowest"] if cells[key] is None else cells[key] for key in keys]
    high = [np.inf if cells[key] is None else cells[key] for key in keys]
    if policy["method"] == "round":
        # Of a rounded count nothing is known but that it lies less than the base away.
        low = [max(cells[key] - policy["base"] + 1, 0) for key in keys]
        high = [cells[key] + policy["base"] - 1 for key in keys]
        cells = dict.fromkeys(cells)
    goals = {key: unit(len(keys), {place[key]: 1}) for key in keys if cells[key] is None}
    equal, unequal = [], []
    for key in keys:
        for axis, dimension in enumerate(dimensions):
            for parent, parts in dimension["sums"]:
                below = [(*key[:axis], part, *key[axis + 1 :]) for part in parts]
                there = [k for k in below if k in place]
                if parent != key[axis] or not there:
                    continue
                line = unit(len(keys), {place[key]: 1, **{place[k]: -1 for k in there}})
                if len(there) == len(below):
                    equal.append(line)
                    continue
                # What a revision took away is less than nothing.
                if dimension["name"] != "vintage":
                    unequal.append(-line)
                if tells(cells, key, there, policy["threshold"]):
                    goals["rest", key, parent] = line
    for key, there in across_vintages(dimensions, cells):
        if tells(cells, key, there, policy["threshold"]):
            goals["rest", key, *there] = unit(len(keys), {place[key]: 1, **{place[k]: -1 for k in there}})
    found = {}
    for name, goal in goals.items():
        ends = []
        for sign in (1, -1):
            answer = linprog(
                sign * goal,
                A_ub=np.array(unequal) if unequal else None,
                b_ub=np.zeros(len(unequal)) if unequal else None,
                A_eq=np.array(equal),
                b_eq=np.zeros(len(equal)),
                bounds=np.column_stack([low, high]),
            )
            assert answer.status in (0, 3), answer.message
            ends.append(-sign * np.inf if answer.status == 3 else sign * answer.fun)
        found[name] = tuple(ends)
    return found


def tells(cells, key, parts, threshold):
    """Say whether a total less some parts is not known, or known and of a few people."""
    counts = [cells[k] for k in (key, *parts)]
    return None in counts or 0 < abs(counts[0] - sum(counts[1:])) < threshold


def across_vintages(dimensions, cells):
    """Pair every total with its parts, those that its own vintage does not print as another vintage printed them."""
    when = next((at for at, d in enumerate(dimensions) if d["name"] == "vintage"), None)
    if when is None:
        return
    for key in cells:
        for axis, dimension in enumerate(dimensions):
            for parent, parts in dimension["sums"] if axis != when else ():
                own = [(*key[:axis], part, *key[axis + 1 :]) for part in parts if parent == key[axis]]
                for other in {k[when] for k in cells} - {key[when]}:
                    turned = [k if k in cells else (*k[:when], other, *k[when + 1 :]) for k in own]
                    there = [k for k in turned if k in cells]
                    if any(k[when] == other for k in there):
                        yield key, there


def unit(size, weights):
    """Return a row with some weights in it."""
    line = np.zeros(size)
    for at, weight in weights.items():
        line[at] = weight
    return line


def intervals_by_people(folder: Path):
    """Bound every withheld cell with the finest cells of the whole cube as unknowns.

    A sharper model than the one under test where several tables are linked: no sums between printed
    cells, only people in the finest cells, counted into everything that is printed.
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
        ends = []
        for sign in (1, -1):
            answer = linprog(
                sign * floor[at],
                A_ub=-floor,
                b_ub=-np.full(len(hidden), policy["lowest"]),
                A_eq=equal if known else None,
                b_eq=right if known else None,
            )
            assert answer.status in (0, 3), answer.message
            ends.append(-sign * np.inf if answer.status == 3 else sign * answer.fun)
        found[key] = (ends[0], ends[1])
    return found
