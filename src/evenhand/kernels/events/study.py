"""Compare the days from an event on with what they would have brought, beside other events and a control series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.kernels.events.baseline import Baseline, Days, Flags, Floats, TooShort, checked, fit_baseline
from evenhand.kernels.events.decay import Decay, fade
from evenhand.kernels.events.tails import at_least, inverted, quantile

LEVEL = 0.95
WINDOWS = ((0, 0), (0, 6), (7, 13), (0, 13), (0, 27))
SHOWN_BEFORE = 28
LEAST_BLOCKS = 6
CAUTIONS = (
    "Recording: publicity after an event can bring more people to report, and officers to record, what would have "
    "gone unrecorded before. This comparison cannot tell that from more incidents.",
    "Timing: what else happened in the same days is in the figure too. The comparison says when, not why.",
    "Counts are of incidents. They say nothing about any person or about those who share a belief with somebody.",
)


@dataclass(frozen=True)
class Effect:
    """What one window of days brought against what was expected, with a 95 % interval for the ratio.

    first, last   days from the event; 0 is its day
    p_value       chance of as many or more had nothing changed
    """

    first: int
    last: int
    observed: int
    expected: float
    ratio: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Study:
    """One event and one series: the days round it with their band, the windows, and how the rise fades.

    dates, counts, expected, lower, upper   (N,) days round the event; the band holds a usual day at 95 %
    alpha           overdispersion of the days before
    clumping        by how much sums over a week vary more than their days say; 1: not at all
    event_at        row of the event in these arrays
    """

    event: np.datetime64
    dates: Days
    counts: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    event_at: int
    effects: tuple[Effect, ...]
    decay: Decay
    alpha: float
    clumping: float
    baseline: Baseline
    cautions: tuple[str, ...] = CAUTIONS


@dataclass(frozen=True)
class AgainstControl:
    """The ratio of one window over the ratio of the control series in the same window, with a 95 % interval."""

    first: int
    last: int
    ratio: float | None
    low: float | None
    high: float | None


def event_study(
    counts: object,
    dates: object,
    event: object,
    *,
    before: int = 1096,
    guard: int = 7,
    horizon: int = 28,
    windows: Sequence[tuple[int, int]] = WINDOWS,
    left_out: Sequence[tuple[object, object]] = (),
) -> Study:
    """Return what the days from an event on brought against what the days before it led to expect.

    counts    (T,) whole numbers, one a day, no gaps                       [events/day]
    dates     (T,) their days
    event     the day of the event
    before    how many days before it to learn from, at most               [days]
    guard     days just before it that are not learnt from                 [days]
    horizon   days from the event on that are looked at                    [days]
    windows   (first, last) days from the event, both included
    left_out  (first, last) days that are not learnt from: other events and their wake
    raises    BadSeries; TooShort, when the event is not followed by its horizon or preceded by enough days
    source    interrupted time series with a baseline from before alone (Bernal et al. 2017); interval by inverting
              a test on the window's sum, whose variance is that of its days, of the baseline, and of sums over
              weeks clumping more than days do. tests/kernels/events: direct likelihood, coverage by simulation
    """
    numbers, days = checked(counts, dates)
    day = np.datetime64(event, "D")  # type: ignore[call-overload]  # whatever numpy takes for a day
    found = np.flatnonzero(days == day)
    if not found.size:
        raise TooShort(f"the series does not hold the day of the event, {day}")
    at = int(found[0])
    if at + horizon > days.size:
        raise TooShort(f"{days.size - at} days from the event on are there; {horizon} are asked for")
    used = _used(days, at, before, guard, left_out)
    baseline = fit_baseline(numbers, days, used=used)
    clumping = _clumping(numbers, days, used, baseline)
    shown = slice(max(0, at - SHOWN_BEFORE), at + horizon)
    mean = baseline.expected(days[shown])
    variance = mean + (baseline.alpha + baseline.spread(days[shown])) * mean**2
    after = slice(at, at + horizon)
    return Study(
        event=day,
        dates=days[shown],
        counts=numbers[shown],
        expected=mean,
        lower=quantile((1 - LEVEL) / 2, mean, variance),
        upper=quantile((1 + LEVEL) / 2, mean, variance),
        event_at=at - shown.start,
        effects=tuple(
            _effect(numbers, days, at, window, baseline, clumping)
            for window in windows
            if window[1] < horizon
        ),
        decay=fade(numbers[after], baseline.expected(days[after]), max(baseline.alpha, 1e-9)),
        alpha=baseline.alpha,
        clumping=clumping,
        baseline=baseline,
    )


def _used(days: Days, at: int, before: int, guard: int, left_out: Sequence[tuple[object, object]]) -> Flags:
    rows = np.arange(days.size)
    used = (rows >= at - guard - before) & (rows < at - guard)
    for first, last in left_out:
        start, end = np.datetime64(first, "D"), np.datetime64(last, "D")  # type: ignore[call-overload]  # as above
        used &= ~((days >= start) & (days <= end))
    return np.asarray(used, dtype=np.bool_)


def _clumping(numbers: Floats, days: Days, used: Flags, baseline: Baseline) -> float:
    """Return how much more the sums of whole weeks vary than independent days would make them, at least 1."""
    mean = baseline.expected(days)
    rest, variance = numbers - mean, mean + baseline.alpha * mean**2
    weeks = [
        slice(start, start + 7) for start in range(0, days.size - 6, 7) if bool(used[start : start + 7].all())
    ]
    if len(weeks) < LEAST_BLOCKS:
        return 1.0
    ratios = [float(rest[week].sum()) ** 2 / float(variance[week].sum()) for week in weeks]
    return max(1.0, float(np.mean(ratios)))


def _effect(
    numbers: Floats, days: Days, at: int, window: tuple[int, int], baseline: Baseline, clumping: float
) -> Effect:
    span = slice(at + window[0], at + window[1] + 1)
    observed = float(numbers[span].sum())
    mean = baseline.expected(days[span])
    total = float(mean.sum())
    slope = mean @ baseline.design(days[span])
    unsure = float(slope @ baseline.covariance @ slope)
    # Days clump over weeks; one day alone does not.
    factor = 1.0 if mean.size == 1 else clumping

    def moments(ratio: float) -> tuple[float, float]:
        spread = factor * float(np.sum(ratio * mean + baseline.alpha * (ratio * mean) ** 2))
        return ratio * total, spread + ratio**2 * unsure

    low, high = inverted(observed, moments, LEVEL)
    chance = at_least(observed, *moments(1.0))
    return Effect(window[0], window[1], int(observed), total, observed / total, low, high, chance)


def against_control(study: Study, control: Study) -> tuple[AgainstControl, ...]:
    """Return the effects of a series over those of a control series in the same windows.

    A control is what the event should not have moved, recorded by the same people: what they have in common (a new
    way of recording, a hot week) falls out. The two are taken as independent of each other given their baselines.
    A window in which either counted nothing has no ratio.
    """
    found = []
    for one, other in zip(study.effects, control.effects, strict=True):
        if (one.first, one.last) != (other.first, other.last):
            raise ValueError("both studies need the same windows")
        if not one.observed or not other.observed:
            found.append(AgainstControl(one.first, one.last, None, None, None))
            continue
        middle = np.log(one.ratio / other.ratio)
        # Each side of an interval keeps its own width, because counts are skewed.
        down = np.hypot(np.log(one.ratio / one.low), np.log(other.high / other.ratio))
        up = np.hypot(np.log(one.high / one.ratio), np.log(other.ratio / other.low))
        found.append(
            AgainstControl(
                one.first,
                one.last,
                float(np.exp(middle)),
                float(np.exp(middle - down)),
                float(np.exp(middle + up)),
            )
        )
    return tuple(found)
