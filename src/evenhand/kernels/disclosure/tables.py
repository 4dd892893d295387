"""Describe dimensions with their roll-ups and the tables over them, and count an extract into a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evenhand.kernels.disclosure.programme import Floats, Ints
from evenhand.kernels.disclosure.system import BadTable


@dataclass(frozen=True)
class Dimension:
    """A code list with its roll-ups: each sum says that a code is the union of others that do not overlap.

    One code may be the union of several sets of others (old and new age bands, leaf and roll-up concerns).
    """

    name: str
    sums: tuple[tuple[str, tuple[str, ...]], ...]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Every code, parents before their parts, in the order they are named."""
        seen: dict[str, None] = {}
        for parent, children in self.sums:
            seen.setdefault(parent)
            seen.update(dict.fromkeys(children))
        return tuple(seen)

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each code stands in `codes`."""
        return {code: at for at, code in enumerate(self.codes)}

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """The codes that are not a union of others."""
        parents = {parent for parent, _ in self.sums}
        return tuple(code for code in self.codes if code not in parents)

    @cached_property
    def covers(self) -> NDArray[np.int64]:
        """(codes, leaves) 1 where the code covers the leaf."""
        leaf = {code: at for at, code in enumerate(self.leaves)}
        known: dict[str, Ints] = {}

        def cover(code: str, path: tuple[str, ...] = ()) -> Ints:
            if code in path:
                raise BadTable(f"dimension {self.name}: {code} is part of itself")
            if code in known:
                return known[code]
            row = np.zeros(len(leaf), dtype=np.int64)
            if code in leaf:
                row[leaf[code]] = 1
            else:
                rows = [
                    np.sum([cover(child, (*path, code)) for child in children], axis=0)
                    for parent, children in self.sums
                    if parent == code
                ]
                row = rows[0]
                if any((other != row).any() for other in rows) or row.max() > 1:
                    raise BadTable(
                        f"dimension {self.name}: the parts of {code} overlap or leave something out"
                    )
            known[code] = row
            return row

        return np.array([cover(code) for code in self.codes])

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return every code that the code is a part of, at any distance."""
        found: dict[str, None] = {}
        waiting = [code]
        while waiting:
            below = waiting.pop()
            for parent, children in self.sums:
                if below in children and parent not in found:
                    found[parent] = None
                    waiting.append(parent)
        return tuple(found)

    @cached_property
    def height(self) -> Ints:
        """(codes,) how many steps above its lowest part each code stands."""
        height = np.zeros(len(self.codes), dtype=np.int64)
        for _ in self.codes:
            for parent, children in self.sums:
                above = 1 + max(height[self.place[child]] for child in children)
                height[self.place[parent]] = max(height[self.place[parent]], above)
        return height


@dataclass(frozen=True)
class Table:
    """A table of a release: its dimensions, and the codes it prints where it does not print all.

    share   (dimension, code) that percentages are taken of, such as ("concern", "known"); None prints none
    """

    name: str
    title: str
    dimensions: tuple[str, ...]
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    share: tuple[str, str] | None = None

    def codes(self, dimension: Dimension) -> tuple[str, ...]:
        """Return the codes of the dimension that the table prints, in the dimension's order."""
        kept = self.keep.get(dimension.name)
        if kept is None:
            return dimension.codes
        unknown = sorted(set(kept) - set(dimension.codes))
        if unknown:
            raise BadTable(
                f"table {self.name} keeps {unknown[0]!r}, which dimension {dimension.name} does not have"
            )
        return tuple(code for code in dimension.codes if code in kept)


@dataclass(frozen=True)
class Extract:
    """The finest cells of a frozen extract: a row of leaf codes (as places in `leaves`) and its count."""

    dimensions: tuple[Dimension, ...]
    leaf: Ints
    count: Ints

    def __post_init__(self) -> None:
        if self.leaf.shape[0] != self.count.size or not np.isfinite(self.count).all():
            raise BadTable("the extract has a cell without a count")
        if (self.count < 0).any():
            raise BadTable("the extract holds a negative count")

    def dimension(self, name: str) -> Dimension:
        """Return the dimension of that name."""
        for dimension in self.dimensions:
            if dimension.name == name:
                return dimension
        raise BadTable(f"no dimension is called {name!r}")

    def tabulate(self, table: Table) -> Ints:
        """Count the extract into the table: an array with one axis for each of its dimensions."""
        named = [self.dimension(name) for name in table.dimensions]
        columns = [self.dimensions.index(dimension) for dimension in named]
        shape = tuple(len(dimension.leaves) for dimension in named)
        flat = np.ravel_multi_index(tuple(self.leaf[:, columns].T), shape)
        counts: Floats = np.asarray(
            np.bincount(flat, weights=self.count, minlength=int(np.prod(shape))), dtype=np.float64
        ).reshape(shape)
        for axis, dimension in enumerate(named):
            chosen = [dimension.place[code] for code in table.codes(dimension)]
            summed = np.tensordot(dimension.covers[chosen].astype(np.float64), counts, axes=(1, axis))
            counts = np.moveaxis(summed, 0, axis)
        return np.rint(counts).astype(np.int64)
