"""Find the cheapest further cells to withhold so that one cell can no longer be bounded tightly."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evenhand.kernels.disclosure.audit import extreme
from evenhand.kernels.disclosure.programme import Flags, Floats, Ints, NoSolution, Programme, Rows
from evenhand.kernels.disclosure.system import System
from evenhand.kernels.disclosure.web import Web

ROUNDS = 3
# Cells that may move round a tight one: near by first, then more, then all.
REACHES = (300, 3000, 1 << 60)
TINY = 1e-7


class CannotProtect(Exception):
    """No pattern protects the cell: the message names it and says what would help."""


def widen(system: System, withheld: Flags, cell: int, *, width: int, web: Web) -> Ints:
    """Return the cells to withhold besides those in `withheld` so that `cell` spans `width`.

    Looks among the cells near by first, then further, then everywhere.
    returns  indexes of further cells; withholding them makes a table possible that is `width` away
             from one that is possible already
    raises   CannotProtect, when every way needs a cell that must be shown
    source   linear-programming heuristic for cell suppression: Kelly, Golden and Assad (1992),
             Networks 22, with the fixed charge of each cell approached by reweighting
    """
    passable = ~system.shown
    for reach in REACHES:
        cells, whole = web.near(cell, passable, reach)
        sums = web.sums_of(cells)
        room = Room(system, withheld, cell, cells, web.by_sum[sums][:, cells])
        low, high = room.span()
        if high - low >= width - TINY:
            return np.zeros(0, dtype=np.int64)
        moves = [np.ceil(low - TINY) + width]
        if np.isfinite(high) and np.floor(high + TINY) - width >= -room.give[room.here]:
            moves.append(np.floor(high + TINY) - width)
        ways = [way for move in moves if (way := room.cheapest(move)) is not None]
        if ways:
            return min(ways, key=lambda found: float(system.cost[found].sum()))
        if whole:
            break
    raise CannotProtect(
        f"{system.name(cell)} cannot be protected: too much round it must be shown; coarsen it"
    )


class Room:
    """The cells that may move round one cell, with all others held fast."""

    def __init__(
        self, system: System, hidden: Flags, cell: int, cells: Ints, matrix: sparse.csr_matrix
    ) -> None:
        self.cells = cells
        self.here = int(np.searchsorted(cells, cell))
        self.hidden = hidden[cells]
        self.give = (system.value - system.lowest)[cells].astype(np.float64)
        self.cost = np.where(self.hidden, 0.0, system.cost[cells])
        self.matrix = matrix
        self.zero = np.zeros(matrix.shape[0])

    def span(self) -> tuple[float, float]:
        """Return how far the cell can fall and rise while only hidden cells move."""
        matrix = self.matrix
        rows = Rows(
            matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data, self.zero, self.zero
        )
        lower = np.where(self.hidden, -self.give, 0.0)
        upper = np.where(self.hidden, np.inf, 0.0)
        programme = Programme(np.zeros(self.cells.size), lower, upper, rows, presolve="off")
        low = extreme(programme, self.cells.size, self.here, sign=1.0)
        return low, extreme(programme, self.cells.size, self.here, sign=-1.0)

    def cheapest(self, move: float) -> Ints | None:
        """Return the shown cells that a shift of the cell by `move` has to pass through, or None."""
        if -move > self.give[self.here]:
            return None
        count = self.cells.size
        size = max(abs(move), 1.0)
        lower = np.zeros(2 * count)
        upper = np.concatenate([np.where(self.hidden, np.inf, 4 * size), self.give])
        for place, fixed in ((self.here, max(move, 0.0)), (count + self.here, max(-move, 0.0))):
            lower[place] = upper[place] = fixed
        both = sparse.hstack([self.matrix, -self.matrix], format="csr")
        rows = Rows(
            both.indptr.astype(np.int64), both.indices.astype(np.int64), both.data, self.zero, self.zero
        )
        price = self.cost / size
        programme = Programme(np.tile(price, 2), lower, upper, rows)
        best: Ints | None = None
        best_cost = np.inf
        for _ in range(ROUNDS):
            try:
                point = programme.solve().point
            except NoSolution:
                return None
            flow: Floats = point[:count] + point[count:]
            used = (flow > TINY) & ~self.hidden
            cost = float(self.cost[used].sum())
            if cost < best_cost:
                best, best_cost = self.cells[used], cost
            price = np.where(flow > TINY, self.cost / np.maximum(flow, TINY), self.cost)
            programme.set_cost(np.tile(price, 2))
        return best
