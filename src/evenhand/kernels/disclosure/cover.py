"""Choose complements by what every single sum needs: a covering programme that bounds the cost from below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from evenhand.kernels.disclosure.programme import Flags, Floats, Ints, Programme, Rows
from evenhand.kernels.disclosure.system import System


@dataclass(frozen=True)
class Cut:
    """A proved necessity: if `cell` is withheld, weight @ withheld[cells] must reach `least`."""

    cell: int
    cells: Ints
    weight: Floats
    least: float


@dataclass(frozen=True)
class Choice:
    """Which cells to withhold, what the complements cost, and a proved lower bound of that cost."""

    withheld: Flags
    cost: float
    bound: float
    optimal: bool


def choose_complements(
    system: System,
    primary: Flags,
    *,
    width: int,
    cuts: Sequence[Cut] = (),
    start: Flags | None = None,
    free: Flags | None = None,
    limits: Mapping[str, float] = MappingProxyType({}),
) -> Choice:
    """Choose the cheapest complements that leave no sum with too little play, as far as one sum can tell.

    Every pattern that protects satisfies this programme, so its bound holds for all of them: in a sum
    that holds a withheld cell another one must be withheld, and unless the total is, the withheld parts
    must be able to give way by `width` together.

    primary  (N,) cells that are withheld in any case
    cuts     further necessities, found by the audit
    start    (N,) pattern to keep outside `free`; needed when `free` is given
    free     (N,) cells to decide; the others stay as in `start`
    limits   options of the solver: mip_rel_gap, mip_max_nodes
    returns  Choice; cost and bound count complements only, in the unit of system.cost
    source   bridge-less and capacity inequalities: Fischetti and Salazar (2001), Management Science 47
    """
    fixed = np.where(primary, True, start if start is not None else False)
    open_cells = ~(primary | system.shown)
    if free is not None:
        open_cells &= free
    fixed &= ~open_cells
    column = np.full(system.size, -1, dtype=np.int64)
    candidates = np.flatnonzero(open_cells)
    column[candidates] = np.arange(candidates.size)
    rows = Gathered()
    sums = _sums_to_watch(system, fixed, open_cells, width)
    for number, (touch, give, total) in enumerate(sums):
        z = candidates.size + number
        settled = bool(fixed[touch].any())
        options = column[touch[open_cells[touch]]]
        least = 2 - int(fixed[touch].sum())
        if least > 0:
            rows.add(np.append(options, z), np.append(np.ones(options.size), -2.0), least - 2.0)
        if not fixed[total]:
            parts = touch[touch != total]
            have = float(give[fixed[parts]].sum())
            if have < width:
                chosen = open_cells[parts]
                index, weight = column[parts[chosen]], give[chosen]
                if open_cells[total]:
                    index, weight = np.append(index, column[total]), np.append(weight, float(width))
                rows.add(np.append(index, z), np.append(weight, -float(width)), -have)
        if not settled:
            for option in options:
                rows.add(np.array([z, option]), np.array([1.0, -1.0]), 0.0)
    _add_cuts(rows, cuts, fixed, open_cells, column)
    lower = np.zeros(candidates.size + len(sums))
    lower[candidates.size :] = [float(fixed[touch].any()) for touch, _, _ in sums]
    cost = np.concatenate([system.cost[candidates], np.zeros(len(sums))])
    binary = np.arange(cost.size) < candidates.size
    programme = Programme(cost, lower, np.ones(cost.size), rows.packed(), binary, **limits)
    if start is not None:
        z_start = [float((fixed | start)[touch].any()) for touch, _, _ in sums]
        programme.start_from(np.concatenate([start[candidates].astype(np.float64), z_start]))
    solution = programme.solve(accept_unproved=True)
    withheld = fixed.copy()
    withheld[candidates[solution.point[: candidates.size] > 0.5]] = True
    before = float(system.cost[fixed & ~primary].sum())
    return Choice(
        withheld=withheld,
        cost=float(system.cost[withheld & ~primary].sum()),
        bound=before + solution.bound,
        optimal=solution.optimal,
    )


def _add_cuts(rows: Gathered, cuts: Sequence[Cut], fixed: Flags, open_cells: Flags, column: Ints) -> None:
    """Add each cut, with what is already settled moved to its right-hand side."""
    for cut in cuts:
        known = cut.weight[fixed[cut.cells]].sum()
        chosen = open_cells[cut.cells]
        index, weight, least_here = column[cut.cells[chosen]], cut.weight[chosen], cut.least
        if open_cells[cut.cell]:
            index, weight = np.append(index, column[cut.cell]), np.append(weight, -cut.least)
            least_here = 0.0
        elif not fixed[cut.cell]:
            continue
        if known < least_here or open_cells[cut.cell]:
            rows.add(index, weight, least_here - known)


class Gathered:
    """Gather rows of the form weight @ x >= least."""

    def __init__(self) -> None:
        self.index: list[Ints] = []
        self.weight: list[Floats] = []
        self.least: list[float] = []

    def add(self, index: Ints, weight: Floats, least: float) -> None:
        self.index.append(index)
        self.weight.append(weight)
        self.least.append(least)

    def packed(self) -> Rows:
        lengths = [index.size for index in self.index]
        return Rows(
            start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            index=np.concatenate(self.index) if lengths else np.zeros(0, dtype=np.int64),
            weight=np.concatenate(self.weight) if lengths else np.zeros(0),
            lower=np.array(self.least, dtype=np.float64),
            upper=np.full(len(lengths), np.inf),
        )


def _sums_to_watch(
    system: System, fixed: Flags, open_cells: Flags, width: int
) -> list[tuple[Ints, Floats, int]]:
    """Return for each sum that matters: its cells that are or may be withheld, how far its parts give way, its total."""
    give = np.minimum(system.value - system.lowest, width).astype(np.float64)
    watched = []
    for at in range(system.total.size):
        total = int(system.total[at])
        parts = system.part[system.start[at] : system.start[at + 1]]
        parts = parts[fixed[parts] | open_cells[parts]]
        touch = np.append(parts, total) if fixed[total] or open_cells[total] else parts
        if touch.size and open_cells[touch].any():
            watched.append((touch, give[parts], total))
    return watched
