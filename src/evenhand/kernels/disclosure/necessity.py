"""Prove that a cell leaks, and turn the proof into a condition that every protecting pattern must meet."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evenhand.kernels.disclosure.cover import Cut
from evenhand.kernels.disclosure.programme import (
    Flags,
    Floats,
    Ints,
    Programme,
    Rows,
    SolverStopped,
    unbounded,
)
from evenhand.kernels.disclosure.system import System
from evenhand.kernels.disclosure.web import Web

# Sums looked at round a suspect: first few, then more, then all that its interval depends on.
REACHES = (20, 100, 1 << 60)
# Shown cells are let move by this share of what withholding them would allow, so that among equally
# good proofs the solver returns one that leans on few of them: its condition then says more.
TILT = 0.01
TINY = 1e-9


def necessities(
    system: System, withheld: Flags, suspects: Ints, *, width: int, web: Web
) -> tuple[list[Cut], Ints]:
    """Prove or clear each suspect.

    A suspect's interval is bounded over a few sums round it, with all others forgotten. Forgetting sums
    can only widen an interval, so what is too narrow there is too narrow in truth, and the dual
    values name the condition that the pattern breaks.

    returns  cuts, one for each suspect that leaks, and the leaking cells
    source   capacity constraints from the dual of the attacker's programme: Fischetti and Salazar (2001)
    """
    cuts: list[Cut] = []
    leaking: list[int] = []
    for cell in suspects:
        cut = necessity(system, withheld, int(cell), width=width, web=web)
        if cut is not None:
            cuts.append(cut)
            leaking.append(int(cell))
    return cuts, np.array(leaking, dtype=np.int64)


def necessity(system: System, withheld: Flags, cell: int, *, width: int, web: Web) -> Cut | None:
    """Return the condition that a leaking cell breaks, or None when it does not leak."""
    for reach in REACHES:
        sums, whole = web.around(cell, withheld, reach)
        rows = web.by_sum[sums]
        for tilt in (TILT, 0.0):
            cut = _cut(system, withheld, cell, rows, width=width, tilt=tilt)
            if cut is not None:
                return cut
        if whole:
            return None
    return None


def _cut(
    system: System, withheld: Flags, cell: int, rows: sparse.csr_matrix, *, width: int, tilt: float
) -> Cut | None:
    cells = np.unique(rows.indices)
    cells = cells[withheld[cells] | ~system.shown[cells]] if tilt else cells[withheld[cells]]
    here = int(np.searchsorted(cells, cell))
    give = (system.value - system.lowest)[cells].astype(np.float64)
    hidden = withheld[cells]
    lower = np.where(hidden, -give, -tilt * np.minimum(give, width))
    upper = np.where(hidden, np.inf, tilt * width)
    matrix = rows[:, cells]
    zero = np.zeros(rows.shape[0])
    programme = Programme(
        np.zeros(cells.size),
        lower,
        upper,
        Rows(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data, zero, zero),
        presolve="off",
    )
    reached = np.unique(rows.indices)
    itself = int(np.searchsorted(reached, cell))
    weight = np.zeros(reached.size)
    for sign in (-1.0, 1.0):
        cost = np.zeros(cells.size)
        cost[here] = sign
        slope = _slopes(programme, cost, rows[:, reached])
        if slope is None:
            return None
        slope[itself] -= sign
        slope[np.abs(slope) < TINY] = 0.0
        weight += np.where(slope > 0, np.inf, -slope * (system.value - system.lowest)[reached].clip(0))
    own = float(weight[itself])
    least = width - own
    if not least > TINY:
        return None
    keep = (weight > TINY) & (reached != cell) & (withheld[reached] | ~system.shown[reached])
    kept, weights = reached[keep], np.minimum(weight[keep], least)
    if weights[withheld[kept]].sum() >= least - 1e-6:
        return None
    return Cut(cell, kept.astype(np.int64), weights, least)


def _slopes(programme: Programme, cost: Floats, rows: sparse.csr_matrix) -> Floats | None:
    """Return how much each cell's shift could add to the objective, by the duals; None when it has no bound.

    A positive slope counts upward shifts, which nothing bounds; a negative one downward shifts.
    """
    programme.set_cost(cost)
    try:
        duals = programme.solve().duals
    except SolverStopped as stopped:
        if unbounded(stopped):
            return None
        raise
    return np.asarray(rows.T @ duals, dtype=np.float64)
