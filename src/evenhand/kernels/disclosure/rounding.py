"""Round every count to a base so that all margins still add, and prove that no count can be worked back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evenhand.kernels.disclosure.earlier import with_vintages
from evenhand.kernels.disclosure.join import Release, Source, join_tables
from evenhand.kernels.disclosure.programme import Flags, Floats, Ints, NoSolution, Programme, Rows
from evenhand.kernels.disclosure.rules import price
from evenhand.kernels.disclosure.sums import VINTAGE
from evenhand.kernels.disclosure.system import PublicView, System
from evenhand.kernels.disclosure.tables import Dimension
from evenhand.kernels.disclosure.widen import CannotProtect
from evenhand.kernels.disclosure.withhold import silent
from evenhand.kernels.disclosure.witness import Witnesses, make_witnesses


@dataclass(frozen=True)
class Rounded:
    """Rounded counts (N,), what a reader knows of the true ones, and the witnesses that keep them apart."""

    value: Ints
    view: PublicView
    witnesses: Witnesses
    width: int


@dataclass(frozen=True)
class RoundedBefore:
    """An earlier release that was rounded to the same base: its tables, and what it printed of each."""

    source: Source
    printed: Mapping[str, Ints]


@dataclass(frozen=True)
class Standing:
    """What earlier releases leave no choice in.

    own    (N,) the cells that the release at hand prints; None when that is every printed one
    print  cell -> what an earlier release printed of it
    same   cell of this release -> what was printed of the same count before another one was revised
    """

    own: Flags | None = None
    print: Mapping[int, int] = field(default_factory=dict)
    same: Mapping[int, int] = field(default_factory=dict)


ALONE = Standing()


def round_release(
    dimensions: tuple[Dimension, ...],
    now: Source,
    earlier: Sequence[RoundedBefore],
    *,
    base: int,
    tell: Callable[[str], None] = silent,
) -> tuple[Release, Rounded, list[Source]]:
    """Round a release with every earlier one in its equations: a count printed twice is printed alike.

    earlier  releases rounded to the same base; their true counts are needed to know what was revised
    returns  the joined tables, the rounding of all of them, and the sources as they were joined
    raises   what `round_counts` raises
    """
    own_dimensions, sources = with_vintages(dimensions, [now, *(one.source for one in earlier)])
    joined = join_tables(own_dimensions, sources, lowest=0, price=price)
    own: Flags = np.zeros(joined.system.size, dtype=np.bool_)
    for table, _ in now.tables:
        own[joined.cells[now.name, table.name]] = True
    said: dict[int, int] = {}
    for one in earlier:
        for table, _ in one.source.tables:
            cells = joined.cells[one.source.name, table.name].ravel().tolist()
            said |= dict(zip(cells, np.asarray(one.printed[table.name]).ravel().tolist(), strict=True))
    same: dict[int, int] = {}
    if joined.dimensions[-1].name == VINTAGE:
        mine = {tuple(joined.keys[cell, :-1]): int(cell) for cell in np.flatnonzero(own)}
        for cell, printed in said.items():
            twin = mine.get(tuple(joined.keys[cell, :-1]), cell)
            if joined.system.value[twin] == joined.system.value[cell]:
                same[twin] = printed
    standing = Standing(own, said, {cell: printed for cell, printed in same.items() if own[cell]})
    return joined, round_counts(joined.system, base=base, standing=standing, tell=tell), sources


def round_counts(
    system: System, *, base: int, standing: Standing = ALONE, tell: Callable[[str], None] = silent
) -> Rounded:
    """Round every count to a multiple of `base` next to it so that every sum still holds.

    A reader knows of each count that it lies less than `base` from what is printed, in this release and
    in earlier ones, that it is not negative, and that the true counts add up too. The witnesses show that
    in every count, and in what is left of every half-printed sum, these leave at least `base` different
    whole numbers open.

    base     3 or more                                                                        [counts]
    returns  Rounded; what earlier releases printed stands in it as it was
    raises   CannotProtect, when no such rounding exists or a count stays too narrow; SolverStopped
    source   zero-restricted controlled rounding: Cox and Ernst (1982), INFOR 20
    """
    if base < 3:
        raise ValueError("base must be at least 3")
    tell(f"rounding {system.size} counts to {base}")
    # First so that what is left of a sum does not look negative in print: this rarely narrows a count.
    for level in (True, False):
        try:
            value = controlled(system, base, standing, level=level)
        except CannotProtect:
            if level:
                continue
            raise
        view = seen(system, value, base)
        tell("making witnesses from the rounded figures")
        witnesses = make_witnesses(view, width=base - 1)
        if not witnesses.leaks.size:
            return Rounded(value, view, witnesses, base - 1)
        name = system.name(int(witnesses.leaks[0]))
    raise CannotProtect(f"{name} is still known too closely when rounded to {base}; coarsen it")


def seen(system: System, value: Ints, base: int) -> PublicView:
    """Return what a reader knows of the true counts when `value` is printed of them."""
    printed = ~system.unprinted
    equations = system.equations()
    return PublicView(
        cells=np.arange(system.size, dtype=np.int64),
        matrix=equations,
        right=np.zeros(equations.shape[0], dtype=np.int64),
        lowest=np.where(printed, np.maximum(value - base + 1, 0), system.lowest).astype(np.int64),
        highest=np.where(printed, value + base - 1.0, np.inf),
    )


def controlled(system: System, base: int, standing: Standing, *, level: bool) -> Ints:
    """Return the rounding nearest to the counts, each a neighbouring multiple of `base`.

    Sums within this release add up in print. Sums with an earlier one cannot always: each was rounded by
    itself, and what it printed stands.

    level    let no sum with an earlier release look as if its parts came to more than it
    """
    below = system.value // base
    left: Floats = (system.value - below * base).astype(np.float64)
    lower, upper = np.zeros(system.size), (left > 0).astype(np.float64)
    own = ~system.unprinted if standing.own is None else standing.own
    # A rest is never printed, and may be whatever its sum leaves.
    rest = system.unprinted
    lower[rest] = np.where(system.lowest[rest] < 0, -np.inf, -below[rest] if level else -np.inf)
    upper[rest] = np.inf
    for cell, printed in {**standing.same, **standing.print}.items():
        lower[cell] = upper[cell] = (printed - below[cell] * base) // base
        if abs(printed - int(system.value[cell])) >= base or printed % base:
            raise CannotProtect(f"{system.name(cell)} was not rounded to {base} before: round it as it was")
    equations = system.equations()
    strange = np.asarray(abs(equations) @ (~(own | rest)).astype(np.float64)) > 0
    complete = np.asarray(abs(equations) @ rest.astype(np.float64)) == 0
    # What four quarters printed need not add up to the year.
    wanted = ~(strange & complete) if level else ~strange
    equations = equations[wanted]
    right = -np.asarray(equations @ below, dtype=np.float64)
    rows = Rows(
        equations.indptr.astype(np.int64), equations.indices.astype(np.int64), equations.data, right, right
    )
    whole = np.ones(system.size, dtype=np.bool_)
    # Going up costs what is then too much, staying down what is then missing.
    cost = np.where(rest, 0.0, base - 2 * left)
    try:
        up = Programme(cost, lower, upper, rows, whole, mip_rel_gap=0.01).solve().point
    except NoSolution as error:
        raise CannotProtect(f"no rounding to {base} keeps every margin; coarsen a table") from error
    return np.asarray((below + np.rint(up).astype(np.int64)) * base, dtype=np.int64)
