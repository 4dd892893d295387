"""Undo what giving high past weeks less weight does to mean and dispersion when they were no outbreaks."""

from __future__ import annotations

from functools import cache

import numpy as np

from evenhand.kernels.aberration.counts import Floats

MEANS = np.exp(np.linspace(np.log(0.03), np.log(300.0), 28))
DISPERSIONS = np.exp(np.linspace(0.0, np.log(20.0), 16))
# Chance of a false alarm over the chance asked for, when every history holds outbreaks of 2, 3, 5 and 10 deviations: what
# is left of them widens the bound. Chosen on 28 simulated settings other than those reported.
PAST_OUTBREAKS = 1.4
ROUNDS = 8
USUAL_LEVERAGE = 0.05


@cache
def shrinkage(weights_threshold: float) -> tuple[Floats, Floats]:
    """Return weighted over true mean, and weighted over true dispersion, of a negative binomial without outbreaks.

    returns   two (28, 16) arrays over MEANS and DISPERSIONS
    """
    from scipy.special import gammaln

    of_mean, of_dispersion = (np.ones((len(MEANS), len(DISPERSIONS))) for _ in range(2))
    for i, mean in enumerate(MEANS):
        for j, dispersion in enumerate(DISPERSIONS):
            counts = np.arange(0.0, int(mean + 30 * np.sqrt(mean * dispersion) + 60 * dispersion) + 10)
            if j == 0:
                logs = counts * np.log(mean) - mean - gammaln(counts + 1)
            else:
                size = mean / (dispersion - 1)
                logs = gammaln(counts + size) - gammaln(size) - gammaln(counts + 1)
                logs += counts * np.log1p(-1 / dispersion) - size * np.log(dispersion)
            residual = 1.5 * (counts ** (2 / 3) * mean ** (-1 / 6) - np.sqrt(mean))
            residual = np.maximum(residual / np.sqrt(dispersion * (1 - USUAL_LEVERAGE)), weights_threshold)
            weight = np.exp(logs) * np.where(residual > weights_threshold, residual**-2.0, 1.0)
            weighted = (weight * counts).sum() / weight.sum()
            spread = (weight * (counts - weighted) ** 2).sum() / weight.sum() / weighted
            of_mean[i, j], of_dispersion[i, j] = weighted / mean, spread / dispersion
    return of_mean, of_dispersion


def between(table: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """Return the table's value between its points, at its edge beyond them."""
    far, wide = np.log(MEANS), np.log(DISPERSIONS)
    x = np.clip((np.log(np.maximum(mean, MEANS[0])) - far[0]) / (far[1] - far[0]), 0, len(far) - 1.000001)
    y = np.clip(np.log(np.maximum(dispersion, 1.0)) / wide[1], 0, len(wide) - 1.000001)
    i, j = x.astype(np.int64), y.astype(np.int64)
    a, b = x - i, y - j
    low = table[i, j] * (1 - a) + table[i + 1, j] * a
    high = table[i, j + 1] * (1 - a) + table[i + 1, j + 1] * a
    return np.asarray(low * (1 - b) + high * b)


def unshrunk(mean: Floats, raw: Floats, weights_threshold: float) -> tuple[Floats, Floats]:
    """Return the mean and the dispersion (at least 1) that the weighting would have brought down to those fitted.

    mean, raw   fitted mean and fitted dispersion before it was held at 1, of one shape; NaN stays NaN
    """
    of_mean, of_dispersion = shrinkage(weights_threshold)
    known = np.isfinite(mean) & np.isfinite(raw) & (mean > 0)
    fitted, spread = mean[known], raw[known]
    level, wide = fitted.copy(), np.maximum(spread, 1.0)
    for _turn in range(ROUNDS):
        level = fitted / between(of_mean, level, wide)
        wide = np.maximum(spread / between(of_dispersion, level, wide), 1.0)
    whole, widened = mean.copy(), raw.copy()
    whole[known], widened[known] = level, wide
    return whole, widened
