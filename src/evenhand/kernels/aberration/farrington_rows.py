"""Walk through weeks and blocks of series: gather, fit twice, keep or drop the trend, write down."""

# ruff: noqa: PLR0912  compiled loops take their arrays one by one, and a loop over lanes is not a branch

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.compiled import compiled
from evenhand.kernels.aberration.farrington_fit import LANES, Floats, Pages, Whole, fit
from evenhand.kernels.aberration.farrington_weights import downweight, spread

Flags = npt.NDArray[np.bool_]

FITTED, NO_FIT = 0, 1
LARGEST_TABLED = 4096


@compiled
def gather(
    counts: Floats, population: Floats, rows: Whole, n: int, block: Whole, time: Floats, pick: Whole, width: int,
    table: Floats, y: Floats, exposure: Floats, start: Floats, constant: Floats, part: Floats, lanes: Floats, sums: Pages,
) -> None:  # fmt: skip
    """Bring the rows of one block of series together, and add up what the fits start from."""
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
            if value < LARGEST_TABLED:
                start[lane] = table[int(value), 0]
                constant[lane] = table[int(value), 1]
            else:
                start[lane] = math.log(value + 0.1) - 0.1 / (value + 0.1)
                constant[lane] = value * math.log(value) - value
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
            peak[lane] = value if value > peak[lane] else peak[lane]


@compiled
def judge_rows(
    counts: Floats, population: Floats, wanted: Flags, at: Whole, sizes: Whole, block_counts: Whole, rows: Whole,
    block: Whole, time: Floats, now: Floats, run_counts: Whole, run_first: Whole, run_length: Whole, run_block: Whole,
    trend_allowed: bool, as_r: bool, threshold: float, critical: Floats, result: Floats,
) -> None:  # fmt: skip
    """Fit the model of every wanted row and series.

    counts        (T, S) counts, NaN where not known
    population    (T, S) offsets, or (0, 0) for none
    wanted        (K, S) which to fit
    at            (K,) rows judged; sizes, block_counts (K,) and rows, block, time (K, N), now (K,): their references;
                  run_* the same rows as runs of consecutive epochs in one block
    critical      critical value of |t| by degrees of freedom, beyond which a trend is kept
    result        (6, K, S): mean, dispersion, standard error of log mean, trend kept, slope, state; filled in
    """
    longest, most = rows.shape[1], int(block_counts.max())
    offset = population.size > 0
    y, exposure, weight = np.zeros((longest, LANES)), np.zeros((longest, LANES)), np.zeros((longest, LANES))
    weighted = np.zeros((longest, LANES))
    lanes, kept = np.zeros((16, LANES)), np.zeros((2, LANES))
    power, step, other, other_step = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    inverse, excess, start = np.zeros((most, LANES)), np.zeros(LANES), np.zeros(LANES)
    means, leverages = np.zeros(LANES), np.zeros(LANES)
    sums = (
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
    )  # fmt: skip
    begun = (
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
    )  # fmt: skip
    model = (
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
        np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)), np.zeros((most, LANES)),
    )  # fmt: skip
    usable, asked = np.zeros(LANES, dtype=np.bool_), np.zeros(LANES, dtype=np.bool_)
    table = np.zeros((LARGEST_TABLED, 2))
    for value in range(LARGEST_TABLED):
        table[value, 0] = math.log(value + 0.1) - 0.1 / (value + 0.1)
        table[value, 1] = value * math.log(value) - value if value > 0 else 0.0
    series = counts.shape[1]
    columns = np.zeros(series, dtype=np.int64)
    for k in range(len(at)):
        n, blocks = sizes[k], block_counts[k]
        # Only what is wanted is packed side by side: most sparse series are silent in most weeks.
        asked_for = 0
        for column in range(series):
            if wanted[k, column]:
                columns[asked_for] = column
                asked_for += 1
        for first in range(0, asked_for, LANES):
            width = min(LANES, asked_for - first)
            pick = columns[first : first + width]
            for lane in range(LANES):
                asked[lane] = lane < width
            gather(
                counts, population, rows[k], n, block[k], time[k], pick, width, table, y, exposure, start, excess,
                other, lanes, begun,
            )  # fmt: skip
            kept[:] = lanes[4:6]
            for trend in (True, False):
                if trend and not trend_allowed:
                    continue
                lanes[4:6] = kept
                for page in range(6):
                    sums[page][:] = begun[page]
                for lane in range(LANES):
                    lanes[12, lane] = lanes[14, lane] - (1.0 if trend else 0.0)
                    for g in range(blocks):
                        lanes[12, lane] -= 1.0 if begun[1][g, lane] > 0.0 else 0.0
                for i in range(n):
                    for lane in range(LANES):
                        weight[i, lane] = 1.0 if exposure[i, lane] > 0.0 else 0.0
                        weighted[i, lane] = exposure[i, lane]
                for second in range(2):
                    fit(
                        run_counts[k], run_first[k], run_length[k], run_block[k], time[k], blocks, trend, weighted,
                        lanes, sums, model, power, step,
                    )  # fmt: skip
                    spread(
                        n, y, exposure, weight, time[k], block[k], blocks, lanes, model, power, step, other, other_step,
                        inverse, excess, start, offset,
                    )  # fmt: skip
                    if second == 0:
                        for lane in range(LANES):
                            usable[lane] = lanes[1, lane] > 0.0 and lanes[12, lane] > 0.0
                        downweight(
                            n, y, exposure, weight, weighted, offset, time[k], block[k], blocks, threshold, lanes, sums,
                            model, power, step, other, other_step, inverse, excess, start, means, leverages,
                        )  # fmt: skip
                if not write(
                    k, pick, blocks, population, at[k], now[k], trend, as_r, critical, lanes, model, usable, asked,
                    result,
                ):  # fmt: skip
                    break


@compiled
def write(
    k: int, pick: Whole, blocks: int, population: Floats, row: int, now: float, trend: bool, as_r: bool,
    critical: Floats, lanes: Floats, model: Pages, usable: Flags, asked: Flags, result: Floats,
) -> bool:  # fmt: skip
    """Write down the lanes whose model stands; return whether some must be fitted again without a trend.

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
    again = False
    last = blocks - 1
    for lane in range(LANES):
        if not asked[lane]:
            continue
        column = pick[lane]
        if not usable[lane] or not s0[last, lane] > 0.0:
            again |= trend
            result[5, k, column] = NO_FIT
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
                again = True
                continue
        result[0, k, column] = mean
        result[1, k, column] = phi[lane]
        result[2, k, column] = math.sqrt(scale * unscaled)
        result[3, k, column] = 1.0 if trend else 0.0
        result[4, k, column] = slope[lane] if trend else 0.0
        result[5, k, column] = FITTED
        asked[lane] = False
    return again
