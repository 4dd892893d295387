"""Estimate the spread round the weekly comparison model, and give past outbreaks less weight."""

# ruff: noqa: PLR0912  compiled loops take their arrays one by one, and a loop over lanes is not a branch

from __future__ import annotations

import math

from evenhand.kernels.aberration.compiled import compiled
from evenhand.kernels.aberration.farrington_fit import LANES, Floats, Pages, Whole, growth, settled


@compiled
def spread(
    n: int, y: Floats, exposure: Floats, weight: Floats, time: Floats, block: Whole, blocks: int, lanes: Floats,
    model: Pages, work: Floats, inverse: Floats, offset: bool,
) -> None:  # fmt: skip
    """Estimate the dispersion: Pearson's (lanes[16]; lanes[10] at least 1), and the one R's trend test divides by (lanes[11]).

    R takes Pearson's with the weights of the step before the last, and so does this.
    """
    power, step, other, other_step, reciprocal, square = work[0], work[1], work[2], work[3], work[4], work[5]
    level, old_level = model[1], model[2]
    slope, old_slope, phi, odd, degrees = lanes[0], lanes[2], lanes[10], lanes[11], lanes[12]
    raw = lanes[16]
    phi[:] = 0.0
    odd[:] = 0.0
    reciprocal[:] = 1.0
    for g in range(blocks):
        for lane in range(LANES):
            inverse[g, lane] = 1.0 / level[g, lane] if level[g, lane] > 0.0 else 0.0
    for i in range(n):
        if i == 0 or time[i] - time[i - 1] != 1.0:
            for lane in range(LANES):
                power[lane] = math.exp(-slope[lane] * time[i])
                step[lane] = math.exp(-slope[lane])
            growth(old_slope, time[i], other)
            growth(old_slope, 1.0, other_step)
        g = block[i]
        if offset:
            for lane in range(LANES):
                reciprocal[lane] = 1.0 / exposure[i, lane] if exposure[i, lane] > 0.0 else 1.0
        for lane in range(LANES):
            apart = y[i, lane] * inverse[g, lane] * power[lane] * reciprocal[lane] - 1.0
            square[lane] = weight[i, lane] * apart * apart
        for lane in range(LANES):
            odd[lane] += square[lane]
        for lane in range(LANES):
            phi[lane] += square[lane] * old_level[g, lane] * exposure[i, lane] * other[lane]
        for lane in range(LANES):
            power[lane] *= step[lane]
        for lane in range(LANES):
            other[lane] *= other_step[lane]
    for lane in range(LANES):
        raw[lane] = phi[lane] / degrees[lane] if degrees[lane] > 0.0 else math.nan
        phi[lane] = max(raw[lane], 1.0) if degrees[lane] > 0.0 else math.nan
        odd[lane] = odd[lane] / degrees[lane] if degrees[lane] > 0.0 else math.nan


@compiled
def downweight(
    n: int, y: Floats, exposure: Floats, weight: Floats, weighted: Floats, offset: bool, time: Floats, block: Whole,
    blocks: int, threshold: float, lanes: Floats, sums: Pages, model: Pages, work: Floats, inverse: Floats,
) -> None:  # fmt: skip
    """Give past outbreaks less weight: s⁻² where the standardised Anscombe residual s exceeds the threshold.

    The sums that the next fit starts from are corrected for the few rows concerned.
    source   Noufaily et al. 2013, Stat. Med. 32(7):1206-1222, section 3.4
    """
    power, step, other, other_step, excess, means, leverages, reciprocal = (
        work[0], work[1], work[2], work[3], work[4], work[5], work[6], work[7],
    )  # fmt: skip
    (level, old_level, centre, mass), (slope, old_slope, information, phi, share, known) = settled(
        lanes, model
    )
    limit = 0.999999 * threshold * threshold
    for g in range(blocks):
        for lane in range(LANES):
            inverse[g, lane] = 1.0 / mass[g, lane] if mass[g, lane] > 0.0 else 0.0
    for lane in range(LANES):
        share[lane] = known[lane]
        reciprocal[lane] = 1.0 / information[lane]
    for i in range(n):
        if i == 0 or time[i] - time[i - 1] != 1.0:
            growth(slope, time[i], power)
            growth(slope, 1.0, step)
            growth(old_slope, time[i], other)
            growth(old_slope, 1.0, other_step)
        g = block[i]
        t = time[i]
        for lane in range(LANES):
            means[lane] = level[g, lane] * exposure[i, lane] * power[lane]
        for lane in range(LANES):
            off = t - centre[g, lane]
            leverages[lane] = inverse[g, lane] + off * off * reciprocal[lane]
        for lane in range(LANES):
            leverages[lane] *= old_level[g, lane] * exposure[i, lane] * other[lane]
        # (y - m) / √m is never below the raw Anscombe residual where y > m, so few need the dear power.
        for lane in range(LANES):
            apart = y[i, lane] - means[lane]
            apart = apart if apart > 0.0 else 0.0
            excess[lane] = apart * apart - limit * phi[lane] * (1.0 - leverages[lane]) * means[lane]
        far = 0
        for lane in range(LANES):
            far += 1 if excess[lane] > 0.0 else 0
        if far > 0:
            for lane in range(LANES):
                if excess[lane] > 0.0 and weight[i, lane] > 0.0:
                    mean = means[lane]
                    raw = 1.5 * (y[i, lane] ** (2.0 / 3.0) * mean ** (-1.0 / 6.0) - math.sqrt(mean))
                    rest = phi[lane] * (1.0 - leverages[lane])
                    if rest > 1e-14 and raw > threshold * math.sqrt(rest):
                        lower(i, g, t, lane, rest / (raw * raw), y, exposure, offset, weight, lanes, sums)
        for lane in range(LANES):
            power[lane] *= step[lane]
        for lane in range(LANES):
            other[lane] *= other_step[lane]
    for lane in range(LANES):
        share[lane] = known[lane] / share[lane] if share[lane] > 0.0 else 1.0
        lanes[4, lane] *= share[lane]
        lanes[5, lane] *= share[lane]
    for page in sums[:6]:
        for g in range(blocks):
            for lane in range(LANES):
                page[g, lane] *= share[lane]
    for i in range(n):
        for lane in range(LANES):
            weight[i, lane] *= share[lane]
            weighted[i, lane] = weight[i, lane] * exposure[i, lane]


@compiled
def lower(
    i: int, g: int, t: float, lane: int, share: float, y: Floats, exposure: Floats, offset: bool, weight: Floats,
    lanes: Floats, sums: Pages,
) -> None:  # fmt: skip
    """Lower the weight of one row of one lane and correct the sums for it."""
    total, begun0, begun1, begun2, goal, cross = sums[:6]
    change = share - 1.0
    value = y[i, lane]
    shown = math.log(exposure[i, lane]) if offset else 0.0
    part = change * (value + 0.1)
    start = math.log(value + 0.1) - 0.1 / (value + 0.1) - shown
    weight[i, lane] = share
    lanes[13, lane] += change
    lanes[4, lane] += change * value * t
    lanes[5, lane] += change * (value * math.log(value) - value - value * shown)
    total[g, lane] += change * value
    begun0[g, lane] += part
    begun1[g, lane] += part * t
    begun2[g, lane] += part * t * t
    goal[g, lane] += part * start
    cross[g, lane] += part * start * t
