"""Judge each day against the days just before it: the EARS methods C1, C2 and C3, as baselines to compare with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.counts import (
    Floats,
    checked_counts,
    checked_rows,
    number_in,
    one_of,
    whole_number,
)
from evenhand.kernels.aberration.refusals import TooShort


@dataclass(frozen=True)
class Ears:
    """Bounds and alarms of an EARS method, (len(at), S).

    expected   mean of the baseline                            [events/epoch]
    upper      bound above which a count is an alarm; NaN where a count needed is missing, and under compat="R"
               where R gives none
    alarm      true where the count is above the bound
    """

    expected: Floats
    upper: Floats
    alarm: npt.NDArray[np.bool_]


def ears_c(
    counts: npt.ArrayLike,
    at: npt.ArrayLike,
    *,
    method: str = "C1",
    baseline: int = 7,
    min_sigma: float = 0.0,
    alpha: float | None = None,
    compat: str | None = None,
) -> Ears:
    """Say which epochs brought more than the few epochs before them explain.

    counts      (T, S) whole numbers, oldest first; NaN = not known                        [events/epoch]
    at          rows judged, 0-based
    method      "C1" (baseline ends the epoch before), "C2" (two epochs between), "C3" (C2 with the two epochs before
                it carried over)
    baseline    epochs in the baseline, 3 or more
    min_sigma   least standard deviation
    alpha       chance of a false alarm under a normal law; None: 0.001, for C3 0.025
    compat      "R": C3's bound is centred on the count itself, as R's package does, so that a count is never judged
                on its own day; None: on the baseline mean, as the method is published
    returns     Ears, arrays (len(at), S)
    raises      WrongCounts, WrongOption, TooShort
    source      Hutwagner et al. 2003, J. Urban Health 80(2 Suppl 1):i89-96;
                tests/golden/aberration/ears_*.csv (R surveillance 1.20.3)
    """
    one_of("method", method, ("C1", "C2", "C3"))
    one_of("compat", compat, (None, "R"))
    baseline = whole_number("baseline", baseline, 3, 100_000)
    min_sigma = number_in("min_sigma", min_sigma, 0.0, low_too=True)
    chance = (0.025 if method == "C3" else 0.001) if alpha is None else number_in("alpha", alpha, 0.0, 0.5)
    table = checked_counts(counts)
    rows = checked_rows(at, table.shape[0])
    lag = 0 if method == "C1" else 2
    needed = baseline + lag + (2 if method == "C3" else 0)
    if rows.size and rows.min() < needed:
        raise TooShort(f"row {int(rows.min())}: {method} needs {needed} rows before it")
    from scipy.special import ndtri

    z = float(-ndtri(chance))
    mean, sigma = moments(table, rows, baseline, lag, min_sigma)
    observed = table[rows]
    if method != "C3":
        upper = mean + z * sigma
        return Ears(mean, upper, observed > upper)
    carried = np.zeros_like(mean)
    for back in (1, 2):
        old_mean, old_sigma = moments(table, rows - back, baseline, lag, min_sigma)
        with np.errstate(divide="ignore", invalid="ignore"):
            raised = (table[rows - back] - old_mean) / old_sigma - 1.0
        if compat is None:
            # Nothing above a baseline without spread is carried over as nothing, not as 0/0.
            raised = np.where((old_sigma == 0) & (table[rows - back] <= old_mean), 0.0, raised)
        carried += np.maximum(raised, 0.0)
    with np.errstate(invalid="ignore"):
        room = sigma * (z - carried)
        if compat is None:
            room = np.where((sigma == 0) & ~np.isnan(carried), 0.0, room)
        upper = np.maximum((observed if compat == "R" else mean) + room, 0.0)
        return Ears(mean, upper, observed > upper)


def moments(
    table: Floats, rows: npt.NDArray[np.int64], baseline: int, lag: int, min_sigma: float
) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the baseline before each row."""
    window = np.stack([table[rows - lag - back] for back in range(1, baseline + 1)])
    return window.mean(axis=0), np.maximum(window.std(axis=0, ddof=1), min_sigma)
