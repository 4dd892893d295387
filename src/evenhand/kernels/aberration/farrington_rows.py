"""Walk through weeks and blocks of series: gather, fit twice, keep or drop the trend, write down."""

# ruff: noqa: PLR0912, PLR0915  compiled loops take their arrays one by one, and a loop over lanes is not a branch

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.compiled import compiled
from evenhand.kernels.aberration.farrington_fit import LANES, Floats, Pages, Whole, fit
from evenhand.kernels.aberration.farrington_runs import downweight_runs, gather_runs, log_table, spread_runs
from evenhand.kernels.aberration.farrington_weights import downweight, spread

Flags = npt.NDArray[np.bool_]

FITTED, NO_FIT = 0, 1


@compiled
def gather(
    counts: Floats, population: Floats, rows: Whole, n: int, block: Whole, time: Floats, pick: Whole, width: int,
    y: Floats, exposure: Floats, weight: Floats, weighted: Floats, work: Floats, lanes: Floats, sums: Pages,
) -> None:  # fmt: skip
    """Bring the rows of one block of series together, and add up what the fits start from, row by row."""
    start, constant, part = work[0], work[1], work[2]
    total, begun0, begun1, begun2, goal, cross = sums[:6]
    moment, fixed, known, peak = lanes[4], lanes[5], lanes[14], lanes[15]
    for page in sums:
        page[:] = 0.0
    for lane in range(LANES):
        moment[lane] = 0.0
        fixed[lane] = 0.0
        known[lane] = 0.0
        peak[lane] = 0.0
    for i in range(n):
        row, g, t = rows[i], block[i], time[i]
        for lane in range(width):
            value = counts[row, pick[lane]]
            missing = math.isnan(value)
            y[i, lane] = 0.0 if missing else value
            exposure[i, lane] = 0.0 if missing else 1.0
        for lane in range(width, LANES):
            y[i, lane] = 0.0
            exposure[i, lane] = 0.0
        for lane in range(LANES):
            value = y[i, lane]
            start[lane] = math.log(value + 0.1) - 0.1 / (value + 0.1)
            constant[lane] = value * math.log(value) - value if value > 0.0 else 0.0
        for lane in range(LANES):
            value = y[i, lane]
            here = exposure[i, lane]
            part[lane] = value + 0.1 * here
            known[lane] += here
        for lane in range(LANES):
            moment[lane] += y[i, lane] * t
            total[g, lane] += y[i, lane]
        for lane in range(LANES):
            begun0[g, lane] += part[lane]
            begun1[g, lane] += part[lane] * t
        for lane in range(LANES):
            begun2[g, lane] += part[lane] * t * t
        if population.size > 0:
            for lane in range(width):
                people = population[row, pick[lane]]
                exposure[i, lane] *= people
                start[lane] -= math.log(people)
                constant[lane] -= y[i, lane] * math.log(people)
        for lane in range(LANES):
            goal[g, lane] += part[lane] * start[lane]
            cross[g, lane] += part[lane] * start[lane] * t
        for lane in range(LANES):
            value = y[i, lane]
            fixed[lane] += constant[lane]
            weight[i, lane] = 1.0 if exposure[i, lane] > 0.0 else 0.0
            weighted[i, lane] = exposure[i, lane]
            peak[lane] = value if value > peak[lane] else peak[lane]


@compiled
def judge_rows(
    counts: Floats, population: Floats, wanted: Flags, at: Whole, sizes: Whole, block_counts: Whole, rows: Whole,
    block: Whole, time: Floats, now: Floats, runs: Whole, run_counts: Whole, span_counts: Whole, trend_allowed: bool,
    as_r: bool, threshold: float, critical: Floats, result: Floats,
) -> None:  # fmt: skip
    """Fit the model of every wanted row and series.

    counts        (T, S) counts, NaN where not known
    population    (T, S) offsets, or (0, 0) for none
    wanted        (K, S) which to fit
    at            (K,) rows judged; sizes, block_counts (K,) and rows, block, time (K, N), now (K,): their references;
                  runs (5, K, N), run_counts, span_counts (K,): the same rows as runs of consecutive epochs in one block
    critical      critical value of |t| by degrees of freedom, beyond which a trend is kept
    result        (7, K, S): mean, dispersion, standard error of log mean, trend kept, slope, state, dispersion where it
                  may be below 1; filled in
    """
    longest, most, series = rows.shape[1], int(block_counts.max()), counts.shape[1]
    y, exposure, weight = np.zeros((longest, LANES)), np.zeros((longest, LANES)), np.ones((longest, LANES))
    weighted = np.zeros((longest, LANES))
    lanes, work, geometric = np.zeros((17, LANES)), np.zeros((8, LANES)), np.zeros((longest + 2, 6, LANES))
    inverse = np.zeros((most, LANES))
    sums = (
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
    )  # fmt: skip
    model = (
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
    )  # fmt: skip
    room = longest * LANES
    lowered = (
        np.zeros(room, dtype=np.int64), np.zeros(room, dtype=np.int64), np.zeros(room, dtype=np.int64),
        np.zeros(room), np.zeros(room),
    )  # fmt: skip
    usable, asked = np.zeros(LANES, dtype=np.bool_), np.zeros(LANES, dtype=np.bool_)
    table = log_table()
    # Only what is wanted is packed side by side: most sparse series are silent in most weeks. Four lists: in closed
    # form with and without a trend; row by row (a population, a missing count) with and without.
    columns, waiting = np.zeros((4, series), dtype=np.int64), np.zeros(5, dtype=np.int64)
    for k in range(len(at)):
        n, blocks, count, spans = sizes[k], block_counts[k], run_counts[k], span_counts[k]
        these = (
            runs[0, k, :count], runs[1, k, :count], runs[2, k, :count], runs[3, k, :count], runs[4, k, :spans],
        )  # fmt: skip
        waiting[:] = 0
        begin = (2 if population.size > 0 else 0) + (0 if trend_allowed else 1)
        for column in range(series):
            if wanted[k, column]:
                columns[begin, waiting[begin]] = column
                waiting[begin] += 1
        for stage in range(begin, 4):
            plain, trend = stage < 2, stage % 2 == 0
            for first in range(0, waiting[stage], LANES):
                width = min(LANES, waiting[stage] - first)
                pick = columns[stage, first : first + width]
                for lane in range(LANES):
                    asked[lane] = lane < width
                if plain:
                    gather_runs(
                        counts, rows[k, :n], time[k], these, pick, width, table, y, work, lanes, sums,
                    )  # fmt: skip
                    for lane in range(width):
                        if lanes[14, lane] < n:
                            columns[stage + 2, waiting[stage + 2]] = pick[lane]
                            waiting[stage + 2] += 1
                            lanes[14, lane] = 0.0
                            asked[lane] = False
                else:
                    gather(
                        counts, population, rows[k], n, block[k], time[k], pick, width, y, exposure, weight, weighted,
                        work, lanes, sums,
                    )  # fmt: skip
                for lane in range(LANES):
                    lanes[13, lane] = 1.0
                    lanes[12, lane] = lanes[14, lane] - (1.0 if trend else 0.0)
                    for g in range(blocks):
                        lanes[12, lane] -= 1.0 if sums[1][g, lane] > 0.0 else 0.0
                lows = 0
                for second in range(2):
                    fit(
                        plain, these, time[k], blocks, trend, weighted, lows, lowered, geometric, lanes, sums, model,
                        work[0], work[1],
                    )  # fmt: skip
                    if plain:
                        spread_runs(y, weight, time[k], these, as_r, work, geometric, lanes, model)
                    else:
                        spread(
                            n, y, exposure, weight, time[k], block[k], blocks, lanes, model, work, inverse,
                            population.size > 0,
                        )  # fmt: skip
                    if second == 1:
                        continue
                    for lane in range(LANES):
                        usable[lane] = lanes[1, lane] > 0.0 and lanes[12, lane] > 0.0
                    if plain:
                        lows = downweight_runs(
                            y,
                            weight,
                            time[k],
                            these,
                            blocks,
                            threshold,
                            work,
                            geometric,
                            lanes,
                            sums,
                            model,
                            lowered,
                        )
                    else:
                        downweight(
                            n, y, exposure, weight, weighted, population.size > 0, time[k], block[k], blocks,
                            threshold, lanes, sums, model, work, inverse,
                        )  # fmt: skip
                for low in range(lows):
                    weight[lowered[2][low], lowered[1][low]] = 1.0
                waiting[stage + 1] += write(
                    k, pick, blocks, population, at[k], now[k], trend, as_r, critical, lanes, model, usable, asked,
                    columns[min(stage + 1, 3), waiting[min(stage + 1, 3)] :], result,
                )  # fmt: skip


@compiled
def write(
    k: int, pick: Whole, blocks: int, population: Floats, row: int, now: float, trend: bool, as_r: bool,
    critical: Floats, lanes: Floats, model: Pages, usable: Flags, asked: Flags, again: Whole, result: Floats,
) -> int:  # fmt: skip
    """Write down the lanes whose model stands; list those to be fitted again without a trend, and return their number.

    A trend stands when it is significant and does not carry the expectation beyond every past count.
    """
    level, centre, mass, s0 = model[1], model[3], model[4], model[5]
    slope, information, phi, odd, degrees, peak = (
        lanes[0],
        lanes[3],
        lanes[10],
        lanes[11],
        lanes[12],
        lanes[15],
    )
    listed = 0
    last = blocks - 1
    for lane in range(LANES):
        if not asked[lane]:
            continue
        column = pick[lane]
        if not usable[lane] or not s0[last, lane] > 0.0:
            result[5, k, column] = NO_FIT
            if trend:
                again[listed] = column
                listed += 1
            continue
        mean = level[last, lane] * math.exp(slope[lane] * now)
        if population.size > 0:
            mean *= population[row, column]
        away = now - centre[last, lane]
        unscaled = 1.0 / mass[last, lane] + away * away / information[lane]
        scale = odd[lane] if as_r else phi[lane]
        if trend:
            test = abs(slope[lane]) / math.sqrt(scale / information[lane])
            if not (test > critical[int(degrees[lane])] and mean <= peak[lane]):
                again[listed] = column
                listed += 1
                continue
        result[0, k, column] = mean
        result[1, k, column] = phi[lane]
        result[2, k, column] = math.sqrt(scale * unscaled)
        result[3, k, column] = 1.0 if trend else 0.0
        result[4, k, column] = slope[lane] if trend else 0.0
        result[5, k, column] = FITTED
        result[6, k, column] = lanes[16, lane]
    return listed
