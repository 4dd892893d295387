"""Say how many lines the next checkpoint adds, so that its size does not tell how much is happening.

A log that grew by what was done would publish a partnership's working day. So every checkpoint adds the same
number of lines, the rest of them padding; when more is done than fits, the number goes up fourfold, and stays up.
"""

from __future__ import annotations

LADDER = 4
HELD_UP_TO = 16
"""Times the base: a step up to here is held for days; what is more (an import) is rounded up and passes."""


def next_step(waiting: int, *, base: int, held: int) -> int:
    """Return how many lines the next checkpoint adds; always enough for all that wait.

    waiting  lines that stand in the tree under no checkpoint yet
    base     lines that a checkpoint adds when little happens; at least 1
    held     the largest step of the last days that was no more than HELD_UP_TO times the base; 0 when there is none
    raises   ValueError, when one of them cannot be
    """
    if base < 1 or waiting < 0 or held < 0:
        raise ValueError("a checkpoint adds at least one line")
    step, most = base, base * HELD_UP_TO
    while step < max(waiting, min(held, most)) and step < most:
        step *= LADDER
    return step if waiting <= step else -(-waiting // most) * most
