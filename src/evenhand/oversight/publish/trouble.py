"""Why there is no release, in one line each."""

from __future__ import annotations


class NoRelease(Exception):
    """There is no release; the message says what is wrong and, where it can, what to do."""


class UnknownCode(NoRelease):
    """The records hold a code that no list in force in the period has."""


class ChangedExtract(NoRelease):
    """The frozen cells are not those whose hash was taken."""
