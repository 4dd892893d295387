"""Learn what a day usually brings, for sparse series that learn together what each alone cannot."""

from __future__ import annotations

import numpy as np

from evenhand.kernels.aberration.daily_state import SEASON_BINS, DailyState, Floats, Whole

# Events' worth of trust that weekdays, seasons and events make no difference.
WEEKDAY_TRUST, SEASON_TRUST, EVENT_TRUST = 50.0, 60.0, 15.0
SEASON_SPREAD = 4.0  # standard deviation of the season's smoothing, in bins of five days
SLOW_TRUST = 2.0  # events' worth of trust in the strand's mean level
STRAND_TRUST = 20.0  # events' worth of trust that a strand has not moved
SPREAD_TRUST = 200.0  # events' worth of trust in a Poisson spread


def kinds_of(day: np.datetime64, event: int) -> Whole:
    """Say which weekday (0 Monday), season bin and kind of event a day has."""
    number = int(day.astype("datetime64[D]").astype(np.int64))
    year = day.astype("datetime64[Y]").astype("datetime64[D]")
    day_of_year = int((day - year).astype(np.int64))
    return np.array([(number + 3) % 7, min(day_of_year // 5, SEASON_BINS - 1), event], dtype=np.int64)


def smoother() -> Floats:
    """Return the (bins, bins) weights that smooth a season round the year, 1 at the bin itself."""
    apart = np.abs(np.arange(SEASON_BINS)[:, None] - np.arange(SEASON_BINS))
    apart = np.minimum(apart, SEASON_BINS - apart)
    return np.asarray(np.exp(-0.5 * (apart / SEASON_SPREAD) ** 2), dtype=np.float64)


SMOOTHER = smoother()


def shared_factors(state: DailyState, kinds: Whole) -> tuple[Floats, Floats, Floats]:
    """Return the weekday's, the season's and the event's factor of a day, (K,) each."""
    weekday, season_bin, event = (int(k) for k in kinds)
    seen, thought = state.weekday[:, :, weekday]
    of_weekday = (seen + WEEKDAY_TRUST) / (thought + WEEKDAY_TRUST)
    seen, thought = state.season @ SMOOTHER[season_bin]
    of_season = (seen + SEASON_TRUST) / (thought + SEASON_TRUST)
    if event == 0:
        return of_weekday, of_season, np.ones_like(of_weekday)
    seen, thought = state.event[:, :, event]
    return of_weekday, of_season, (seen + EVENT_TRUST) / (thought + EVENT_TRUST)


def levels(state: DailyState) -> tuple[Floats, Floats]:
    """Return each series' level, events a day at factor 1, and the events' worth of knowledge behind it, (N,) each.

    Gamma-Poisson shrinkage in two steps: the slow level leans on the strand's mean, the fast level on the slow
    one moved as the whole strand has moved.
    """
    strand, strands = state.strand, state.weekday.shape[1]
    events, exposure = state.slow
    mean = np.bincount(strand, events, strands) / np.maximum(np.bincount(strand, exposure, strands), 1e-9)
    slow = (events + SLOW_TRUST) / (exposure + SLOW_TRUST / np.maximum(mean, 1e-6)[strand])
    events, exposure = state.fast
    seen = np.bincount(strand, events, strands)
    thought = np.bincount(strand, exposure * slow, strands)
    moved = ((seen + STRAND_TRUST) / (thought + STRAND_TRUST))[strand]
    trust = state.options.prior_events
    knowledge = events + trust
    return knowledge / (exposure + trust / (slow * moved)), knowledge


def spreads(state: DailyState) -> tuple[Floats, Floats]:
    """Return (K, W) a and c of variance = a · mean + c · mean², a window's count about its expectation.

    Two moment conditions, one of which weighs series of all sizes alike and one the busy ones.
    """
    m1, m2, e1, n1, n2, e2 = state.squares
    m1, e1, n1, e2 = m1 + SPREAD_TRUST, e1 + SPREAD_TRUST, n1 + SPREAD_TRUST, e2 + SPREAD_TRUST
    determinant = m1 * n2 - n1 * m2
    with np.errstate(divide="ignore", invalid="ignore"):
        c = np.where(determinant > 1e-9 * m1 * n1, (m1 * e2 - n1 * e1) / determinant, 0.0)
    c = np.maximum(c, 0.0)
    return np.maximum((e1 - c * m2) / m1, 1.0), c


def learn_spread(state: DailyState, counts: Floats, means: Floats, knowledge: Floats, usable: Floats) -> None:
    """Let today's windows count for the dispersion.

    counts, means   (W, N); knowledge (N,) events behind the level; usable (N,) share at which a series counts
    """
    strand, strands = state.strand, state.weekday.shape[1]
    a, c = spreads(state)
    known = means**2 / knowledge
    variance = a.T[:, strand] * means + c.T[:, strand] * means**2
    # One window counts as at most sixteen times the usual square, so that a blow does not blind the watch to the next.
    square = np.maximum(np.minimum((counts - means) ** 2, 16.0 * (variance + known) + 1.0) - known, 0.0)
    state.squares *= 0.5 ** (1.0 / state.options.shared)
    even = usable / (1.0 + means)
    for k, share in ((0, even), (3, np.broadcast_to(usable, means.shape))):
        for j, value in ((k, means), (k + 1, means**2), (k + 2, square)):
            for w in range(means.shape[0]):
                state.squares[j, :, w] += np.bincount(strand, share[w] * value[w], strands)


def learn(state: DailyState, level: Floats) -> None:
    """Let the day that leaves the guard count for levels and shared factors, and forget a little of the past."""
    options, strand, strands = state.options, state.strand, state.weekday.shape[1]
    counts, weights, day_factor = state.recent[0], state.weights[0], state.factors[0][strand]
    thought = level * day_factor
    # A day far above its expectation counts as one that is only clearly above.
    held = np.minimum(counts, thought + 4.0 * np.sqrt(thought) + 3.0)
    for memory, half_life in ((state.fast, options.fast), (state.slow, options.slow)):
        np.multiply(memory, 0.5 ** (1.0 / half_life), out=memory)
        memory[0] += weights * held
        memory[1] += weights * day_factor
    seen = np.bincount(strand, weights * held, strands)
    expected = np.bincount(strand, weights * thought, strands)
    kinds = state.kinds[0]
    factors = shared_factors(state, kinds)
    forget = 0.5 ** (1.0 / options.shared)
    for memory, place, own in zip((state.weekday, state.season, state.event), kinds, factors, strict=True):
        np.multiply(memory, forget, out=memory)
        memory[0, :, place] += seen
        memory[1, :, place] += expected / own
