"""Say how many false alarms the daily watch gives with the settings in force, by simulating days on which nothing happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.kernels.aberration.counts import whole_number
from evenhand.kernels.aberration.daily import advance
from evenhand.kernels.aberration.daily_decide import depths
from evenhand.kernels.aberration.daily_model import kinds_of, levels, shared_factors, spreads
from evenhand.kernels.aberration.daily_state import DailyState, copied
from evenhand.kernels.aberration.refusals import WrongOption


@dataclass(frozen=True)
class FalseAlarmRate:
    """False alarms a week, as simulated.

    per_week     beginnings of episodes a week over all series
    low, high    95 % interval for simulation noise
    weeks        weeks simulated
    """

    per_week: float
    low: float
    high: float
    weeks: float


def false_alarm_rate(
    state: DailyState, *, rng: np.random.Generator, days: int = 364, settle: int = 28
) -> FalseAlarmRate:
    """Simulate days from the fitted model, on which nothing happens, and count the episodes that begin all the same.

    Open episodes and the counts of the guarded days are replaced first, so that yesterday's rise is not counted.

    state    a memory that is past its warm-up; it is not changed
    rng      source of chance
    days     days simulated and counted
    settle   days simulated before counting begins
    returns  FalseAlarmRate
    raises   WrongOption, while the watch still warms up
    """
    if not isinstance(state, DailyState):
        raise WrongOption(f"state={state!r}: must be a DailyState")
    if state.days_seen < max(state.options.warm_up, state.options.guard):
        raise WrongOption("the watch still warms up; there is no fitted model to simulate from")
    days, settle = whole_number("days", days, 1), whole_number("settle", settle, 0)
    if not isinstance(rng, np.random.Generator):
        raise WrongOption(f"rng={rng!r}: must be a numpy.random.Generator")
    from scipy.special import gammainccinv

    world = copied(state)
    level, knowledge = levels(state)
    spread, excess = spreads(state)
    strand, depth = state.strand, depths(state.parent)
    # The chance in a level's own error is one draw a series, as it would be in the world.
    truth = level * rng.gamma(knowledge, 1.0 / knowledge)

    def draw(day: np.datetime64) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        factor = np.prod(shared_factors(state, kinds_of(day, 0)), axis=0)[strand]
        mean = truth * factor
        variance_over_mean = spread[strand, 0] + excess[strand, 0] * mean
        return negative_binomial(mean, variance_over_mean, rng)

    start = state.day
    for back in range(state.options.guard):
        world.recent[back] = draw(start - np.timedelta64(state.options.guard - 1 - back, "D"))
    world.weights[:] = 1.0
    world.unseen[:] = 0.0
    world.episode[:] = -1
    begun = 0
    ease = np.ones(len(strand))
    for ahead in range(1, settle + days + 1):
        day = start + np.timedelta64(ahead, "D")
        onset = advance(world, draw(day), day, 0, ease, depth)[1]
        begun += int(onset.sum()) if ahead > settle else 0
    weeks = days / 7.0
    low = 0.0 if begun == 0 else float(gammainccinv(begun, 0.975))
    return FalseAlarmRate(begun / weeks, low / weeks, float(gammainccinv(begun + 1, 0.025)) / weeks, weeks)


def negative_binomial(
    mean: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    variance_over_mean: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    rng: np.random.Generator,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Draw counts with this mean and variance over mean (Poisson where it is 1)."""
    over = np.maximum(variance_over_mean - 1.0, 0.0)
    wild = over > 1e-6
    rate = mean.copy()
    rate[wild] = rng.gamma(mean[wild] / over[wild], over[wild])
    return rng.poisson(rate).astype(np.float64)
