"""Decide which of today's p-values are alarms, and keep alarms as episodes with a beginning and an end."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.daily_state import Floats, Whole
from evenhand.kernels.aberration.refusals import WrongOption

Flags = npt.NDArray[np.bool_]


def whole_of_windows(p_values: Floats) -> Floats:
    """Return one p-value a series from the p-values of its windows, (W, N) to (N,).

    Windows that end on the same day overlap. By simulation the nine usual ones are worth 5.5 to 7 independent ones for
    well-filled series at the chances that matter, fewer for sparse ones (docs/explanation/aberration.md); 2 √W is taken.
    """
    independent = 2.0 * np.sqrt(p_values.shape[0])
    return np.asarray(-np.expm1(independent * np.log1p(-np.minimum(p_values.min(axis=0), 1.0 - 1e-16))))


def step_up(p_values: Floats, rate: float) -> float:
    """Return the largest p-value that the step-up rule rejects at this false-discovery rate, or -1.

    source   Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57(1):289-300
    """
    if p_values.size == 0:
        return -1.0
    ordered = np.sort(p_values)
    passed = np.flatnonzero(ordered <= rate * np.arange(1, ordered.size + 1) / ordered.size)
    return float(ordered[passed[-1]]) if passed.size else -1.0


def depths(parent: Whole) -> Whole:
    """Return how many series contain each series: 0 for the whole.

    raises   WrongOption, when series contain one another in a circle
    """
    depth = np.zeros(len(parent), dtype=np.int64)
    above = parent
    for _step in range(len(parent)):
        inside = above >= 0
        if not inside.any():
            return depth
        depth += inside
        above = np.where(inside, parent[above], -1)
    raise WrongOption("parent goes round in a circle")


def discoveries(
    p_values: Floats, *, judged: Flags, parent: Whole, depth: Whole, rate: float, family: float
) -> Flags:
    """Say which series are in alarm: step-up at every depth, then among the parts of each that is.

    The rate is shared evenly among depths, so that a nation of a few series is not drowned by its many towns.

    p_values   (N,) one a series; judged (N,) which have one; parent (N,) the series that contains it, -1 for none;
               depth (N,) how many contain it
    rate       false-discovery rate over all series of the day
    family     false-discovery rate among the parts of a series that is itself in alarm
    returns    (N,) flags
    source     Yekutieli 2008, J. Am. Stat. Assoc. 103(481):309-316 (testing down a hierarchy)
    """
    alarm = np.zeros(len(p_values), dtype=np.bool_)
    floors = int(depth.max()) + 1
    for floor in range(floors):
        here = judged & (depth == floor)
        alarm |= here & (p_values <= step_up(p_values[here], rate / floors))
    todo = list(np.flatnonzero(alarm))
    opened = set()
    while todo:
        whole = int(todo.pop())
        if whole in opened:
            continue
        opened.add(whole)
        parts = np.flatnonzero(judged & (parent == whole))
        if parts.size:
            found = parts[p_values[parts] <= step_up(p_values[parts], family)]
            alarm[found] = True
            todo.extend(found)
    return alarm


def follow_episodes(
    episode: Whole, alarm: Flags, begun: Whole, today: int, quiet_days: int
) -> tuple[Flags, Flags]:
    """Open, prolong and end episodes; return which begin and which end today.

    episode   (3, N) first day, last day of exceedance and onset day, -1 outside; changed in place
    alarm     (N,) exceedance today
    begun     (N,) first day of the window that exceeds
    """
    inside = episode[2] >= 0
    ends = inside & ~alarm & (today - episode[1] >= quiet_days)
    episode[:, ends] = -1
    onset = alarm & (episode[2] < 0)
    episode[0, onset] = begun[onset]
    episode[2, onset] = today
    episode[1, alarm] = today
    return onset, ends
