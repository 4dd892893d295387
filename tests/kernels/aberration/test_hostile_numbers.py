"""Whatever numbers are thrown at a method, it ends, and either refuses by name or gives no alarm without finite figures."""

import inspect

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evenhand.kernels import aberration
from evenhand.kernels.aberration import (
    Delay,
    WrongCounts,
    WrongOption,
    cusum,
    ears_c,
    farrington_flexible,
    glr_nb,
    late_reports,
    nowcast,
    reporting_delay,
    scan_daily,
    scan_space_time,
)

few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
CELLS = st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 7.0, 300.0, 1e9, 1e13, 2.0**53])
ODD = st.sampled_from(
    [np.nan, np.inf, -np.inf, -1.0, 0.0, 0.5, 1e-300, 1e300, 1e9, 3, 10**9, True, None, "5", [1], {}]
)
WEEKS = 290
DAYS = np.datetime64("2019-12-29") + np.arange(60)


def cells(*shape, missing=False):
    values = st.one_of(CELLS, st.just(np.nan)) if missing else CELLS
    return hnp.arrays(np.float64, shape, elements=values, fill=st.just(0.0))


def no_alarm_without_figures(alarm, *figures):
    for array in figures:
        assert np.isfinite(array[alarm]).all()


@few
@given(counts=cells(WEEKS, 2, missing=True), level=st.sampled_from([0, 4, 10**9, 10**13]), data=st.data())
def test_the_weekly_method_has_a_bound_or_says_why_not(counts, level, data):
    counts = np.minimum(counts + np.random.default_rng(1).poisson(level, counts.shape), 2.0**53)
    method = data.draw(st.sampled_from(["nbPlugin", "muan", "delta", "predictive", "calibrated"]))
    found = farrington_flexible(counts, [288, 289], threshold_method=method, limit54=(0, 4))
    spoken = found.why_silent == 0
    for array in (found.expected, found.upper, found.dispersion, found.p_value):
        assert np.isfinite(array[spoken]).all()
        assert np.isnan(array[~spoken]).all()
    assert not found.alarm[~spoken].any()
    assert ((found.p_value[spoken] >= 0) & (found.p_value[spoken] <= 1)).all()
    assert found.alarm[spoken].tolist() == (counts[[288, 289]] > found.upper)[spoken].tolist()


@few
@given(counts=cells(40, 3, missing=True), method=st.sampled_from(["C1", "C2", "C3"]))
def test_ears_gives_no_alarm_without_a_bound(counts, method):
    found = ears_c(counts, np.arange(20, 40), method=method)
    no_alarm_without_figures(found.alarm, found.expected, found.upper)


@few
@given(
    counts=cells(30, 2),
    mean=st.sampled_from([1e-300, 1e-6, 1.0, 1e9, 1e15]),
    over=st.sampled_from([0.0, 1e-9, 1.0, 1e9]),
)
def test_charts_stay_finite(counts, mean, over):
    for chart in (cusum(counts, mean), cusum(counts, mean, transform="anscombe", reset=True),
                  glr_nb(counts, mean, overdispersion=over, window=30)):  # fmt: skip
        assert np.isfinite(chart.statistic).all()


@few
@given(counts=cells(60, 3))
def test_the_daily_watch_stays_finite_and_goes_on(counts):
    options = aberration.DailyOptions(warm_up=36)
    with np.errstate(all="raise", under="ignore"):
        found = scan_daily(counts, DAYS, options=options, parent=[-1, 0, 0], strand=[0, 1, 1])
    judged = found.why_silent == 0
    for array in (found.p_value, found.expected, found.observed):
        assert np.isfinite(array[judged]).all()
    assert not found.alarm[~judged].any()


@pytest.mark.parametrize("mean", [1e7, 1e9, 1e11, 1e13])
def test_huge_counts_that_never_change_are_no_alarm_of_the_weekly_method(mean):
    counts = np.round(mean + np.sqrt(mean) * np.random.default_rng(3).normal(size=(500, 3)))
    assert not farrington_flexible(counts, np.arange(480, 500), alpha=1e-4).alarm.any()


@pytest.mark.parametrize("mean", [30, 1000])
def test_busy_days_that_never_change_are_no_alarm_of_the_daily_watch(mean):
    counts = np.random.default_rng(3).poisson(mean, (500, 3))
    assert not scan_daily(counts, np.datetime64("2020-01-01") + np.arange(500)).alarm.any()


@few
@given(
    counts=cells(8, 5),
    mean=st.sampled_from([1e-9, 0.5, 1e9]),
    method=st.sampled_from(["Monte Carlo", "Gumbel"]),
)
def test_the_map_scan_gives_clusters_with_finite_figures(counts, mean, method):
    places = np.array([[0, 0], [0, 0], [1, 0], [5, 5], [5, 6]])
    rng = np.random.default_rng(1)
    found = scan_space_time(counts, mean, places, rng=rng, replicates=19, method=method)
    for cluster in found.clusters:
        assert np.isfinite([cluster.observed, cluster.expected, cluster.score, cluster.p_value]).all()


@few
@given(
    reported=hnp.arrays(np.float64, 6, elements=CELLS), mean=st.sampled_from([1e-9, 2.0, 1e9, 1e12]),
    over=st.sampled_from([1.0, 1.0 + 1e-9, 3.0, 1e6]),
)  # fmt: skip
def test_a_nowcast_ends_and_its_interval_is_in_order(reported, mean, over):
    delay = Delay(np.array([0.2, 0.6, 0.9, 1.0]), 100.0)
    cast = nowcast(reported, mean, delay, dispersion=over)
    assert np.isfinite(cast.expected).all()
    assert (cast.reported <= cast.low).all()
    assert (cast.low <= cast.high).all()
    late = late_reports(reported, mean, delay, dispersion=over)
    assert np.isfinite(late.p_value).all()


@few
@given(triangle=cells(6, 3, missing=True))
def test_the_delay_is_shares_that_rise_to_one_or_a_refusal(triangle):
    try:
        delay = reporting_delay(triangle)
    except ValueError:
        return
    assert ((delay.reported >= 0) & (delay.reported <= 1)).all()
    assert (np.diff(delay.reported) >= 0).all()


def calls():
    """Return each public method with a call that works and its options."""
    counts = np.ones((300, 2))
    small = np.ones((60, 3))
    return {
        farrington_flexible: ((counts, [299]), {}),
        ears_c: ((counts, [299]), {}),
        cusum: ((counts, 1.0), {}),
        glr_nb: ((small, 1.0), {}),
        scan_daily: ((small, DAYS), {}),
        scan_space_time: ((small, 1.0, np.eye(3)[:, :2]), {"rng": np.random.default_rng(0), "replicates": 19}),
        reporting_delay: ((np.ones((5, 3)),), {}),
        nowcast: (([1.0, 2.0], 1.0, Delay(np.ones(2), 1.0)), {}),
        late_reports: (([1.0, 2.0], 1.0, Delay(np.ones(2), 1.0)), {}),
    }  # fmt: skip


OPTIONS = [
    (method, name)
    for method in calls()
    for name, option in inspect.signature(method).parameters.items()
    if option.kind is option.KEYWORD_ONLY
]


@pytest.mark.parametrize(("method", "name"), OPTIONS, ids=lambda x: getattr(x, "__name__", x))
@few
@given(value=ODD)
def test_an_odd_option_is_taken_or_refused_by_a_value_error(method, name, value):
    given_, options = calls()[method]
    said = name
    try:
        method(*given_, **(options | {name: value}))
    except ValueError as refused:
        said = str(refused)
    assert "row" in said or any(option in said for option in inspect.signature(method).parameters)


@pytest.mark.parametrize("method", list(calls()), ids=lambda method: method.__name__)
def test_a_misspelt_option_is_an_error_everywhere(method):
    given_, options = calls()[method]
    method(*given_, **options)
    with pytest.raises(TypeError, match="misspelt"):
        method(*given_, **options, misspelt=1)


@pytest.mark.parametrize("method", list(calls()), ids=lambda method: method.__name__)
@pytest.mark.parametrize(
    "bad",
    [np.ones((300, 2), dtype=bool), np.full((300, 2), "1"), np.ones((300, 2)) * 1j, np.ones((300, 2), "M8[D]"),
     [[1, 2], [3]], np.zeros((0, 2)), np.zeros((5, 0)), 7, None, np.full((60, 3), -1), np.full((60, 3), 0.5),
     np.full((60, 3), 2.0**54), np.ones((2, 3, 4))],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_table_of_counts_is_refused(method, bad):
    given_, options = calls()[method]
    with pytest.raises(WrongCounts):
        method(bad, *given_[1:], **options)


def test_no_rows_to_judge_are_no_rows_of_results():
    counts = np.ones((300, 2))
    assert farrington_flexible(counts, []).upper.shape == (0, 2)
    assert ears_c(counts, np.array([], dtype=np.int64)).upper.shape == (0, 2)


@pytest.mark.parametrize("threshold_method", ["nbPlugin", "calibrated"])
def test_how_the_array_lies_in_memory_changes_nothing(threshold_method):
    counts = np.random.default_rng(2).poisson(4.0, (300, 6)).astype(np.float64)
    wide = np.repeat(np.repeat(counts, 2, axis=0), 3, axis=1)
    ways = [np.asfortranarray(counts), wide[::2, ::3], counts[::-1][::-1], counts.astype(np.uint16), counts.tolist(),
            np.ma.masked_array(counts)]  # fmt: skip
    plain = farrington_flexible(counts, [299], threshold_method=threshold_method)
    for way in ways:
        found = farrington_flexible(way, [299], threshold_method=threshold_method)
        assert np.array_equal(found.upper, plain.upper)


def test_a_masked_count_is_one_that_is_not_known():
    counts = np.ma.masked_array(np.full((300, 1), 5.0), mask=np.zeros((300, 1), dtype=bool))
    counts[299] = np.ma.masked
    assert farrington_flexible(counts, [299]).why_silent[0, 0] == 3


@pytest.mark.parametrize(
    ("dates", "word"),
    [
        (
            np.delete(np.datetime64("2015-01-05") + 7 * np.arange(301), 200),
            "row 200: 2018-10-29 is followed by 2018-11-12",
        ),
        (np.arange(300), "dates must be dates"),
        (np.ones(300, dtype=bool), "dates must be dates"),
        (["2015-01-05"] * 299 + ["soon"], "dates must be dates"),
        (np.datetime64("2015-01-05") + np.arange(300), "row 1"),
    ],
)
def test_a_gap_in_the_weeks_and_what_is_no_date_are_refused_with_their_row(dates, word):
    with pytest.raises(WrongOption, match=word):
        farrington_flexible(np.ones((300, 1)), [299], dates=dates)


def test_a_population_that_is_not_known_is_refused_with_its_cell():
    people = np.full((300, 2), 1000.0)
    people[7, 1] = np.nan
    with pytest.raises(WrongCounts, match="population, row 7, column 1"):
        farrington_flexible(np.ones((300, 2)), [299], population=people)


def test_work_that_would_not_end_is_refused_before_it_begins():
    with pytest.raises(WrongOption, match="window="):
        glr_nb(np.ones((20_000, 10)), 1.0, window=20_000)
    with pytest.raises(WrongOption, match="max_areas="):
        scan_space_time(
            np.ones((7, 5000)), 1.0, np.zeros((5000, 2)), rng=np.random.default_rng(0), max_areas=5000
        )


def test_the_quantile_of_a_huge_mean_leaves_what_is_asked_for_above_it():
    from evenhand.kernels.aberration.negative_binomial import quantiles, tails

    means, spread = np.array([2e9, 1e12, 5e14]), np.array([1.0, 3.0, 1e6])
    upper, above, at_it = np.empty(3), np.empty(3), np.empty(3)
    quantiles(0.005, 2.5758293, means, spread, upper)
    tails(upper + 1, means, spread, above)
    tails(upper, means, spread, at_it)
    assert (above <= 0.005).all()
    assert (at_it >= 0.005 * (1 - 1e-6)).all()
    np.testing.assert_allclose((upper - means) / np.sqrt(means * spread), 2.5758, rtol=1e-3)
