"""Work out percentages with halves rounded up, and only where the counts behind them are shown and enough."""

from __future__ import annotations

import numpy as np

from evenhand.kernels.disclosure.programme import Flags, Ints
from evenhand.kernels.disclosure.tables import Dimension, Table

WITHHELD, TOO_FEW, NOT_APPLICABLE, LOW = -1, -2, -3, -4


def percent_half_up(numerator: int, denominator: int) -> int:
    """Return the whole percentage, halves rounded up.

    >>> percent_half_up(1798, 8769), percent_half_up(1798, 8778)
    (21, 20)
    """
    if denominator <= 0 or numerator < 0:
        raise ValueError("a percentage needs a denominator above zero and no negative count")
    return (200 * numerator + denominator) // (2 * denominator)


def percentages(
    table: Table, dimensions: tuple[Dimension, ...], counts: Ints, withheld: Flags, *, guard: int
) -> Ints:
    """Return the percentage of each cell of a table in the cell its `share` names.

    counts    the table's counts, one axis a dimension                                          [counts]
    withheld  the cells that are not shown: neither they nor shares of them are percentages
    guard     smallest denominator that a percentage is worked out of                           [counts]
    returns   whole percentages; WITHHELD where the count or its denominator is, TOO_FEW under the
              guard, NOT_APPLICABLE where the denominator is zero, LOW where a count that is not zero
              comes to less than half a per cent
    """
    if table.share is None:
        raise ValueError(f"table {table.name} names no denominator")
    name, code = table.share
    axis = table.dimensions.index(name)
    dimension = next(d for d in dimensions if d.name == name)
    at = table.codes(dimension).index(code)
    base = np.broadcast_to(np.take(counts, [at], axis=axis), counts.shape)
    base_withheld = np.broadcast_to(np.take(withheld, [at], axis=axis), counts.shape)
    result = (200 * counts + base) // np.maximum(2 * base, 1)
    result = np.where((counts > 0) & (result == 0), LOW, result)
    # What lies outside the denominator, such as "unknown" beside "known", is no share of it.
    outside = np.array([not covered(dimension, part, code) for part in table.codes(dimension)])
    shape = [-1 if at == axis else 1 for at in range(counts.ndim)]
    result = np.where((base == 0) | outside.reshape(shape), NOT_APPLICABLE, result)
    result = np.where((base > 0) & (base < guard) & (result != NOT_APPLICABLE), TOO_FEW, result)
    return np.where((withheld | base_withheld) & (result != NOT_APPLICABLE), WITHHELD, result).astype(
        np.int64
    )


def covered(dimension: Dimension, part: str, whole: str) -> bool:
    """Say whether a code lies inside another one."""
    return part == whole or whole in dimension.ancestors(part)
