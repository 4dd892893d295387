"""Say how fast a rise after an event fades: its half-life, with an interval, or that it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.kernels.events.baseline import LEAST_ALPHA, Floats, log_likelihood

NO_RISE = "There is no rise that chance does not explain, so nothing fades."
HALF_LIVES = np.geomspace(0.5, 365.0, 160)
# Chi-squared with one degree: what a log-likelihood may lose for a value to stay inside a 95 % interval, twice.
WITHIN = 3.841458820694124
RISES = np.geomspace(0.02, 100.0, 200)


@dataclass(frozen=True)
class Decay:
    """A rise that fades by half every `half_life` days from its first day on.

    rise        the first day's rate over the expected, less one; 0 where there is no rise
    half_life   [days]; none where it cannot be told; low and high bound it at 95 %
    high        none: it may be longer than these days can tell
    why         why it cannot be told
    """

    rise: float
    half_life: float | None
    low: float | None
    high: float | None
    why: str


def fade(counts: Floats, expected: Floats, alpha: float) -> Decay:
    """Fit counts ~ expected · (1 + rise · 2^(−day / half-life)) to the days from the event on.

    counts, expected   (H,) from the day of the event                      [events/day]
    alpha              overdispersion of the days before
    source             profile likelihood over the half-life (Venzon and Moolgavkar 1988), on a grid from half a
                       day to a year; a rise is a rise when the likelihood ratio against none passes 5 %
    """
    days = np.arange(counts.size, dtype=np.float64)
    none = log_likelihood(counts, expected, alpha)
    shapes = np.exp2(-days[None, :] / HALF_LIVES[:, None])
    means = expected * (1 + RISES[:, None, None] * shapes[None, :, :])
    # What the gamma functions add is the same for every mean.
    constant = log_likelihood(counts, expected, alpha) - _varying(counts, expected, alpha)
    heights_all = constant + _varying(counts, means, alpha)
    heights = heights_all.max(axis=0)
    top = int(heights.argmax())
    if 2 * (heights[top] - none) < WITHIN:
        return Decay(0.0, None, None, None, NO_RISE)
    inside = np.flatnonzero(2 * (heights[top] - heights) <= WITHIN)
    reaches_end = bool(inside[-1] == HALF_LIVES.size - 1)
    return Decay(
        rise=float(RISES[int(heights_all[:, top].argmax())]),
        half_life=float(HALF_LIVES[top]),
        low=float(HALF_LIVES[inside[0]]),
        high=None if reaches_end else float(HALF_LIVES[inside[-1]]),
        why="It may last longer than these days can tell." if reaches_end else "",
    )


def _varying(counts: Floats, means: Floats, alpha: float) -> Floats:
    """Return the part of the log-likelihood that the means change, summed over the days (the last axis)."""
    if alpha <= LEAST_ALPHA:
        terms = counts * np.log(means) - means
    else:
        size = 1 / alpha
        terms = counts * np.log(means / (size + means)) - size * np.log1p(means * alpha)
    return np.asarray(terms.sum(axis=-1), dtype=np.float64)
