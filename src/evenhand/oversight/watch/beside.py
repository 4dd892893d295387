"""Look beside the daily watch: whole weeks, slow drift, neighbouring areas together, and days not yet fully reported."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from evenhand.kernels import aberration
from evenhand.oversight.watch.counting import Floats, Whole
from evenhand.oversight.watch.looked import Hit, Looked

TOO_SHORT = "less than a year of weeks before"
FULL = 0.995
A_WEEK = 7
# Slow rises that pause for less than four weeks are one.
DRIFT_QUIET = 28
LEAST_SCATTER = 60


@dataclass(frozen=True)
class Beside:
    """What the series look like to the other methods.

    weekly   series → count, expected, upper, from; or why it was not judged: the last whole week
    likely   series → for the newest days: reported, expected, low, high; newest first
    hits     every exceedance on the days that were judged, in the order of the days
    judged   method → the days on which it was asked; what is on record from such a day and is no hit now is not borne
             out any more
    """

    weekly: dict[int, dict[str, object]]
    likely: dict[int, list[dict[str, float]]]
    hits: tuple[Hit, ...]
    judged: dict[str, frozenset[date]]


def look_beside(seen: Looked, days: Iterable[date]) -> Beside:
    """Judge some days, today among them, with the other methods, each day with what is known now of it and before it."""
    asked = sorted({*days, seen.today})
    sundays = sorted({day - timedelta(days=day.weekday() + 1) for day in asked})
    weekly: dict[int, dict[str, object]] = {}
    hits: list[Hit] = []
    for sunday in sundays:
        weekly, found = _weekly(seen, sunday)
        hits += found
    for day in asked:
        there = seen.until(day)
        hits += _drift(there)
        hits += _clusters(there)
    likely, late = _late(seen)
    return Beside(
        weekly,
        likely,
        tuple(sorted((*hits, *late), key=lambda hit: (hit.day, hit.method, hit.area, hit.strand))),
        {"weekly": frozenset(sundays), "drift": frozenset(asked), "cluster": frozenset(asked)},
    )


def _weekly(seen: Looked, sunday: date) -> tuple[dict[int, dict[str, object]], list[Hit]]:
    """Judge the whole week up to a Sunday against the same season of earlier years."""
    cells, policy = seen.cells, seen.policy
    start = cells.first + timedelta(days=-cells.first.weekday() % 7)
    weeks = ((sunday - start).days + 1) // 7
    years = min(policy.years_back, (weeks - 4) // 52) if weeks > 4 else 0
    if years < 1 or not len(seen.active):
        return {int(j): {"silent": TOO_SHORT} for j in seen.active}, []
    daily = cells.of(start, start + timedelta(days=7 * weeks), seen.active)
    counts = daily.reshape(weeks, 7, -1).sum(axis=1)
    try:
        found = aberration.farrington_flexible(counts, [weeks - 1], b=years, alpha=policy.weekly_alpha)
    except aberration.TooShort:
        return {int(j): {"silent": TOO_SHORT} for j in seen.active}, []
    monday, told, hits = sunday - timedelta(days=6), {}, []
    for at, series in enumerate(map(int, seen.active)):
        why, count = int(found.why_silent[0, at]), int(counts[-1, at])
        told[series] = {"from": monday.isoformat(), "years": years, "count": count} | (
            {"silent": found.reasons[why]}
            if why
            else {
                "expected": round(float(found.expected[0, at]), 3),
                "upper": round(float(found.upper[0, at]), 3),
            }
        )
        if found.alarm[0, at] and count >= policy.least_count:
            hits.append(
                Hit("weekly", *seen.name(at), sunday, monday, 7, count, float(found.expected[0, at]),
                    float(found.p_value[0, at]))
            )  # fmt: skip
    return told, hits


def _drift(seen: Looked) -> list[Hit]:
    """Add up small rises over the last weeks until they count.

    The limit is that of one series; the logarithm of their number is added, so that many do not cry wolf more often
    than one. How much days scatter is learnt from the weeks before, or a slow rise would excuse itself.
    """
    whole, seen = seen, seen.last(seen.policy.drift_days)
    days, counts, means = seen.counts.shape[0], seen.counts, seen.expected
    known = np.flatnonzero(np.isfinite(means).all(axis=0) & (means.sum(axis=0) >= 1.0))
    if days < 14 or not len(known):
        return []
    limit = seen.policy.drift_limit + float(np.log(len(known)))
    known = known[_highest(counts[:, known], means[:, known]) >= limit / 2]
    if not len(known):
        return []
    means = np.maximum(means[:, known], 1e-6)
    chart = aberration.glr_nb(
        counts[:, known], means, overdispersion=_scatter(whole, days, known), limit=limit, window=days
    )
    hits = []
    for at in np.flatnonzero(chart.alarm[-1]):
        column = int(known[at])
        since = int(chart.since[-1, at])
        observed, expected = counts[since:, column].sum(), means[since:, at].sum()
        if observed < seen.policy.least_count:
            continue
        began = seen.today - timedelta(days=days - since - 1)
        chance = float(np.exp(-chart.statistic[-1, at]))
        hits.append(
            Hit("drift", *seen.name(column), seen.today, began, days - since, int(observed), float(expected), chance)
        )  # fmt: skip
    return hits


def _highest(counts: Floats, means: Floats) -> Floats:
    """Return how much the likeliest lasting rise up to today would say if days did not scatter: the chart says less.

    Series that stay far below the limit even so, nearly all of them, need not be charted.
    """
    came, thought = np.cumsum(counts[::-1], axis=0), np.cumsum(np.maximum(means[::-1], 1e-6), axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        said = came * np.log(came / thought) - (came - thought)
    return np.asarray(np.where(came > thought, said, 0.0).max(axis=0))


def _scatter(seen: Looked, days: int, known: Whole) -> Floats:
    """Return the overdispersion of some series in the days before the last ones, or in all where there are none before."""
    before = slice(max(0, seen.counts.shape[0] - 2 * days), seen.counts.shape[0] - days)
    means = seen.expected[before][:, known]
    if means.shape[0] < LEAST_SCATTER or not np.isfinite(means).all():
        before = slice(-days, None)
        means = seen.expected[before][:, known]
    means = np.maximum(means, 1e-6)
    over = (((seen.counts[before][:, known] - means) ** 2 - means).sum(axis=0)) / (means**2).sum(axis=0)
    return np.asarray(np.clip(over, 0.0, 5.0))


def _clusters(seen: Looked) -> list[Hit]:
    """Look for rises that neighbouring areas share, where their places are known."""
    what, policy, k = seen.what, seen.policy, len(seen.what.strands)
    holds = set(what.around)
    leaves = [at for at, centre in enumerate(what.centres) if centre is not None and at not in holds]
    days = policy.cluster_days
    if len(leaves) < 3 or seen.counts.shape[0] < days or seen.today not in seen.whole:
        return []
    places = np.array([what.centres[at] for at in leaves], dtype=np.float64)
    # A degree of longitude is shorter than one of latitude by the cosine of the latitude.
    places[:, 0] *= np.cos(np.radians(places[:, 1].mean()))
    start, hits = seen.today - timedelta(days=days - 1), []
    for s in range(k):
        series = np.array([at * k + s for at in leaves], dtype=np.int64)
        counts = seen.cells.of(start, seen.today + timedelta(days=1), series)
        if counts.sum() < policy.least_count:
            continue
        means = np.maximum(seen.whole[seen.today][series], 1e-4)
        # The same counts give the same answer: chance is drawn from the day and the strand.
        rng = np.random.default_rng(zlib.crc32(f"{seen.today} {what.strands[s]}".encode()))
        found = aberration.scan_space_time(
            counts, means[None, :], places, rng=rng, max_days=days, max_areas=policy.cluster_areas,
            alpha=policy.cluster_alpha, min_count=policy.least_count, replicates=policy.cluster_worlds,
        )  # fmt: skip
        for cluster in found.clusters:
            if len(cluster.areas) < 2:
                continue  # one area alone is the daily watch's business
            codes = tuple(what.areas[leaves[at]] for at in cluster.areas)
            began = seen.today - timedelta(days=cluster.days - 1)
            hits.append(
                Hit("cluster", codes[0], what.strands[s], seen.today, began, cluster.days, int(cluster.observed),
                    cluster.expected, cluster.p_value, codes)
            )  # fmt: skip
    return hits


def _late(seen: Looked) -> tuple[dict[int, list[dict[str, float]]], list[Hit]]:
    """Judge the newest days by what should have come in by now, and say what is probably still to come."""
    policy = seen.policy
    try:
        delay = aberration.reporting_delay(seen.cells.late[-365:])
    except aberration.TooShort:
        return {}, []
    if delay.reported[0] >= FULL:
        return {}, []
    there = seen.last(policy.provisional_days)
    newest, means = there.counts[::-1], there.expected[::-1]
    days, hits = newest.shape[0], []
    likely: dict[int, list[dict[str, float]]] = {}
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
            day = seen.today - timedelta(days=int(d))
            hits.append(
                Hit("late", *seen.name(column), day, day, 1, int(newest[d, column]), float(judged.expected[d]),
                    float(judged.p_value[d]))
            )  # fmt: skip
    return likely, hits


def fallen(seen: Looked, noticed: Iterable[Hit]) -> list[Hit]:
    """Return which alarms on days that were still filling up are not borne out by the counts as they are corrected now.

    noticed   what was reported and what should have come in when it was noticed; counts that grew since change nothing
    """
    policy, found = seen.policy, []
    column = {seen.name(at): at for at in range(len(seen.active))}
    for hit in noticed:
        at, day = column.get((hit.area, hit.strand)), (hit.day - seen.first_day).days
        if not 0 <= day < seen.counts.shape[0]:
            continue
        count = 0.0 if at is None else float(seen.counts[day, at])
        if count >= hit.observed:
            continue
        whole = hit.expected if at is None else float(np.nan_to_num(seen.expected[day, at], nan=hit.expected))
        share = min(1.0, hit.expected / max(whole, 1e-6))
        again = aberration.late_reports(
            [[count]], [hit.expected], aberration.Delay(np.ones(1), 1.0), dispersion=1.0 + 0.5 * share,
            alpha=policy.late_alpha / policy.provisional_days,
        )  # fmt: skip
        if not again.alarm[0] or count < policy.least_count:
            found.append(hit)
    return found
