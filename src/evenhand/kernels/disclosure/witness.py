"""Make whole-number tables that fit everything published and lie far apart in every withheld cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.kernels.disclosure.audit import part_of
from evenhand.kernels.disclosure.programme import (
    Flags,
    Floats,
    Ints,
    NoSolution,
    Programme,
    Rows,
    Solution,
    SolverStopped,
)
from evenhand.kernels.disclosure.system import PublicView, groups

NEAR = 1e-6
# Rounds without a newly proved cell after which the rest is looked at one by one.
PATIENCE = 3


@dataclass(frozen=True)
class Witnesses:
    """Whole-number tables over the withheld cells, and the cells that they do not prove.

    tables    (T, K) each row fits everything published
    leaks     indexes (in the system) of withheld cells that can be bounded more tightly than promised
    programmes  how many programmes were solved
    """

    tables: NDArray[np.int64]
    leaks: Ints
    programmes: int


def make_witnesses(view: PublicView, *, width: int) -> Witnesses:
    """Find tables that fit `view` such that in every withheld cell two of them differ by `width` or more.

    Everything here is computed from the public view alone, in a fixed order and without a clock, so that
    two releases that publish the same carry the same witnesses, byte for byte: nothing about the hidden
    counts can be read from them.

    view     what is public: sums over withheld cells, and the least each may be
    width    how far apart                                                                  [counts]
    returns  Witnesses; `leaks` is empty when the release may go out
    raises   SolverStopped, when the solver gives no proved answer: then nothing may go out
    """
    label = groups(view)
    columns: list[tuple[Ints, list[Ints]]] = []
    leaks: list[Ints] = []
    programmes = 0
    for group in range(int(label.max()) + 1 if label.size else 0):
        members = label == group
        search = _Search(part_of(view, members), width)
        search.begin()
        search.aim_at_all()
        search.aim_at_each()
        columns.append((np.flatnonzero(members), search.kept))
        leaks.append(view.cells[members][search.leaking])
        programmes += search.programmes
    count = max((len(kept) for _, kept in columns), default=0)
    tables = np.zeros((count, view.cells.size), dtype=np.int64)
    for places, kept in columns:
        for row in range(count):
            tables[row, places] = kept[row] if row < len(kept) else kept[0]
    found = np.concatenate(leaks) if leaks else np.zeros(0, dtype=np.int64)
    return Witnesses(tables, np.sort(found).astype(np.int64), programmes)


class _Search:
    """Look for witnesses in one independent part of the system."""

    def __init__(self, view: PublicView, width: int) -> None:
        self.view = view
        self.width = width
        self.size = view.cells.size
        self.floor = view.lowest.astype(np.float64)
        self.ceiling = view.highest
        self.rows = view.rows()
        self.kept: list[Ints] = []
        self.low = np.zeros(self.size, dtype=np.int64)
        self.high = np.zeros(self.size, dtype=np.int64)
        self.leaking = np.zeros(self.size, dtype=np.bool_)
        self.programmes = 0
        self.linear = Programme(np.zeros(self.size), self.floor, self.ceiling, self.rows)
        self.coin = np.random.default_rng(20)

    def begin(self) -> None:
        """Take the table with the least sum as the first."""
        first = self.solve(np.ones(self.size) / max(self.size, 1), self.floor, self.ceiling)
        self.low, self.high = first.copy(), first.copy()
        self.kept.append(first)

    def aim_at_all(self) -> None:
        """Aim at all unproved cells at once, while that proves some."""
        idle = 0
        while idle < PATIENCE and (open_cells := self.unproved()).any():
            before = int(open_cells.sum())
            side = self.coin.integers(0, 2, self.size) * 2.0 - 1.0
            for sign in (side, -side):
                self.aim(np.where(self.unproved(), sign, 0.0))
            idle = idle + 1 if int(self.unproved().sum()) == before else 0

    def aim_at_each(self) -> None:
        """Take every cell that is still unproved to its ends."""
        for cell in range(self.size):
            if self.unproved()[cell]:
                self.prove_alone(cell)

    def unproved(self) -> Flags:
        """Return the cells in which the tables found so far do not lie far enough apart."""
        return np.asarray((self.high - self.low < self.width) & ~self.leaking, dtype=np.bool_)

    def aim(self, sign: Floats) -> None:
        """Push cells up (+1) or down (-1), each no further than what proves it, all in one programme."""
        upper = np.where(sign > 0, np.minimum(self.low + self.width, self.ceiling), self.ceiling)
        lower = np.where(sign < 0, np.maximum(self.high - self.width, self.floor), self.floor)
        self.keep(self.solve(-sign, lower, upper))

    def prove_alone(self, cell: int) -> None:
        """Take one cell to both ends; where even that is too close, it leaks."""
        sign = np.zeros(self.size)
        for direction in (1.0, -1.0):
            sign[cell] = direction
            self.aim(sign)
        self.leaking[cell] = self.high[cell] - self.low[cell] < self.width

    def keep(self, table: Ints) -> None:
        """Keep a table if it stretches any cell that still needs it."""
        need = self.unproved()
        if ((table < self.low) | (table > self.high))[need].any():
            self.kept.append(table)
            self.low = np.minimum(self.low, table)
            self.high = np.maximum(self.high, table)

    def solve(self, cost: Floats, lower: Floats, upper: Floats) -> Ints:
        """Solve over the part of the system, in whole numbers: linear first, branching only where that gives halves."""
        self.programmes += 1
        self.linear.set_cost(cost)
        self.linear.set_bounds(lower, upper)
        point = self.linear.solve().point
        table = np.rint(point).astype(np.int64)
        if np.abs(point - table).max(initial=0.0) > NEAR:
            table = np.rint(in_whole_numbers(cost, lower, upper, self.rows).point).astype(np.int64)
        if (self.view.matrix @ table != self.view.right).any() or (
            (table < self.view.lowest) | (table > self.ceiling)
        ).any():
            raise SolverStopped("a table that the solver proposed does not add up")
        return table


def in_whole_numbers(cost: Floats, lower: Floats, upper: Floats, rows: Rows) -> Solution:
    """Solve the same programme with every cell a whole number."""
    whole = np.ones(cost.size, dtype=np.bool_)
    try:
        return Programme(cost, lower, upper, rows, whole).solve()
    except NoSolution as error:
        raise SolverStopped("no whole-number table fits what is published") from error
