"""Judge days on which not everything has been reported yet, without pretending to know what is still to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.counts import Floats, checked_counts, number_in, numbers
from evenhand.kernels.aberration.refusals import TooShort, WrongCounts, WrongOption


@dataclass(frozen=True)
class Delay:
    """How soon reports come in.

    reported   (D + 1,) share of a day's reports that has come in by the age of 0 … D days; the last is 1
    events     reports it rests on
    """

    reported: Floats
    events: float


@dataclass(frozen=True)
class Late:
    """Days judged by what has been reported so far, (A,) for ages 0 … A - 1, newest day first.

    expected   what would have been reported by now had nothing changed                     [events/day]
    p_value    mid-p value of what has been reported against that
    alarm      true where it is at most alpha
    """

    expected: Floats
    p_value: Floats
    alarm: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Nowcast:
    """What a day will probably come to once everything is in; for the eye, never for the test.

    reported, expected, low, high   (A,) newest day first; an interval of the chance asked for   [events/day]
    """

    reported: Floats
    expected: Floats
    low: Floats
    high: Floats


def reporting_delay(triangle: npt.ArrayLike, *, half_life: float = 90.0) -> Delay:
    """Learn from past days how soon their reports came in.

    triangle   (T, D + 1) reports on day t that came in d days later; NaN where that day has not come yet; oldest first
    half_life  half-life of what is remembered                                                   [days]
    returns    Delay
    raises     WrongCounts; TooShort, when no day has been seen to its full age; WrongOption
    source     the reverse-time hazard of Lawless 1994, Can. J. Stat. 22(1):15-31
    """
    number_in("half_life", half_life, 0.0)
    table = checked_counts(triangle)
    known = ~np.isnan(table)
    again = known[:, 1:] & ~known[:, :-1]
    if again.any():
        row, column = (int(i) for i in np.argwhere(again)[0])
        raise WrongCounts(f"row {row}, column {column}: missing, but a later delay of that day is known")
    if not known.all(axis=1).any():
        raise TooShort(f"no day is known to its full age of {table.shape[1] - 1} days yet")
    weight = 0.5 ** ((table.shape[0] - 1 - np.arange(table.shape[0])) / half_life)
    filled = np.where(known, table, 0.0) * weight[:, None]
    running = np.cumsum(filled, axis=1)
    reported = np.ones(table.shape[1])
    for delay in range(table.shape[1] - 1, 0, -1):
        seen = known[:, delay]
        came, by_then = filled[seen, delay].sum(), running[seen, delay].sum()
        # Half an event of doubt keeps the share from being none or all.
        reported[delay - 1] = reported[delay] * (1.0 - came / (by_then + 0.5))
    return Delay(reported, float(np.where(known, table, 0.0).sum()))


def ages(reported: npt.ArrayLike, expected: npt.ArrayLike, delay: Delay) -> tuple[Floats, Floats, Floats]:
    """Return counts so far, full expectation and reported share, (A,) each, newest day first."""
    table = checked_counts(reported, missing_allowed=False)
    if table.shape[1] != 1:
        raise WrongCounts(f"reported has {table.shape[1]} columns: give the days of one series")
    counts = table[:, 0]
    means = numbers("expected", expected)
    try:
        means = np.broadcast_to(means, counts.shape)
    except ValueError as error:
        raise WrongOption(f"expected has shape {means.shape}, reported {counts.shape}") from error
    wrong = ~((means > 0) & np.isfinite(means))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise WrongOption(f"expected, row {row}: {means[row]} is not greater than 0")
    if not isinstance(delay, Delay):
        raise WrongOption(f"delay={delay!r}: must be what reporting_delay returned")
    age = np.minimum(np.arange(len(counts)), len(delay.reported) - 1)
    return counts, means, delay.reported[age]


def late_reports(
    reported: npt.ArrayLike,
    expected: npt.ArrayLike,
    delay: Delay,
    *,
    dispersion: float = 1.0,
    alpha: float = 0.001,
) -> Late:
    """Say whether what has been reported so far on each recent day is more than should have come in by its age.

    Ask again every night: the same day is judged anew as reports come in. Counts are never inflated.

    reported    (A,) reports so far, today first, yesterday second …                    [events/day]
    expected    (A,) or one number: the full expectation of those days                  [events/day]
    delay       from `reporting_delay`
    dispersion  variance over mean of a full day's count
    alpha       p-value at which to alarm
    returns     Late
    raises      WrongCounts, WrongOption
    """
    number_in("dispersion", dispersion, 1.0, low_too=True)
    number_in("alpha", alpha, 0.0, 0.5)
    from evenhand.kernels.aberration.negative_binomial import middle_tails

    counts, means, share = ages(reported, expected, delay)
    so_far = means * share
    p_value = np.empty_like(so_far)
    # Each report of a day comes in by now with the same chance: what lies beyond Poisson shrinks with that share.
    middle_tails(counts, so_far, 1.0 + (dispersion - 1.0) * share, p_value)
    return Late(so_far, p_value, p_value <= alpha)


def nowcast(
    reported: npt.ArrayLike,
    expected: npt.ArrayLike,
    delay: Delay,
    *,
    dispersion: float = 1.0,
    coverage: float = 0.9,
) -> Nowcast:
    """Say what recent days will probably come to once late reports are in, with an interval.

    The day's own rate is a gamma law round the expectation; what has been reported updates it; what is still to
    come is then negative binomial.

    reported, expected, delay, dispersion   as in `late_reports`
    coverage    chance that the interval holds the day's final count
    returns     Nowcast
    raises      WrongCounts, WrongOption
    source      the gamma-Poisson form of Höhle & an der Heiden 2014, Biometrics 70(4):993-1002
    """
    number_in("dispersion", dispersion, 1.0, low_too=True)
    number_in("coverage", coverage, 0.0, 1.0)
    from scipy.special import ndtri

    from evenhand.kernels.aberration.negative_binomial import quantiles

    counts, means, share = ages(reported, expected, delay)
    tail = (1.0 - coverage) / 2.0
    if dispersion == 1.0:
        rest, spread = means * (1.0 - share), np.ones_like(means)
    else:
        prior = means / (dispersion - 1.0)
        shape, rate = prior + counts, 1.0 / (dispersion - 1.0) + share
        rest = shape / rate * (1.0 - share)
        spread = (rate + 1.0 - share) / rate
    low, high = np.empty_like(rest), np.empty_like(rest)
    for side, above in ((low, 1.0 - tail), (high, tail)):
        quantiles(above, float(-ndtri(above)), rest, spread, side)
    return Nowcast(counts, counts + rest, counts + low, counts + high)
