"""Ten years of sparse days for ten thousand series, judged one day after the other with nothing known of tomorrow."""

import resource
import time

import numpy as np

from evenhand.kernels.aberration import scan_daily

YEARS = 10
STRANDS = 8


def measure(quick):
    """Yield the time of the whole replay; a tenth of the series when quick. Season, weekdays and areas are drawn by lot."""
    rng = np.random.default_rng(20170606)
    series = 1_000 if quick else 10_000
    days = np.arange("2011-01-01", f"{2011 + YEARS}-01-01", dtype="datetime64[D]")
    level = rng.gamma(0.3, 0.2, series)
    strand = np.arange(series) % STRANDS
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(len(days)) / 365.25)
    state, onsets, zero, began, cpu = None, 0, 0.0, time.perf_counter(), time.process_time()
    drawing = 0.0
    for first in range(0, len(days), 30):
        part = slice(first, first + 30)
        drawn = time.process_time()
        mean = season[part, None] * level[None, :]
        counts = rng.negative_binomial(5, 5 / (5 + mean))
        drawing += time.process_time() - drawn
        zero += float((counts == 0).sum())
        found = scan_daily(counts, days[part], strand=strand if state is None else None, state=state)
        state, onsets = found.state, onsets + int(found.onset.sum())
    how = f"{len(days):,} days, {series:,} series in {STRANDS} strands, {zero / len(days) / series:.0%} of days zero; drawing left out"
    yield {
        "name": "ten years replayed day by day",
        "value": round(time.process_time() - cpu - drawing, 1),
        "unit": "CPU-s",
        "how": how,
    }
    yield {
        "name": "the same by the clock",
        "value": round(time.perf_counter() - began, 1),
        "unit": "s",
        "how": "drawing included",
    }
    yield {
        "name": "onsets a week over all series",
        "value": round(onsets / (len(days) / 7), 2),
        "unit": "",
        "how": "nothing but chance in these series",
    }
    yield {
        "name": "peak memory",
        "value": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "unit": "MB",
        "how": "this process",
    }
