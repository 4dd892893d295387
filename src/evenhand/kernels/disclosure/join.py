"""Join the tables of a release into one system: equal keys are one cell, every roll-up is a sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.kernels.disclosure.programme import Flags, Floats, Ints
from evenhand.kernels.disclosure.system import TOTAL, BadTable, System
from evenhand.kernels.disclosure.tables import Dimension, Table


@dataclass(frozen=True)
class Release:
    """Tables joined into one system: where each table's cells are in it, and what each cell is called."""

    dimensions: tuple[Dimension, ...]
    tables: tuple[Table, ...]
    system: System
    cells: Mapping[str, Ints]
    keys: Ints

    def key(self, cell: int) -> tuple[str, ...]:
        """Return the codes of a cell, one for each dimension of the release."""
        return tuple(d.codes[at] for d, at in zip(self.dimensions, self.keys[cell], strict=True))


@dataclass(frozen=True)
class _Names(Sequence[object]):
    dimensions: tuple[Dimension, ...]
    keys: Ints

    def __len__(self) -> int:
        return int(self.keys.shape[0])

    def __getitem__(self, at: int) -> str:  # type: ignore[override]  # slices are not needed
        row = self.keys[at]
        parts = [
            f"{d.name}={d.codes[c]}" for d, c in zip(self.dimensions, row, strict=True) if d.codes[c] != TOTAL
        ]
        return "the cell " + (", ".join(parts) or "of everything")


def join_tables(
    dimensions: tuple[Dimension, ...],
    tables: Sequence[tuple[Table, Ints]],
    *,
    lowest: int,
    price: Callable[[Ints, Ints], Floats],
) -> Release:
    """Join the tables into one system: equal keys are one cell, and every roll-up inside a table is a sum.

    tables   each with its counts, one axis for each of its dimensions                          [counts]
    lowest   least value a withheld cell may be assumed to have: 1 where zeros are shown, else 0
    price    (counts, steps above the finest level of the finest table that prints the cell) -> cost of withholding each cell
    raises   BadTable, when two tables disagree on a cell, a margin does not add, or a table prints only
             some of the parts of a sum
    """
    order = {dimension.name: at for at, dimension in enumerate(dimensions)}
    shape = tuple(len(dimension.codes) for dimension in dimensions)
    tops = [dimension.place.get(TOTAL, -1) for dimension in dimensions]
    all_codes: list[Ints] = []
    all_counts: list[Ints] = []
    grids: list[Ints] = []
    for table, counts in tables:
        missing = [
            d.name
            for d, top in zip(dimensions, tops, strict=True)
            if top < 0 and d.name not in table.dimensions
        ]
        if missing:
            raise BadTable(f"table {table.name} must have dimension {missing[0]}, which has no total")
        axes = [np.array([top]) for top in tops]
        for name in table.dimensions:
            if name not in order:
                raise BadTable(
                    f"table {table.name} names dimension {name!r}, which the release does not have"
                )
            dimension = dimensions[order[name]]
            axes[order[name]] = np.array([dimension.place[code] for code in table.codes(dimension)])
        expected = tuple(axes[order[name]].size for name in table.dimensions)
        if counts.shape != expected:
            raise BadTable(f"table {table.name} has shape {counts.shape}, its codes say {expected}")
        arranged = np.transpose(counts, np.argsort([order[name] for name in table.dimensions]))
        grid = np.asarray(
            np.ravel_multi_index(tuple(np.meshgrid(*axes, indexing="ij")), shape), dtype=np.int64
        )
        grids.append(grid)
        all_codes.append(grid.ravel())
        all_counts.append(arranged.reshape(-1))
    key, inverse = np.unique(np.concatenate(all_codes), return_inverse=True)
    counts_seen = np.concatenate(all_counts)
    value = np.zeros(key.size, dtype=np.int64)
    value[inverse] = counts_seen
    keys = np.stack(np.unravel_index(key, shape), axis=1).astype(np.int64)
    names = _Names(dimensions, keys)
    differ = np.flatnonzero(value[inverse] != counts_seen)
    if differ.size:
        cell = int(inverse[differ[0]])
        raise BadTable(f"two tables disagree on {names[cell]}: {counts_seen[differ[0]]} and {value[cell]}")
    total, start, part = _sums(dimensions, key, keys, names)
    height = np.full(key.size, 99, dtype=np.int64)
    for (table, _), grid in zip(tables, grids, strict=True):
        inside = np.searchsorted(key, grid.ravel())
        axes_in = [order[name] for name in table.dimensions]
        steps = np.sum([dimensions[axis].height[keys[inside, axis]] for axis in axes_in], axis=0)
        height[inside] = np.minimum(height[inside], steps)
    shown: Flags = (value == 0) if lowest > 0 else np.zeros(value.size, dtype=np.bool_)
    system = System(
        value=value,
        lowest=np.minimum(lowest, value),
        shown=shown,
        unprinted=np.zeros(value.size, dtype=np.bool_),
        cost=price(value, height),
        total=total,
        start=start,
        part=part,
        names=names,
    )
    cells: dict[str, Ints] = {}
    for (table, _), grid in zip(tables, grids, strict=True):
        kept = [length for at, length in enumerate(grid.shape) if dimensions[at].name in table.dimensions]
        places = np.searchsorted(key, grid).reshape(kept)
        cells[table.name] = np.transpose(places, np.argsort(np.argsort([order[n] for n in table.dimensions])))
    return Release(dimensions, tuple(table for table, _ in tables), system, cells, keys)


def _sums(dimensions: tuple[Dimension, ...], key: Ints, keys: Ints, names: _Names) -> tuple[Ints, Ints, Ints]:
    """Return every roll-up among the printed cells, whichever tables print them: totals, starts and parts.

    A reader adds up across tables, so a sum whose total stands in one table and whose parts stand in
    another counts too; printing only some parts of a printed total would make an unprinted cell, and is refused.
    """
    shape = tuple(len(dimension.codes) for dimension in dimensions)
    totals: list[Ints] = []
    parts: list[Ints] = []
    for axis, dimension in enumerate(dimensions):
        stride = int(np.prod(shape[axis + 1 :], dtype=np.int64))
        for parent, children in dimension.sums:
            above = np.flatnonzero(keys[:, axis] == dimension.place[parent])
            shift = np.array([dimension.place[child] - dimension.place[parent] for child in children])
            below, there = find(key, key[above][:, None] + shift[None, :] * stride)
            full = there.all(axis=1)
            some = np.flatnonzero(there.any(axis=1) & ~full)
            if some.size:
                gone = children[int(np.argmin(there[some[0]]))]
                raise BadTable(
                    f"{names[int(above[some[0]])]} is printed with some of its parts, but not with {gone}"
                )
            totals.append(above[full])
            parts.extend(below[full])
        refuse_gaps(dimension, key, keys[:, axis], stride, names)
    lengths = [row.size for row in parts]
    return (
        np.concatenate(totals).astype(np.int64),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64),
    )


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
                f"{names[cell]} is printed under a roll-up without the level between them ({parents[0]})"
            )
