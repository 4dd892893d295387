"""Say which median may be printed beside a count, and how coarsely, also where an earlier release printed one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class NoMedian(Enum):
    """Why there is none."""

    WITHHELD = "withheld"
    TOO_FEW = "too few"


@dataclass(frozen=True)
class PrintedMedian:
    """What an earlier release printed of the same people and the same way: their count and the median days."""

    count: int
    days: int


def median_to_print(
    count: int | None,
    days: float | None,
    before: Sequence[PrintedMedian],
    *,
    least: int,
    step: int,
    threshold: int,
) -> int | NoMedian:
    """Return the median to print, rounded to `step`, or why none is.

    The median of an odd number of people is the days of one of them; that of an even number the mean of
    two. Where somebody is added and both medians are printed, the days of the new one can follow exactly:
    20 days of three and 25 of four say that the fourth took 30. So a median that was printed stands until
    its count has changed by `threshold`, and beside a count that changed by fewer there is none.

    count    how many there are; None where it is withheld                                    [people]
    days     median over all of them, those who have not come there yet counted as later than any; None
             where that is half of them or more
    before   what earlier releases printed, the oldest first
    least    smallest count; at least twice the width, so that a mark leaves that much open    [people]
    source   an order statistic is somebody's own figure, and results of groups that differ by a few people
             are not released: ESSnet SDC (2009), Guidelines for the checking of output based on microdata
             research; Hundepool and others (2024), Handbook on Statistical Disclosure Control, 6.6.2
    """
    if count is None or any(0 < abs(count - one.count) < threshold for one in before):
        return NoMedian.WITHHELD
    same = [one.days for one in before if one.count == count]
    if same:
        return same[-1]
    if count < least or days is None:
        return NoMedian.TOO_FEW
    return int(days / step + 0.5) * step
