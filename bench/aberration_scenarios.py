"""Measure false alarms and detection of the weekly methods on the 28 simulated scenarios of Noufaily et al. 2013."""

import csv
import time
from pathlib import Path

import numpy as np

from evenhand.kernels.aberration import farrington_flexible

WEEKS, FIRST_JUDGED, HISTORY_OUTBREAKS_FROM = 624, 575, 312
NOMINAL = 0.005
METHODS = ("nbPlugin", "predictive", "calibrated")


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


def strike(counts, deviation, k, rng):
    """Return counts with one outbreak of k deviations a series, and its weeks for each."""
    struck, weeks = counts.copy(), []
    for column in range(counts.shape[1]):
        start = int(rng.integers(FIRST_JUDGED, WEEKS - 5))
        size = max(int(rng.poisson(k * deviation[start])), 1)
        weeks.append(add_outbreak(struck, column, start, size, rng))
    return struck, weeks


def share_found(hits, weeks):
    """Return the share of outbreaks with a hit in one of their weeks; hits (weeks judged, series)."""
    return np.mean([hits[week - FIRST_JUDGED, column].any() for column, week in enumerate(weeks)])


def measure(quick):
    calm, series, sizes = (60, 20, (2, 5, 8)) if quick else (500, 100, tuple(range(1, 11)))
    at = np.arange(FIRST_JUDGED, WEEKS)
    rng = np.random.default_rng(2013)
    rows = scenarios()
    false = {name: np.zeros(len(rows)) for name in METHODS}
    found, matched = ({name: np.zeros((len(rows), len(sizes))) for name in METHODS} for _ in range(2))
    begun = time.process_time()
    for i, row in enumerate(rows):
        deviation, counts = histories(row, calm, rng)
        struck, weeks = zip(*(strike(counts[:, :series], deviation, k, rng) for k in sizes), strict=True)
        table = np.hstack([counts, *struck])
        for name in METHODS:
            result = farrington_flexible(table, at, alpha=NOMINAL, limit54=(0, 4), threshold_method=name)
            false[name][i] = result.alarm[:, :calm].mean()
            # The p-value that exactly the nominal share of calm weeks falls below makes methods comparable.
            p_value = np.where(result.why_silent == 0, result.p_value, 1.0)
            same = np.quantile(p_value[:, :calm], NOMINAL)
            for j in range(len(sizes)):
                here = slice(calm + series * j, calm + series * (j + 1))
                found[name][i, j] = share_found(result.alarm[:, here], weeks[j])
                matched[name][i, j] = share_found(p_value[:, here] <= same, weeks[j])
    spent = time.process_time() - begun
    judged = len(rows) * (calm + series * len(sizes)) * len(at) * len(METHODS)
    how = f"{len(rows)} scenarios x {calm} series x {len(at)} weeks, nominal {NOMINAL}, four past outbreaks a series"
    for name in METHODS:
        rate = false[name]
        for what, value in (
            ("mean", rate.mean()), ("lowest scenario", rate.min()), ("highest scenario", rate.max()),
        ):  # fmt: skip
            line = {"name": f"{name}: false alarms, {what}", "value": round(float(value), 5)}
            yield line | {"unit": "of weeks", "how": how}
        within = (rate >= 0.8 * NOMINAL) & (rate <= 1.2 * NOMINAL)
        outside = ", ".join(f"{i + 1}: {rate[i]:.4f}" for i in np.flatnonzero(~within)) or "none"
        yield {
            "name": f"{name}: scenarios within 0.8 to 1.2 of nominal",
            "value": int(within.sum()),
            "unit": f"of {len(rows)}",
            "how": f"outside {outside}",
        }
        for j, k in enumerate(sizes):
            for what, share in (("found", found), ("found, at 0.005 false in every scenario", matched)):
                line = {"name": f"{name}: outbreaks of {k} deviations {what}"}
                line["value"] = round(float(share[name][:, j].mean()), 3)
                yield line | {"unit": "of outbreaks", "how": f"{series} series a scenario"}
    yield {
        "name": "whole study",
        "value": round(spent, 1),
        "unit": "CPU s",
        "how": f"{judged} judgements, simulation included",
    }
