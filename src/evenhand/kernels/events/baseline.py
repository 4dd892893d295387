"""Learn from the days before an event what a day brings: weekday, season, trend and overdispersion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]
Flags = NDArray[np.bool_]

LEAST_DAYS = 56
SEASON_DAYS = 365
YEAR = 365.2425
LEAST_ALPHA, MOST_ALPHA = 1e-8, 50.0


class BadSeries(ValueError):
    """These are not daily counts without gaps; says which day is wrong."""


class TooShort(ValueError):
    """The history does not reach back far enough to say what a day usually brings."""


@dataclass(frozen=True)
class Baseline:
    """A fitted negative binomial of the days before: log-linear in weekday, season and trend.

    beta        (P,) coefficients; covariance (P, P)
    alpha       overdispersion: a day's variance is mean + alpha · mean²; 0 is Poisson
    origin      the day from which the trend counts
    seasons     number of yearly harmonics; 0 where less than a year was there to learn from
    days        how many days it was learnt from
    """

    beta: Floats
    covariance: Floats
    alpha: float
    origin: np.datetime64
    seasons: int
    days: int

    def expected(self, dates: Days) -> Floats:
        """Return what days usually bring; (N,) dates give (N,) means."""
        return np.asarray(np.exp(self.design(dates) @ self.beta), dtype=np.float64)

    def design(self, dates: Days) -> Floats:
        """Return the (N, P) design of days."""
        return design(dates, self.origin, self.seasons)

    def spread(self, dates: Days) -> Floats:
        """Return the variance of the logarithm of the fitted mean, (N,)."""
        x = self.design(dates)
        return np.asarray(np.einsum("np,pq,nq->n", x, self.covariance, x), dtype=np.float64)


def checked(counts: object, dates: object) -> tuple[Floats, Days]:
    """Return counts and days as arrays; raises BadSeries with the first day that is wrong."""
    numbers = np.asarray(counts, dtype=np.float64)
    days = np.asarray(dates, dtype="datetime64[D]")
    if numbers.ndim != 1 or numbers.shape != days.shape:
        raise BadSeries("counts and dates must be two lists of the same length")
    wrong = ~np.isfinite(numbers) | (numbers < 0) | (numbers != np.floor(numbers))
    if wrong.any():
        raise BadSeries(f"{days[int(wrong.argmax())]} has no count: {numbers[int(wrong.argmax())]}")
    gaps = np.diff(days) != np.timedelta64(1, "D")
    if gaps.any():
        raise BadSeries(f"the day after {days[int(gaps.argmax())]} is missing or out of order")
    return numbers, days


def design(dates: Days, origin: np.datetime64, seasons: int) -> Floats:
    """Return intercept, six weekday effects (Monday is the level), trend in years and yearly harmonics."""
    since = (dates - origin).astype(np.float64)
    weekday = (dates.astype(np.int64) + 3) % 7
    columns = [np.ones(dates.size), *((weekday == day).astype(np.float64) for day in range(1, 7))]
    columns.append(since / YEAR)
    for harmonic in range(1, seasons + 1):
        angle = 2 * np.pi * harmonic * since / YEAR
        columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, axis=1)


def fit_baseline(counts: object, dates: object, *, used: Flags | None = None) -> Baseline:
    """Fit what a day usually brings.

    counts   (T,) whole numbers, one a day, no gaps                        [events/day]
    dates    (T,) their days
    used     (T,) which days to learn from; none: all. Days of other events are left out here
    returns  Baseline; season is learnt only from a year or more
    raises   BadSeries, TooShort
    source   negative binomial regression (Hilbe 2011, NB2) by iteratively reweighted least squares; overdispersion
             by maximum likelihood in turns with it. Golden: tests/kernels/events compares with a direct search of
             the likelihood by scipy
    """
    numbers, days = checked(counts, dates)
    keep = np.ones(days.size, dtype=bool) if used is None else np.asarray(used, dtype=bool)
    y, on = numbers[keep], days[keep]
    if on.size < LEAST_DAYS:
        raise TooShort(f"{on.size} days to learn from; {LEAST_DAYS} are the least")
    if not y.any():
        raise TooShort("nothing at all was counted before the event, so nothing can be expected")
    seasons = 2 if on[-1] - on[0] >= np.timedelta64(SEASON_DAYS, "D") else 0
    origin = on[-1]
    x = design(on, origin, seasons)
    beta, alpha = np.zeros(x.shape[1]), 0.0
    beta[0] = np.log(y.mean())
    for _ in range(50):
        beta, covariance = _irls(x, y, beta, alpha)
        better = _dispersion(y, np.exp(x @ beta))
        if abs(better - alpha) <= 1e-9 + 1e-7 * alpha:
            break
        alpha = better
    return Baseline(beta, covariance, alpha, origin, seasons, int(on.size))


def _irls(x: Floats, y: Floats, beta: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Return coefficients and their covariance for a given overdispersion."""
    # A weekday on which nothing ever happens has no finite effect; a faint pull to the level keeps it in reach.
    ridge = np.diag([0.0, *[1e-6] * (x.shape[1] - 1)])
    information = ridge
    for _ in range(100):
        eta = np.clip(x @ beta, -30.0, 30.0)
        mean = np.exp(eta)
        weight = mean / (1 + alpha * mean)
        information = (x * weight[:, None]).T @ x + ridge
        step = np.linalg.solve(information, x.T @ ((y - mean) / (1 + alpha * mean)) - ridge @ beta)
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    return beta, np.linalg.inv(information)


def log_likelihood(y: Floats, mean: Floats, alpha: float) -> float:
    """Return the log-likelihood of counts, without the part that no parameter changes."""
    if alpha <= LEAST_ALPHA:
        return float(np.sum(y * np.log(mean) - mean))
    size = 1 / alpha
    terms = (
        gammaln(y + size) - gammaln(size) + y * np.log(mean / (size + mean)) - size * np.log1p(mean * alpha)
    )
    return float(np.sum(terms))


def _dispersion(y: Floats, mean: Floats) -> float:
    """Return the likeliest overdispersion; 0 where the counts vary no more than chance makes them."""
    if np.sum((y - mean) ** 2 - y) <= 0:
        return 0.0
    found = minimize_scalar(
        lambda log_alpha: -log_likelihood(y, mean, float(np.exp(log_alpha))),
        bounds=(np.log(LEAST_ALPHA) + 1, np.log(MOST_ALPHA)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(np.exp(found.x))
