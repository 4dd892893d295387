"""The weekly bounds are those of R surveillance: golden numbers with their recipe in tests/golden/aberration."""

import csv
from pathlib import Path

import numpy as np
import pytest

from evenhand.kernels import aberration

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "aberration"
DELTA = {
    "no_periods": 1,
    "past_weeks_not_included": 3,
    "p_threshold_trend": 0.05,
    "alpha": 0.05,
    "threshold_method": "delta",
}
SETTINGS = {"noufaily": {}, "muan": {"threshold_method": "muan"}, "delta": DELTA}
FIRST_WEEK = np.datetime64("2014-12-29")
MORE = {
    "dates": {},
    "population": {},
    "population_trend": {"p_threshold_trend": 0.05},
    "delta_dates": DELTA | {"limit54": (0, 4)},
    "muan_trend": {"p_threshold_trend": 0.05, "threshold_method": "muan", "limit54": (2, 3)},
    "nolimit": {"limit54": (0, 4)},
}


def read(name, shape, chosen=lambda row: True):
    with (GOLDEN / name).open() as file:
        rows = [row for row in csv.DictReader(file) if chosen(row)]
    return {
        key: np.array([np.nan if row[key] == "NA" else float(row[key]) for row in rows]).reshape(shape).T
        for key in rows[0]
        if key != "setting"
    }


def assert_same(result, golden, exact):
    given = ~np.isnan(golden["upper"])
    assert np.array_equal(np.isnan(result.upper), ~given)
    assert np.array_equal(result.alarm, golden["alarm"] == 1)
    if exact:
        assert np.array_equal(result.upper[given], golden["upper"][given])
    np.testing.assert_allclose(result.upper[given], golden["upper"][given], rtol=1e-9)
    np.testing.assert_allclose(result.expected[given], golden["expected"][given], rtol=1e-9)
    np.testing.assert_allclose(result.dispersion[given], golden["phi"][given], rtol=1e-9)
    assert np.array_equal(result.trend[given], golden["trend"][given])


@pytest.fixture(scope="module")
def series():
    return np.loadtxt(GOLDEN / "series.csv", delimiter=",")


@pytest.mark.parametrize("name", SETTINGS)
def test_48_series_for_40_weeks_have_the_bounds_of_r(series, name):
    golden = read(f"upper_{name}.csv", (48, 40))
    result = aberration.farrington_flexible(series, np.arange(584, 624), compat="R", **SETTINGS[name])
    assert_same(result, golden, exact=name != "delta")


def test_the_default_needs_no_compatibility_switch_to_equal_r_where_no_standard_error_enters(series):
    result = aberration.farrington_flexible(series, np.arange(584, 624))
    assert_same(result, read("upper_noufaily.csv", (48, 40)), exact=True)


@pytest.mark.parametrize("name", MORE)
def test_dates_population_and_sparse_series_have_the_bounds_of_r(name):
    counts = np.loadtxt(GOLDEN / "more_counts.csv", delimiter=",")
    options = dict(MORE[name])
    if "dates" in name:
        options["dates"] = FIRST_WEEK + 7 * np.arange(len(counts))
    if "population" in name:
        options["population"] = np.loadtxt(GOLDEN / "more_population.csv", delimiter=",")
    golden = read("upper_more.csv", (12, 12), lambda row: row["setting"] == name)
    result = aberration.farrington_flexible(counts, np.arange(318, 330), compat="R", **options)
    assert_same(result, golden, exact="delta" not in name)
    given = ~np.isnan(golden["upper"])
    np.testing.assert_allclose(result.p_value[given], golden["p"][given], rtol=1e-9)
