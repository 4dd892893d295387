"""Watch many sparse series day by day: a short blow and a slow rise both show, and false alarms stay within bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.counts import Floats, checked_counts, checked_dates, numbers
from evenhand.kernels.aberration.daily_decide import depths, discoveries, follow_episodes, whole_of_windows
from evenhand.kernels.aberration.daily_model import (
    kinds_of,
    learn,
    learn_spread,
    levels,
    shared_factors,
    spreads,
)
from evenhand.kernels.aberration.daily_state import DailyOptions, DailyState, Whole, copied, new_state
from evenhand.kernels.aberration.refusals import WrongOption

# A false exceedance lasts a day and a half on average before it is over, and counts once.
DAYS_PER_EPISODE = 1.5
MOST_KINDS = 1000
SILENT_REASONS = ("", "the history is too short", "the series does not report")


@dataclass(frozen=True)
class Daily:
    """What each day's watch found; arrays are (T, N) for T days and N series.

    alarm        true where the series exceeds today, after false-discovery control over all series and windows
    onset        true on the first day of an episode
    p_value      one p-value a series and day over all windows; NaN where not judged
    window       length of the window that speaks loudest                                  [days]
    observed     events in that window
    expected     expected events in that window
    began        first day of the open episode, NaT outside                                 datetime64[D]
    why_silent   index into `reasons`: 0 where judged
    state        what to go on from tomorrow
    """

    alarm: npt.NDArray[np.bool_]
    onset: npt.NDArray[np.bool_]
    p_value: Floats
    window: Whole
    observed: Floats
    expected: Floats
    began: npt.NDArray[np.datetime64]
    why_silent: npt.NDArray[np.int8]
    state: DailyState
    reasons: tuple[str, ...] = SILENT_REASONS


def scan_daily(
    counts: npt.ArrayLike,
    dates: npt.ArrayLike,
    *,
    strand: npt.ArrayLike | None = None,
    parent: npt.ArrayLike | None = None,
    event: npt.ArrayLike | None = None,
    leniency: npt.ArrayLike | None = None,
    options: DailyOptions | None = None,
    state: DailyState | None = None,
) -> Daily:
    """Say on which days which series brought more than usual, one day after the other, looking at no later day.

    counts     (T, N) whole numbers, one row a day, no gaps                                   [events/day]
    dates      (T,) the days, following on without a gap
    strand     (N,) whole numbers 0 … K - 1: series of one strand learn weekday, season, events and spread together;
               None: one strand. Give sums over areas a strand of their own
    parent     (N,) the series that contains this one (the area above), -1 for none; None: none
    event      (T,) whole numbers, 0 for an ordinary day, else the kind of holiday or festival; None: none
    leniency   (T,) or (T, N) at least 1: a trigger event makes an exceedance this many times easier to call; it can
               never silence one
    options    DailyOptions; only with a new watch, a going one keeps its own
    state      what an earlier call returned, to go on from; None: begin
    returns    Daily
    raises     WrongCounts, WrongOption
    source     hierarchical negative binomial with windows ending today (after Kulldorff 2001, J. R. Stat. Soc. A
               164:61-72, without the spatial part); quality on real days: docs/reference/performance.md
    """
    table = checked_counts(counts, missing_allowed=False)
    days = checked_dates(dates, table.shape[0])
    gap = np.flatnonzero(np.diff(days) != np.timedelta64(1, "D"))
    if gap.size:
        raise WrongOption(
            f"row {int(gap[0]) + 1}: {days[gap[0]]} is followed by {days[gap[0] + 1]}; days must follow on"
        )
    for name, given, kind in (("options", options, DailyOptions), ("state", state, DailyState)):
        if given is not None and not isinstance(given, kind):
            raise WrongOption(f"{name}={given!r}: must be a {kind.__name__}")
    kinds = event_kinds(event, table.shape[0])
    ease = leniency_of(leniency, table.shape)
    if state is None:
        now = begin(table.shape[1], strand, parent, int(kinds.max()) + 1, options or DailyOptions(), days[0])
    else:
        now = resume(state, table.shape[1], strand, parent, kinds, options, days[0])
    depth = depths(now.parent)
    rows = [advance(now, table[i], days[i], int(kinds[i]), ease[i], depth) for i in range(len(days))]
    alarm, onset, p_value, window, observed, expected, began, why = (
        np.stack(part) for part in zip(*rows, strict=True)
    )
    return Daily(alarm, onset, p_value, window, observed, expected, began, why, now)


def begin(
    series: int, strand: npt.ArrayLike | None, parent: npt.ArrayLike | None, events: int, options: DailyOptions,
    first: np.datetime64,
) -> DailyState:  # fmt: skip
    """Return a fresh memory, or say what is wrong with strands and parents."""
    strands = np.zeros(series, dtype=np.int64) if strand is None else np.asarray(strand)
    parents = np.full(series, -1, dtype=np.int64) if parent is None else np.asarray(parent)
    for name, values in (("strand", strands), ("parent", parents)):
        if values.shape != (series,) or not np.issubdtype(values.dtype, np.integer):
            raise WrongOption(f"{name} must be one whole number a series, {series} of them")
    if strands.min() < 0 or strands.max() >= series:
        raise WrongOption(f"strand must be numbers from 0, fewer than there are series ({series})")
    if (parents < -1).any() or (parents >= series).any() or (parents == np.arange(series)).any():
        raise WrongOption("parent must be another series' number, or -1")
    return new_state(
        options,
        strands.astype(np.int64),
        parents.astype(np.int64),
        max(events, 64),
        first - np.timedelta64(1, "D"),
    )


def resume(
    state: DailyState, series: int, strand: npt.ArrayLike | None, parent: npt.ArrayLike | None, kinds: Whole,
    options: DailyOptions | None, first: np.datetime64,
) -> DailyState:  # fmt: skip
    """Return a copy of the memory to go on from, or say why it does not fit what comes."""
    if first != state.day + np.timedelta64(1, "D"):
        raise WrongOption(f"the state ends on {state.day}; the next day is not {first}")
    if series != len(state.strand):
        raise WrongOption(f"the state has {len(state.strand)} series, the counts {series}")
    for name, given, held in (("strand", strand, state.strand), ("parent", parent, state.parent)):
        if given is not None and not np.array_equal(np.asarray(given), held):
            raise WrongOption(f"{name} is not what the state was begun with")
    if options is not None and options != state.options:
        raise WrongOption("options are not what the state was begun with; begin a new watch to change them")
    if kinds.max() >= state.event.shape[2]:
        raise WrongOption(f"event {int(kinds.max())}: a watch knows kinds 0 to {state.event.shape[2] - 1}")
    return copied(state)


def event_kinds(event: npt.ArrayLike | None, length: int) -> Whole:
    """Return the kind of event of each day, 0 for none."""
    kinds = np.zeros(length, dtype=np.int64) if event is None else np.asarray(event)
    wrong = kinds.shape != (length,) or not np.issubdtype(kinds.dtype, np.integer)
    if wrong or kinds.min() < 0 or kinds.max() > MOST_KINDS:
        raise WrongOption(f"event must be one whole number a day, from 0 to {MOST_KINDS}, {length} of them")
    return kinds.astype(np.int64)


def leniency_of(leniency: npt.ArrayLike | None, shape: tuple[int, ...]) -> Floats:
    """Return how much easier each day and series is called, at least 1."""
    ease = numbers("leniency", 1.0 if leniency is None else leniency)
    if ease.ndim == 1:
        ease = ease[:, None]
    try:
        ease = np.broadcast_to(ease, shape)
    except ValueError as error:
        raise WrongOption(f"leniency has shape {ease.shape}, counts {shape}") from error
    if not ((ease >= 1.0) & np.isfinite(ease)).all():
        raise WrongOption("leniency must be at least 1: an event may lower a threshold, never raise it")
    return np.asarray(ease)


DayRow = tuple[
    npt.NDArray[np.bool_], npt.NDArray[np.bool_], Floats, Whole, Floats, Floats, npt.NDArray[np.datetime64],
    npt.NDArray[np.int8],
]  # fmt: skip


def advance(
    state: DailyState, counts: Floats, day: np.datetime64, event: int, ease: Floats, depth: Whole
) -> DayRow:
    """Judge one day and let the memory take it in; the memory is changed in place."""
    from evenhand.kernels.aberration.negative_binomial import middle_tails

    options, strand = state.options, state.strand
    windows = np.array(options.windows)
    kinds = kinds_of(day, event)
    factor = np.prod(shared_factors(state, kinds), axis=0)
    level, knowledge = levels(state)
    if state.days_seen >= options.guard:
        learn(state, level)
    for ring, newest in ((state.recent, counts), (state.factors, factor), (state.kinds, kinds)):
        ring[:-1] = ring[1:]
        ring[-1] = newest
    state.weights[:-1] = state.weights[1:]
    seen = np.cumsum(state.recent[::-1][: windows[-1]], axis=0)[windows - 1]
    shared = np.cumsum(state.factors[::-1][: windows[-1]], axis=0)[windows - 1]
    means = level * shared[:, strand]
    a, c = spreads(state)
    excess = a.T[:, strand] + (c.T[:, strand] + 1.0 / knowledge) * means
    p_windows = np.empty(means.size)
    middle_tails(seen.ravel(), means.ravel(), excess.ravel(), p_windows)
    p_windows = np.where(seen >= options.min_count, p_windows.reshape(means.shape), 1.0)
    today = int(day.astype("datetime64[D]").astype(np.int64))
    state.unseen = np.where(counts > 0, 0.0, state.unseen + means[0])
    silent = state.unseen > options.silent_after * a.T[0][strand]
    early = state.days_seen < options.warm_up
    why = np.where(early, 1, np.where(silent, 2, 0)).astype(np.int8)
    judged = why == 0
    p_value = whole_of_windows(p_windows)
    rate = options.false_per_week / 7.0 * DAYS_PER_EPISODE
    alarm = discoveries(
        p_value / ease, judged=judged, parent=state.parent, depth=depth, rate=rate, family=options.family
    )
    loudest = p_windows.argmin(axis=0)
    length = windows[loudest]
    onset, _ended = follow_episodes(state.episode, alarm, today - length + 1, today, options.quiet_days)
    inside = state.episode[2] >= 0
    state.strange[p_value < options.strange] = today
    strange = today - state.strange < options.quiet_days
    state.weights[-1] = np.where(silent, 0.0, np.where(strange, options.strange_weight, 1.0))
    if state.days_seen >= options.guard:
        learn_spread(state, seen, means, knowledge, np.where(silent | strange, 0.0, 1.0))
    state.day, state.days_seen = day, state.days_seen + 1
    series = np.arange(len(counts))
    began = np.where(inside, state.episode[0], np.iinfo(np.int64).min).astype("datetime64[D]")
    return (
        alarm, onset, np.where(judged, p_value, np.nan), length, seen[loudest, series], means[loudest, series], began, why,
    )  # fmt: skip
