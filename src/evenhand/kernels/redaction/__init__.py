"""Suggest what in a text is about somebody else, and take out what a human chose."""

from __future__ import annotations

from evenhand.kernels.redaction.removing import REMOVED, OutOfText, remove
from evenhand.kernels.redaction.suggesting import Mask, find_all, suggest

__all__ = ["REMOVED", "Mask", "OutOfText", "find_all", "remove", "suggest"]
