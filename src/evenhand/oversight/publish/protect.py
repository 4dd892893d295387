"""Protect all tables of a release together, against every earlier release, and prove it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evenhand.kernels.disclosure.earlier import with_vintages
from evenhand.kernels.disclosure.join import Release, Source, join_tables
from evenhand.kernels.disclosure.programme import Flags, Ints, SolverStopped
from evenhand.kernels.disclosure.release import EarlierFiles, Printed, refuse_other_rounding
from evenhand.kernels.disclosure.rules import price
from evenhand.kernels.disclosure.sums import VINTAGE
from evenhand.kernels.disclosure.system import TOTAL, BadTable, public_view
from evenhand.kernels.disclosure.tables import Dimension, Table
from evenhand.kernels.disclosure.widen import CannotProtect
from evenhand.kernels.disclosure.withhold import Protected, withhold
from evenhand.oversight.publish.differencing import differences
from evenhand.oversight.publish.frozen import Frozen
from evenhand.oversight.publish.plan import PERIOD, Plan
from evenhand.oversight.publish.trouble import NoRelease

MARK = "[c]"
MOST_ROUNDS = 6


@dataclass(frozen=True)
class Earlier:
    """An earlier release as it was published, with its true counts while they are still kept.

    counts   table -> its true counts; None when the sealed cells have ended: one of the release's own
             witnesses, which fits everything it printed, then stands in for them
    """

    name: str
    files: Mapping[str, str]
    counts: Mapping[str, Ints] | None


@dataclass(frozen=True)
class Safe:
    """A protected release: the joined tables, the pattern, and the earlier releases it was held against."""

    joined: Release
    done: Protected
    carried: tuple[EarlierFiles, ...]
    roots: Mapping[str, str]
    forced: int

    def printed(self, plan: Plan) -> Printed:
        """Return what is printed of it."""
        return Printed(
            value=self.joined.system.value,
            withheld=self.done.withheld,
            view=public_view(self.joined.system, self.done.withheld),
            tables=self.done.witnesses.tables,
            width=plan.policy.width,
            lowest=plan.policy.lowest,
        )

    def shown(self, name: str, table: str) -> tuple[Ints, Flags]:
        """Return a table's counts and which of them are withheld."""
        cells = self.joined.cells[name, table]
        return self.joined.system.value[cells], self.done.withheld[cells]


def protect(plan: Plan, frozen: Frozen, earlier: Sequence[Earlier], *, tell: Callable[[str], None]) -> Safe:
    """Withhold until nothing in this release, nor beside the earlier ones, gives a small count away.

    raises   NoRelease, with the cell to coarsen; there is never an unprotected release
    """
    try:
        return _protect(plan, frozen, earlier, tell)
    except BadTable as error:
        raise NoRelease(f"the tables do not agree: {error}") from error
    except CannotProtect as error:
        raise NoRelease(f"cannot be protected: {error}") from error
    except SolverStopped as error:
        raise NoRelease(f"the solver stopped without a proof ({error}), so there is no release") from error


def _protect(plan: Plan, frozen: Frozen, earlier: Sequence[Earlier], tell: Callable[[str], None]) -> Safe:
    refuse_other_rounding("withhold", 1, [EarlierFiles(one.name, one.files) for one in earlier])
    root = {PERIOD: plan.root}
    now = Source(plan.name, [(p.table, frozen.counts(plan, p)) for p in plan.tables], root)
    abouts = [json.loads(before.files["release.json"]) for before in earlier]
    dimensions = merged(plan.dimensions, abouts)
    before = [read_back(one, about, dimensions) for one, about in zip(earlier, abouts, strict=True)]
    dimensions, sources = with_vintages(dimensions, [now, *before])
    joined = join_tables(dimensions, sources, lowest=plan.policy.lowest, price=price)
    forced: Flags = np.zeros(joined.system.size, dtype=np.bool_)
    # What differs by a few from an earlier figure is withheld from the start; what follows from that, below.
    forced[differences(joined, joined.system.sealed, sources, plan.policy.threshold)] = True
    for _ in range(MOST_ROUNDS):
        system = replace(joined.system, sealed=joined.system.sealed | forced)
        done = withhold(system, plan.policy, tell=tell)
        found = differences(joined, done.withheld, sources, plan.policy.threshold)
        if not found.size:
            carried = tuple(
                EarlierFiles(one.name, one.files, source.roots)
                for one, source in zip(earlier, sources[1:], strict=True)
            )
            return Safe(joined, done, carried, sources[0].roots, int(forced.sum()))
        tell(f"{found.size} figures would differ from an earlier release by a few people: withheld")
        forced[found] = True
    raise NoRelease("some figure still differs from an earlier release by a few people: coarsen a table")


def merged(own: Sequence[Dimension], abouts: Sequence[Mapping[str, Any]]) -> tuple[Dimension, ...]:
    """Return the dimensions with every roll-up that an earlier release had besides."""
    sums: dict[str, dict[tuple[str, tuple[str, ...]], None]] = {d.name: dict.fromkeys(d.sums) for d in own}
    for about in abouts:
        for dimension in about["dimensions"]:
            if dimension["name"] == VINTAGE:
                continue
            mine = sums.setdefault(dimension["name"], {})
            for parent, parts in dimension["sums"]:
                mine.setdefault((parent, tuple(parts)))
    return tuple(Dimension(name, tuple(found)) for name, found in sums.items())


def read_back(earlier: Earlier, about: Mapping[str, Any], dimensions: Sequence[Dimension]) -> Source:
    """Return an earlier release as it stands in print, with true counts or a witness where it printed none.

    dimensions   those that it is to be joined under: its tables are turned into their order
    """
    own = {
        d["name"]: Dimension(d["name"], tuple((p, tuple(parts)) for p, parts in d["sums"]))
        for d in about["dimensions"]
    }
    roots: dict[str, str] = about["sources"][0]["roots"]
    witness = _witness(earlier.files["witnesses.csv"]) if earlier.counts is None else {}
    tables: list[tuple[Table, Ints]] = []
    hidden: dict[str, Flags] = {}
    for described in about["tables"]:
        kept = {k: tuple(v) for k, v in described["keep"].items()}
        table = Table(described["name"], described["title"], tuple(described["dimensions"]), kept)
        codes = [table.codes(own[name]) for name in table.dimensions]
        shape = tuple(map(len, codes))
        rows = list(csv.DictReader(io.StringIO(earlier.files[f"tables/{table.name}.csv"])))
        marks = np.array([row["count"] == MARK for row in rows], dtype=np.bool_).reshape(shape)
        if earlier.counts is not None:
            counts = np.asarray(earlier.counts[table.name], dtype=np.int64)
        else:
            keys = (tuple(row.get(n, roots.get(n, TOTAL)) for n in own) for row in rows)
            printed = zip(rows, keys, strict=True)
            said = [witness[key] if row["count"] == MARK else int(row["count"]) for row, key in printed]
            counts = np.array(said, dtype=np.int64).reshape(shape)
        turned = replace(table, keep=dict(zip(table.dimensions, codes, strict=True)))
        order = [
            [code.index(one) for one in turned.codes(next(d for d in dimensions if d.name == name))]
            for name, code in zip(table.dimensions, codes, strict=True)
        ]
        tables.append((turned, counts[np.ix_(*order)]))
        hidden[table.name] = marks[np.ix_(*order)]
    return Source(earlier.name, tables, {k: v for k, v in roots.items() if k != VINTAGE}, hidden)


def _witness(text: str) -> dict[tuple[str, ...], int]:
    """Return the first witness of a release: a whole table that fits everything it printed."""
    rows = list(csv.reader(io.StringIO(text)))
    size = sum(not heading.startswith("witness_") for heading in rows[0])
    return {tuple(row[:size]): int(row[size]) for row in rows[1:]}
