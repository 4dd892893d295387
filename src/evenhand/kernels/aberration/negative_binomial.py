"""Tails and quantiles of the negative binomial (and Poisson) for whole arrays, exact far out and quick for huge means."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.compiled import compiled

Floats = npt.NDArray[np.float64]

# Below this excess over 1 the two laws agree to more digits than a float holds for any count met.
NEARLY_POISSON = 1e-9

LONGEST_SUM = 4096.0
# Sums and fractions end within their steps up to about this mean.
HUGE = 1e9
LOG_FACTORIAL: Floats = np.array([math.lgamma(count + 1.0) for count in range(1024)])


@compiled
def log_factorial(count: float) -> float:
    """Return log Γ(count + 1), from a table where the count is small."""
    return LOG_FACTORIAL[int(count)] if count < len(LOG_FACTORIAL) else math.lgamma(count + 1.0)


@compiled
def log_rising(size: float, count: float) -> float:
    """Return log Γ(size + count) - log Γ(size), without losing digits for huge sizes."""
    if size < 1e5:
        return math.lgamma(size + count) - math.lgamma(size)
    end = size + count
    return (
        (size - 0.5) * math.log1p(count / size)
        + count * math.log(end)
        - count
        + (1.0 / end - 1.0 / size) / 12.0
    )


@compiled
def log_mass(count: float, mean: float, dispersion: float) -> float:
    """Return log P(Y = count); variance = dispersion · mean."""
    if dispersion <= 1.0 + NEARLY_POISSON:
        return count * math.log(mean) - mean - log_factorial(count)
    size = mean / (dispersion - 1.0)
    return (
        log_rising(size, count)
        - log_factorial(count)
        - size * math.log(dispersion)
        + count * math.log1p(-1.0 / dispersion)
    )


@compiled
def beta_fraction(count: float, size: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function I_x(count, size).

    source   NIST Digital Library of Mathematical Functions 8.17.22
    """
    tiny = 1e-300
    c, d = 1.0, 1.0 - (count + size) * x / (count + 1.0)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    h = d
    for m in range(1, 100_000):
        even = m * (size - m) * x / ((count + 2 * m - 1.0) * (count + 2 * m))
        d = 1.0 + even * d
        c = 1.0 + even / c
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = c if abs(c) > tiny else tiny
        h *= d * c
        odd = -(count + m) * (count + size + m) * x / ((count + 2 * m) * (count + 2 * m + 1.0))
        d = 1.0 + odd * d
        c = 1.0 + odd / c
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = c if abs(c) > tiny else tiny
        move = d * c
        h *= move
        if abs(move - 1.0) < 1e-15:
            break
    return h


@compiled
def tail_ratio(count: float, mean: float, dispersion: float) -> float:
    """Return P(Y >= count) / P(Y = count) for a count above the mean, by a continued fraction.

    source   NIST Digital Library of Mathematical Functions 8.17.22 (incomplete beta) and 8.11.5 (incomplete gamma)
    """
    if dispersion <= 1.0 + NEARLY_POISSON:
        # The lower incomplete gamma function as a series, all terms positive.
        term, found = 1.0, 1.0
        for step in range(1, 100_000):
            term *= mean / (count + step)
            found += term
            if term < found * 1e-16:
                break
        return found
    size = mean / (dispersion - 1.0)
    x = (dispersion - 1.0) / dispersion
    # I_x(count, size) = x^count (1 - x)^size h / (count B(count, size)) = P(Y = count) · (1 - x)^0 · h
    return beta_fraction(count, size, x)


@compiled
def head_ratio(count: float, mean: float, dispersion: float) -> float:
    """Return P(Y <= count) / P(Y = count) for a count at or below the mean: a falling sum, all terms positive."""
    term, found = 1.0, 1.0
    poisson = dispersion <= 1.0 + NEARLY_POISSON
    size = 0.0 if poisson else mean / (dispersion - 1.0)
    inverse = 1.0 if poisson else dispersion / (dispersion - 1.0)
    below = count
    while below > 0.0:
        term *= below / mean if poisson else below * inverse / (size + below - 1.0)
        found += term
        below -= 1.0
        if term < found * 1e-16:
            break
    return found


@compiled
def far_tail(count: float, mean: float, dispersion: float) -> float:
    """Return P(Y >= count) for a huge mean, where a sum would not end: by the saddlepoint, its error is about one in the mean.

    source   Barndorff-Nielsen 1991, Biometrika 78(3):557-563 (the modified signed root)
    """
    x = count - 0.5
    over = max(dispersion - 1.0, NEARLY_POISSON)
    scaled = (x - mean) / math.sqrt(mean * dispersion)
    if abs(scaled) < 1e-3:
        return 0.5 * math.erfc(scaled / math.sqrt(2.0))
    tilt = math.log1p((x - mean) / (mean + over * x))
    less = over * (x - mean) / (mean * (1.0 + over))
    logs = math.log1p(less) if less > -0.5 else math.log((mean + over * x) / (mean * (1.0 + over)))
    root = 2.0 * (tilt * x - mean / over * logs)
    w = math.copysign(math.sqrt(max(root, 1e-300)), scaled)
    slope = tilt * math.sqrt(x * (1.0 + over * x / mean))
    return 0.5 * math.erfc((w + math.log(slope / w) / w) / math.sqrt(2.0))


@compiled
def lopsided(mean: float, dispersion: float) -> bool:
    """Say whether nearly all the mean comes from events that hardly ever happen, as where a history holds one absurd count."""
    return dispersion > 100.0 * (mean + 1.0)


@compiled
def at_least(count: float, mean: float, dispersion: float) -> float:
    """Return P(Y >= count)."""
    if count <= 0.0:
        return 1.0
    if not mean > 0.0:
        return 0.0
    if mean > HUGE:
        return far_tail(count, mean, dispersion)
    if count > mean + (dispersion if lopsided(mean, dispersion) else 0.0):
        tail = math.exp(log_mass(count, mean, dispersion)) * tail_ratio(count, mean, dispersion)
        return min(1.0, max(tail, 0.0))
    if dispersion > 1.0 + NEARLY_POISSON and (count > LONGEST_SUM or lopsided(mean, dispersion)):
        # Term by term it would take as many steps as there are events.
        size = mean / (dispersion - 1.0)
        logs = log_rising(size, count) - math.lgamma(count) - math.log(size) - size * math.log(dispersion)
        logs += count * math.log1p(-1.0 / dispersion)
        return max(0.0, 1.0 - math.exp(logs) * beta_fraction(size, count, 1.0 / dispersion))
    return max(
        0.0,
        1.0 - math.exp(log_mass(count - 1.0, mean, dispersion)) * head_ratio(count - 1.0, mean, dispersion),
    )


@compiled
def halved(alpha: float, guess: float, mean: float, dispersion: float) -> float:
    """Return the smallest count q with P(Y > q) <= alpha by halving, where Newton's rule loses its way."""
    step = math.sqrt(mean * dispersion) + 1.0
    low, high = -1.0, max(guess, 0.0)
    for _turn in range(200):
        if at_least(high + 1.0, mean, dispersion) <= alpha:
            break
        low, high, step = high, high + step, 2.0 * step
    for _turn in range(200):
        middle = np.floor((low + high) / 2.0)
        if not low < middle < high:
            break
        if at_least(middle + 1.0, mean, dispersion) <= alpha:
            high = middle
        else:
            low = middle
    return float(high)


@compiled
def quantile_above(alpha: float, z: float, mean: float, dispersion: float) -> float:
    """Return the smallest count q with P(Y > q) <= alpha; z is the normal value that alpha leaves above it.

    From a good guess by Newton's rule on the logarithm of the tail until a few counts are left, then count by count.
    """
    if not mean > 0.0:
        return 0.0
    deviation = math.sqrt(mean * dispersion)
    skew = (2.0 * dispersion - 1.0) / deviation
    guess = max(math.floor(mean + deviation * (z + skew * (z * z - 1.0) / 6.0) + 0.5), 0.0)
    if mean > HUGE or lopsided(mean, dispersion):
        return halved(alpha, guess, mean, dispersion)
    # Digits lost in a tail must not move a bound that is met exactly.
    limit = alpha * (1.0 + 1e-13)
    poisson = dispersion <= 1.0 + NEARLY_POISSON
    size = 0.0 if poisson else mean / (dispersion - 1.0)
    x = 0.0 if poisson else (dispersion - 1.0) / dispersion
    for _turn in range(60):
        mass = math.exp(log_mass(guess, mean, dispersion))
        if guess + 1.0 > mean:
            next_mass = mass * (mean / (guess + 1.0) if poisson else x * (guess + size) / (guess + 1.0))
            above = next_mass * tail_ratio(guess + 1.0, mean, dispersion)
            move = math.log(above / alpha) * above / next_mass if next_mass > 0.0 and above > 0.0 else 0.0
            if abs(move) > 16.0:
                guess = max(guess + math.floor(move + 0.5), 0.0)
                continue
        else:
            above = at_least(guess + 1.0, mean, dispersion)
        jump = 0.0
        if above > limit:
            while above > limit and jump < 4096.0:
                jump += 1.0
                mass *= mean / (guess + jump) if poisson else x * (guess + jump - 1.0 + size) / (guess + jump)
                above -= mass
            guess += jump
            if jump < 64.0 and (above < 0.999999 * alpha or at_least(guess + 1.0, mean, dispersion) <= limit):
                return guess
            continue
        while guess - jump > 0.0 and above + mass <= limit and jump < 4096.0:
            above += mass
            mass *= (guess - jump) / mean if poisson else (guess - jump) / (x * (guess - jump - 1.0 + size))
            jump += 1.0
        guess -= jump
        if jump == 0.0 or (jump < 64.0 and above + mass > 1.000001 * alpha):
            return guess
    return guess


@compiled
def tails(counts: Floats, means: Floats, dispersions: Floats, result: Floats) -> None:
    """Fill in P(Y >= count) for flat arrays; NaN where the count or the mean is NaN."""
    for i in range(len(counts)):
        if math.isnan(counts[i]) or math.isnan(means[i]) or math.isnan(dispersions[i]):
            result[i] = math.nan
        else:
            result[i] = at_least(counts[i], means[i], dispersions[i])


@compiled
def quantiles(alpha: float, z: float, means: Floats, dispersions: Floats, result: Floats) -> None:
    """Fill in the upper bound that alpha leaves above it, for flat arrays; NaN where there is no finite mean."""
    for i in range(len(means)):
        if math.isfinite(means[i]) and math.isfinite(dispersions[i]):
            result[i] = quantile_above(alpha, z, means[i], dispersions[i])
        else:
            result[i] = math.nan


@compiled
def middle_tails(counts: Floats, means: Floats, dispersions: Floats, result: Floats) -> None:
    """Fill in P(Y > count) + P(Y = count) / 2 for flat arrays: the mid-p value, fair for sparse counts.

    At or below the mean it is not worked out, and 1 is filled in: no rise is to be judged there.
    """
    for i in range(len(counts)):
        if not counts[i] > means[i]:
            result[i] = 1.0
        elif not means[i] > 0.0:
            result[i] = 0.0
        elif means[i] > HUGE:
            # Half a count less or more is the same digit.
            result[i] = far_tail(counts[i] + 0.5, means[i], dispersions[i])
        else:
            mass = math.exp(log_mass(counts[i], means[i], dispersions[i]))
            result[i] = min(1.0, mass * (tail_ratio(counts[i], means[i], dispersions[i]) - 0.5))
