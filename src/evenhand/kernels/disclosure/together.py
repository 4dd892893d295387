"""Widen many narrow cells of a large release at once: one programme finds the ways out of hundreds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from evenhand.kernels.disclosure.programme import Flags, Floats, Ints, Programme, Rows
from evenhand.kernels.disclosure.screen import suspects
from evenhand.kernels.disclosure.system import System
from evenhand.kernels.disclosure.web import Web

# What a way out may cost for each count that it moves a cell, at first, and how much more in each later
# round: cheap ways are taken first, and often clear the cells whose own ways would have been dear.
FIRST_PRICE, DEARER = 40.0, 1.6
# What is still narrow after these is left to be widened one by one.
ROUNDS = 16
REWEIGHTINGS = 2
# A shown cell moves at most so many widths in one programme.
FURTHEST = 4
TINY = 1e-7


def widen_together(
    system: System,
    withheld: Flags,
    *,
    width: int,
    web: Web,
    settle: Callable[[Flags], Flags],
    tell: Callable[[str], None],
) -> Flags:
    """Return a pattern that holds `withheld` and in which hardly any cell is narrower than `width`, or none.

    In each round those cells that are not yet known to be wide and share no sum are pushed, all in one
    programme, and what they have to pass through is withheld. It only proposes: what it returns is
    judged like every other pattern.

    settle  settles which unprinted quantities count as hidden
    source  linear-programming heuristic for cell suppression: Kelly, Golden and Assad (1992), Networks 22,
            here for many cells at once, each with a bound on what it may cost
    """
    coin = np.random.default_rng(7)
    reward = FIRST_PRICE
    for _ in range(ROUNDS):
        withheld = settle(withheld)
        narrow = suspects(system, withheld, width=width)
        if not narrow.size:
            break
        tell(f"{narrow.size} of {int(withheld.sum())} withheld cells may be narrow")
        apart = without_company(narrow, web, coin)
        withheld[ways_out(system, withheld, apart, width=width, reward=reward, web=web, coin=coin)] = True
        reward *= DEARER
    return settle(withheld)


def without_company(cells: Ints, web: Web, coin: np.random.Generator) -> Ints:
    """Return as many of the cells as can be taken in turn so that no two are in one sum."""
    taken = np.zeros(web.by_sum.shape[0], dtype=np.bool_)
    chosen: list[int] = []
    start, sums = web.by_cell.indptr, web.by_cell.indices
    for cell in coin.permutation(cells):
        own = sums[start[cell] : start[cell + 1]]
        if not taken[own].any():
            taken[own] = True
            chosen.append(int(cell))
    return np.sort(np.array(chosen, dtype=np.int64))


def ways_out(
    system: System,
    withheld: Flags,
    targets: Ints,
    *,
    width: int,
    reward: float,
    web: Web,
    coin: np.random.Generator,
) -> Ints:
    """Return the shown cells through which the targets shift by `width`, as far as the reward pays for it."""
    hidden, open_cells = np.flatnonzero(withheld), np.flatnonzero(~withheld & ~system.shown)
    give = (system.value - system.lowest).astype(np.float64)
    beside = web.by_sum[:, open_cells]
    matrix = sparse.hstack([web.by_sum[:, hidden], beside, -beside], format="csr")
    matrix = matrix[np.diff(matrix.indptr) > 0]
    up = (give[targets] < width) | (coin.integers(0, 2, targets.size) > 0)
    at = np.searchsorted(hidden, targets)
    lower = np.concatenate([-give[hidden], np.zeros(2 * open_cells.size)])
    most = float(FURTHEST * width)
    upper = np.concatenate(
        [
            np.full(hidden.size, np.inf),
            np.full(open_cells.size, most),
            np.minimum(give[open_cells], most),
        ]
    )
    upper[at[up]], lower[at[~up]] = width, -width
    cost = np.zeros(matrix.shape[1])
    cost[at] = np.where(up, -reward, reward)
    price = system.cost[open_cells]
    cost[hidden.size :] = np.tile(price / width, 2)
    zero = np.zeros(matrix.shape[0])
    rows = Rows(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data, zero, zero)
    programme = Programme(cost, lower, upper, rows)
    for again in range(REWEIGHTINGS + 1):
        point = programme.solve().point[hidden.size :]
        flow: Floats = point[: open_cells.size] + point[open_cells.size :]
        if again < REWEIGHTINGS:
            # A cell that is passed through anyway costs the same however much passes.
            cost[hidden.size :] = np.tile(np.where(flow > TINY, price / np.maximum(flow, 0.5), price), 2)
            programme.set_cost(cost)
    return open_cells[flow > TINY]
