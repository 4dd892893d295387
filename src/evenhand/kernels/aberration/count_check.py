"""Look through millions of cells for one that is not a count."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.compiled import compiled


@compiled
def wrong_cells(cells: npt.NDArray[np.float64], missing_allowed: bool, largest: float) -> tuple[int, int]:
    """Return how many cells are no counts and where the first is, (0, -1) when all are."""
    number = 0
    for i in range(len(cells)):
        value = cells[i]
        fine = 0.0 <= value <= largest and np.floor(value) == value
        number += 0 if fine or (missing_allowed and math.isnan(value)) else 1
    if number == 0:
        return 0, -1
    for i in range(len(cells)):
        value = cells[i]
        if not (0.0 <= value <= largest and np.floor(value) == value) and not (
            missing_allowed and math.isnan(value)
        ):
            return number, i
    return number, -1
