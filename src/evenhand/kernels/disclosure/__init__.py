"""Protect a table so that no cell can be worked back to a person, and prove it."""

from evenhand.kernels.disclosure.boards import protect_counts
from evenhand.kernels.disclosure.system import BadTable

__all__ = ["BadTable", "protect_counts"]
