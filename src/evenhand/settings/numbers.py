"""Read whole numbers from the environment."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

MOST = 1_000_000


def positive_number(environ: Mapping[str, str], name: str, default: int) -> int:
    """Return a setting that must be a whole number from 1; raises ImproperlyConfigured in one line."""
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= MOST:
        raise ImproperlyConfigured(f"{name} must be a whole number from 1 to {MOST:,}, not {text!r}")
    return int(text)
