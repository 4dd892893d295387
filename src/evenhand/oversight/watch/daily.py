"""Let the daily watch run over days, from its memory or from the beginning, and gather what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np

from evenhand.kernels import aberration
from evenhand.kernels.aberration.daily_model import kinds_of, levels, shared_factors, spreads
from evenhand.kernels.aberration.daily_state import DailyState
from evenhand.kernels.aberration.negative_binomial import quantiles
from evenhand.oversight.watch.counting import Cells, Floats, Watched, Whole
from evenhand.oversight.watch.policy import WatchPolicy

KEPT_DAYS = 182
CHUNK = 64
# The band of the picture: a day above it comes once in a thousand by chance.
BAND = 0.001


@dataclass
class Found:
    """One episode as the daily watch found it; its figures are those of the day on which it was noticed."""

    series: int
    onset: date
    began: date
    last_on: date
    ended_on: date | None = None
    window: int = 0
    observed: int = 0
    expected: float = 0.0
    p_value: float = 1.0
    before: bool = False
    """True where it was noticed before the days that were run over here."""


@dataclass
class Ran:
    """What running over some days gave."""

    state: DailyState
    found: list[Found]
    expected: dict[date, Floats] = field(default_factory=dict)
    upper: dict[date, Floats] = field(default_factory=dict)
    states: dict[date, bytes] = field(default_factory=dict)
    silent: Whole | None = None


def options(policy: WatchPolicy) -> aberration.DailyOptions:
    """Return the kernel's settings from the policy's."""
    return aberration.DailyOptions(
        windows=policy.windows,
        guard=max(35, policy.windows[-1]),
        false_per_week=policy.false_per_week,
        min_count=policy.least_count,
        quiet_days=policy.quiet_days,
        warm_up=policy.warm_up_days,
    )


def run_over(
    cells: Cells,
    what: Watched,
    policy: WatchPolicy,
    *,
    start: date,
    stop: date,
    state: DailyState | None,
    kinds: Callable[[date], int],
    ease: Callable[[date, date], Floats],
    keep: Callable[[date], bool],
    shown_from: date,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Ran:
    """Judge the days from start to before stop, one after the other.

    state   the memory after the day before `start`, or None to begin
    kinds   the kind of a day (holiday, festival)
    ease    for days from … to before …: how much easier each series is called, (T, N) or (T, 1)
    keep         whether the memory after a day is wanted
    shown_from   the first day of which it is said what was expected
    progress     called after some days with how many are judged, and of how many
    """
    width = len(what.areas) * len(what.strands)
    ran = Ran(state, []) if state is not None else None
    open_ones = _open(state) if state is not None else {}
    found = list(open_ones.values())
    expected: dict[date, Floats] = {}
    upper: dict[date, Floats] = {}
    states: dict[date, bytes] = {}
    silent: Whole | None = None
    here = start
    while here < stop:
        one = here >= shown_from or keep(here)
        until = here + timedelta(days=1) if one else min(here + timedelta(days=CHUNK), shown_from, stop)
        if not one:
            until = next(
                (d for n in range((until - here).days) if keep(d := here + timedelta(days=n))), until
            )
        if one and state is not None and here >= shown_from:
            expected[here], upper[here] = band(state, here, kinds(here))
        days = np.datetime64(here) + np.arange((until - here).days)
        daily = aberration.scan_daily(
            cells.table(here, until, width),
            days,
            strand=what.strand if state is None else None,
            parent=what.parent if state is None else None,
            event=np.array([kinds(here + timedelta(days=n)) for n in range(len(days))], dtype=np.int64),
            leniency=ease(here, until),
            options=options(policy) if state is None else None,
            state=state,
        )
        _gather(daily, here, open_ones, found)
        state, silent = daily.state, daily.why_silent[-1].astype(np.int64)
        if keep(until - timedelta(days=1)):
            states[until - timedelta(days=1)] = state.dump()
        here = until
        progress((here - start).days, (stop - start).days)
    if state is None:
        raise ValueError("there is no day to judge")
    if ran is None:
        ran = Ran(state, found)
    ran.state, ran.found, ran.expected, ran.upper, ran.states, ran.silent = (
        state, found, expected, upper, states, silent,
    )  # fmt: skip
    return ran


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def _open(state: DailyState) -> dict[int, Found]:
    first, last, onset = state.episode
    return {
        int(j): Found(
            int(j), _day(int(onset[j])), _day(int(first[j])), _day(int(last[j])), before=True
        )
        for j in np.flatnonzero(onset >= 0)
    }  # fmt: skip


def _gather(daily: aberration.Daily, start: date, open_ones: dict[int, Found], found: list[Found]) -> None:
    for t in range(daily.alarm.shape[0]):
        day = start + timedelta(days=t)
        outside = np.isnat(daily.began[t])
        for j in [j for j in open_ones if outside[j] or daily.onset[t, j]]:
            open_ones.pop(j).ended_on = day
        for series in map(int, np.flatnonzero(daily.alarm[t])):
            if daily.onset[t, series]:
                began = daily.began[t, series].astype(object)
                open_ones[series] = Found(
                    series, day, began, day, None, int(daily.window[t, series]),
                    int(daily.observed[t, series]), float(daily.expected[t, series]), float(daily.p_value[t, series]),
                )  # fmt: skip
                found.append(open_ones[series])
            elif series in open_ones:
                open_ones[series].last_on = day


def band(state: DailyState, day: date, kind: int) -> tuple[Floats, Floats]:
    """Return what the memory expects of the next day, and the count above which it would be unusual by itself."""
    factor = np.prod(shared_factors(state, kinds_of(np.datetime64(day), kind)), axis=0)
    level, knowledge = levels(state)
    mean = level * factor[state.strand]
    a, c = spreads(state)
    excess = a[state.strand, 0] + (c[state.strand, 0] + 1.0 / knowledge) * mean
    upper = np.empty_like(mean)
    quantiles(BAND, NormalDist().inv_cdf(1.0 - BAND), mean, np.maximum(excess, 1.0), upper)
    return mean, upper
