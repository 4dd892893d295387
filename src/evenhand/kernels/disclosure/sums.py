"""Find every sum among printed cells, whichever tables and releases print them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.kernels.disclosure.programme import Flags, Ints
from evenhand.kernels.disclosure.system import BadTable
from evenhand.kernels.disclosure.tables import Dimension

# The dimension that tells vintages of the same figure apart; what is left in it is a revision.
VINTAGE = "vintage"


@dataclass(frozen=True)
class Sums:
    """Sums as totals, starts and parts; and the unprinted rests that complete sums printed in part.

    Cells from `rest_value` are numbered after the printed ones.
    """

    total: Ints
    start: Ints
    part: Ints
    rests: list[int]
    rest_value: Ints
    rest_signed: Flags


def find_sums(
    dimensions: tuple[Dimension, ...], key: Ints, keys: Ints, value: Ints, names: Sequence[object]
) -> Sums:
    """Return every roll-up among the printed cells once.

    A reader adds up across tables, so a sum whose total stands in one table and whose parts stand in
    another counts too. Where only some parts of a printed total are printed, the rest of it can be
    worked out: it becomes a cell that is never printed and is protected like the others.

    key    (N,) sorted keys of the printed cells; keys the same by dimension (N, D); value their counts
    """
    shape = tuple(len(dimension.codes) for dimension in dimensions)
    totals: list[Ints] = []
    parts: list[Ints] = []
    rests: list[int] = []
    rest_value: list[int] = []
    signed: list[bool] = []
    for axis, dimension in enumerate(dimensions):
        stride = int(np.prod(shape[axis + 1 :], dtype=np.int64))
        for parent, children in dimension.sums:
            above = np.flatnonzero(keys[:, axis] == dimension.place[parent])
            shift = np.array([dimension.place[child] - dimension.place[parent] for child in children])
            below, there = find(key, key[above][:, None] + shift[None, :] * stride)
            full = there.all(axis=1)
            totals.append(above[full])
            parts.extend(below[full])
            for at in np.flatnonzero(there.any(axis=1) & ~full):
                printed = below[at][there[at]]
                totals.append(above[at : at + 1])
                parts.append(np.append(printed, key.size + len(rests)))
                rests.append(int(above[at]))
                rest_value.append(int(value[above[at]] - value[printed].sum()))
                signed.append(dimension.name == VINTAGE)
        refuse_gaps(dimension, key, keys[:, axis], stride, names)
    for total, pieces in between_vintages(dimensions, key, keys):
        totals.append(np.array([total], dtype=np.int64))
        parts.append(np.append(pieces, key.size + len(rests)))
        rests.append(total)
        rest_value.append(int(value[total] - value[pieces].sum()))
        signed.append(True)
    lengths = [row.size for row in parts]
    return Sums(
        total=np.concatenate(totals).astype(np.int64),
        start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        part=np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64),
        rests=rests,
        rest_value=np.array(rest_value, dtype=np.int64),
        rest_signed=np.array(signed, dtype=np.bool_),
    )


def between_vintages(dimensions: tuple[Dimension, ...], key: Ints, keys: Ints) -> Iterator[tuple[int, Ints]]:
    """Give each total of one vintage with its parts, where some parts are printed in another vintage alone.

    After a revision a year of today less three quarters as they were published is the fourth quarter and
    what was revised: known to everybody who has both, though no vintage holds it.
    """
    named = [dimension.name for dimension in dimensions]
    if VINTAGE not in named:
        return
    when = named.index(VINTAGE)
    shape = tuple(len(dimension.codes) for dimension in dimensions)
    strides = [int(np.prod(shape[axis + 1 :], dtype=np.int64)) for axis in range(len(shape))]
    for axis, dimension in enumerate(dimensions):
        for parent, children in dimension.sums if axis != when else ():
            above = np.flatnonzero(keys[:, axis] == dimension.place[parent])
            shift = np.array([dimension.place[child] - dimension.place[parent] for child in children])
            line = key[above][:, None] + shift[None, :] * strides[axis]
            own, there = find(key, line)
            for vintage in range(shape[when]):
                step = (vintage - keys[above, when]) * strides[when]
                other, elsewhere = find(key, line + step[:, None])
                for at in np.flatnonzero((elsewhere & ~there).any(axis=1)):
                    both = np.where(there[at], own[at], other[at])
                    yield int(above[at]), both[there[at] | elsewhere[at]]


def find(key: Ints, wanted: Ints) -> tuple[Ints, Flags]:
    """Return where each wanted key stands in the sorted keys, and whether it is there."""
    at = np.minimum(np.searchsorted(key, wanted), key.size - 1)
    return at.astype(np.int64), key[at] == wanted


def refuse_gaps(dimension: Dimension, key: Ints, codes: Ints, stride: int, names: Sequence[object]) -> None:
    """Refuse a release that prints a code and something far below it, but no level between them."""
    for code in dimension.codes:
        parents = [parent for parent, children in dimension.sums if code in children]
        higher = [a for a in dimension.ancestors(code) if a not in parents]
        if not higher:
            continue
        cells = np.flatnonzero(codes == dimension.place[code])

        def printed(above: str, cells: Ints = cells, code: str = code) -> Flags:
            step = (dimension.place[above] - dimension.place[code]) * stride
            return find(key, key[cells] + step)[1]

        near = np.any([printed(parent) for parent in parents], axis=0)
        far = np.any([printed(ancestor) for ancestor in higher], axis=0)
        if (far & ~near).any():
            cell = int(cells[np.flatnonzero(far & ~near)[0]])
            raise BadTable(
                f"{names[cell]} is printed under a roll-up without the level between ({parents[0]})"
            )
