"""Find the cheapest further cells to withhold so that one cell can no longer be bounded tightly."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evenhand.kernels.disclosure.programme import Flags, Floats, Ints, NoSolution, Programme, Rows
from evenhand.kernels.disclosure.system import System

ROUNDS = 3
TINY = 1e-7


class CannotProtect(Exception):
    """No pattern protects the cell: the message names it and says what would help."""


def widen(
    system: System,
    withheld: Flags,
    cell: int,
    *,
    low: float,
    high: float,
    width: int,
    equations: sparse.csr_matrix,
) -> Ints:
    """Return the cells to withhold besides those in `withheld` so that `cell` spans `width`.

    low, high   the feasible interval of the cell as things stand
    equations   (M, N) of the system, or of the part of it in which to look
    returns     indexes of further cells; withholding them makes a table possible that is `width` away
                from one that is possible already
    raises      CannotProtect, when every way needs a cell that must be shown
    source      linear-programming heuristic for cell suppression: Kelly, Golden and Assad (1992),
                Networks 22, with the fixed charge of each cell approached by reweighting
    """
    value = float(system.value[cell])
    moves = [np.ceil(low - TINY) + width - value]
    if np.isfinite(high) and np.floor(high + TINY) - width >= system.lowest[cell]:
        moves.append(np.floor(high + TINY) - width - value)
    ways = [
        way for move in moves if (way := cheapest_move(system, withheld, cell, move, equations)) is not None
    ]
    if not ways:
        raise CannotProtect(
            f"{system.name(cell)} cannot be protected: too much round it must be shown; coarsen it"
        )
    return min(ways, key=lambda cells: float(system.cost[cells].sum()))


def cheapest_move(
    system: System, withheld: Flags, cell: int, move: float, equations: sparse.csr_matrix
) -> Ints | None:
    """Return the published cells that a shift of `cell` by `move` has to pass through, or None if it cannot be."""
    movable = np.unique(equations.indices[~system.shown[equations.indices]])
    if cell not in movable:
        movable = np.union1d(movable, [cell])
    count = movable.size
    free = (withheld | system.unprinted)[movable]
    down = (system.value - system.lowest)[movable].astype(np.float64)
    up = np.where(free, np.inf, abs(move) * 4)
    lower, upper = np.zeros(2 * count), np.concatenate([up, down])
    here = int(np.searchsorted(movable, cell))
    rise, fall = (move, 0.0) if move > 0 else (0.0, -move)
    lower[here], upper[here], lower[count + here], upper[count + here] = rise, rise, fall, fall
    if fall > down[here]:
        return None
    matrix = equations[:, movable]
    both = sparse.hstack([matrix, -matrix], format="csr")
    zero = np.zeros(both.shape[0])
    rows = Rows(both.indptr.astype(np.int64), both.indices.astype(np.int64), both.data, zero, zero)
    charge = np.where(free, 0.0, system.cost[movable])
    charge[here] = 0.0
    price = charge / abs(move)
    best: Ints | None = None
    best_cost = np.inf
    programme = Programme(np.tile(price, 2), lower, upper, rows)
    for _ in range(ROUNDS):
        try:
            point = programme.solve().point
        except NoSolution:
            return None
        flow: Floats = point[:count] + point[count:]
        used = movable[(flow > TINY) & ~free]
        used = used[used != cell]
        cost = float(system.cost[used].sum())
        if cost < best_cost:
            best, best_cost = used.astype(np.int64), cost
        price = np.where(flow > TINY, charge / np.maximum(flow, TINY), charge)
        programme.set_cost(np.tile(price, 2))
    return best
