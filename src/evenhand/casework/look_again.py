"""Look again: a second person looks at what was done in danger, and the case goes back to its ordinary pace."""

from __future__ import annotations

from evenhand.gate.act import Writing
from evenhand.records.sharing import Alert


def write(writing: Writing) -> None:
    """Close every open alert with the name of who looked again."""
    for alert in Alert.objects.filter(case_id=writing.case_id, looked_again_at=None):
        alert.looked_again_at = writing.now
        alert.looked_again_by = writing.who.practitioner_id
        alert.save(update_fields=["looked_again_at", "looked_again_by"])
    writing.settle["urgent"] = False
