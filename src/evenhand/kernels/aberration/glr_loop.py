"""Search the likeliest lasting rise of each series at each epoch, for the likelihood-ratio chart."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.compiled import compiled

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@compiled
def likeliest_rise(counts: Floats, means: Floats, column: int, first: int, last: int, excess: float) -> float:
    """Return the log of the likeliest common factor, at least 0, on the expected counts of rows first … last."""
    seen, thought = 0.0, 0.0
    for row in range(first, last + 1):
        seen += counts[row, column]
        thought += means[row, column]
    if seen <= thought and excess == 0.0:
        return 0.0
    rise = math.log(seen / thought) if seen > 0.0 else 0.0
    if excess == 0.0:
        return rise
    for _turn in range(50):
        score, information = 0.0, 0.0
        for row in range(first, last + 1):
            mean = means[row, column] * math.exp(rise)
            room = 1.0 + excess * mean
            score += (counts[row, column] - mean) / room
            information += mean * (1.0 + excess * counts[row, column]) / (room * room)
        move = min(max(score / information, -2.0), 2.0)
        rise += move
        if abs(move) < 1e-10:
            break
    return max(rise, 0.0)


@compiled
def gain(
    counts: Floats, means: Floats, column: int, first: int, last: int, excess: float, rise: float
) -> float:
    """Return the log likelihood ratio of a rise by exp(rise) in rows first … last against none."""
    found = 0.0
    for row in range(first, last + 1):
        mean, count = means[row, column], counts[row, column]
        if excess == 0.0:
            found += count * rise - mean * (math.exp(rise) - 1.0)
        else:
            found += count * rise - (count + 1.0 / excess) * math.log1p(
                excess * mean * (math.exp(rise) - 1.0) / (1.0 + excess * mean)
            )
    return found


@compiled
def glr_loop(
    counts: Floats, means: Floats, excess: Floats, limit: float, window: int, statistic: Floats, since: Whole
) -> None:
    """Fill in the chart's value and the likeliest start of a rise, (T, S); after an alarm it starts again."""
    for column in range(counts.shape[1]):
        begin = 0
        for row in range(counts.shape[0]):
            best, start = 0.0, -1
            for first in range(max(begin, row - window + 1), row + 1):
                rise = likeliest_rise(counts, means, column, first, row, excess[column])
                if rise > 0.0:
                    value = gain(counts, means, column, first, row, excess[column], rise)
                    if value > best:
                        best, start = value, first
            statistic[row, column] = best
            since[row, column] = start
            if best >= limit:
                begin = row + 1
