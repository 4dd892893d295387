"""Four linked hierarchical tables of a statistics office are protected, near the least cost, and proved."""

from __future__ import annotations

import numpy as np
import pytest
from real_tables import real_tables

from evenhand.kernels.disclosure.audit import feasible_intervals
from evenhand.kernels.disclosure.join import Source, join_tables
from evenhand.kernels.disclosure.rules import Policy, dominated, price
from evenhand.kernels.disclosure.withhold import withhold


@pytest.fixture(scope="module")
def protected():
    dimensions, tables = real_tables()
    joined = join_tables(dimensions, [Source("insee", tables)], lowest=1, price=price)
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
