"""Add up small rises until they count: CUSUM and the negative-binomial likelihood-ratio chart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.counts import (
    Floats,
    checked_counts,
    number_in,
    numbers,
    one_of,
    whole_number,
)
from evenhand.kernels.aberration.refusals import WrongOption

# Beyond so many steps of the likelihood-ratio chart somebody waits for hours.
MOST_WORK = 2e11


@dataclass(frozen=True)
class Chart:
    """A control chart, (T, S).

    statistic   the chart's value after each epoch
    alarm       true where it reached the decision limit
    since       first row of the change that the value speaks of; -1 where there is none (CUSUM: where it last left 0)
    """

    statistic: Floats
    alarm: npt.NDArray[np.bool_]
    since: npt.NDArray[np.int64]


def checked_means(expected: npt.ArrayLike, table: Floats) -> Floats:
    """Return expected counts of the same shape as the counts, all greater than 0.

    raises   WrongOption, naming row and column
    """
    means = numbers("expected", expected)
    if means.ndim == 1 and table.shape[1] == 1:
        means = means[:, None]
    try:
        means = np.ascontiguousarray(np.broadcast_to(means, table.shape))
    except ValueError as error:
        raise WrongOption(f"expected has shape {means.shape}, counts {table.shape}") from error
    wrong = ~((means > 0) & np.isfinite(means))
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        raise WrongOption(f"expected, row {row}, column {column}: {means[row, column]} is not greater than 0")
    return means


def cusum(
    counts: npt.ArrayLike,
    expected: npt.ArrayLike,
    *,
    k: float = 1.04,
    h: float = 2.26,
    transform: str = "rossi",
    reset: bool = False,
) -> Chart:
    """Add up how far standardised counts exceed k, and say where the sum reaches h.

    counts      (T, S) whole numbers, oldest first, none missing                            [events/epoch]
    expected    (T, S) or what broadcasts to it: the mean when nothing has changed          [events/epoch]
    k, h        reference value and decision limit, in standard deviations
    transform   "standard", "rossi" or "anscombe": how counts are standardised
    reset       start again from 0 after an alarm; R's package does not
    returns     Chart, arrays (T, S)
    raises      WrongCounts, WrongOption
    source      Rossi, Lampugnani & Marchi 1999, Stat. Med. 18:2111-2122;
                tests/golden/aberration/control_charts.csv (R surveillance 1.20.3)
    """
    one_of("transform", transform, ("standard", "rossi", "anscombe"))
    number_in("k", k, 0.0, low_too=True)
    number_in("h", h, 0.0)
    table = checked_counts(counts, missing_allowed=False)
    means = checked_means(expected, table)
    root = np.sqrt(means)
    if transform == "standard":
        standardised = (table - means) / root
    elif transform == "rossi":
        standardised = (table - 3 * means + 2 * np.sqrt(table * means)) / (2 * root)
    else:
        standardised = 1.5 * (table ** (2 / 3) - means ** (2 / 3)) / means ** (1 / 6)
    statistic = np.zeros_like(table)
    since = np.full(table.shape, -1, dtype=np.int64)
    now, start = np.zeros(table.shape[1]), np.full(table.shape[1], -1, dtype=np.int64)
    for row in range(table.shape[0]):
        now = np.maximum(0.0, now + standardised[row] - k)
        start = np.where(now > 0, np.where(start < 0, row, start), -1)
        statistic[row], since[row] = now, start
        if reset:
            ended = now >= h
            now, start = np.where(ended, 0.0, now), np.where(ended, -1, start)
    return Chart(statistic, statistic >= h, since)


def glr_nb(
    counts: npt.ArrayLike,
    expected: npt.ArrayLike,
    *,
    overdispersion: float | npt.ArrayLike = 0.0,
    limit: float = 5.0,
    window: int = 28,
) -> Chart:
    """Compare, for every start in the window, the likeliest lasting rise with no rise, and say where the best
    log likelihood ratio reaches the limit; after an alarm the chart starts again.

    counts           (T, S) whole numbers, oldest first, none missing                        [events/epoch]
    expected         (T, S) or what broadcasts to it: the mean when nothing has changed      [events/epoch]
    overdispersion   a in variance = mean + a · mean²; one number or (S,); 0 is Poisson
    limit            log likelihood ratio at which to alarm
    window           epochs back at which a rise may have begun
    returns          Chart, arrays (T, S); `since` is the likeliest first row of the rise
    raises           WrongCounts, WrongOption
    source           Höhle & Paul 2008, Comput. Stat. Data Anal. 52(9):4357-4368;
                     tests/golden/aberration/control_charts.csv (R surveillance 1.20.3)
    """
    number_in("limit", limit, 0.0)
    window = whole_number("window", window, 1)
    table = checked_counts(counts, missing_allowed=False)
    work = table.size * float(min(window, table.shape[0])) ** 2
    if work > MOST_WORK:
        raise WrongOption(
            f"window={window} over {table.shape[0]} epochs of {table.shape[1]} series is {work:.0e} steps, "
            f"more than {MOST_WORK:.0e}: take a shorter window, or fewer series at a time"
        )
    means = checked_means(expected, table)
    try:
        excess = np.ascontiguousarray(
            np.broadcast_to(numbers("overdispersion", overdispersion), table.shape[1:])
        )
    except ValueError as error:
        if isinstance(error, WrongOption):
            raise
        raise WrongOption(f"overdispersion must be one number or one a series: {error}") from error
    if not (np.isfinite(excess) & (excess >= 0)).all():
        raise WrongOption("overdispersion must not be negative")
    from evenhand.kernels.aberration.glr_loop import glr_loop

    statistic = np.zeros_like(table)
    since = np.full(table.shape, -1, dtype=np.int64)
    glr_loop(table, means, excess, limit, window, statistic, since)
    return Chart(statistic, statistic >= limit, since)
