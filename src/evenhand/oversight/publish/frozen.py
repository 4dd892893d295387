"""What a build freezes: the finest cells of the period, those of the years before, and the median days."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.kernels.disclosure.programme import Ints
from evenhand.oversight.publish.cube import Cells
from evenhand.oversight.publish.plan import Plan, PlannedTable
from evenhand.oversight.publish.trouble import NoRelease


@dataclass(frozen=True)
class Frozen:
    """Counts alone, no row about anybody.

    medians   stage -> (how many came to it, median days of all of them), in the order of the stages; None where
              half of them or more have not come to the place that the days are counted to
    """

    period: Cells
    history: Cells
    medians: Mapping[str, tuple[int, float | None]]

    def hash(self) -> str:
        """Return what the extract is known by: equal extracts have equal hashes."""
        rest = json.dumps([self.history.hash(), sorted(self.medians.items())])
        return hashlib.sha256(f"{self.period.hash()} {rest}".encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "period": self.period.to_json(),
            "history": self.history.to_json(),
            "medians": [[stage, n, days] for stage, (n, days) in self.medians.items()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Frozen:
        """Return what `to_json` wrote."""
        return cls(
            Cells.from_json(data["period"]),
            Cells.from_json(data["history"]),
            {s: (int(n), None if days is None else float(days)) for s, n, days in data["medians"]},
        )

    def counts(self, plan: Plan, planned: PlannedTable) -> Ints:
        """Count the frozen cells into a table of the plan."""
        cells = self.history if planned.history else self.period
        return cells.extract(plan.dimensions).tabulate(planned.table)

    def split(self, threshold: int) -> tuple[Frozen, Frozen]:
        """Return the part at or above the threshold, and the part under it, which is sealed apart and expires."""
        above, under = self.period.split(threshold)
        back_above, back_under = self.history.split(threshold)
        medians = {s: m for s, m in self.medians.items() if m[0] >= threshold}
        rest = {s: m for s, m in self.medians.items() if m[0] < threshold}
        return Frozen(above, back_above, medians), Frozen(under, back_under, rest)

    def joined(self, other: Frozen) -> Frozen:
        """Return both parts together again."""
        order = {**self.medians, **other.medians}
        return Frozen(
            self.period.joined(other.period),
            self.history.joined(other.history),
            {stage: order[stage] for stage in sorted(order)},
        )


def check_not_empty(frozen: Frozen, plan: Plan) -> None:
    """Raise NoRelease, when there is nothing to count in the period."""
    if not sum(frozen.period.counts):
        raise NoRelease(f"there is no {plan.unit} in the period {plan.period.begins} to {plan.period.ends}")
