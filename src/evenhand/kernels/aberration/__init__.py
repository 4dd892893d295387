"""Say which counts are higher than chance allows: weekly, daily, late and clustered, thousands of series at once."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Loaded on first use: compiling and SciPy would otherwise slow every start of the program.
_homes = {
    "Chart": "charts",
    "Cluster": "space_time",
    "cusum": "charts",
    "Daily": "daily",
    "DailyOptions": "daily_state",
    "DailyState": "daily_state",
    "Delay": "late",
    "Ears": "ears",
    "ears_c": "ears",
    "false_alarm_rate": "daily_rate",
    "FalseAlarmRate": "daily_rate",
    "Farrington": "farrington",
    "farrington_flexible": "farrington",
    "glr_nb": "charts",
    "Late": "late",
    "late_reports": "late",
    "load_state": "daily_state",
    "Nowcast": "late",
    "nowcast": "late",
    "reporting_delay": "late",
    "scan_daily": "daily",
    "scan_space_time": "space_time",
    "SpaceTime": "space_time",
    "TooShort": "refusals",
    "WrongCounts": "refusals",
    "WrongOption": "refusals",
}

__all__ = [
    "Chart",
    "Cluster",
    "Daily",
    "DailyOptions",
    "DailyState",
    "Delay",
    "Ears",
    "FalseAlarmRate",
    "Farrington",
    "Late",
    "Nowcast",
    "SpaceTime",
    "TooShort",
    "WrongCounts",
    "WrongOption",
    "cusum",
    "ears_c",
    "false_alarm_rate",
    "farrington_flexible",
    "glr_nb",
    "late_reports",
    "load_state",
    "nowcast",
    "reporting_delay",
    "scan_daily",
    "scan_space_time",
]


def __getattr__(name: str) -> Any:
    """Load the file that holds a public name when the name is first asked for."""
    if name not in _homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_homes[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
