"""Say which counts are higher than chance allows: weekly, daily, late and clustered, thousands of series at once."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Loaded on first use: compiling and SciPy would otherwise slow every start of the program.
_homes = {
    "farrington_flexible": "farrington",
    "Farrington": "farrington",
    "Ears": "ears",
    "ears_c": "ears",
    "Chart": "charts",
    "cusum": "charts",
    "glr_nb": "charts",
    "TooShort": "refusals",
    "WrongCounts": "refusals",
    "WrongOption": "refusals",
}

__all__ = [
    "Chart",
    "Ears",
    "Farrington",
    "TooShort",
    "WrongCounts",
    "WrongOption",
    "cusum",
    "ears_c",
    "farrington_flexible",
    "glr_nb",
]


def __getattr__(name: str) -> Any:
    """Load the file that holds a public name when the name is first asked for."""
    if name not in _homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_homes[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
