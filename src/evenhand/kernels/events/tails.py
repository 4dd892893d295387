"""Tails, quantiles and inverted tests of counts with a given mean and variance, at least Poisson."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc, gammaincc

Floats = NDArray[np.float64]
HALVINGS = 80
# Less overdispersion than this is Poisson: so close to it the beta function loses digits.
NO_MORE = 1e-6


def at_most(count: float | Floats, mean: float | Floats, variance: float | Floats) -> Floats:
    """Return the chance of at most `count`, negative binomial with this mean and variance (Poisson at the least)."""
    counts, means, variances = np.broadcast_arrays(
        np.asarray(count, dtype=np.float64), np.asarray(mean, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    )  # fmt: skip
    extra = variances - means
    over = extra > NO_MORE * np.maximum(means, 1e-12)
    size = np.where(over, means**2 / np.where(over, extra, 1.0), 1.0)
    negative_binomial = betainc(np.maximum(size, 1e-300), counts + 1, size / (size + means))
    poisson = gammaincc(counts + 1, np.maximum(means, 1e-300))
    found = np.where(counts < 0, 0.0, np.where(over, negative_binomial, poisson))
    return np.asarray(found, dtype=np.float64)


def at_least(count: float, mean: float, variance: float) -> float:
    """Return the chance of at least `count`, as exact far out as it is near."""
    if count <= 0:
        return 1.0
    if variance - mean <= NO_MORE * mean:
        return float(gammainc(count, mean))
    size = mean**2 / (variance - mean)
    return float(betainc(count, size, mean / (size + mean)))


def quantile(chance: float, mean: Floats, variance: Floats) -> Floats:
    """Return the least counts that are not exceeded with this chance."""
    low = np.full(mean.shape, -1.0)
    high = np.ceil(mean + 20 * np.sqrt(variance) + 20)
    for _ in range(HALVINGS):
        middle = np.floor((low + high) / 2)
        enough = at_most(middle, mean, variance) >= chance
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        if np.all(high - low <= 1):
            break
    return np.asarray(high, dtype=np.float64)


def inverted(
    count: float, moments: Callable[[float], tuple[float, float]], level: float
) -> tuple[float, float]:
    """Return the ratios that a two-sided test at this level would not reject.

    moments  mean and variance of the count under a ratio; the mean rises with it
    """
    tail = (1 - level) / 2

    def above(ratio: float) -> float:
        return at_least(count, *moments(ratio))

    def below(ratio: float) -> float:
        mean, variance = moments(ratio)
        return float(at_most(count, mean, variance))

    low = 0.0 if count <= 0 else _root(lambda r: above(r) - tail)
    return low, _root(lambda r: tail - below(r))


def _root(rising: Callable[[float], float]) -> float:
    """Return where a rising function of a ratio crosses zero; infinite when it does not below a million."""
    low, high = 1e-9, 1.0
    while rising(high) < 0:
        high *= 2
        if high > 1e6:
            return float("inf")
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return high
