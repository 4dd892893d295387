"""Measure what judging costs: the weekly method beside R's package on the same series, a day's watch, growth and memory."""

import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from evenhand.kernels.aberration import farrington_flexible, scan_daily, scan_space_time

WEEKS = 320
R_SCRIPT = """
suppressMessages(library(surveillance))
folder <- commandArgs(trailingOnly=TRUE)[1]
counts <- as.matrix(read.csv(file.path(folder, "counts.csv"), header=FALSE)); dimnames(counts) <- NULL
series <- sts(observed=counts, start=c(2015,1), frequency=52)
control <- list(range=nrow(counts)-1:0, b=5, w=3, weightsThreshold=2.58, noPeriods=10, pastWeeksNotIncluded=26,
                pThresholdTrend=1, alpha=0.005, thresholdMethod="nbPlugin")
spent <- system.time(result <- suppressWarnings(farringtonFlexible(series, control)))
cat(spent[["user.self"]] + spent[["sys.self"]], "\\n")
write.table(upperbound(result), file.path(folder, "upper.csv"), sep=",", row.names=FALSE, col.names=FALSE)
"""


def weekly(series, rng):
    """Return simulated weekly counts with season, (WEEKS, series)."""
    level = 5 * np.exp(rng.normal(0, 1, series))
    mean = level * np.exp(0.3 * np.sin(2 * np.pi * np.arange(WEEKS)[:, None] / 52))
    return rng.negative_binomial(mean / 0.5, 1 / 1.5).astype(float)


def spent(work, times=3):
    """Return the least CPU seconds of a few runs."""
    best = np.inf
    for _ in range(times):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def beside_r(counts):
    """Return R's CPU seconds and bounds for the last two weeks, or None where R or its package is missing."""
    program = shutil.which(os.environ.get("RSCRIPT", "Rscript"))
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder) / "counts.csv", counts, fmt="%d", delimiter=",")
        script = Path(folder) / "run.R"
        script.write_text(R_SCRIPT, encoding="utf-8")
        done = subprocess.run(
            [program, str(script), folder], capture_output=True, text=True, check=False, timeout=600
        )
        if done.returncode:
            return None
        return float(done.stdout), np.genfromtxt(Path(folder) / "upper.csv", delimiter=",")


def measure(quick):
    rng = np.random.default_rng(1)
    counts = weekly(1_000 if quick else 20_000, rng)
    series = counts.shape[1]
    farrington_flexible(counts[:, :64], [WEEKS - 1])
    how = f"{series} series x 320 weeks, nbPlugin, no_periods 10, one thread, least of three"
    at = np.arange(WEEKS - 10, WEEKS)
    many = spent(lambda: farrington_flexible(counts, at)) / series / len(at)
    yield {
        "name": "farrington_flexible, ten weeks",
        "value": round(many * 1e6, 2),
        "unit": "us a series-week",
        "how": how,
    }
    today = spent(lambda: farrington_flexible(counts, [WEEKS - 1]))
    yield {"name": "farrington_flexible, today", "value": round(today, 4), "unit": "CPU s", "how": how}
    few = counts[:, : 20 if quick else 100]
    found = beside_r(few)
    if found is None:
        yield {
            "name": "R surveillance farringtonFlexible",
            "value": "absent",
            "unit": "",
            "how": "set RSCRIPT or install r-cran-surveillance",
        }
    else:
        each = found[0] / few.shape[1] / 2
        ours = farrington_flexible(few, [WEEKS - 2, WEEKS - 1]).upper
        same = bool(np.array_equal(np.nan_to_num(found[1], nan=-1), np.nan_to_num(ours, nan=-1)))
        yield {
            "name": "R surveillance farringtonFlexible",
            "value": round(each * 1e3, 2),
            "unit": "ms a series-week",
            "how": f"{few.shape[1]} of the same series, two weeks",
        }
        yield {
            "name": "times less CPU than R, bounds equal" if same else "times less CPU than R, BOUNDS DIFFER",
            "value": round(each / many),
            "unit": "x",
            "how": "the two figures above",
        }
    for size in (1_000,) if quick else (1_000, 10_000, 100_000, 1_000_000):
        table = np.tile(counts, (1, -(-size // series)))[:, :size]
        cost = spent(lambda table=table: farrington_flexible(table, [WEEKS - 1]), times=1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield {
            "name": f"farrington_flexible, today, {size} series",
            "value": round(cost, 3),
            "unit": "CPU s",
            "how": f"peak memory of the process {peak:.0f} MB",
        }
    areas = 350 if quick else 35_000
    days = 60
    rate = np.repeat(rng.gamma(0.3, 0.2, areas), 5)
    daily = rng.poisson(rate, (days, areas * 5)).astype(float)
    calendar = np.datetime64("2024-01-01") + np.arange(days)
    strand = np.tile(np.arange(5), areas)
    before = scan_daily(daily[:-1], calendar[:-1], strand=strand)
    cost = spent(lambda: scan_daily(daily[-1:], calendar[-1:], state=before.state))
    size = len(before.state.dump()) / 1e6
    yield {
        "name": f"scan_daily, one new day, {areas} areas x 5 strands",
        "value": round(cost, 3),
        "unit": "CPU s",
        "how": f"nine windows, all series; state {size:.0f} MB",
    }
    side = 10 if quick else 30
    places = np.array([(x, y) for x in range(side) for y in range(side)], dtype=float)
    table = rng.poisson(0.5, (7, side * side))
    cost = spent(
        lambda: scan_space_time(table, 0.5, places, rng=np.random.default_rng(0), replicates=199), times=1
    )
    yield {
        "name": f"scan_space_time, {side * side} areas",
        "value": round(cost, 3),
        "unit": "CPU s",
        "how": "7 days, 20 areas a circle, 199 worlds",
    }
