"""Screen: say whether the report is a concern for this route, and of what kind it is for the statistics."""

from __future__ import annotations

from evenhand.gate.act import Writing


def write(writing: Writing) -> None:
    """Note the kind of concern for counting; it is no attribute of the person and steers nothing."""
    if concern := writing.answers.get("concern"):
        writing.settle["concern"] = str(concern)
