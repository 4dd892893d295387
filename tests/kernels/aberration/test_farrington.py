"""What a user of the weekly method notices: laws it keeps, and plain refusals of what cannot be judged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.kernels.aberration import TooShort, WrongCounts, WrongOption, farrington_flexible

WEEKS = 330


def simulated(mean, series, seed, dispersion=1.5):
    rng = np.random.default_rng(seed)
    week = np.arange(WEEKS)[:, None]
    expected = mean * np.exp(0.4 * np.sin(2 * np.pi * week / 52)) * np.ones(series)
    return rng.negative_binomial(expected / (dispersion - 1), 1 / dispersion).astype(float)


def fields(result):
    return (result.expected, result.upper, result.alarm, result.dispersion, result.trend, result.p_value)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), mean=st.sampled_from([0.1, 1.0, 20.0]))
def test_the_order_of_series_and_strangers_beside_them_change_no_bit(seed, mean):
    counts = simulated(mean, 70, seed)
    rows = np.array([310, 329])
    together = farrington_flexible(counts, rows)
    order = np.random.default_rng(seed).permutation(70)
    shuffled = farrington_flexible(counts[:, order], rows)
    alone = farrington_flexible(counts[:, 3], rows)
    for whole, moved, single in zip(fields(together), fields(shuffled), fields(alone), strict=True):
        assert np.array_equal(whole[:, order], moved, equal_nan=True)
        assert np.array_equal(whole[:, [3]], single, equal_nan=True)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_one_week_at_a_time_equals_all_at_once_and_the_future_is_not_looked_at(seed):
    counts = simulated(5.0, 4, seed)
    rows = np.arange(320, 330)
    at_once = farrington_flexible(counts, rows)
    for k, row in enumerate(rows):
        one = farrington_flexible(counts[: row + 1], [row])
        for whole, single in zip(fields(at_once), fields(one), strict=True):
            assert np.array_equal(whole[k], single[0], equal_nan=True)


def test_scaling_the_population_scales_nothing_but_the_unit():
    counts = simulated(8.0, 5, 1)
    people = np.full(counts.shape, 1e5)
    one = farrington_flexible(counts, [329], population=people)
    other = farrington_flexible(counts, [329], population=people * 1000)
    np.testing.assert_allclose(one.expected, other.expected, rtol=1e-9)
    assert np.array_equal(one.upper, other.upper)


def test_a_day_of_fifty_in_a_week_of_five_is_an_alarm_and_says_how_rare():
    counts = simulated(5.0, 1, 3)
    counts[329] = 50
    result = farrington_flexible(counts, [329])
    assert result.alarm[0, 0]
    assert result.p_value[0, 0] < 1e-8
    assert result.why_silent[0, 0] == 0


def test_sparse_weeks_are_silent_and_the_result_says_that_limit54_silenced_them():
    counts = simulated(0.1, 40, 4)
    counts[326:] = 0
    result = farrington_flexible(counts, [329])
    for field in (result.expected, result.upper, result.dispersion, result.trend, result.p_value):
        assert np.isnan(field).all()
    assert not result.alarm.any()
    assert result.reasons[result.why_silent[0, 0]].startswith("too few recent events")


def test_a_missing_recent_count_gives_no_bound_and_a_missing_old_one_is_left_out():
    counts = simulated(9.0, 2, 5)
    counts[329, 0] = np.nan
    counts[200, 1] = np.nan
    result = farrington_flexible(counts, [329])
    assert result.why_silent[0, 0] == 3
    assert result.upper[0, 1] > result.expected[0, 1]


def test_history_without_a_single_event_gives_no_bound_or_zero_but_never_an_error():
    counts = np.zeros((WEEKS, 1))
    counts[329] = 9
    result = farrington_flexible(counts, [329])
    assert result.why_silent[0, 0] == 2
    assert "could not be fitted" in result.reasons[2]


def test_huge_counts_are_judged_in_good_time():
    result = farrington_flexible(simulated(3e6, 2, 6, dispersion=1e4), [329])
    assert (result.upper > result.expected).all()


def test_past_outbreaks_hardly_lift_the_bound():
    clean = simulated(10.0, 1, 8)
    struck = clean.copy()
    struck[[325 - 52, 326 - 52, 329 - 104]] += 80
    plain, robust = (farrington_flexible(c, [329]).upper[0, 0] for c in (clean, struck))
    blind = farrington_flexible(struck, [329], weights_threshold=1e9).upper[0, 0]
    assert robust < plain * 1.3 < blind


def test_false_trends_are_no_more_than_the_significance_asked_for_unless_r_is_asked_for():
    counts = simulated(200.0, 300, 9, dispersion=2.0)
    corrected = farrington_flexible(counts, [329], p_threshold_trend=0.05)
    as_r = farrington_flexible(counts, [329], p_threshold_trend=0.05, compat="R")
    assert np.nanmean(corrected.trend) < 0.10
    assert np.nanmean(as_r.trend) > 0.7


def test_years_of_53_weeks_and_leap_days_find_the_same_time_of_year():
    days = np.datetime64("2009-12-28") + 7 * np.arange(600)
    counts = np.tile(simulated(5.0, 1, 2), (2, 1))[:600]
    for wanted in ("2020-12-28", "2021-01-04", "2020-03-02"):
        row = int(np.searchsorted(days, np.datetime64(wanted)))
        assert farrington_flexible(counts, [row], dates=days).upper[0, 0] > 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"threshold_method": "nbplugin"}, "threshold_method"),
        ({"compat": "r"}, "compat"),
        ({"alpha": 0.7}, "alpha"),
        ({"b": 0}, "b="),
        ({"w": 2.5}, "w="),
        ({"no_periods": 60}, "no_periods"),
        ({"limit54": (5, 0)}, "limit54"),
        ({"p_threshold_trend": 0}, "p_threshold_trend"),
        ({"weights_threshold": -1}, "weights_threshold"),
        ({"dates": np.datetime64("2020-01-06") + 7 * np.arange(330), "frequency": 53}, "frequency"),
        ({"population": np.ones((3, 1))}, "population"),
        ({"dates": np.zeros(330, "datetime64[D]")}, "row 1"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_name(options, word):
    with pytest.raises(WrongOption, match=word):
        farrington_flexible(simulated(5.0, 1, 1), [329], **options)


def test_a_misspelt_option_is_an_error():
    with pytest.raises(TypeError, match="noPeriods"):
        farrington_flexible(simulated(5.0, 1, 1), [329], noPeriods=10)


@pytest.mark.parametrize(("value", "word"), [(-1, "negative"), (1.5, "whole"), (np.inf, "infinite")])
def test_a_count_that_is_none_is_refused_with_row_and_column(value, word):
    counts = simulated(5.0, 3, 1)
    counts[7, 2] = value
    with pytest.raises(WrongCounts, match=f"row 7, column 2.*{word}"):
        farrington_flexible(counts, [329])


def test_a_history_that_does_not_reach_back_is_refused():
    with pytest.raises(TooShort, match="years"):
        farrington_flexible(simulated(5.0, 1, 1), [200])


@pytest.mark.parametrize("at", [[330], [-1], [1.5], [True]])
def test_rows_that_are_not_there_are_refused(at):
    with pytest.raises(WrongOption, match="at"):
        farrington_flexible(simulated(5.0, 1, 1), at)


def test_importing_the_package_does_not_load_the_compiler():
    import subprocess
    import sys

    code = "import sys; from evenhand.kernels import aberration; sys.exit('numba' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": "src"}).returncode == 0
    )


def test_the_bounds_that_are_not_of_r_agree_with_their_p_value():
    counts = simulated(1.5, 400, 10, dispersion=2.0)
    rows = np.arange(320, 330)
    for name, alpha in (("predictive", 0.005), ("calibrated", 0.007)):
        result = farrington_flexible(counts, rows, threshold_method=name, limit54=(0, 4))
        assert np.array_equal(result.alarm, result.p_value <= alpha)
        assert np.array_equal(result.alarm, counts[rows] > result.upper)


@pytest.mark.parametrize(("mean", "dispersion"), [(0.3, 2.0), (3.0, 4.0), (60.0, 1.2)])
def test_false_alarms_of_the_predictive_bound_are_near_the_chance_asked_for_where_nothing_ever_happened(
    mean, dispersion
):
    counts = simulated(mean, 1500, 12, dispersion=dispersion)
    rows = np.arange(315, 330, 2)
    options = {"limit54": (0, 4), "alpha": 0.01}
    own = farrington_flexible(counts, rows, threshold_method="predictive", **options).alarm.mean()
    assert 0.006 < own < 0.016


def test_the_calibrated_bound_is_the_predictive_one_for_a_history_with_outbreaks():
    counts = simulated(20.0, 50, 10)
    predictive, calibrated = (
        farrington_flexible(counts, [329], threshold_method=name).upper
        for name in ("predictive", "calibrated")
    )
    assert (calibrated <= predictive).all()
    assert (calibrated < predictive).any()


@pytest.mark.parametrize("gap", ["old", "recent"])
def test_a_series_with_a_missing_count_does_not_change_its_neighbours(gap):
    counts = simulated(7.0, 70, 13)
    whole = farrington_flexible(counts, [329])
    counts[100 if gap == "old" else 329, 5] = np.nan
    holed = farrington_flexible(counts, [329])
    others = np.arange(70) != 5
    for one, other in zip(fields(whole), fields(holed), strict=True):
        assert np.array_equal(one[:, others], other[:, others], equal_nan=True)


def test_a_population_of_one_gives_the_bounds_of_no_population():
    counts = simulated(7.0, 70, 14)
    counts[[150, 202, 300]] += 40
    plain = farrington_flexible(counts, [327, 329], p_threshold_trend=0.05)
    offset = farrington_flexible(counts, [327, 329], p_threshold_trend=0.05, population=np.ones(counts.shape))
    assert np.array_equal(plain.upper, offset.upper)
    assert np.array_equal(plain.trend, offset.trend)
    np.testing.assert_allclose(plain.expected, offset.expected, rtol=1e-9)


@pytest.mark.parametrize("mean", [1e4, 1e9, 1e13])
def test_counts_as_large_as_a_unit_error_makes_them_do_not_hang(mean):
    counts = np.round(simulated(5.0, 3, 15) * mean)
    for name in ("nbPlugin", "muan", "predictive"):
        result = farrington_flexible(counts, [329], threshold_method=name)
        assert (result.upper > result.expected).all()


def test_packing_away_silent_series_does_not_change_those_that_speak():
    counts = simulated(0.4, 200, 11)
    rows = np.array([325, 329])
    result = farrington_flexible(counts, rows)
    spoken = ~np.isnan(result.upper[1])
    assert 0 < spoken.sum() < 150
    alone = farrington_flexible(counts[:, spoken], rows)
    assert np.array_equal(alone.upper[1], result.upper[1][spoken])
    assert np.array_equal(alone.p_value[1], result.p_value[1][spoken])
