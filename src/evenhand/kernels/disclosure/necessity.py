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
    Solution,
    SolverStopped,
    unbounded,
)
from evenhand.kernels.disclosure.system import System
from evenhand.kernels.disclosure.web import Web

# Sums looked at round a suspect: first few, then more; after that all that its interval depends on.
REACHES = (20, 100)
# Suspects that one after another share a programme; a new one begins after these, whoever works.
BATCH = 50
# Shown cells are let move by this share of what withholding them would allow, so that among equally
# good proofs the solver returns one that leans on few of them: its condition then says more.
TILT = 0.01
TINY = 1e-9


def necessities(
    system: System, withheld: Flags, suspects: Ints, *, width: int, web: Web, near: bool = False
) -> tuple[list[Cut], Ints]:
    """Prove or clear each suspect.

    A suspect's interval is bounded over a few sums round it, with all others forgotten. Forgetting sums
    can only widen an interval, so what is too narrow there is too narrow in truth, and the dual
    values name the condition that the pattern breaks.

    near     look at the nearest sums only: what leaks by these is found in a hundredth of a second, and
             what is not found may leak all the same
    returns  cuts, one for each suspect that leaks, and the leaking cells
    source   capacity constraints from the dual of the attacker's programme: Fischetti and Salazar (2001)
    """
    cuts: list[Cut] = []
    for first in range(0, suspects.size, BATCH):
        court = Court(system, withheld, width=width, web=web)
        judged = (court.necessity(int(cell), near=near) for cell in suspects[first : first + BATCH])
        cuts += [cut for cut in judged if cut is not None]
    return cuts, np.array([cut.cell for cut in cuts], dtype=np.int64)


class Court:
    """Judge the suspects of one pattern; the programmes over whole parts of the system are kept between them."""

    def __init__(self, system: System, withheld: Flags, *, width: int, web: Web) -> None:
        self.system, self.withheld, self.width, self.web = system, withheld, width, web
        self.whole: list[tuple[Flags, Stretch, Stretch]] = []

    def necessity(self, cell: int, *, near: bool = False) -> Cut | None:
        """Return the condition that a leaking cell breaks, or None when it does not leak (`near`: not near by)."""
        for reach in REACHES[:1] if near else REACHES:
            sums, whole = self.web.around(cell, self.withheld, reach)
            if whole and not near:
                break
            cut = self.stretch(sums, TILT).cut(cell)
            if cut is not None:
                return cut
        if near:
            return None
        plain, tilted = self.everything(cell)
        if plain.is_wide(cell):
            return None
        return tilted.cut(cell) or plain.cut(cell)

    def stretch(self, sums: Ints, tilt: float) -> Stretch:
        """Return the programme over some sums."""
        return Stretch(self.system, self.withheld, self.web.by_sum[sums], width=self.width, tilt=tilt)

    def everything(self, cell: int) -> tuple[Stretch, Stretch]:
        """Return the programmes over all sums that the cell's interval depends on: without a tilt, and with one."""
        for inside, plain, tilted in self.whole:
            if inside[cell]:
                return plain, tilted
        sums, _ = self.web.around(cell, self.withheld, 1 << 60)
        inside = np.zeros(self.system.size, dtype=np.bool_)
        inside[self.web.cells_of(sums)] = True
        made = inside & self.withheld, self.stretch(sums, 0.0), self.stretch(sums, TILT)
        self.whole.append(made)
        return made[1:]


class Stretch:
    """How far withheld cells can shift from their counts over some sums, with all other sums forgotten."""

    def __init__(
        self, system: System, withheld: Flags, rows: sparse.csr_matrix, *, width: int, tilt: float
    ) -> None:
        self.reached = np.unique(rows.indices)
        self.open = withheld[self.reached] | ~system.shown[self.reached]
        self.hidden = withheld[self.reached]
        self.cells = self.reached[self.open if tilt else self.hidden]
        self.give = (system.value - system.lowest)[self.reached].clip(0)
        self.width = width
        self.matrix = rows[:, self.reached]
        give = (system.value - system.lowest)[self.cells].astype(np.float64)
        hidden = withheld[self.cells]
        inside = rows[:, self.cells]
        zero = np.zeros(rows.shape[0])
        self.programme = Programme(
            np.zeros(self.cells.size),
            np.where(hidden, -give, -tilt * np.minimum(give, width)),
            np.where(hidden, np.inf, tilt * width),
            Rows(inside.indptr.astype(np.int64), inside.indices.astype(np.int64), inside.data, zero, zero),
            presolve="off",
            simplex_strategy=4,
        )

    def is_wide(self, cell: int) -> bool:
        """Say whether the cell can shift by the width, one way and the other together."""
        here = int(np.searchsorted(self.cells, cell))
        span = 0.0
        for sign in (-1.0, 1.0):
            try:
                span -= self.aimed(here, sign).objective
            except SolverStopped as stopped:
                if unbounded(stopped):
                    return True
                raise
            if span >= self.width - TINY:
                return True
        return False

    def aimed(self, here: int, sign: float) -> Solution:
        """Take one cell as low (1) or as high (-1) as it goes."""
        self.programme.set_cost_of(here, sign)
        try:
            return self.programme.solve()
        finally:
            self.programme.set_cost_of(here, 0.0)

    def cut(self, cell: int) -> Cut | None:
        """Return the condition that the cell breaks by this programme's duals, or None when they name none."""
        here = int(np.searchsorted(self.cells, cell))
        itself = int(np.searchsorted(self.reached, cell))
        weight = np.zeros(self.reached.size)
        for sign in (-1.0, 1.0):
            try:
                # How much each cell's shift could add to the objective.
                slope: Floats = np.asarray(self.matrix.T @ self.aimed(here, sign).duals, dtype=np.float64)
            except SolverStopped as stopped:
                if unbounded(stopped):
                    return None
                raise
            slope[itself] -= sign
            slope[np.abs(slope) < TINY] = 0.0
            # Nothing bounds a shift upwards; a shift downwards ends at the least that the cell may be.
            weight += np.where(slope > 0, np.inf, -slope * self.give)
        least = self.width - float(weight[itself])
        if not least > TINY:
            return None
        keep = (weight > TINY) & (self.reached != cell) & self.open
        kept, weights = self.reached[keep], np.minimum(weight[keep], least)
        if weights[self.hidden[keep]].sum() >= least - 1e-6:
            return None
        return Cut(cell, kept.astype(np.int64), weights, least)
