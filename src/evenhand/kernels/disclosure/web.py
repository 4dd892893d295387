"""Walk from a cell to its neighbours: which sums it is in, and which cells they hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from evenhand.kernels.disclosure.programme import Flags, Ints
from evenhand.kernels.disclosure.system import System


@dataclass(frozen=True)
class Web:
    """The system's equations by row and by column."""

    by_sum: sparse.csr_matrix
    by_cell: sparse.csc_matrix

    @classmethod
    def of(cls, system: System) -> Web:
        """Index a system once."""
        by_sum = system.equations()
        return cls(by_sum, by_sum.tocsc())

    def sums_of(self, cells: Ints) -> Ints:
        """Return the sums that hold any of the cells."""
        return gather(self.by_cell.indptr, self.by_cell.indices, cells)

    def cells_of(self, sums: Ints) -> Ints:
        """Return the cells that any of the sums holds."""
        return gather(self.by_sum.indptr, self.by_sum.indices, sums)

    def around(self, cell: int, passable: Flags, most: int) -> tuple[Ints, bool]:
        """Return the sums reached from a cell through passable cells, and whether these are all there are.

        The walk goes step by step and ends when it holds `most` sums or more.
        """
        sums = self.sums_of(np.array([cell], dtype=np.int64))
        frontier = sums
        while sums.size < most:
            cells = self.cells_of(frontier)
            frontier = np.setdiff1d(self.sums_of(cells[passable[cells]]), sums, assume_unique=True)
            if not frontier.size:
                return sums, True
            sums = np.union1d(sums, frontier)
        return sums, False

    def near(self, cell: int, passable: Flags, most: int) -> tuple[Ints, bool]:
        """Return passable cells round a cell, nearest first, about `most`, and whether these are all there are."""
        cells = np.array([cell], dtype=np.int64)
        frontier = cells
        while frontier.size:
            reached = self.cells_of(self.sums_of(frontier))
            frontier = np.setdiff1d(reached[passable[reached]], cells, assume_unique=True)
            room = most - cells.size
            if frontier.size > room:
                return np.union1d(cells, frontier[:room]), False
            cells = np.union1d(cells, frontier)
        return cells, True


def gather(start: Ints, index: Ints, rows: Ints) -> Ints:
    """Return the distinct entries of some rows of a compressed matrix."""
    if not rows.size:
        return np.zeros(0, dtype=np.int64)
    first, last = start[rows], start[rows + 1]
    lengths = last - first
    offsets = np.repeat(first - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return np.unique(index[offsets + np.arange(int(lengths.sum()))]).astype(np.int64)
