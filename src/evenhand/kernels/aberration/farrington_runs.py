"""Sums of the weekly comparison model in closed form, for series whose past is known and has no population."""

# ruff: noqa: PLR0912, PLR0915  compiled loops take their arrays one by one, and a loop over lanes is not a branch

from __future__ import annotations

import math

import numpy as np

from evenhand.kernels.aberration.compiled import compiled
from evenhand.kernels.aberration.farrington_fit import LANES, Floats, Lowered, Pages, Runs, Whole, settled

# Counts below this have their logarithms in a table.
LARGEST_TABLED = 4096


@compiled
def log_table() -> Floats:
    """Return (count + 0.1) · log(count + 0.1) - 0.1 and count · log(count) - count of every small count."""
    table = np.zeros((LARGEST_TABLED, 2))
    for value in range(LARGEST_TABLED):
        table[value, 0] = (value + 0.1) * math.log(value + 0.1) - 0.1
        table[value, 1] = value * math.log(value) - value if value > 0 else 0.0
    return table


@compiled
def gather_runs(
    counts: Floats, rows: Whole, time: Floats, runs: Runs, pick: Whole, width: int, table: Floats, y: Floats,
    work: Floats, lanes: Floats, sums: Pages,
) -> None:  # fmt: skip
    """Bring the rows of one block of series together, and add up what the fits start from, run by run.

    work    (8, LANES) room for the sums of one run
    lanes   4 moment, 5 fixed, 14 known, 15 peak: filled in; a lane whose `known` falls short has a missing count
    sums    total, and counts plus a tenth times 1, time, time², log, log · time
    """
    first, length, group = runs[0], runs[1], runs[2]
    total, begun0, begun1, begun2, goal, cross = sums[:6]
    start, constant = work[5], work[6]
    for page in sums:
        page[:] = 0.0
    for row in (4, 5, 14, 15):
        lanes[row] = 0.0
    start[:] = 0.0
    constant[:] = 0.0
    if width < LANES:
        y[:] = 0.0
    for j in range(len(first)):
        for row in range(5):
            work[row] = 0.0
        g, t = group[j], time[first[j]]
        for o in range(length[j]):
            i = first[j] + o
            for lane in range(width):
                value = counts[rows[i], pick[lane]]
                if value < LARGEST_TABLED:
                    whole = int(value) & (LARGEST_TABLED - 1)
                    start[lane] = table[whole, 0]
                    constant[lane] = table[whole, 1]
                elif value > 0.0:
                    start[lane] = (value + 0.1) * math.log(value + 0.1) - 0.1
                    constant[lane] = value * math.log(value) - value
                else:
                    value = 0.0
                    lanes[14, lane] -= 1.0
                y[i, lane] = value
            for lane in range(LANES):
                value = y[i, lane]
                work[0, lane] += value
                work[1, lane] += o * value
                work[2, lane] += o * o * value
                work[3, lane] += start[lane]
                work[4, lane] += o * start[lane]
                lanes[5, lane] += constant[lane]
                lanes[15, lane] = value if value > lanes[15, lane] else lanes[15, lane]
        many = float(length[j])
        tenth0 = 0.1 * many
        tenth1 = 0.1 * many * (t + (many - 1.0) / 2.0)
        tenth2 = 0.1 * many * (t * t + t * (many - 1.0) + (many - 1.0) * (2.0 * many - 1.0) / 6.0)
        for lane in range(LANES):
            zeroth, once, twice = work[0, lane], work[1, lane], work[2, lane]
            moment = t * zeroth + once
            total[g, lane] += zeroth
            lanes[4, lane] += moment
            begun0[g, lane] += zeroth + tenth0
            begun1[g, lane] += moment + tenth1
            begun2[g, lane] += t * (t * zeroth + 2.0 * once) + twice + tenth2
            goal[g, lane] += work[3, lane]
            cross[g, lane] += t * work[3, lane] + work[4, lane]
    for lane in range(LANES):
        lanes[14, lane] += len(rows) if lane < width else 0.0


@compiled
def spread_runs(
    y: Floats, weight: Floats, time: Floats, runs: Runs, as_r: bool, work: Floats, geometric: Floats, lanes: Floats,
    model: Pages,
) -> None:  # fmt: skip
    """Estimate the dispersion as `farrington_weights.spread` does: lanes[10], lanes[16], and with as_r lanes[11]."""
    first, length, group, span, spans = runs
    level, old_level = model[1], model[2]
    slope, old_slope, phi, odd, degrees, share = (
        lanes[0],
        lanes[2],
        lanes[10],
        lanes[11],
        lanes[12],
        lanes[13],
    )
    inverse, begun, step, other, begun_other, other_step = (
        work[0],
        work[1],
        work[2],
        work[3],
        work[4],
        work[5],
    )
    raw = lanes[16]
    phi[:] = 0.0
    odd[:] = 0.0
    for lane in range(LANES):
        step[lane] = math.exp(-slope[lane])
        other_step[lane] = math.exp(old_slope[lane])
        begun[lane] = 1.0
        begun_other[lane] = 1.0
    done = 0
    for u in range(len(spans)):
        for _o in range(done, spans[u]):
            for lane in range(LANES):
                begun[lane] *= step[lane]
                begun_other[lane] *= other_step[lane]
        done = spans[u]
        for lane in range(LANES):
            geometric[u, 4, lane] = begun[lane]
            geometric[u, 5, lane] = begun_other[lane]
    ended = -math.inf
    for j in range(len(first)):
        g, t, u = group[j], time[first[j]], span[j]
        if t - ended != 1.0:
            for lane in range(LANES):
                begun[lane] = math.exp(-slope[lane] * t)
                begun_other[lane] = math.exp(old_slope[lane] * t)
        ended = t + length[j] - 1.0
        for lane in range(LANES):
            inverse[lane] = begun[lane] / level[g, lane] if level[g, lane] > 0.0 else 0.0
            begun[lane] *= geometric[u, 4, lane]
        for lane in range(LANES):
            other[lane] = begun_other[lane] * old_level[g, lane]
            begun_other[lane] *= geometric[u, 5, lane]
        for i in range(first[j], first[j] + length[j]):
            if as_r:
                for lane in range(LANES):
                    apart = y[i, lane] * inverse[lane] - 1.0
                    odd[lane] += weight[i, lane] * apart * apart
            for lane in range(LANES):
                apart = y[i, lane] * inverse[lane] - 1.0
                phi[lane] += weight[i, lane] * apart * apart * other[lane]
                inverse[lane] *= step[lane]
                other[lane] *= other_step[lane]
    for lane in range(LANES):
        raw[lane] = share[lane] * phi[lane] / degrees[lane] if degrees[lane] > 0.0 else math.nan
        phi[lane] = max(raw[lane], 1.0) if degrees[lane] > 0.0 else math.nan
        odd[lane] = share[lane] * odd[lane] / degrees[lane] if degrees[lane] > 0.0 else math.nan


@compiled
def downweight_runs(
    y: Floats, weight: Floats, time: Floats, runs: Runs, blocks: int, threshold: float, work: Floats, geometric: Floats,
    lanes: Floats, sums: Pages, model: Pages, lowered: Lowered,
) -> int:  # fmt: skip
    """Give past outbreaks less weight as `farrington_weights.downweight` does; return how many rows were lowered.

    lowered   block, lane, row, time and change of weight of each, filled in: `add_runs` corrects the closed form
    """
    first, length, group, span = runs[:4]
    (level, old_level, centre, mass), (slope, old_slope, information, phi, share, known) = settled(
        lanes, model
    )
    power, step, mean, top, limit, most, apart2, sure = (
        work[0], work[1], work[2], work[3], work[4], work[5], work[6], work[7],
    )  # fmt: skip
    inverse, ratio = model[6], model[7]
    lows = 0
    furthest = max(abs(time[0]), abs(time[first[-1] + length[-1] - 1]))
    for lane in range(LANES):
        share[lane] = known[lane]
        step[lane] = math.exp(slope[lane])
        apart2[lane] = 1.0 / information[lane]
        most[lane] = 1.000001 * math.exp(abs(old_slope[lane] - slope[lane]) * furthest)
        sure[lane] = 0.999999 * threshold * threshold * phi[lane]
    # Where the weights of the step before are no more than `ratio` times the expectation.
    for g in range(blocks):
        for lane in range(LANES):
            inverse[g, lane] = 1.0 / mass[g, lane] if mass[g, lane] > 0.0 else 0.0
            ratio[g, lane] = most[lane] * old_level[g, lane] / level[g, lane]
    ended = -math.inf
    for j in range(len(first)):
        g, t, u = group[j], time[first[j]], span[j]
        last = t + length[j] - 1.0
        if t - ended != 1.0:
            for lane in range(LANES):
                power[lane] = math.exp(slope[lane] * t)
        ended = last
        # No row of the run has more leverage than this: each part is largest at an end of the run.
        for lane in range(LANES):
            mean[lane] = level[g, lane] * power[lane]
            power[lane] *= geometric[u, 3, lane]
            top[lane] = 0.0
        for lane in range(LANES):
            early, late = t - centre[g, lane], last - centre[g, lane]
            off = early * early if early * early > late * late else late * late
            limit[lane] = inverse[g, lane] + off * apart2[lane]
        for lane in range(LANES):
            growing = geometric[u, 3, lane] if geometric[u, 3, lane] > 1.0 else 1.0
            limit[lane] = sure[lane] * (1.0 - limit[lane] * ratio[g, lane] * mean[lane] * growing)
        for i in range(first[j], first[j] + length[j]):
            # (y - m) / √m is never below the raw Anscombe residual where y > m, so few need the dear power.
            for lane in range(LANES):
                apart = y[i, lane] - mean[lane]
                apart = apart if apart > 0.0 else 0.0
                excess = apart * apart - limit[lane] * mean[lane]
                excess = excess if apart > 0.0 else 0.0
                top[lane] = excess if excess > top[lane] else top[lane]
                mean[lane] *= step[lane]
        far = 0
        for lane in range(LANES):
            far += 1 if top[lane] > 0.0 else 0
        if far == 0:
            continue
        for lane in range(LANES):
            if not top[lane] > 0.0:
                continue
            expected = level[g, lane] * math.exp(slope[lane] * t)
            for o in range(length[j]):
                i, here = first[j] + o, t + o
                apart = y[i, lane] - expected
                if apart > 0.0 and apart * apart > 0.999 * limit[lane] * expected:
                    off = here - centre[g, lane]
                    leverage = inverse[g, lane] + off * off * apart2[lane]
                    leverage *= old_level[g, lane] * math.exp(old_slope[lane] * here)
                    root = math.sqrt(expected)
                    raw = 1.5 * root * (math.exp(2.0 / 3.0 * math.log(y[i, lane] / expected)) - 1.0)
                    rest = phi[lane] * (1.0 - leverage)
                    if rest > 1e-14 and raw > threshold * math.sqrt(rest):
                        change = rest / (raw * raw) - 1.0
                        weight[i, lane] = change + 1.0
                        lowered[0][lows], lowered[1][lows], lowered[2][lows] = g, lane, i
                        lowered[3][lows], lowered[4][lows] = here, change
                        correct(y[i, lane], g, here, lane, change, lanes, sums)
                        lows += 1
                expected *= step[lane]
    for lane in range(LANES):
        share[lane] = known[lane] / share[lane] if share[lane] > 0.0 else 1.0
        lanes[4, lane] *= share[lane]
        lanes[5, lane] *= share[lane]
    for page in sums[:6]:
        for g in range(blocks):
            for lane in range(LANES):
                page[g, lane] *= share[lane]
    return lows


@compiled
def correct(value: float, g: int, t: float, lane: int, change: float, lanes: Floats, sums: Pages) -> None:
    """Correct the sums of one lane for the changed weight of one row."""
    part = change * (value + 0.1)
    logs = change * ((value + 0.1) * math.log(value + 0.1) - 0.1)
    lanes[13, lane] += change
    lanes[4, lane] += change * value * t
    lanes[5, lane] += change * (value * math.log(value) - value)
    sums[0][g, lane] += change * value
    sums[1][g, lane] += part
    sums[2][g, lane] += part * t
    sums[3][g, lane] += part * t * t
    sums[4][g, lane] += logs
    sums[5][g, lane] += logs * t
