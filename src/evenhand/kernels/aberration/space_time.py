"""Find rises that neighbouring areas share, up to today: an expectation-based scan over circles and windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.counts import (
    Floats,
    checked_counts,
    number_in,
    numbers,
    one_of,
    whole_number,
)
from evenhand.kernels.aberration.daily_rate import negative_binomial
from evenhand.kernels.aberration.refusals import TooShort, WrongOption

Whole = npt.NDArray[np.int64]
# Circles times windows that fit into the memory of a small machine.
MOST_CELLS = 30_000_000


@dataclass(frozen=True)
class Cluster:
    """A circle of areas and a window ending today that brought more than expected.

    areas      numbers of the areas, the centre first
    days       length of the window                                                       [days]
    observed   events in it; expected, how many it would bring had nothing changed
    score      log likelihood ratio
    p_value    chance that the highest score anywhere is at least this high had nothing changed
    """

    areas: tuple[int, ...]
    days: int
    observed: float
    expected: float
    score: float
    p_value: float


@dataclass(frozen=True)
class SpaceTime:
    """Clusters without a shared area, highest score first, and how they were judged.

    replicates   simulated worlds behind the p-values; fewer than asked for where `max_work` would be exceeded
    method       "Monte Carlo" or "Gumbel"
    """

    clusters: tuple[Cluster, ...]
    replicates: int
    method: str


def scan_space_time(
    counts: npt.ArrayLike,
    expected: npt.ArrayLike,
    coordinates: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    max_days: int = 7,
    max_areas: int = 20,
    dispersion: float | npt.ArrayLike = 1.0,
    alpha: float = 0.05,
    min_count: int = 3,
    replicates: int = 999,
    method: str = "Monte Carlo",
    max_work: float = 2e9,
) -> SpaceTime:
    """Say which groups of neighbouring areas together brought more than expected in the days up to today.

    Unlike a permutation scan it also sees a rise everywhere at once: what is compared is the expectation, not the
    rest of the map.

    counts       (T, A) whole numbers, the last row today                                  [events/day]
    expected     (T, A) or what broadcasts to it, greater than 0: from scan_daily or farrington_flexible
    coordinates  (A, 2) of the areas' centres, in any plane unit
    rng          source of chance for the simulated worlds
    max_days     longest window; max_areas, most areas in a circle
    dispersion   variance over mean, one number or (A,), 1 or more
    alpha        p-value at which a cluster is reported
    min_count    events below which a circle is no cluster
    replicates   simulated worlds, 19 or more
    method       "Monte Carlo": p by rank; "Gumbel": p from a Gumbel law fitted to the simulated scores, for p-values
                 below one in `replicates`
    max_work     bound on circles × windows × worlds; fewer worlds are simulated beyond it
    returns      SpaceTime
    raises       WrongCounts, WrongOption, TooShort
    source       Neill 2009, Int. J. Forecast. 25:498-517 (expectation-based Poisson); Abrams, Kulldorff & Kleinman
                 2010, Int. J. Health Geogr. 9:61 (Gumbel)
    """
    table = checked_counts(counts, missing_allowed=False)
    max_days = whole_number("max_days", max_days, 1)
    max_areas = whole_number("max_areas", max_areas, 1)
    min_count = whole_number("min_count", min_count, 1, 2**53)
    replicates = whole_number("replicates", replicates, 19)
    number_in("alpha", alpha, 0.0, 1.0)
    number_in("max_work", max_work, 0.0)
    one_of("method", method, ("Monte Carlo", "Gumbel"))
    if not isinstance(rng, np.random.Generator):
        raise WrongOption(f"rng={rng!r}: must be a numpy.random.Generator")
    if table.shape[0] < max_days:
        raise TooShort(f"{table.shape[0]} days of counts; max_days={max_days} needs as many")
    areas = table.shape[1]
    means = checked_expectation(expected, table)[-max_days:][::-1]
    spread = checked_spread(dispersion, areas)
    places = numbers("coordinates", coordinates)
    if places.shape != (areas, 2) or not np.isfinite(places).all():
        raise WrongOption(
            f"coordinates must be (A, 2) finite numbers for the {areas} areas, not {places.shape}"
        )
    cells = max_days * areas * min(max_areas, areas)
    if cells > MOST_CELLS:
        raise WrongOption(
            f"max_areas={max_areas}, max_days={max_days}: {cells} circles and windows, more than {MOST_CELLS}"
        )
    circle = nearest(places, min(max_areas, areas))
    scale = circles(spread * means.mean(axis=0), circle)[0] / circles(means.mean(axis=0), circle)[0]
    thought = circles(np.cumsum(means, axis=0), circle)
    seen = circles(np.cumsum(table[-max_days:][::-1], axis=0), circle)
    scores = score(seen, thought, scale, min_count)
    worlds = int(min(replicates, max(19.0, max_work // scores.size)))
    highest = np.empty(worlds)
    for world in range(worlds):
        drawn = negative_binomial(means.ravel(), np.tile(spread, max_days), rng).reshape(means.shape)
        highest[world] = score(circles(np.cumsum(drawn, axis=0), circle), thought, scale, min_count).max()
    found = separate(scores, seen, thought, circle, highest, alpha=alpha, gumbel=method == "Gumbel")
    return SpaceTime(found, worlds, method)


def checked_expectation(expected: npt.ArrayLike, table: Floats) -> Floats:
    """Return the expectation as (T, A), all greater than 0."""
    try:
        means = np.broadcast_to(numbers("expected", expected), table.shape)
    except ValueError as error:
        if isinstance(error, WrongOption):
            raise
        raise WrongOption(f"expected has another shape than counts, {table.shape}") from error
    if not ((means > 0) & np.isfinite(means)).all():
        row, column = (int(i) for i in np.argwhere(~((means > 0) & np.isfinite(means)))[0])
        raise WrongOption(f"expected, row {row}, column {column}: {means[row, column]} is not greater than 0")
    return np.asarray(means)


def checked_spread(dispersion: float | npt.ArrayLike, areas: int) -> Floats:
    """Return the variance over mean of each area."""
    try:
        spread = np.broadcast_to(numbers("dispersion", dispersion), (areas,))
    except ValueError as error:
        if isinstance(error, WrongOption):
            raise
        raise WrongOption(f"dispersion must be one number or {areas}") from error
    if not ((spread >= 1) & np.isfinite(spread)).all():
        raise WrongOption("dispersion must be 1 or more")
    return np.asarray(spread)


def nearest(places: Floats, most: int) -> Whole:
    """Return (A, most) each area's nearest areas, itself first."""
    from scipy.spatial import cKDTree

    _, found = cKDTree(places).query(places, k=most)
    found = np.asarray(found, dtype=np.int64).reshape(len(places), most)
    # Areas at one and the same place: the centre still comes first.
    own = np.arange(len(places))
    for row in np.flatnonzero(found[:, 0] != own):
        others = found[row][found[row] != own[row]]
        found[row] = np.concatenate([[own[row]], others])[:most]
    return found


def circles(values: Floats, circle: Whole) -> Floats:
    """Add up (W, A) or (A,) values over growing circles: (W, A, most)."""
    return np.asarray(np.cumsum(np.atleast_2d(values)[:, circle], axis=2))


def score(seen: Floats, thought: Floats, scale: Floats, min_count: int) -> Floats:
    """Return the log likelihood ratio of a rise, shrunk by the dispersion; 0 where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = seen * np.log(seen / thought) + thought - seen
    return np.where((seen > thought) & (seen >= min_count), ratio / scale, 0.0)


def separate(
    scores: Floats,
    seen: Floats,
    thought: Floats,
    circle: Whole,
    highest: Floats,
    *,
    alpha: float,
    gumbel: bool,
) -> tuple[Cluster, ...]:
    """Take the highest circles that share no area, as long as their p-value is at most alpha."""
    from scipy.stats import gumbel_r

    width = highest.std(ddof=1) * np.sqrt(6.0) / np.pi
    place = highest.mean() - np.euler_gamma * width

    def chance(value: float) -> float:
        if gumbel and width > 0:
            return float(gumbel_r.sf(value, place, width))
        return float((1 + (highest >= value).sum()) / (len(highest) + 1))

    best_window = scores.argmax(axis=0)
    best = np.take_along_axis(scores, best_window[None], axis=0)[0]
    taken: set[int] = set()
    clusters: list[Cluster] = []
    for flat in np.argsort(best, axis=None)[::-1]:
        centre, size = (int(i) for i in np.unravel_index(flat, best.shape))
        value = float(best[centre, size])
        p_value = chance(value)
        if value <= 0 or p_value > alpha:
            break
        members = tuple(int(a) for a in circle[centre, : size + 1])
        if taken.isdisjoint(members):
            window = int(best_window[centre, size])
            taken.update(members)
            clusters.append(
                Cluster(
                    members,
                    window + 1,
                    float(seen[window, centre, size]),
                    float(thought[window, centre, size]),
                    value,
                    p_value,
                )
            )
    return tuple(clusters)
