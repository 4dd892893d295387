"""What every method of the watch is given to look at, and what it says of an area and strand on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from evenhand.oversight.watch.counting import Cells, Floats, Watched, Whole
from evenhand.oversight.watch.policy import WatchPolicy


@dataclass(frozen=True)
class Hit:
    """An exceedance as one method saw it on one day; exceedances in a row are one episode."""

    method: str
    area: str
    strand: str
    day: date
    began: date
    window: int
    observed: int
    expected: float
    p_value: float
    around: tuple[str, ...] = ()


@dataclass(frozen=True)
class Looked:
    """The series that had events lately, up to one day, with what was expected of them.

    counts     (T, S) of the days from `first_day` on
    expected   (T, S), NaN where it is not known
    whole      what was expected of every series on a day, by day: (N,) each
    """

    cells: Cells
    what: Watched
    policy: WatchPolicy
    active: Whole
    first_day: date
    counts: Floats
    expected: Floats
    today: date
    whole: Mapping[date, Floats] = field(default_factory=dict)

    def name(self, at: int) -> tuple[str, str]:
        """Return area and strand of a column."""
        return self.what.series[int(self.active[at])]

    def until(self, day: date) -> Looked:
        """Return what there was to look at on the evening of an earlier day, with the counts as they are known now."""
        length = (day - self.first_day).days + 1
        return Looked(
            self.cells, self.what, self.policy, self.active, self.first_day, self.counts[:length],
            self.expected[:length], day, self.whole,
        )  # fmt: skip

    def last(self, days: int) -> Looked:
        """Return the same without the days before the last so many."""
        length = min(days, self.counts.shape[0])
        return Looked(
            self.cells, self.what, self.policy, self.active, self.today - timedelta(days=length - 1),
            self.counts[-length:], self.expected[-length:], self.today, self.whole,
        )  # fmt: skip
