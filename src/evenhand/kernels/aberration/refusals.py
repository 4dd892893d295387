"""The reasons why counts cannot be judged, as exceptions that name row and column."""

from __future__ import annotations


class WrongCounts(ValueError):
    """A count is not a count: the message names its row and column."""


class WrongOption(ValueError):
    """An option does not exist or has a value that makes no sense: the message names it."""


class TooShort(ValueError):
    """The history does not reach back as far as the method needs."""
