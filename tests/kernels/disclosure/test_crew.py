"""However many processes prove, the pattern, its cost and its witnesses are the same."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.kernels.disclosure import crew
from evenhand.kernels.disclosure import withhold as choosing
from evenhand.kernels.disclosure.join import join_tables
from evenhand.kernels.disclosure.rules import Policy, price
from evenhand.kernels.disclosure.sample import source_of
from evenhand.kernels.disclosure.synthetic import extract
from evenhand.kernels.disclosure.withhold import withhold


@pytest.mark.parametrize("whole", [choosing.WHOLE, 0], ids=["exact", "as for a large release"])
def test_two_processes_find_what_one_finds(whole, monkeypatch):
    monkeypatch.setattr(choosing, "WHOLE", whole)
    monkeypatch.setattr(crew, "BATCH", 2)
    year = extract(2_000, places_a_region=2, rng=np.random.default_rng(3))
    policy = Policy()
    sources = [source_of("year", year, 2)]
    system = join_tables(year.dimensions, sources, lowest=policy.lowest, price=price).system
    alone, together = (withhold(system, policy, processes=count) for count in (1, 2))
    assert alone.leaks_met > 2
    assert np.array_equal(alone.withheld, together.withheld)
    assert np.array_equal(alone.witnesses.tables, together.witnesses.tables)
    assert (alone.cost, alone.bound) == (together.cost, together.bound)
