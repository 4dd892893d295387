"""Clear most withheld cells of suspicion quickly, by shifting many at once from the true table."""

from __future__ import annotations

import numpy as np

from evenhand.kernels.disclosure.audit import part_of
from evenhand.kernels.disclosure.programme import Flags, Floats, Ints, Programme
from evenhand.kernels.disclosure.system import System, groups, public_view

PATIENCE = 2
SLACK = 1e-6


def suspects(system: System, withheld: Flags, *, width: int) -> Ints:
    """Return the withheld cells not yet shown to be wide enough; the rest are.

    Each programme pushes many cells up or down at once, none further than it needs. It starts from the
    true counts and stays in real numbers, so it speaks only to the analyst who chooses the pattern:
    what is published is proved by `witness`, from public figures and in whole numbers.
    """
    view = public_view(system, withheld)
    label = groups(view)
    value = system.value[view.cells].astype(np.float64)
    left: list[Ints] = []
    coin = np.random.default_rng(11)
    for group in range(int(label.max()) + 1 if label.size else 0):
        members = label == group
        block = part_of(view, members)
        low, high = value[members].copy(), value[members].copy()
        floor = block.lowest.astype(np.float64)
        programme = Programme(np.zeros(low.size), floor, np.full(low.size, np.inf), block.rows())
        idle = 0
        while idle < PATIENCE and (high - low < width - SLACK).any():
            before = int((high - low < width - SLACK).sum())
            side = coin.integers(0, 2, low.size) * 2.0 - 1.0
            for sign in (side, -side):
                push(
                    programme, np.where(high - low < width - SLACK, sign, 0.0), low, high, floor, width=width
                )
            idle = idle + 1 if int((high - low < width - SLACK).sum()) == before else 0
        left.append(block.cells[high - low < width - SLACK])
    return np.sort(np.concatenate(left)).astype(np.int64) if left else np.zeros(0, dtype=np.int64)


def push(programme: Programme, sign: Floats, low: Floats, high: Floats, floor: Floats, *, width: int) -> None:
    """Push cells up (+1) or down (-1) in one programme, and stretch `low` and `high` by what it reaches."""
    upper = np.where(sign > 0, low + width, np.inf)
    lower = np.where(sign < 0, np.maximum(high - width, floor), floor)
    programme.set_cost(-sign)
    programme.set_bounds(lower, upper)
    point = programme.solve().point
    np.minimum(low, point, out=low)
    np.maximum(high, point, out=high)
