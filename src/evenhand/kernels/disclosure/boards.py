"""Protect the small count tables of internal boards: withhold, complement, round."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evenhand.kernels.disclosure.audit import feasible_intervals
from evenhand.kernels.disclosure.programme import Flags
from evenhand.kernels.disclosure.system import System, sums_from_keys, system_of_sums
from evenhand.kernels.disclosure.web import Web
from evenhand.kernels.disclosure.widen import widen


def protect_counts(
    cells: Mapping[tuple[str, ...], int], *, threshold: int, round_to: int
) -> dict[tuple[str, ...], int | None]:
    """Return the table with every count that is or gives away a small one replaced by None, the others rounded.

    cells      counts by key; a key part "total" marks a margin, and every margin must be the sum of its
               cells as far as they are given; keys need not cover every margin                   [counts]
    threshold  counts from 1 to threshold - 1 are withheld; zeros are shown as 0
    round_to   shown counts are rounded to the nearest multiple, halves up; 1 leaves them exact; keep it at
               most twice the threshold, or a count that is shown may read 0
    returns    the same keys; None where withheld. From the shown counts, even unrounded, and with what a
               withheld cell is known not to be (zero), each withheld cell keeps an interval at least
               `threshold` long
    raises     BadTable, when a margin is not the sum of its cells or a count is negative; ValueError
    >>> protect_counts({("a",): 2, ("b",): 40, ("c",): 11, ("total",): 53}, threshold=5, round_to=1)
    {('a',): None, ('b',): 40, ('c',): None, ('total',): 53}
    """
    if threshold < 1 or round_to < 1:
        raise ValueError("threshold and round_to must be at least 1")
    lengths = {len(key) for key in cells}
    if len(lengths) > 1:
        raise ValueError(f"keys differ in length: {sorted(lengths)}")
    if any(int(count) != count for count in cells.values()):
        raise ValueError("counts must be whole numbers")
    keys = list(cells)
    margins = np.array([sum(part == "total" for part in key) for key in keys], dtype=np.float64)
    price = np.sqrt(np.array([max(cells[key], 0) for key in keys]) + 1.0) * 3.0**margins
    system = system_of_sums(cells.values(), sums_from_keys(cells), cost=price.tolist(), names=keys)
    withheld = withheld_pattern(system, threshold)
    return {
        key: None if withheld[at] else (cells[key] + round_to // 2) // round_to * round_to
        for at, key in enumerate(keys)
    }


def withheld_pattern(system: System, threshold: int) -> Flags:
    """Return which cells of a small system to withhold: under the threshold, then whatever gives one away.

    Cells are widened one after another until the audit finds none too tight; then every complement is
    shown again if the audit allows it, dearest first.
    """
    primary = (system.value > 0) & (system.value < threshold) & ~system.shown
    withheld = primary.copy()
    web = Web.of(system)
    while True:
        intervals = feasible_intervals(system, withheld)
        tight = intervals.narrower_than(threshold)
        if not tight.size:
            break
        withheld[widen(system, withheld, int(tight[0]), width=threshold, web=web)] = True
    complements = np.flatnonzero(withheld & ~primary)
    for cell in complements[np.argsort(-system.cost[complements], kind="stable")]:
        trial = withheld.copy()
        trial[cell] = False
        if not feasible_intervals(system, trial).narrower_than(threshold).size:
            withheld = trial
    return withheld
