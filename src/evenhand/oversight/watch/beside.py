"""Look beside the daily watch: whole weeks, slow drift, neighbouring areas together, and days not yet fully reported."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from evenhand.kernels import aberration
from evenhand.oversight.watch.counting import Cells, Floats, Watched, Whole
from evenhand.oversight.watch.episodes import keep_beside
from evenhand.oversight.watch.policy import WatchPolicy

TOO_SHORT = "less than a year of weeks before"
FULL = 0.995


@dataclass(frozen=True)
class Beside:
    """What the series look like to the other methods.

    weekly   series → count, expected, upper, from; or why it was not judged
    likely   series → for the newest days: reported, expected, low, high; newest first
    begun    how many episodes began
    """

    weekly: dict[int, dict[str, object]]
    likely: dict[int, list[dict[str, float]]]
    begun: int


@dataclass(frozen=True)
class Looked:
    """What every method needs: counts, the series that had events lately, and what was expected of them.

    expected   (T, S) for the days up to today, NaN where it is not known
    """

    cells: Cells
    what: Watched
    policy: WatchPolicy
    active: Whole
    first_day: date
    counts: Floats
    expected: Floats
    today: date
    now: datetime

    def name(self, at: int) -> tuple[str, str]:
        """Return area and strand of a column."""
        return self.what.series[int(self.active[at])]


def look_beside(seen: Looked, expected_today: Floats) -> Beside:
    """Judge with the other methods and keep what they find."""
    weekly, begun = _weekly(seen)
    begun += _drift(seen)
    begun += _clusters(seen, expected_today)
    likely, more = _late(seen)
    return Beside(weekly, likely, begun + more)


def _weekly(seen: Looked) -> tuple[dict[int, dict[str, object]], int]:
    """Judge the last whole week, Monday to Sunday, against the same season of earlier years."""
    cells, policy = seen.cells, seen.policy
    start = cells.first + timedelta(days=-cells.first.weekday() % 7)
    sunday = seen.today - timedelta(days=seen.today.weekday() + 1)
    weeks = ((sunday - start).days + 1) // 7
    years = min(policy.years_back, (weeks - 4) // 52) if weeks > 4 else 0
    if years < 1 or not len(seen.active):
        return {int(j): {"silent": TOO_SHORT} for j in seen.active}, 0
    daily = cells.of(start, start + timedelta(days=7 * weeks), seen.active)
    counts = daily.reshape(weeks, 7, -1).sum(axis=1)
    try:
        found = aberration.farrington_flexible(counts, [weeks - 1], b=years, alpha=policy.weekly_alpha)
    except aberration.TooShort:
        return {int(j): {"silent": TOO_SHORT} for j in seen.active}, 0
    monday, told, begun = sunday - timedelta(days=6), {}, 0
    for at, series in enumerate(map(int, seen.active)):
        why = int(found.why_silent[0, at])
        told[series] = {"from": monday.isoformat(), "years": years, "count": int(counts[-1, at])} | (
            {"silent": found.reasons[why]}
            if why
            else {
                "expected": round(float(found.expected[0, at]), 3),
                "upper": round(float(found.upper[0, at]), 3),
            }
        )
        if found.alarm[0, at] and counts[-1, at] >= policy.least_count:
            area, strand = seen.name(at)
            begun += keep_beside(
                "weekly", area, strand, onset=sunday, began=monday, window=7, observed=int(counts[-1, at]),
                expected=float(found.expected[0, at]), p_value=float(found.p_value[0, at]), around=[],
                quiet_days=7, mark=policy.mark, now=seen.now,
            )  # fmt: skip
    return told, begun


def _drift(seen: Looked) -> int:
    """Add up small rises over the last weeks until they count."""
    days = min(seen.policy.drift_days, seen.counts.shape[0])
    counts, means = seen.counts[-days:], seen.expected[-days:]
    known = np.flatnonzero(np.isfinite(means).all(axis=0) & (means.sum(axis=0) >= 1.0))
    if days < 14 or not len(known):
        return 0
    means = np.maximum(means[:, known], 1e-6)
    over = np.maximum(((counts[:, known] - means) ** 2 - means).sum(axis=0) / (means**2).sum(axis=0), 0.0)
    chart = aberration.glr_nb(
        counts[:, known],
        means,
        overdispersion=np.minimum(over, 5.0),
        limit=seen.policy.drift_limit,
        window=days,
    )
    begun = 0
    for at in np.flatnonzero(chart.alarm[-1]):
        column = int(known[at])
        since = int(chart.since[-1, at])
        observed, expected = seen.counts[-days:][since:, column].sum(), means[since:, at].sum()
        if observed < seen.policy.least_count:
            continue
        area, strand = seen.name(column)
        length = days - since
        begun += keep_beside(
            "drift", area, strand, onset=seen.today, began=seen.today - timedelta(days=length - 1), window=length,
            observed=int(observed), expected=float(expected), p_value=float(np.exp(-chart.statistic[-1, at])),
            around=[], quiet_days=28, mark=seen.policy.mark, now=seen.now,
        )  # fmt: skip
    return begun


def _clusters(seen: Looked, expected_today: Floats) -> int:
    """Look for rises that neighbouring areas share, where their places are known."""
    what, policy, k = seen.what, seen.policy, len(seen.what.strands)
    holds = set(what.around)
    leaves = [at for at, centre in enumerate(what.centres) if centre is not None and at not in holds]
    days = policy.cluster_days
    if len(leaves) < 3 or seen.counts.shape[0] < days:
        return 0
    places = np.array([what.centres[at] for at in leaves], dtype=np.float64)
    # A degree of longitude is shorter than one of latitude by the cosine of the latitude.
    places[:, 0] *= np.cos(np.radians(places[:, 1].mean()))
    start, begun = seen.today - timedelta(days=days - 1), 0
    for s in range(k):
        series = np.array([at * k + s for at in leaves], dtype=np.int64)
        counts = seen.cells.of(start, seen.today + timedelta(days=1), series)
        if counts.sum() < policy.least_count:
            continue
        means = np.maximum(expected_today[series], 1e-4)
        # The same counts give the same answer: chance is drawn from the day and the strand.
        rng = np.random.default_rng(zlib.crc32(f"{seen.today} {what.strands[s]}".encode()))
        found = aberration.scan_space_time(
            counts, means[None, :], places, rng=rng, max_days=days, max_areas=policy.cluster_areas,
            alpha=policy.cluster_alpha, min_count=policy.least_count, replicates=policy.cluster_worlds,
        )  # fmt: skip
        for cluster in found.clusters:
            if len(cluster.areas) < 2:
                continue  # one area alone is the daily watch's business
            codes = [what.areas[leaves[at]] for at in cluster.areas]
            begun += keep_beside(
                "cluster", codes[0], what.strands[s], onset=seen.today,
                began=seen.today - timedelta(days=cluster.days - 1), window=cluster.days,
                observed=int(cluster.observed), expected=cluster.expected, p_value=cluster.p_value, around=codes,
                quiet_days=policy.quiet_days, mark=policy.mark, now=seen.now,
            )  # fmt: skip
    return begun


def _late(seen: Looked) -> tuple[dict[int, list[dict[str, float]]], int]:
    """Judge the newest days by what should have come in by now, and say what is probably still to come."""
    policy = seen.policy
    try:
        delay = aberration.reporting_delay(seen.cells.late[-365:])
    except aberration.TooShort:
        return {}, 0
    if delay.reported[0] >= FULL:
        return {}, 0
    days = min(policy.provisional_days, seen.counts.shape[0])
    newest, means = seen.counts[-days:][::-1], seen.expected[-days:][::-1]
    likely: dict[int, list[dict[str, float]]] = {}
    begun = 0
    for at in np.flatnonzero(np.isfinite(means).all(axis=0) & (seen.counts[-28:].sum(axis=0) > 0)):
        column = int(at)
        reported, expected = newest[:, column][:, None], np.maximum(means[:, column], 1e-6)
        cast = aberration.nowcast(reported, expected, delay, dispersion=1.5)
        likely[int(seen.active[column])] = [
            {"reported": float(cast.reported[d]), "expected": round(float(cast.expected[d]), 2),
             "low": float(cast.low[d]), "high": float(cast.high[d])}
            for d in range(days)
        ]  # fmt: skip
        judged = aberration.late_reports(
            reported, expected, delay, dispersion=1.5, alpha=policy.late_alpha / days
        )
        for d in np.flatnonzero(judged.alarm & (newest[:, column] >= policy.least_count)):
            area, strand = seen.name(column)
            day = seen.today - timedelta(days=int(d))
            begun += keep_beside(
                "late", area, strand, onset=day, began=day, window=1, observed=int(newest[d, column]),
                expected=float(judged.expected[d]), p_value=float(judged.p_value[d]), around=[],
                quiet_days=policy.quiet_days, mark=policy.mark, now=seen.now,
            )  # fmt: skip
    return likely, begun
