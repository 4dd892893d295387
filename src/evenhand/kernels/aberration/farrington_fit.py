"""Fit levels and slope of the weekly comparison model, many series side by side."""

# ruff: noqa: PLR0912  compiled loops take their arrays one by one, and a loop over lanes is not a branch

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.compiled import compiled

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Pages = tuple[Floats, ...]
# Runs of consecutive rows in one block: first row, length, block, which of the lengths below, the different lengths.
Runs = tuple[Whole, Whole, Whole, Whole, Whole]
# Rows of less weight: block, lane, row, time, change of weight.
Lowered = tuple[Whole, Whole, Whole, Floats, Floats]

# Series side by side in one pass. Loops over lanes fill the wide registers; the rows of one block fit the
# second-level cache.
LANES = 64


@compiled
def exponentials(logs: Floats, result: Floats, blocks: int) -> None:
    """Put exp(logs) into result, to about 1e-13, by squaring a short series ten times: it fills wide registers."""
    for g in range(blocks):
        for lane in range(LANES):
            x = max(min(logs[g, lane], 60.0), -60.0) * (1.0 / 1024.0)
            f = 1.0 + x / 8.0
            f = 1.0 + x / 7.0 * f
            f = 1.0 + x / 6.0 * f
            f = 1.0 + x / 5.0 * f
            f = 1.0 + x / 4.0 * f
            f = 1.0 + x / 3.0 * f
            f = 1.0 + x / 2.0 * f
            f = 1.0 + x * f
            f *= f
            f *= f
            f *= f
            f *= f
            f *= f
            f *= f
            f *= f
            f *= f
            f *= f
            f *= f
            result[g, lane] = f


@compiled
def growth(slope: Floats, span: float, result: Floats) -> None:
    """Put exp(slope · span) of every lane into result."""
    for lane in range(LANES):
        result[lane] = math.exp(slope[lane] * span)


@compiled
def add_up(
    runs: Runs, time: Floats, weighted: Floats, slope: Floats, power: Floats, step: Floats, s0: Floats, s1: Floats, s2: Floats,
) -> None:  # fmt: skip
    """Add up weight · exposure · exp(slope · time) · (1, time, time²) per block and lane.

    Rows that follow on without a gap in the same block are a run; four of them are taken at a time.
    """
    s0[:] = 0.0
    s1[:] = 0.0
    s2[:] = 0.0
    first, length, group = runs[0], runs[1], runs[2]
    growth(slope, 1.0, step)
    for j in range(len(first)):
        i = first[j]
        end = i + length[j]
        g = group[j]
        if j == 0 or time[i] - time[i - 1] != 1.0:
            growth(slope, time[i], power)
        while i + 4 <= end:
            t = time[i]
            for lane in range(LANES):
                a = power[lane]
                r = step[lane]
                b = a * r
                c = b * r
                d = c * r
                power[lane] = d * r
                a *= weighted[i, lane]
                b *= weighted[i + 1, lane]
                c *= weighted[i + 2, lane]
                d *= weighted[i + 3, lane]
                zeroth = a + b + c + d
                once = b + 2.0 * c + 3.0 * d
                s0[g, lane] += zeroth
                s1[g, lane] += t * zeroth + once
                s2[g, lane] += t * (t * zeroth + 2.0 * once) + b + 4.0 * c + 9.0 * d
            i += 4
        while i < end:
            t = time[i]
            for lane in range(LANES):
                a = power[lane] * weighted[i, lane]
                power[lane] *= step[lane]
                s0[g, lane] += a
                s1[g, lane] += t * a
                s2[g, lane] += t * t * a
            i += 1


@compiled
def add_runs(
    time: Floats, runs: Runs, blocks: int, slope: Floats, share: Floats, lows: int, lowered: Lowered, power: Floats,
    geometric: Floats, s0: Floats, s1: Floats, s2: Floats,
) -> None:  # fmt: skip
    """Add up weight · exp(slope · time) · (1, time, time²) per block and lane, where all weights but a few are `share`.

    A run is a geometric sum, the same for all runs of one length but for its beginning.
    geometric   (lengths + 2, 6, LANES) room for those sums, and for what they are made from; [:, 3] growth over a run
    """
    first, length, group, span, spans = runs
    s0[:] = 0.0
    s1[:] = 0.0
    s2[:] = 0.0
    growing = geometric[len(spans)]
    for lane in range(LANES):
        power[lane] = slope[lane]
        growing[0, lane] = 0.0
        growing[1, lane] = 0.0
        growing[2, lane] = 0.0
        growing[3, lane] = 1.0
    step = geometric[len(spans) + 1, 0]
    growth(slope, 1.0, step)
    done = 0
    for u in range(len(spans)):
        for o in range(done, spans[u]):
            for lane in range(LANES):
                now = growing[3, lane]
                growing[0, lane] += now
                growing[1, lane] += o * now
                growing[2, lane] += o * o * now
                growing[3, lane] = now * step[lane]
        done = spans[u]
        for part in range(4):
            for lane in range(LANES):
                geometric[u, part, lane] = growing[part, lane]
    ended = -math.inf
    for j in range(len(first)):
        g, t = group[j], time[first[j]]
        if t - ended != 1.0:
            growth(slope, t, power)
        ended = t + length[j] - 1.0
        u = span[j]
        for lane in range(LANES):
            zeroth, once, twice = geometric[u, 0, lane], geometric[u, 1, lane], geometric[u, 2, lane]
            begun = power[lane]
            power[lane] = begun * geometric[u, 3, lane]
            s0[g, lane] += begun * zeroth
            s1[g, lane] += begun * (t * zeroth + once)
            s2[g, lane] += begun * (t * (t * zeroth + 2.0 * once) + twice)
    for low in range(lows):
        g, lane, t = lowered[0][low], lowered[1][low], lowered[3][low]
        less = lowered[4][low] * math.exp(slope[lane] * t)
        s0[g, lane] += less
        s1[g, lane] += less * t
        s2[g, lane] += less * t * t
    if lows:
        for g in range(blocks):
            for lane in range(LANES):
                s0[g, lane] *= share[lane]
                s1[g, lane] *= share[lane]
                s2[g, lane] *= share[lane]


@compiled
def first_step(blocks: int, trend: bool, lanes: Floats, sums: Pages, model: Pages) -> None:
    """Take the first reweighted step, from the counts plus a tenth, out of sums that need no pass over the rows."""
    begun0, begun1, begun2, goal, cross = sums[1:6]
    log_level, slope, state = model[0], lanes[0], lanes[1]
    score, information = lanes[8], lanes[9]
    score[:] = 0.0
    information[:] = 0.0
    for g in range(blocks):
        for lane in range(LANES):
            base = begun0[g, lane]
            mean = begun1[g, lane] / base if base > 0.0 else 0.0
            score[lane] += cross[g, lane] - mean * goal[g, lane]
            information[lane] += begun2[g, lane] - mean * begun1[g, lane]
    for lane in range(LANES):
        fine = information[lane] > 0.0
        slope[lane] = score[lane] / information[lane] if trend and fine else 0.0
        state[lane] = 0.0 if (fine or not trend) and lanes[14, lane] > 0.0 else -1.0
    for g in range(blocks):
        for lane in range(LANES):
            base = begun0[g, lane]
            log_level[g, lane] = (goal[g, lane] - slope[lane] * begun1[g, lane]) / base if base > 0.0 else 0.0


@compiled
def fit(
    plain: bool, runs: Runs, time: Floats, blocks: int, trend: bool, weighted: Floats, lows: int, lowered: Lowered,
    geometric: Floats, lanes: Floats, sums: Pages, model: Pages, power: Floats, step: Floats,
) -> None:  # fmt: skip
    """Fit levels and slope by iteratively reweighted least squares with R's start and stopping rule.

    Written as Newton steps on sums per block, so that a step is one pass without logarithms. Every lane stops by
    its own rule, so that its bits do not depend on its neighbours. `state` is 1 where the fit settled, else -1.
    """
    total = sums[0]
    log_level, level, old_level, centre, mass, s0, s1, s2 = model
    slope, state, old_slope, information, moment, fixed, before, half, score, move = (
        lanes[0], lanes[1], lanes[2], lanes[3], lanes[4], lanes[5], lanes[6], lanes[7], lanes[8], lanes[9],
    )  # fmt: skip
    first_step(blocks, trend, lanes, sums, model)
    before[:] = math.inf
    for lane in range(LANES):
        old_slope[lane] = slope[lane]
    for turn in range(25):
        if trend or turn == 0:
            if plain:
                add_runs(time, runs, blocks, slope, lanes[13], lows, lowered, power, geometric, s0, s1, s2)
            else:
                add_up(runs, time, weighted, slope, power, step, s0, s1, s2)
        exponentials(log_level, level, blocks)
        for lane in range(LANES):
            half[lane] = fixed[lane] - slope[lane] * moment[lane]
        for g in range(blocks):
            for lane in range(LANES):
                half[lane] += level[g, lane] * s0[g, lane] - log_level[g, lane] * total[g, lane]
        moving = 0
        for lane in range(LANES):
            if state[lane] != 0.0:
                continue
            deviance = 2.0 * half[lane]
            if not math.isfinite(deviance):
                state[lane] = -1.0
            elif abs(deviance - before[lane]) / (abs(deviance) + 0.1) < 1e-8:
                state[lane] = 1.0
            elif turn == 24:
                state[lane] = -1.0
            else:
                moving += 1
                before[lane] = deviance
        if moving == 0:
            break
        for lane in range(LANES):
            score[lane] = moment[lane]
            half[lane] = 0.0
        for g in range(blocks):
            for lane in range(LANES):
                mean = s1[g, lane] / s0[g, lane] if s0[g, lane] > 0.0 else 0.0
                centre[g, lane] = mean if state[lane] == 0.0 else centre[g, lane]
            for lane in range(LANES):
                half[lane] += level[g, lane] * (s2[g, lane] - centre[g, lane] * s1[g, lane])
            for lane in range(LANES):
                score[lane] -= total[g, lane] * centre[g, lane]
            for lane in range(LANES):
                old_level[g, lane] = level[g, lane] if state[lane] == 0.0 else old_level[g, lane]
            for lane in range(LANES):
                mass[g, lane] = level[g, lane] * s0[g, lane] if state[lane] == 0.0 else mass[g, lane]
        for lane in range(LANES):
            open_lane = state[lane] == 0.0
            information[lane] = (half[lane] if trend else math.inf) if open_lane else information[lane]
            move[lane] = score[lane] / half[lane] if trend and open_lane else 0.0
            old_slope[lane] = slope[lane] if open_lane else old_slope[lane]
            slope[lane] += move[lane]
        for g in range(blocks):
            for lane in range(LANES):
                held = mass[g, lane]
                change = total[g, lane] / held - 1.0 - move[lane] * centre[g, lane] if held > 0.0 else 0.0
                log_level[g, lane] += change if state[lane] == 0.0 else 0.0


@compiled
def settled(
    lanes: Floats, model: Pages
) -> tuple[tuple[Floats, Floats, Floats, Floats], tuple[Floats, Floats, Floats, Floats, Floats, Floats]]:
    """Return what giving less weight looks at: level, that of the step before, centre and mass by block; slope, that of the
    step before, information, dispersion, share and number of known rows by lane.
    """
    return (
        (model[1], model[2], model[3], model[4]),
        (lanes[0], lanes[2], lanes[3], lanes[10], lanes[13], lanes[14]),
    )
