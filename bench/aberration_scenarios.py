"""Measure false alarms and detection of the weekly methods on the 28 simulated scenarios of Noufaily et al. 2013."""

import csv
import time
from pathlib import Path

import numpy as np

from evenhand.kernels.aberration import farrington_flexible

WEEKS, FIRST_JUDGED, HISTORY_OUTBREAKS_FROM = 624, 575, 312
NOMINAL = 0.005
METHODS = {
    "nbPlugin": {"threshold_method": "nbPlugin"},
    "predictive, trend test at 5 %": {"threshold_method": "predictive", "p_threshold_trend": 0.05},
    "muan as R": {"threshold_method": "muan", "compat": "R"},
}


def scenarios():
    """Return the rows of Table I as dictionaries of numbers."""
    with (Path(__file__).parent / "data" / "noufaily28_scenarios.csv").open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def baseline(row, series, rng):
    """Return expected counts (weeks,) and drawn counts (weeks, series) of one scenario."""
    week = np.arange(1, WEEKS + 1)
    log_mean = row["theta"] + (row["beta"] * week if row["trend"] else 0.0)
    for harmonic in range(1, int(row["m"]) + 1):
        angle = 2 * np.pi * harmonic * week / 52
        log_mean = log_mean + row["gamma1"] * np.cos(angle) + row["gamma2"] * np.sin(angle)
    mean = np.exp(log_mean * np.ones(WEEKS))[:, None] * np.ones(series)
    rate = mean if row["phi"] <= 1 else rng.gamma(mean / (row["phi"] - 1), row["phi"] - 1)
    return mean[:, 0], rng.poisson(rate).astype(float)


def add_outbreak(counts, column, start, size, rng):
    """Spread an outbreak over weeks by a log-normal delay (0, 0.5); return its weeks."""
    weeks = start + np.floor(rng.lognormal(0.0, 0.5, size)).astype(int)
    weeks = weeks[weeks < WEEKS]
    np.add.at(counts, (weeks, column), 1)
    return np.unique(weeks)


def histories(row, series, rng):
    """Return mean, spread and counts with four past outbreaks a series, sizes 2, 3, 5 and 10 deviations."""
    mean, counts = baseline(row, series, rng)
    deviation = np.sqrt(row["phi"] * mean)
    for column in range(series):
        for k in (2, 3, 5, 10):
            start = int(rng.integers(HISTORY_OUTBREAKS_FROM, FIRST_JUDGED))
            size = rng.poisson(k * deviation[start])
            weeks = start + np.floor(rng.lognormal(0.0, 0.5, size)).astype(int)
            weeks = weeks[weeks < FIRST_JUDGED]
            np.add.at(counts, (weeks, column), 1)
    return deviation, counts


def measure(quick):
    series, sizes = (20, (2, 5, 8)) if quick else (100, tuple(range(1, 11)))
    at = np.arange(FIRST_JUDGED, WEEKS)
    rng = np.random.default_rng(2013)
    rows = scenarios()
    false = {name: np.zeros(len(rows)) for name in METHODS}
    found = {name: np.zeros((len(rows), len(sizes))) for name in METHODS}
    begun = time.process_time()
    judged = 0
    for i, row in enumerate(rows):
        deviation, counts = histories(row, series, rng)
        struck, outbreak = [], []
        for k in sizes:
            with_outbreak = counts.copy()
            weeks = []
            for column in range(series):
                start = int(rng.integers(FIRST_JUDGED, WEEKS - 5))
                size = max(int(rng.poisson(k * deviation[start])), 1)
                weeks.append(add_outbreak(with_outbreak, column, start, size, rng))
            struck.append(with_outbreak)
            outbreak.append(weeks)
        table = np.hstack([counts, *struck])
        for name, options in METHODS.items():
            result = farrington_flexible(table, at, alpha=NOMINAL, limit54=(0, 4), **options)
            judged += table.shape[1] * len(at)
            false[name][i] = result.alarm[:, :series].mean()
            for j in range(len(sizes)):
                alarm = result.alarm[:, series * (j + 1) : series * (j + 2)]
                found[name][i, j] = np.mean(
                    [alarm[weeks - FIRST_JUDGED, column].any() for column, weeks in enumerate(outbreak[j])]
                )
    spent = time.process_time() - begun
    how = f"{len(rows)} scenarios x {series} series x {len(at)} weeks, nominal {NOMINAL}, four past outbreaks a series"
    for name in METHODS:
        rate = false[name]
        yield {
            "name": f"{name}: false alarms, mean",
            "value": round(float(rate.mean()), 5),
            "unit": "of weeks",
            "how": how,
        }
        yield {
            "name": f"{name}: false alarms, lowest scenario",
            "value": round(float(rate.min()), 5),
            "unit": "of weeks",
            "how": how,
        }
        yield {
            "name": f"{name}: false alarms, highest scenario",
            "value": round(float(rate.max()), 5),
            "unit": "of weeks",
            "how": how,
        }
        within = int(((rate >= 0.8 * NOMINAL) & (rate <= 1.2 * NOMINAL)).sum())
        yield {
            "name": f"{name}: scenarios within 0.8 to 1.2 of nominal",
            "value": within,
            "unit": f"of {len(rows)}",
            "how": how,
        }
        for j, k in enumerate(sizes):
            value = round(float(found[name][:, j].mean()), 3)
            yield {
                "name": f"{name}: outbreaks of {k} deviations found",
                "value": value,
                "unit": "of outbreaks",
                "how": how,
            }
    yield {
        "name": "whole study",
        "value": round(spent, 1),
        "unit": "CPU s",
        "how": f"{judged} judgements, simulation included",
    }
