"""Choose the past weeks that a week is compared with: same season, other years, nothing recent."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.counts import Days, Floats
from evenhand.kernels.aberration.refusals import TooShort, WrongOption

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reference:
    """The comparison of one epoch: which rows, which season block each is in, and when each was."""

    rows: Whole
    block: Whole
    blocks: int
    time: Floats
    now: float


def refuse_gaps(dates: Days, frequency: int) -> None:
    """Refuse epochs that do not follow on: windows and season blocks count rows.

    raises   WrongOption, naming the row before which one is missing
    """
    if frequency == 12:
        apart, usual = np.diff(dates.astype("datetime64[M]").astype(np.int64)), 1
    else:
        apart, usual = np.diff(dates.astype(np.int64)), 7 if frequency == 52 else 1
    gap = np.flatnonzero(apart != usual)
    if gap.size:
        row = int(gap[0]) + 1
        raise WrongOption(
            f"dates, row {row}: {dates[row - 1]} is followed by {dates[row]}, with {frequency} epochs a year; "
            "epochs must follow on: give a row of NaN for one that is not known"
        )


def same_time_of_year(row: int, b: int, frequency: int, dates: Days | None) -> Whole:
    """Say which rows stand at the same time of year, this year first.

    row        the epoch judged, 0-based
    b          years to go back
    frequency  epochs a year; used when there are no dates
    dates      (T,) dates, or None
    returns    (b + 1,) row numbers, newest first
    raises     TooShort, when one of them is not in the table
    source     Salmon, Schumacher & Höhle 2016, J. Stat. Softw. 70(10), section 2.2; weekly dates take the
               same weekday nearest to the same date of the earlier year
    """
    if dates is None:
        back = row - frequency * np.arange(b + 1, dtype=np.int64)
        if back[-1] < 0:
            raise TooShort(
                f"row {row}: {b} years back would be row {int(back[-1])}; give fewer years or later rows"
            )
        return back
    today = dates[row]
    month = today.astype("datetime64[M]")
    day_of_month = (today - month.astype("datetime64[D]")).astype(np.int64)
    # A 29 February a year back is 1 March.
    wanted = (month - 12 * np.arange(b + 1)).astype("datetime64[D]") + day_of_month
    if frequency == 52:
        weekday = (wanted.astype(np.int64) + 4) % 7
        shift = (wanted[0].astype(np.int64) + 4) % 7 - weekday
        other = np.where(shift > 0, shift - 7, shift + 7)
        wanted = wanted + np.where(np.abs(shift) > np.abs(other), other, shift)
    found = np.searchsorted(dates, wanted)
    held = (found < len(dates)) & (dates[np.minimum(found, len(dates) - 1)] == wanted)
    if not held.all():
        raise TooShort(
            f"row {row} ({today}): there is no row for {wanted[~held][0]}; give fewer years or later rows"
        )
    return np.sort(found)[::-1].astype(np.int64)


def season_blocks(anniversaries: Whole, length: int, w: int, no_periods: int) -> Whole:
    """Divide the years between anniversaries into season blocks.

    anniversaries  (b + 1,) rows at the same time of year, newest first
    length         rows in the table
    w              half-width of the window round each anniversary
    no_periods     blocks a year; the windows themselves are the last block
    returns        (length,) block number 1 … no_periods, 0 outside all blocks
    raises         TooShort, when a window starts before the first row
                   WrongOption, when there are more blocks than epochs between windows
    """
    block = np.zeros(length, dtype=np.int64)
    now = int(anniversaries[0])
    block[max(now - w, 0) : now + 1] = no_periods
    for newer, older in pairwise(anniversaries):
        if older - w < 0:
            raise TooShort(
                f"row {now}: its window starts {int(w - older)} row(s) before the first; "
                "give fewer years or later rows"
            )
        block[older - w : older + w + 1] = no_periods
        if no_periods == 1:
            continue
        between = int(newer - 2 * w - 1 - older)
        if between < no_periods - 1:
            raise WrongOption(
                f"no_periods={no_periods}: more blocks than the {between} epochs between windows"
            )
        size, rest = divmod(between, no_periods - 1)
        sizes = np.full(no_periods - 1, size)
        sizes[:rest] += 1
        block[older + w + 1 : older + w + 1 + between] = np.repeat(np.arange(1, no_periods), sizes)
    return block


def reference_of(
    row: int,
    *,
    length: int,
    b: int,
    w: int,
    no_periods: int,
    past_not_included: int,
    frequency: int,
    dates: Days | None,
) -> Reference:
    """Choose the past rows that one row is compared with.

    row, length, b, w, no_periods, frequency, dates   as above
    past_not_included   the latest epochs left out, so that a rise does not explain itself away
    returns             Reference; block is renumbered 0 … blocks - 1 and the row's own block is the last
    raises              TooShort, WrongOption
    """
    anniversaries = same_time_of_year(row, b, frequency, dates)
    block = season_blocks(anniversaries, length, w, no_periods)
    block[max(row - past_not_included, 0) :] = 0
    rows = np.flatnonzero(block)
    if rows.size == 0 or not (block[rows] == no_periods).any():
        raise TooShort(
            f"row {row}: nothing is left to compare with; past_weeks_not_included leaves no window"
        )
    labels, renumbered = np.unique(block[rows], return_inverse=True)
    if dates is None:
        time, now = rows.astype(np.float64), float(row)
    else:
        step = float((dates[1] - dates[0]).astype(np.int64))
        elapsed = (dates - dates[rows[0]]).astype(np.float64) / step
        time, now = elapsed[rows], float(elapsed[row])
    return Reference(rows, renumbered.astype(np.int64).ravel(), len(labels), time, now)
