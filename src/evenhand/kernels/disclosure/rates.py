"""Work out rates, ratios of rates and medians, only where enough counts stand behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass

# The 97.5th percentile of the normal distribution, for 95 % intervals.
NORMAL_975 = 1.959963984540054


class TooFew(Exception):
    """There are fewer counts than the policy asks for, so nothing is worked out."""


@dataclass(frozen=True)
class Ratio:
    """A ratio of two rates with its 95 % interval."""

    value: float
    low: float
    high: float


def rate_per(count: int, people: int, *, per: int, least: int) -> float:
    """Return how many there were per `per` people, to one decimal.

    count    events, a published count; people  the population                               [counts]
    raises   TooFew, when the count is under `least`; ValueError, when there are no people
    """
    if people <= 0:
        raise ValueError("a rate needs people")
    if count < least:
        raise TooFew
    return math.floor(10 * per * count / people + 0.5) / 10


def rate_ratio(first: tuple[int, int], second: tuple[int, int], *, least: int = 0) -> Ratio:
    """Return the ratio of two shares with its 95 % interval on the log scale.

    first, second   (how many it happened to, of how many)                                   [counts]
    least           smallest count that both numerators must reach
    raises          TooFew, when either numerator does not: on three people an interval can look
                    significant
    source          Katz, Baptista, Azen and Pike (1978), Biometrics 34, 469-474
    >>> ratio = rate_ratio((3, 40), (90, 4000))
    >>> f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
    '3.33 (1.10 to 10.09)'
    """
    (a, n), (b, m) = first, second
    if not (0 <= a <= n and 0 <= b <= m):
        raise ValueError("a share is a part of its whole")
    if min(a, b) < max(least, 1):
        raise TooFew
    value = (a / n) / (b / m)
    spread = math.exp(NORMAL_975 * math.sqrt(1 / a - 1 / n + 1 / b - 1 / m))
    return Ratio(value, value / spread, value * spread)
