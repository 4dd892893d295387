"""A rise that neighbours share is found with its place and length, and quiet maps stay quiet."""

import numpy as np
import pytest

from evenhand.kernels.aberration import TooShort, WrongCounts, WrongOption, scan_space_time

SIDE = 8
PLACES = np.array([(x, y) for x in range(SIDE) for y in range(SIDE)], dtype=float)
BLOCK = [x * SIDE + y for x in (2, 3) for y in (4, 5)]


def scan(counts, seed=0, **options):
    options = {"replicates": 99, "max_areas": 10} | options
    return scan_space_time(counts, 0.5, PLACES, rng=np.random.default_rng(seed), **options)


def quiet(seed, mean=0.5):
    return np.random.default_rng(seed).poisson(mean, (14, SIDE * SIDE))


def test_four_neighbours_with_a_little_more_each_are_found_with_their_window():
    counts = quiet(1)
    counts[-3:, BLOCK] += 2
    cluster = scan(counts).clusters[0]
    assert set(BLOCK) <= set(cluster.areas)
    assert cluster.days == 3
    assert cluster.p_value == 0.01
    assert cluster.observed > cluster.expected


def test_a_rise_everywhere_at_once_is_seen():
    assert scan(quiet(2, mean=1.1)).clusters


def test_quiet_maps_give_false_clusters_as_rarely_as_asked_for():
    found = [bool(scan(quiet(seed), seed, replicates=39, alpha=0.05).clusters) for seed in range(100, 180)]
    assert np.mean(found) < 0.14


def test_dispersion_raises_what_it_takes():
    counts = quiet(3)
    counts[-1, BLOCK] += 2
    plain, wild = scan(counts), scan(counts, dispersion=4.0)
    assert plain.clusters[0].p_value < (wild.clusters[0].p_value if wild.clusters else 1.0)


def test_gumbel_tells_apart_what_rank_cannot_and_work_is_bounded():
    counts = quiet(4)
    counts[-1, BLOCK] += 6
    by_law = scan(counts, method="Gumbel")
    assert by_law.clusters[0].p_value < 1e-4
    assert scan(counts, replicates=999, max_work=1e5).replicates == 22


def test_clusters_share_no_area_and_the_same_chance_gives_the_same_answer():
    counts = quiet(5)
    counts[-2:, BLOCK] += 3
    counts[-2:, [0, 1]] += 5
    result = scan(counts)
    areas = [a for c in result.clusters for a in c.areas]
    assert len(result.clusters) >= 2
    assert len(areas) == len(set(areas))
    assert result == scan(counts)


@pytest.mark.parametrize(
    ("options", "error", "word"),
    [
        ({"method": "gumbel"}, WrongOption, "method"),
        ({"dispersion": 0.5}, WrongOption, "dispersion"),
        ({"replicates": 5}, WrongOption, "replicates"),
        ({"max_days": 30}, TooShort, "max_days"),
        ({"max_days": 0}, WrongOption, "max_days"),
    ],
)
def test_what_makes_no_sense_is_refused(options, error, word):
    with pytest.raises(error, match=word):
        scan(quiet(1), **options)


def test_wrong_shapes_and_counts_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(WrongOption, match="coordinates"):
        scan_space_time(quiet(1), 0.5, PLACES[:3], rng=rng)
    with pytest.raises(WrongOption, match="expected, row 0, column 0"):
        scan_space_time(quiet(1), 0.0, PLACES, rng=rng)
    with pytest.raises(WrongCounts, match="negative"):
        scan_space_time(-quiet(1) - 1, 0.5, PLACES, rng=rng)
