"""Fit the days before 9 November 2016 by searching the likelihood as a whole, to hold the kernel against."""

from __future__ import annotations

import csv
import datetime
import math
from pathlib import Path

import numpy as np
from scipy import optimize, stats

HERE = Path(__file__).parent
EVENT = datetime.date(2016, 11, 9)
GUARD, BEFORE, YEAR = 7, 1096, 365.2425


def rows_of(strand: str) -> tuple[list[datetime.date], list[int]]:
    """Return the days and counts of one strand."""
    with (HERE / "fbi_days.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return [datetime.date.fromisoformat(line["date"]) for line in lines], [
        int(line[strand]) for line in lines
    ]


def regressors(day: datetime.date, last: datetime.date) -> list[float]:
    """Return one row of the design, written out by hand."""
    since = (day - last).days
    angle = 2 * math.pi * since / YEAR
    weekday = [1.0 if day.isoweekday() == n else 0.0 for n in range(2, 8)]
    return [
        1.0,
        *weekday,
        since / YEAR,
        math.sin(angle),
        math.cos(angle),
        math.sin(2 * angle),
        math.cos(2 * angle),
    ]


def fitted(strand: str) -> dict[str, float]:
    """Return overdispersion, expected sums of two windows and the standard error of their logarithm."""
    days, counts = rows_of(strand)
    end = EVENT - datetime.timedelta(days=GUARD)
    chosen = [n for n, day in enumerate(days) if end - datetime.timedelta(days=BEFORE) <= day < end]
    last = days[chosen[-1]]
    x = np.array([regressors(days[n], last) for n in chosen])
    y = np.array([counts[n] for n in chosen], dtype=float)

    def loss(parameters: np.ndarray) -> float:
        mean, size = np.exp(x @ parameters[:-1]), math.exp(-parameters[-1])
        return -float(stats.nbinom.logpmf(y, size, size / (size + mean)).sum())

    start = np.zeros(x.shape[1] + 1)
    start[0], start[-1] = math.log(y.mean()), math.log(0.02)
    found = optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-4, "maxiter": 2000}).x
    found = optimize.minimize(loss, found, method="Nelder-Mead", options={"maxiter": 20000, "fatol": 1e-10, "xatol": 1e-7, "adaptive": True}).x  # fmt: skip
    mean, alpha = np.exp(x @ found[:-1]), math.exp(found[-1])
    # The information that the mean's coefficients have by themselves: they and the dispersion are orthogonal.
    covariance = np.linalg.inv((x.T * (mean / (1 + alpha * mean))) @ x)
    answer = {"alpha": alpha}
    for length in (7, 28):
        ahead = np.array([regressors(EVENT + datetime.timedelta(days=n), last) for n in range(length)])
        means = np.exp(ahead @ found[:-1])
        slope = (means[:, None] * ahead).sum(axis=0) / means.sum()
        answer[f"expected_{length}"] = float(means.sum())
        answer[f"log_error_{length}"] = float(math.sqrt(slope @ covariance @ slope))
    return answer


def main() -> None:
    """Write the golden file."""
    strands = ["all", "black", "hispanic", "jewish", "lgbt", "muslim"]
    answers = {strand: fitted(strand) for strand in strands}
    with (HERE / "november_2016.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["strand", *answers["all"]])
        for strand, answer in answers.items():
            writer.writerow([strand, *(f"{number:.8g}" for number in answer.values())])


if __name__ == "__main__":
    main()
