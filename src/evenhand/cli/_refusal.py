"""What a command raises when it cannot be asked so; a file of its own, so that there is one class however we are started."""

from __future__ import annotations


class CommandError(Exception):
    """Says in one line what was wrong with what was asked; the command then exits with 2."""
