"""Join the tables of a release, and those of earlier ones, into one system of sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evenhand.kernels.disclosure.programme import Flags, Floats, Ints
from evenhand.kernels.disclosure.sums import Sums, find_sums
from evenhand.kernels.disclosure.system import TOTAL, BadTable, System
from evenhand.kernels.disclosure.tables import Dimension, Table

# An unprinted revision may take away as well as add; a reader knows no nearer bound.
REVISION_FLOOR = -1_000_000
# Treating an unprinted quantity as known costs the reader nothing; the trace of a cost avoids needless play.
UNPRINTED_COST = 0.01


@dataclass(frozen=True)
class Source:
    """The tables of one release: this one, or an earlier one with what it withheld.

    tables    each with its true counts, one axis for each of its dimensions                   [counts]
    roots     what a table without a dimension stands for, where that is not "total": an earlier
              release of three quarters has {"quarter": "q1-q3"}
    withheld  None for the release at hand; for an earlier one, which cells of each table it withheld
    """

    name: str
    tables: Sequence[tuple[Table, Ints]]
    roots: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, Flags] | None = None


@dataclass(frozen=True)
class Release:
    """Tables joined into one system: where each table's cells are in it, and what each cell is called."""

    dimensions: tuple[Dimension, ...]
    tables: tuple[Table, ...]
    system: System
    cells: Mapping[tuple[str, str], Ints]
    keys: Ints

    def key(self, cell: int) -> tuple[str, ...]:
        """Return the codes of a printed cell, one for each dimension of the release."""
        return tuple(d.codes[at] for d, at in zip(self.dimensions, self.keys[cell], strict=True))


class Names(Sequence[object]):
    """What to call each cell in a message, made when it is asked for."""

    def __init__(self, dimensions: tuple[Dimension, ...], keys: Ints, rests: Sequence[int] = ()) -> None:
        self.dimensions, self.keys, self.rests = dimensions, keys, rests

    def __len__(self) -> int:
        return int(self.keys.shape[0]) + len(self.rests)

    def __getitem__(self, at: int) -> str:  # type: ignore[override]  # slices are not needed
        if at >= self.keys.shape[0]:
            return f"what is not printed of {self[self.rests[at - self.keys.shape[0]]]}"
        codes = [d.codes[code] for d, code in zip(self.dimensions, self.keys[at], strict=True)]
        parts = [f"{d.name}={code}" for d, code in zip(self.dimensions, codes, strict=True) if code != TOTAL]
        return "the cell " + (", ".join(parts) or "of everything")


def join_tables(
    dimensions: tuple[Dimension, ...],
    sources: Sequence[Source],
    *,
    lowest: int,
    price: Callable[[Ints, Ints], Floats],
) -> Release:
    """Join tables into one system: equal keys are one cell, and every roll-up of printed cells is a sum.

    sources  the release at hand first, then earlier ones; cells that these printed stay printed, cells
             that they withheld must stay proved
    lowest   least value a withheld cell may be assumed to have: 1 where zeros are shown, else 0
    price    (counts, steps above the finest level of the finest table that prints the cell) -> cost of
             withholding each cell
    raises   BadTable, when two tables disagree on a cell, a margin does not add, or a level between two
             printed ones is left out
    """
    shape = tuple(len(dimension.codes) for dimension in dimensions)
    grids = [
        (source, table, lay_out(dimensions, source, table, counts))
        for source in sources
        for table, counts in source.tables
    ]
    all_keys = np.concatenate([grid.ravel() for _, _, grid in grids])
    all_counts = np.concatenate(
        [np.asarray(counts).ravel() for source in sources for _, counts in source.tables]
    )
    key, inverse = np.unique(all_keys, return_inverse=True)
    keys = np.stack(np.unravel_index(key, shape), axis=1).astype(np.int64)
    names = Names(dimensions, keys)
    missing = np.flatnonzero(~np.isfinite(all_counts))
    if missing.size:
        raise BadTable(f"{names[int(inverse[missing[0]])]} has no count")
    value = np.zeros(key.size, dtype=np.int64)
    value[inverse] = all_counts
    differ = np.flatnonzero(value[inverse] != all_counts)
    if differ.size:
        cell = int(inverse[differ[0]])
        raise BadTable(f"two tables disagree on {names[cell]}: {all_counts[differ[0]]} and {value[cell]}")
    cells = {(source.name, table.name): np.searchsorted(key, grid) for source, table, grid in grids}
    height = np.full(key.size, 99, dtype=np.int64)
    shown: Flags = (value == 0) if lowest > 0 else np.zeros(value.size, dtype=np.bool_)
    printed_now, kept_back = np.zeros(key.size, dtype=np.bool_), np.zeros(key.size, dtype=np.bool_)
    for source, table, _ in grids:
        places = cells[source.name, table.name]
        axes = [at for at, d in enumerate(dimensions) if d.name in table.dimensions]
        steps = np.sum([dimensions[axis].height[keys[places.ravel(), axis]] for axis in axes], axis=0)
        height[places.ravel()] = np.minimum(height[places.ravel()], steps)
        if source.withheld is None:
            printed_now[places] = True
        else:
            shown[places[~source.withheld[table.name]]] = True
            kept_back[places[source.withheld[table.name]]] = True
    sums = find_sums(dimensions, key, keys, value, names)
    system = _system(
        sums,
        value,
        lowest=lowest,
        shown=shown,
        cost=price(value, height),
        sealed=kept_back & ~shown & ~printed_now,
        names=Names(dimensions, keys, sums.rests),
    )
    return Release(dimensions, tuple(table for table, _ in sources[0].tables), system, cells, keys)


def lay_out(dimensions: tuple[Dimension, ...], source: Source, table: Table, counts: Ints) -> Ints:
    """Return the key of every cell of a table, in the shape of its counts."""
    order = {dimension.name: at for at, dimension in enumerate(dimensions)}
    for name in table.dimensions:
        if name not in order:
            raise BadTable(f"table {table.name} names dimension {name!r}, which the release does not have")
    axes = []
    for dimension in dimensions:
        root = source.roots.get(dimension.name, TOTAL)
        if dimension.name in table.dimensions:
            codes = table.codes(dimension)
        elif root in dimension.place:
            codes = (root,)
        else:
            raise BadTable(f"table {table.name} must have dimension {dimension.name}, which has no total")
        axes.append(np.array([dimension.place[code] for code in codes]))
    expected = tuple(axes[order[name]].size for name in table.dimensions)
    if counts.shape != expected:
        raise BadTable(f"table {table.name} has shape {counts.shape}, its codes say {expected}")
    shape = tuple(len(dimension.codes) for dimension in dimensions)
    grid = np.asarray(np.ravel_multi_index(tuple(np.meshgrid(*axes, indexing="ij")), shape), dtype=np.int64)
    kept = grid.reshape(
        [axis.size for axis, d in zip(axes, dimensions, strict=True) if d.name in table.dimensions]
    )
    return np.transpose(kept, np.argsort(np.argsort([order[name] for name in table.dimensions])))


def _system(
    sums: Sums, value: Ints, *, lowest: int, shown: Flags, cost: Floats, sealed: Flags, names: Names
) -> System:
    """Append the unprinted quantities to the printed cells."""
    rests = len(sums.rests)
    none = np.zeros(rests, dtype=np.bool_)
    return System(
        value=np.concatenate([value, sums.rest_value]),
        lowest=np.concatenate([np.minimum(lowest, value), np.where(sums.rest_signed, REVISION_FLOOR, 0)]),
        shown=np.concatenate([shown, none]),
        unprinted=np.concatenate([np.zeros(value.size, dtype=np.bool_), ~none]),
        sealed=np.concatenate([sealed, none]),
        cost=np.concatenate([cost, np.full(rests, UNPRINTED_COST)]),
        total=sums.total,
        start=sums.start,
        part=sums.part,
        names=names,
    )
