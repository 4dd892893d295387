"""Say which counts are small by themselves, and what withholding a cell costs the reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evenhand.kernels.disclosure.programme import Flags, Floats, Ints
from evenhand.kernels.disclosure.system import System

ZEROS = ("shown", "usable", "withheld")


@dataclass(frozen=True)
class Policy:
    """What a release promises about small counts.

    threshold  counts from 1 to threshold - 1 are withheld
    zeros      "shown": zeros are printed as 0, so a withheld cell is known to be at least 1;
               "usable": a zero may be withheld to protect others; "withheld": zeros count as small
    width      for every withheld cell, whole tables that fit everything published must differ by at
               least this much in that cell
    """

    threshold: int = 5
    zeros: Literal["shown", "usable", "withheld"] = "shown"
    width: int = 5

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise ValueError("threshold must be at least 1")
        if self.zeros not in ZEROS:
            raise ValueError(f"zeros must be one of {', '.join(ZEROS)}, not {self.zeros!r}")
        if self.width < self.threshold - self.lowest:
            raise ValueError("width must reach from the least possible count to the threshold")

    @property
    def lowest(self) -> int:
        """The least that a withheld cell may be assumed to be."""
        return 1 if self.zeros == "shown" else 0

    def primary(self, system: System) -> Flags:
        """Return the cells that are small by themselves, or sealed: withheld whatever their neighbours are."""
        least = 0 if self.zeros == "withheld" else 1
        size = np.abs(system.value)
        small = (size >= np.where(system.unprinted, 1, least)) & (size < self.threshold)
        return np.asarray((small & ~system.shown) | system.sealed, dtype=np.bool_)


def price(value: Ints, height: Ints) -> Floats:
    """Return the cost of withholding: the root of the count, twice as much at every step up a roll-up.

    A reader misses a large count more than a small one, but not in proportion; and a total is what most
    come for.
    """
    return np.asarray(np.round(10.0 * np.sqrt(value + 1.0) * 2.0**height), dtype=np.float64)


def dominated(total: Floats, largest: Floats, contributors: Ints, *, share: float, at_least: int) -> Flags:
    """Return the magnitude cells that one contributor dominates, or that too few contribute to.

    total, largest  (N,) the cell's sum and its largest contribution                       [same unit]
    contributors    (N,) how many contribute
    share           a cell is sensitive when the largest exceeds this share of the total: the (1, k) rule
    at_least        a cell with 1 to at_least - 1 contributors is sensitive
    source          Hundepool et al. (2012), Statistical Disclosure Control, ch. 4
    """
    few = (contributors > 0) & (contributors < at_least)
    return np.asarray(few | ((contributors > 0) & (largest > share * total)), dtype=np.bool_)
