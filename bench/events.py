"""Study the days round an event: time for one series, how often intervals hold a known effect, how often quiet days cry wolf."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from evenhand.kernels.events import event_study

# mean a day, overdispersion, ratio
CASES = (
    (0.3, 0.0, 1.0),
    (0.6, 0.2, 3.0),
    (3.5, 0.0, 2.0),
    (3.5, 0.3, 2.0),
    (20.0, 0.05, 1.0),
    (20.0, 0.05, 1.4),
)


def series(
    rng: np.random.Generator, mean: float, alpha: float, ratio: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """Draw a bit more than three years with weekday, season and trend, and an effect that lasts four weeks."""
    days = np.arange("2019-01-01", "2022-03-01", dtype="datetime64[D]")
    t = np.arange(days.size)
    usual = mean * np.exp(0.2 * ((t % 7) == 5) + 0.15 * np.sin(2 * np.pi * t / 365.25) + 0.1 * t / 365.25)
    event = days.size - 35
    usual = usual * np.where(t >= event, ratio, 1.0)
    rate = usual * rng.gamma(1 / alpha, alpha, days.size) if alpha else usual
    return rng.poisson(rate), days, event


def measure(quick: bool) -> Iterator[dict[str, object]]:
    """Yield CPU for one study, and coverage at a nominal 95 %."""
    rng, trials = np.random.default_rng(1), 60 if quick else 150
    spent, studies = 0.0, 0
    for mean, alpha, ratio in CASES[: 3 if quick else None]:
        inside = {(0, 6): 0, (0, 27): 0}
        loud = 0
        for _ in range(trials):
            counts, days, event = series(rng, mean, alpha, ratio)
            begun = time.process_time()
            found = event_study(counts, days, days[event])
            spent, studies = spent + time.process_time() - begun, studies + 1
            for effect in found.effects:
                if (effect.first, effect.last) in inside:
                    inside[effect.first, effect.last] += effect.low <= ratio <= effect.high
                if (effect.first, effect.last) == (0, 6):
                    loud += effect.p_value < 0.05
        name = f"event study, mean {mean} a day, alpha {alpha}, ratio {ratio}"
        how = f"{trials} simulated series of 1,155 days"
        for (first, last), number in inside.items():
            yield {"name": f"{name}: days {first}-{last} covered", "value": round(100 * number / trials, 1), "unit": "% (nominal 95)", "how": how}  # fmt: skip
        yield {
            "name": f"{name}: first week below p 0.05",
            "value": round(100 * loud / trials, 1),
            "unit": "%",
            "how": how,
        }
    yield {
        "name": "event study: one series",
        "value": round(1000 * spent / studies, 1),
        "unit": "CPU ms",
        "how": f"{studies} studies",
    }
