"""The methods to compare with give the numbers of R surveillance; recipes in tests/golden/aberration."""

import csv
from pathlib import Path

import numpy as np
import pytest

from evenhand.kernels.aberration import TooShort, WrongCounts, WrongOption, cusum, ears_c, glr_nb

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "aberration"


def column(rows, key):
    return np.array([np.nan if row[key] == "NA" else float(row[key]) for row in rows])


@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
def test_ears_has_the_bounds_and_alarms_of_r(method):
    with (GOLDEN / f"ears_{method}.csv").open() as file:
        rows = list(csv.DictReader(file))
    upper, alarm = (column(rows, key).reshape(48, 40).T for key in ("upper", "alarm"))
    counts = np.loadtxt(GOLDEN / "series.csv", delimiter=",")
    result = ears_c(counts, np.arange(584, 624), method=method, alpha=0.001, compat="R")
    np.testing.assert_allclose(result.upper, upper, rtol=1e-9)
    given = ~np.isnan(upper)
    assert np.array_equal(result.alarm[given], alarm[given] == 1)


def test_c3_as_published_gives_a_bound_even_for_a_quiet_series():
    counts = np.zeros((30, 2))
    counts[29, 1] = 4
    result = ears_c(counts, [29], method="C3")
    assert result.upper.tolist() == [[0.0, 0.0]]
    assert result.alarm.tolist() == [[False, True]]


@pytest.fixture(scope="module")
def charts():
    with (GOLDEN / "control_charts.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("series", [1, 2, 3])
def test_the_likelihood_ratio_chart_is_that_of_r(charts, series):
    counts, means = column(charts, f"count{series}"), column(charts, f"mean{series}")
    chart = glr_nb(counts, means, overdispersion=0.2, window=21)
    golden = column(charts, f"glr{series}")
    np.testing.assert_allclose(chart.statistic[:, 0], golden, atol=2e-3)
    assert np.array_equal(chart.alarm[:, 0], column(charts, f"glralarm{series}") == 1)
    nearly = glr_nb(counts, means, overdispersion=1e-7, window=21).statistic
    np.testing.assert_allclose(glr_nb(counts, means, window=21).statistic, nearly, atol=1e-3)


@pytest.mark.parametrize("transform", ["standard", "rossi", "anscombe"])
@pytest.mark.parametrize("series", [1, 2, 3])
def test_cusum_is_that_of_r(charts, transform, series):
    counts, means = column(charts, f"count{series}")[1:], column(charts, f"mean{series}").mean()
    chart = cusum(counts, means, transform=transform)
    np.testing.assert_allclose(
        chart.statistic[:, 0], column(charts, f"cusum_{transform}{series}")[1:], rtol=1e-9, atol=1e-12
    )


def test_the_start_of_a_lasting_rise_is_found():
    counts = np.full(60, 5.0)
    counts[40:] = 9
    chart = glr_nb(counts, np.full(60, 5.0))
    first = int(np.argmax(chart.alarm[:, 0]))
    assert 40 < first < 50
    assert chart.since[first, 0] == 40


def test_cusum_starts_again_after_an_alarm_when_asked():
    counts = np.array([3.0, 30.0, 3.0, 3.0])
    assert cusum(counts, 3.0).alarm[:, 0].tolist() == [False, True, True, True]
    assert cusum(counts, 3.0, reset=True).alarm[:, 0].tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda c: ears_c(c, [20], method="C4"),
        lambda c: ears_c(c, [20], baseline=2),
        lambda c: ears_c(c, [20], alpha=0.9),
        lambda c: ears_c(c, [20], min_sigma=-1),
        lambda c: cusum(c, 0.0),
        lambda c: cusum(c, 1.0, transform="none"),
        lambda c: cusum(c, np.ones(7)),
        lambda c: glr_nb(c, 1.0, overdispersion=-1),
        lambda c: glr_nb(c, 1.0, window=0),
        lambda c: glr_nb(c, 1.0, limit=0),
    ],
)
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(WrongOption):
        wrong(np.ones((30, 2)))


def test_too_little_history_and_missing_counts_are_refused():
    with pytest.raises(TooShort, match="C3 needs 11 rows"):
        ears_c(np.ones(30), [10], method="C3")
    with pytest.raises(WrongCounts, match=r"row 1, column 0.*missing"):
        glr_nb([1.0, np.nan], 1.0)
