"""Say how tightly each withheld cell can be bounded by somebody who has everything that is published."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.kernels.disclosure.programme import Flags, Floats, Ints, Programme, SolverStopped, unbounded
from evenhand.kernels.disclosure.system import PublicView, System, groups, public_view

SLACK = 1e-6


@dataclass(frozen=True)
class Intervals:
    """The feasible interval of each withheld cell; `high` is infinite where nothing bounds it."""

    cells: Ints
    low: Floats
    high: Floats

    def narrower_than(self, width: int) -> Ints:
        """Return the cells whose interval is shorter than `width`."""
        return self.cells[self.high - self.low < width - SLACK]


def part_of(view: PublicView, members: Flags) -> PublicView:
    """Cut the view down to some of its withheld cells, all others having no sum with them."""
    matrix = view.matrix[:, np.flatnonzero(members)]
    touched = np.flatnonzero(np.diff(matrix.indptr))
    return PublicView(
        cells=view.cells[members],
        matrix=matrix[touched],
        right=view.right[touched],
        lowest=view.lowest[members],
        highest=view.highest[members],
    )


def feasible_intervals(system: System, withheld: Flags, cells: Ints | None = None) -> Intervals:
    """Bound each withheld cell (or those in `cells`) from below and above by linear programmes.

    Two programmes a cell, over its independent part of the system. Whole numbers can only be tighter:
    `witness` gives the whole-number proof, this function the exact real interval.
    returns  Intervals in counts
    raises   SolverStopped, when the solver gives no proved answer
    """
    view = public_view(system, withheld)
    wanted = np.isin(view.cells, cells) if cells is not None else np.ones(view.cells.size, dtype=np.bool_)
    low = np.full(view.cells.size, np.nan)
    high = np.full(view.cells.size, np.nan)
    label = groups(view)
    for group in np.unique(label[wanted]):
        members = label == group
        block = part_of(view, members)
        places = np.flatnonzero(members)
        programme = Programme(
            np.zeros(places.size), block.lowest.astype(np.float64), np.full(places.size, np.inf), block.rows()
        )
        for local in np.flatnonzero(wanted[members]):
            low[places[local]] = extreme(programme, places.size, int(local), sign=1.0)
            high[places[local]] = extreme(programme, places.size, int(local), sign=-1.0)
    return Intervals(view.cells[wanted], low[wanted], high[wanted])


def extreme(programme: Programme, size: int, at: int, *, sign: float) -> float:
    """Return the least (sign 1) or greatest (sign -1) value of one column; infinite when it has no bound."""
    cost = np.zeros(size)
    cost[at] = sign
    programme.set_cost(cost)
    try:
        return sign * programme.solve().objective
    except SolverStopped as stopped:
        if unbounded(stopped):
            return -sign * np.inf
        raise
