"""Round every count to a base so that all margins still add, and prove that no count can be worked back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evenhand.kernels.disclosure.programme import Floats, Ints, NoSolution, Programme, Rows
from evenhand.kernels.disclosure.system import PublicView, System
from evenhand.kernels.disclosure.widen import CannotProtect
from evenhand.kernels.disclosure.withhold import silent
from evenhand.kernels.disclosure.witness import Witnesses, make_witnesses


@dataclass(frozen=True)
class Rounded:
    """Rounded counts (N,), what a reader knows of the true ones, and the witnesses that keep them apart."""

    value: Ints
    view: PublicView
    witnesses: Witnesses
    width: int


def round_counts(system: System, *, base: int, tell: Callable[[str], None] = silent) -> Rounded:
    """Round every count to a multiple of `base` next to it so that every sum still holds.

    A reader knows of each count that it lies less than `base` from what is printed, that it is not
    negative, and that the true counts add up too. The witnesses show that in every count these leave
    at least `base` different whole numbers open.

    base     3 or more                                                                        [counts]
    returns  Rounded; an unprinted rest of a sum is rounded with the others, so that its sum holds too
    raises   CannotProtect, when no such rounding exists or a count stays too narrow; SolverStopped
    source   zero-restricted controlled rounding: Cox and Ernst (1982), INFOR 20
    """
    if base < 3:
        raise ValueError("base must be at least 3")
    tell(f"rounding {system.size} counts to {base}")
    value = controlled(system, base)
    printed = ~system.unprinted
    equations = system.equations()
    view = PublicView(
        cells=np.arange(system.size, dtype=np.int64),
        matrix=equations,
        right=np.zeros(equations.shape[0], dtype=np.int64),
        lowest=np.where(printed, np.maximum(value - base + 1, 0), 0).astype(np.int64),
        highest=np.where(printed, value + base - 1.0, np.inf),
    )
    tell("making witnesses from the rounded figures")
    witnesses = make_witnesses(view, width=base - 1)
    if witnesses.leaks.size:
        name = system.name(int(witnesses.leaks[0]))
        raise CannotProtect(f"{name} is still known too closely when rounded to {base}; coarsen it")
    return Rounded(value, view, witnesses, base - 1)


def controlled(system: System, base: int) -> Ints:
    """Return the additive rounding nearest to the counts, each a neighbouring multiple of `base`."""
    below = system.value // base
    left: Floats = (system.value - below * base).astype(np.float64)
    equations = system.equations()
    right = -np.asarray(equations @ below, dtype=np.float64)
    rows = Rows(
        equations.indptr.astype(np.int64), equations.indices.astype(np.int64), equations.data, right, right
    )
    upper = (left > 0).astype(np.float64)
    whole = np.ones(system.size, dtype=np.bool_)
    # Going up costs what is then too much, staying down what is then missing.
    cost = base - 2 * left
    try:
        up = Programme(cost, np.zeros(system.size), upper, rows, whole, mip_rel_gap=0.01).solve().point
    except NoSolution as error:
        raise CannotProtect(f"no rounding to {base} keeps every margin; coarsen a table") from error
    return np.asarray((below + np.rint(up).astype(np.int64)) * base, dtype=np.int64)
