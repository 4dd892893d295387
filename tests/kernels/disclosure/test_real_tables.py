"""Four linked hierarchical tables of a statistics office are protected, near the least cost, and proved."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from evenhand.kernels.disclosure.audit import feasible_intervals
from evenhand.kernels.disclosure.join import Source, join_tables
from evenhand.kernels.disclosure.rules import Policy, dominated, price
from evenhand.kernels.disclosure.tables import Dimension, Table
from evenhand.kernels.disclosure.withhold import withhold

GOLDEN = Path(__file__).parents[2] / "golden" / "disclosure"


def hierarchy(name, file, columns):
    """Read a hierarchy: each row is a path from the roll-ups down to a code."""
    sums: dict[str, dict[str, None]] = {}
    for row in csv.DictReader((GOLDEN / file).open()):
        path = ["total", *(row[column] for column in columns)]
        for parent, child in pairwise(path):
            if parent != child:
                sums.setdefault(parent, {})[child] = None
    return Dimension(name, tuple((parent, tuple(children)) for parent, children in sums.items()))


def linked():
    activity = hierarchy("ACTIVITY", "activity_corr_table.csv", ["A10", "A21", "A88"])
    nuts = hierarchy("NUTS", "nuts23_fr_corr_table.csv", ["NUTS2", "NUTS3"])
    forms = Dimension("CJ", (("total", ("LL", "PA", "SP")),))
    sizes = Dimension("SIZE", (("total", ("tr1", "tr2", "tr3")),))
    dimensions = (activity, nuts, forms, sizes)
    tables = []
    for place, other, file in (
        (activity, forms, "turnover_act_cj.csv"),
        (activity, sizes, "turnover_act_size.csv"),
        (nuts, forms, "turnover_nuts_cj.csv"),
        (nuts, sizes, "turnover_nuts_size.csv"),
    ):
        counts = np.zeros((len(place.codes), len(other.codes)), dtype=np.int64)
        for row in csv.DictReader((GOLDEN / file).open()):
            codes = [row[d.name].replace("Total", "total") for d in (place, other)]
            counts[place.place[codes[0]], other.place[codes[1]]] = int(float(row["N_OBS"]))
        tables.append((Table(file[:-4], file, (place.name, other.name)), counts))
    return join_tables(dimensions, [Source("insee", tables)], lowest=1, price=price)


@pytest.fixture(scope="module")
def protected():
    joined = linked()
    return joined, withhold(joined.system, Policy())


def test_every_small_count_and_what_gives_it_away_is_withheld(protected):
    joined, done = protected
    small = (joined.system.value > 0) & (joined.system.value < 5)
    assert done.withheld[small].all()
    assert not done.withheld[joined.system.value == 0].any()
    assert not feasible_intervals(joined.system, done.withheld).narrower_than(5).size


def test_the_cost_is_within_five_percent_of_a_proved_bound(protected):
    _, done = protected
    assert done.bound > 0
    assert done.bound - 1e-6 <= done.cost <= 1.05 * done.bound


def test_dominated_cells_are_found():
    total, largest = np.array([100.0, 100.0, 50.0, 0.0]), np.array([86.0, 85.0, 20.0, 0.0])
    assert dominated(total, largest, np.array([9, 9, 2, 0]), share=0.85, at_least=3).tolist() == [
        True,
        False,
        True,
        False,
    ]
