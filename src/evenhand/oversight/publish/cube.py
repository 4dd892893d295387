"""Count rows to the finest cells once; one SQL text serves every engine, and equal counts have equal hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.kernels.disclosure.programme import Ints
from evenhand.kernels.disclosure.tables import Dimension, Extract
from evenhand.oversight.publish.dimensions import Field
from evenhand.oversight.publish.plan import PERIOD, Plan
from evenhand.oversight.publish.trouble import ChangedExtract, UnknownCode

ROWS = "counted"


@dataclass(frozen=True)
class Cells:
    """Finest cells: the fields, a row of leaf codes for each cell, and its count; sorted, no cell empty."""

    fields: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...]
    counts: tuple[int, ...]

    def hash(self) -> str:
        """Return a hash that equal counts share, whichever engine counted and in whatever order."""
        digest = hashlib.sha256(json.dumps(self.fields).encode())
        for codes, count in zip(self.codes, self.counts, strict=True):
            digest.update(f"\n{json.dumps(codes, ensure_ascii=False)} {count}".encode())
        return digest.hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the cells as plain data."""
        return {
            "fields": list(self.fields),
            "codes": [list(c) for c in self.codes],
            "counts": list(self.counts),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Cells:
        """Return the cells that `to_json` wrote."""
        return cls(tuple(data["fields"]), tuple(tuple(c) for c in data["codes"]), tuple(data["counts"]))

    def split(self, threshold: int) -> tuple[Cells, Cells]:
        """Return the cells at or above the threshold, and those under it."""
        return (
            self._where([count >= threshold for count in self.counts]),
            self._where([count < threshold for count in self.counts]),
        )

    def joined(self, other: Cells) -> Cells:
        """Return both together again; raises ChangedExtract, when they are not of one extract."""
        if self.fields != other.fields:
            raise ChangedExtract("the two parts of the frozen cells do not belong together")
        return cells_of(
            self.fields,
            [*zip(self.codes, self.counts, strict=True), *zip(other.codes, other.counts, strict=True)],
        )

    def _where(self, chosen: Sequence[bool]) -> Cells:
        return Cells(
            self.fields,
            tuple(c for c, yes in zip(self.codes, chosen, strict=True) if yes),
            tuple(n for n, yes in zip(self.counts, chosen, strict=True) if yes),
        )

    def extract(self, dimensions: Sequence[Dimension]) -> Extract:
        """Return the cells as the kernel takes them; raises UnknownCode, when a leaf is in no list."""
        named = {dimension.name: dimension for dimension in dimensions}
        chosen = tuple(named[name] for name in self.fields)
        columns: list[Ints] = []
        for axis, dimension in enumerate(chosen):
            place = {code: at for at, code in enumerate(dimension.leaves)}
            unknown = sorted({codes[axis] for codes in self.codes} - set(place))
            if unknown:
                raise UnknownCode(
                    f"the records hold {unknown[0]!r} as {dimension.name}, which no list in force in the period has"
                )
            columns.append(np.array([place[codes[axis]] for codes in self.codes], dtype=np.int64))
        leaf = np.stack(columns, axis=1) if self.codes else np.zeros((0, len(chosen)), dtype=np.int64)
        return Extract(chosen, leaf, np.array(self.counts, dtype=np.int64))


def cells_of(fields: Sequence[str], found: Iterable[tuple[tuple[str, ...], int]]) -> Cells:
    """Return cells in their one order."""
    rows = sorted((tuple(str(c) for c in codes), int(count)) for codes, count in found)
    return Cells(tuple(fields), tuple(c for c, _ in rows), tuple(n for _, n in rows))


def finest(fields: Sequence[Field], plan: Plan) -> str:
    """Return the SQL that counts rows of the release's period to the finest cells: one text for every engine."""
    return _grouped(
        fields, f"referred_on >= date '{plan.period.begins}' and referred_on <= date '{plan.period.ends}'"
    )


def history(fields: Sequence[Field], plan: Plan) -> str:
    """Return the SQL of the cells of the years that the release looks back on, up to its own period."""
    first = plan.period.begins.replace(year=plan.period.begins.year - (plan.history[1] - plan.history[0]))
    return _grouped(fields, f"referred_on >= date '{first}' and referred_on <= date '{plan.period.ends}'")


def _grouped(fields: Sequence[Field], where: str) -> str:
    columns = ", ".join(f"{field.expression} as by_{field.code}" for field in fields)
    names = ", ".join(f"by_{field.code}" for field in fields)
    return (
        f"select {names}, count(*) as n from (select {columns} from {ROWS}"  # noqa: S608 - texts of the pack, quoted
        f" where excluded = '' and {where}) t group by {names}"
    )


def of_period(plan: Plan) -> tuple[Field, ...]:
    """Return the fields of the finest cells."""
    return plan.fields


def of_history(plan: Plan) -> tuple[Field, ...]:
    """Return the fields of the tables that go back."""
    named = {name for t in plan.tables if t.history for name in t.table.dimensions}
    return tuple(field for field in plan.fields if field.code in named or field.code == PERIOD)
