"""Hold all cells of all tables of a release as one system of sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from evenhand.kernels.disclosure.programme import Flags, Floats, Ints, Rows

TOTAL = "total"


class BadTable(Exception):
    """A table that cannot be what it claims: margins that do not add, negative counts, unknown codes."""


@dataclass(frozen=True)
class System:
    """Cells and the sums that tie them: in sum m, cell total[m] = the cells part[start[m]:start[m+1]].

    value      (N,) the true count of each cell, hidden from every function that speaks for the reader
    lowest     (N,) the least that anybody may assume of the cell when it is withheld
    shown      (N,) cells that cannot be withheld: zeros where the policy shows zeros, figures already public
    unprinted  (N,) quantities that are never printed but could be worked out: what a revision added, what
               is left of a total when only some of its parts are printed
    sealed     (N,) cells that an earlier release withheld and this one does not print either
    cost       (N,) what withholding the cell costs the reader
    names      (N,) what to call each cell in a message
    """

    value: Ints
    lowest: Ints
    shown: Flags
    unprinted: Flags
    sealed: Flags
    cost: Floats
    total: Ints
    start: Ints
    part: Ints
    names: Sequence[object] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if (self.value < self.lowest).any():
            raise BadTable(f"the count of {self.name(int(np.argmin(self.value - self.lowest)))} is negative")
        sums = np.add.reduceat(self.value[self.part], self.start[:-1]) if self.total.size else self.value[:0]
        wrong = np.flatnonzero(sums != self.value[self.total])
        if wrong.size:
            at = int(wrong[0])
            cell = int(self.total[at])
            raise BadTable(f"{self.name(cell)} says {self.value[cell]} but its parts add up to {sums[at]}")

    @property
    def size(self) -> int:
        """How many cells there are."""
        return int(self.value.size)

    def name(self, cell: int) -> str:
        """Return what to call a cell in a message."""
        return str(self.names[cell]) if len(self.names) else f"cell {cell}"

    def equations(self) -> sparse.csr_matrix:
        """Return the (M, N) matrix with +1 at parts and -1 at totals: equations @ value = 0."""
        count = self.total.size
        rows = np.concatenate([np.repeat(np.arange(count), np.diff(self.start)), np.arange(count)])
        columns = np.concatenate([self.part, self.total])
        weights = np.concatenate([np.ones(self.part.size), -np.ones(count)])
        return sparse.csr_matrix((weights, (rows, columns)), shape=(count, self.size))


def system_of_sums(
    values: Iterable[int],
    sums: Sequence[tuple[int, Sequence[int]]],
    *,
    lowest: int = 1,
    shown: Iterable[int] = (),
    unprinted: Iterable[int] = (),
    cost: Iterable[float] | None = None,
    names: Sequence[object] = (),
) -> System:
    """Build a system from plain lists: each sum is (index of the total, indexes of its parts).

    raises  BadTable, when a sum does not add up or a count is negative
    """
    value = np.array(list(values), dtype=np.int64)
    flags = np.zeros((2, value.size), dtype=np.bool_)
    flags[0, list(shown)] = True
    flags[1, list(unprinted)] = True
    if lowest > 0:
        flags[0] |= (value == 0) & ~flags[1]
    least = np.where(flags[1], 0, np.minimum(lowest, np.maximum(value, 0)))
    price = np.sqrt(value + 1.0) if cost is None else np.array(list(cost), dtype=np.float64)
    lengths = [len(parts) for _, parts in sums]
    return System(
        value=value,
        lowest=least.astype(np.int64),
        shown=flags[0],
        unprinted=flags[1],
        sealed=np.zeros(value.size, dtype=np.bool_),
        cost=price,
        total=np.array([total for total, _ in sums], dtype=np.int64),
        start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        part=np.array([part for _, parts in sums for part in parts], dtype=np.int64),
        names=names,
    )


@dataclass(frozen=True)
class PublicView:
    """What a reader knows of the hidden cells, and nothing else: matrix x = right, lowest <= x <= highest.

    cells   (K,) indexes of the withheld cells in the system
    matrix  (R, K) +1, -1 and 0
    right   (R,) worked out from shown cells alone
    lowest  (K,) the least each may be
    highest (K,) the most each may be; infinite where nothing says so
    """

    cells: Ints
    matrix: sparse.csr_matrix
    right: Ints
    lowest: Ints
    highest: Floats

    def rows(self) -> Rows:
        """Return the equations in the form the solver takes."""
        right = self.right.astype(np.float64)
        return Rows(
            start=self.matrix.indptr.astype(np.int64),
            index=self.matrix.indices.astype(np.int64),
            weight=self.matrix.data.astype(np.float64),
            lower=right,
            upper=right,
        )


def public_view(system: System, withheld: Flags) -> PublicView:
    """Return what is left to a reader when the cells in `withheld` are not shown.

    The counts of withheld cells are struck out before anything is computed from the others.
    """
    known = np.where(withheld, 0, system.value)
    cells = np.flatnonzero(withheld)
    equations = system.equations()
    left = equations[:, cells]
    touched = np.flatnonzero(np.diff(left.indptr))
    return PublicView(
        cells=cells.astype(np.int64),
        matrix=left[touched],
        right=-(equations[touched] @ known).astype(np.int64),
        lowest=system.lowest[cells],
        highest=np.full(cells.size, np.inf),
    )


def groups(view: PublicView) -> Ints:
    """Number the withheld cells (K,) by the independent part of the system they belong to."""
    count, width = view.matrix.shape
    joined = sparse.bmat([[None, view.matrix], [view.matrix.T, None]], format="csr")
    _, label = sparse.csgraph.connected_components(joined, directed=False)
    _, number = np.unique(label[count : count + width], return_inverse=True)
    return np.asarray(number, dtype=np.int64)


def sums_from_keys(keys: Mapping[tuple[str, ...], int]) -> list[tuple[int, list[int]]]:
    """Find the sums among cells whose keys mark margins with "total", one dimension at a time and all at once."""
    place = {key: at for at, key in enumerate(keys)}
    found: dict[tuple[int, tuple[int, ...]], None] = {}
    families: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for key, at in place.items():
        for axis, code in enumerate(key):
            if code != TOTAL:
                families.setdefault((axis, (*key[:axis], TOTAL, *key[axis + 1 :])), []).append(at)
    for (_, parent), children in families.items():
        if parent in place:
            found[(place[parent], tuple(children))] = None
    finest = [key for key in place if TOTAL not in key]
    for key, at in place.items():
        if key.count(TOTAL) > 1:
            parts = tuple(
                place[leaf] for leaf in finest if all(k in (TOTAL, c) for k, c in zip(key, leaf, strict=True))
            )
            if parts:
                found[(at, parts)] = None
    return [(total, list(parts)) for total, parts in found]
