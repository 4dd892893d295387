"""Judge each week against the same season of earlier years: the improved Farrington algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.counts import (
    LARGEST_COUNT,
    Floats,
    checked_counts,
    checked_dates,
    checked_rows,
    number_in,
    numbers,
    one_of,
    whole_number,
)
from evenhand.kernels.aberration.reference import Reference, reference_of, refuse_gaps
from evenhand.kernels.aberration.refusals import TooShort, WrongCounts, WrongOption

OWN_METHODS = ("predictive", "calibrated")
# A spread beyond this and beyond the mean says that a count in the past is absurd, and nothing of this week.
MOST_SPREAD = 1e6
REASONS = ("", "too few recent events (limit54)", "the model could not be fitted", "a count is missing")


@dataclass(frozen=True)
class Farrington:
    """What the weeks judged would have brought had nothing changed, and which brought more.

    All arrays are (len(at), S). Where no bound is given, all but `alarm` and `why_silent` hold NaN, and `alarm`
    is false.

    expected     expected count                                                      [events/epoch]
    upper        bound above which a count is an alarm                               [events/epoch]
    alarm        true where the count is above the bound
    dispersion   variance over mean, at least 1
    trend        1 where the model kept a trend, 0 where it did not
    p_value      chance of a count at least this high had nothing changed
    slope        the trend, change of log expectation an epoch; 0 without trend
    why_silent   index into `reasons`: 0 where a bound is given
    """

    expected: Floats
    upper: Floats
    alarm: npt.NDArray[np.bool_]
    dispersion: Floats
    trend: Floats
    p_value: Floats
    slope: Floats
    why_silent: npt.NDArray[np.int8]
    reasons: tuple[str, ...] = REASONS


def farrington_flexible(
    counts: npt.ArrayLike,
    at: npt.ArrayLike,
    *,
    b: int = 5,
    w: int = 3,
    no_periods: int = 10,
    past_weeks_not_included: int = 26,
    weights_threshold: float = 2.58,
    p_threshold_trend: float = 1.0,
    alpha: float = 0.005,
    threshold_method: str = "nbPlugin",
    limit54: tuple[float, int] = (5, 4),
    dates: npt.ArrayLike | None = None,
    frequency: int = 52,
    population: npt.ArrayLike | None = None,
    compat: str | None = None,
) -> Farrington:
    """Say which weeks brought more events than the same season of earlier years explains, for all series at once.

    counts                   (T, S) whole numbers, oldest first, no gaps; NaN = not known          [events/epoch]
    at                       rows judged, 0-based; each needs b years and w epochs before it
    b, w                     years back; half-width of the window round each anniversary             [epochs]
    no_periods               season blocks a year; 1 uses the windows alone
    past_weeks_not_included  latest epochs left out of the comparison
    weights_threshold        standardised residual above which a past week gets less weight
    p_threshold_trend        significance below which a trend is kept
    alpha                    chance of a false alarm in one week of one series
    threshold_method         "nbPlugin", "muan" or "delta"; not in R: "predictive", a negative binomial freed from what
                             the weighting takes off mean and dispersion, wider by what is not known about its
                             mean, by mid-p; "calibrated", the same where most histories hold past outbreaks
    limit54                  (cases, epochs): no bound unless the last `epochs` brought at least `cases`. On sparse
                             series this silences most weeks; `why_silent` says where
    dates                    (T,) the epochs' dates, or None to count `frequency` epochs a year
    frequency                epochs a year: 52, 12 or 365 with dates; any without
    population               (T, S) offset, greater than 0, or None
    compat                   "R": test the trend and widen the bound with the standard error that R's package uses,
                             which is too small by about 1/√mean; None: with the model's own
    returns                  Farrington, arrays (len(at), S)
    raises                   WrongCounts, WrongOption, TooShort
    source                   Noufaily et al. 2013, Stat. Med. 32(7):1206-1222; Salmon, Schumacher & Höhle 2016,
                             J. Stat. Softw. 70(10); tests/golden/aberration/upper_*.csv (R surveillance 1.20.3)
    """
    table = checked_counts(counts)
    rows = checked_rows(at, table.shape[0])
    days = None if dates is None else checked_dates(dates, table.shape[0])
    cases, epochs = check_options(
        b=b, w=w, no_periods=no_periods, past=past_weeks_not_included, weights_threshold=weights_threshold,
        p_threshold_trend=p_threshold_trend, alpha=alpha, threshold_method=threshold_method, limit54=limit54,
        frequency=frequency, dated=days is not None, compat=compat,
    )  # fmt: skip
    offset = np.zeros((0, 0)) if population is None else checked_population(population, table)
    if days is not None:
        refuse_gaps(days, frequency)
    b, w, no_periods, past_weeks_not_included, frequency = (
        int(value) for value in (b, w, no_periods, past_weeks_not_included, frequency)
    )
    references = [
        reference_of(
            int(row), length=table.shape[0], b=b, w=w, no_periods=no_periods,
            past_not_included=past_weeks_not_included, frequency=frequency, dates=days,
        )
        for row in rows
    ]  # fmt: skip
    silent = too_quiet(table, rows, cases, epochs)
    fitted = fit_all(
        table, offset, rows, references, silent == 0, trend=b >= 3, as_r=compat == "R",
        weights_threshold=weights_threshold, p_threshold_trend=p_threshold_trend,
    )  # fmt: skip
    return bounds(table[rows], fitted, silent, alpha, threshold_method, weights_threshold)


def check_options(
    *,
    b: int,
    w: int,
    no_periods: int,
    past: int,
    weights_threshold: float,
    p_threshold_trend: float,
    alpha: float,
    threshold_method: str,
    limit54: tuple[float, int],
    frequency: int,
    dated: bool,
    compat: str | None,
) -> tuple[float, int]:
    """Refuse options that do not exist or make no sense; return limit54.

    raises   WrongOption
    """
    one_of("threshold_method", threshold_method, ("nbPlugin", "muan", "delta", *OWN_METHODS))
    one_of("compat", compat, (None, "R"))
    if dated:
        one_of("frequency", frequency, (12, 52, 365))
    for name, value, least in (
        ("b", b, 1), ("w", w, 0), ("no_periods", no_periods, 1), ("past_weeks_not_included", past, 0),
        ("frequency", frequency, 1),
    ):  # fmt: skip
        whole_number(name, value, least)
    number_in("alpha", alpha, 0.0, 0.5)
    number_in("p_threshold_trend", p_threshold_trend, 0.0, 1.0, high_too=True)
    number_in("weights_threshold", weights_threshold, 0.0)
    if not isinstance(limit54, Sequence) or isinstance(limit54, str) or len(limit54) != 2:
        raise WrongOption(f"limit54={limit54!r}: must be (cases >= 0, epochs >= 1)")
    cases = number_in("limit54, cases", limit54[0], 0.0, low_too=True)
    return cases, whole_number("limit54, epochs", limit54[1], 1)


def checked_population(population: npt.ArrayLike, table: Floats) -> Floats:
    """Return the population as (T, S), or say which cell is not greater than 0."""
    people = numbers("population", population)
    if people.ndim == 1 and table.shape[1] == 1:
        people = people[:, None]
    if people.shape != table.shape:
        raise WrongOption(f"population has shape {people.shape}, counts {table.shape}")
    wrong = ~((people > 0) & np.isfinite(people))
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        raise WrongCounts(
            f"population, row {row}, column {column}: {people[row, column]} is not greater than 0"
        )
    return np.ascontiguousarray(people)


def too_quiet(table: Floats, rows: npt.NDArray[np.int64], cases: float, epochs: int) -> npt.NDArray[np.int8]:
    """Say where the latest epochs brought fewer events than limit54 asks (1), or are not all known (3)."""
    if rows.size and rows.min() - epochs + 1 < 0:
        raise TooShort(f"row {int(rows.min())}: limit54 looks back {epochs} epochs")
    recent = np.zeros((len(rows), table.shape[1]))
    for back in range(epochs):
        recent += table[rows - back]
    return np.where(np.isnan(recent), 3, np.where(recent < cases, 1, 0)).astype(np.int8)


def fit_all(
    table: Floats,
    offset: Floats,
    rows: npt.NDArray[np.int64],
    references: list[Reference],
    wanted: npt.NDArray[np.bool_],
    *,
    trend: bool,
    as_r: bool,
    weights_threshold: float,
    p_threshold_trend: float,
) -> Floats:
    """Fit every wanted row and series: (7, K, S) mean, dispersion, standard error, trend, slope, state, raw dispersion."""
    from scipy.stats import t as student

    from evenhand.kernels.aberration.farrington_rows import NO_FIT, judge_rows

    fitted = np.full((7, len(rows), table.shape[1]), np.nan)
    fitted[5] = NO_FIT
    if not len(rows):
        return fitted
    sizes = np.array([len(r.rows) for r in references])
    longest = int(sizes.max())
    picked, block = (np.zeros((len(rows), longest), dtype=np.int64) for _ in range(2))
    time, now = np.zeros((len(rows), longest)), np.zeros(len(rows))
    for k, reference in enumerate(references):
        picked[k, : sizes[k]], block[k, : sizes[k]] = reference.rows, reference.block
        middle = np.round(reference.time.mean())
        time[k, : sizes[k]], now[k] = reference.time - middle, reference.now - middle
    runs = np.zeros((5, len(rows), longest), dtype=np.int64)
    run_counts, span_counts = (np.zeros(len(rows), dtype=np.int64) for _ in range(2))
    for k, n in enumerate(sizes):
        follows_on = (np.diff(time[k, :n]) == 1.0) & (np.diff(block[k, :n]) == 0)
        starts = np.concatenate([[0], np.flatnonzero(~follows_on) + 1])
        lengths = np.diff(np.append(starts, n))
        spans, span = np.unique(lengths, return_inverse=True)
        run_counts[k], span_counts[k] = len(starts), len(spans)
        for part, values in enumerate((starts, lengths, block[k, starts], span, spans)):
            runs[part, k, : len(values)] = values
    degrees = np.arange(1, longest + 1)
    critical = np.concatenate([[np.inf], student.isf(p_threshold_trend / 2, degrees)])
    judge_rows(
        table, offset, wanted, rows, sizes, np.array([r.blocks for r in references]), picked, block, time, now,
        runs, run_counts, span_counts, trend, as_r, weights_threshold, critical, fitted,
    )  # fmt: skip
    return fitted


def bounds(
    observed: Floats,
    fitted: Floats,
    silent: npt.NDArray[np.int8],
    alpha: float,
    threshold_method: str,
    weights_threshold: float,
) -> Farrington:
    """Turn fitted models into bounds, alarms and p-values."""
    from scipy.special import ndtr, ndtri

    from evenhand.kernels.aberration.farrington_correct import PAST_OUTBREAKS, unshrunk
    from evenhand.kernels.aberration.farrington_rows import FITTED
    from evenhand.kernels.aberration.negative_binomial import quantiles, tails

    mean, dispersion, error, trend, slope, state, raw = fitted
    z = float(-ndtri(alpha))
    why = np.where((silent == 0) & (state != FITTED), 2, silent).astype(np.int8)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if threshold_method == "delta":
            # (standard error of the mean)² / mean = mean · (standard error of log mean)²
            variance = dispersion + np.where(mean > 0, mean * error**2, 0.0)
            deviation = np.sqrt(4 / 9 * np.cbrt(mean) * variance)
            upper = (mean ** (2 / 3) + z * deviation) ** 1.5
            p_value = ndtr(-(observed ** (2 / 3) - mean ** (2 / 3)) / deviation)
        else:
            plugged, wide = mean, dispersion
            if threshold_method == "muan":
                plugged = np.where(mean > 0, mean * np.exp(z * error), np.inf)
            own = threshold_method in OWN_METHODS
            if own:
                # Half an event more, as Jeffreys' prior has it: a season block without events is not impossible ever after.
                log_variance = np.where(mean > 0, error**2, 0.0)
                plugged, wide = unshrunk(mean * (1 + log_variance / 2), raw, weights_threshold)
                wide = wide * (1 + plugged / dispersion * log_variance / (1 + log_variance / 2))
                mean, dispersion = plugged, wide
            if threshold_method == "calibrated":
                alpha = min(PAST_OUTBREAKS * alpha, 0.499)
                z = float(-ndtri(alpha))
            upper, p_value = np.empty_like(mean), np.empty_like(mean)
            quantiles(alpha, z, plugged.ravel(), wide.ravel(), upper.ravel())
            tails(observed.ravel(), plugged.ravel(), wide.ravel(), p_value.ravel())
            if own:
                at_bound, beyond = np.empty_like(mean), np.empty_like(mean)
                tails(upper.ravel(), plugged.ravel(), wide.ravel(), at_bound.ravel())
                tails((upper + 1).ravel(), plugged.ravel(), wide.ravel(), beyond.ravel())
                upper = np.where((at_bound + beyond) / 2 <= alpha, upper - 1, upper)
                tails((observed + 1).ravel(), plugged.ravel(), wide.ravel(), beyond.ravel())
                p_value = (p_value + beyond) / 2
        whole = np.isfinite(upper) & np.isfinite(p_value) & (mean < LARGEST_COUNT)
        whole &= dispersion <= np.maximum(mean, MOST_SPREAD)
        why = np.where((why == 0) & ~whole, 2, why).astype(np.int8)
        alarm = (why == 0) & (observed > upper)
    blank = why != 0
    for array in (mean, dispersion, trend, slope, upper, p_value):
        array[blank] = np.nan
    return Farrington(
        expected=mean, upper=upper, alarm=alarm, dispersion=dispersion, trend=trend, p_value=p_value, slope=slope,
        why_silent=why,
    )  # fmt: skip
