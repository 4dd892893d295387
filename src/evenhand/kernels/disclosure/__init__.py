"""Protect a table so that no cell can be worked back to a person, and prove it."""
