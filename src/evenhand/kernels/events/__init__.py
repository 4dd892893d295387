"""Compare the days after an event with what they would have brought without it."""

from evenhand.kernels.events.baseline import BadSeries, Baseline, TooShort, fit_baseline
from evenhand.kernels.events.decay import Decay
from evenhand.kernels.events.study import (
    CAUTIONS,
    AgainstControl,
    Effect,
    Study,
    against_control,
    event_study,
)

__all__ = [
    "CAUTIONS",
    "AgainstControl",
    "BadSeries",
    "Baseline",
    "Decay",
    "Effect",
    "Study",
    "TooShort",
    "against_control",
    "event_study",
    "fit_baseline",
]
