"""Alert: danger now. What was done is recorded, and a second look follows within the policy's hours."""

from __future__ import annotations

from evenhand.gate.act import Writing
from evenhand.records.sharing import Alert


def write(writing: Writing) -> None:
    """Record the danger and what was done at once."""
    writing.put(Alert, acted_at=writing.now, sealed=writing.answers)
    writing.settle["urgent"] = True
