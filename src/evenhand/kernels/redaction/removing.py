"""Take chosen parts out of a text, so that nothing of them is left, not even how long they were."""

from __future__ import annotations

from collections.abc import Iterable

from evenhand.kernels.redaction.suggesting import Mask

REMOVED = "[removed]"


class OutOfText(ValueError):
    """A mask reaches beyond the text it is for: the text is not the one that was looked at."""


def remove(text: str, masks: Iterable[Mask]) -> str:
    """Return the text with each masked part replaced by one mark, whatever its length; raises OutOfText."""
    out, at = [], 0
    for mask in sorted(masks):
        if not 0 <= mask.start < mask.end <= len(text):
            raise OutOfText(f"{mask.start} to {mask.end} of {len(text)}")
        if mask.end <= at:
            continue
        if mask.start >= at:
            out += [text[at : mask.start], REMOVED]
        at = mask.end
    return "".join([*out, text[at:]])
