"""The comparison round an event equals an independent fit, covers a known effect, and says what it cannot tell."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.kernels.events import BadSeries, TooShort, against_control, event_study
from evenhand.kernels.events.tails import at_least, at_most, quantile

GOLDEN = Path(__file__).parents[2] / "golden" / "events"
EXPECTED = list(csv.DictReader((GOLDEN / "november_2016.csv").open(encoding="utf-8")))
EVENT = "2016-11-09"


def series(strand: str) -> tuple[np.ndarray, np.ndarray]:
    lines = list(csv.DictReader((GOLDEN / "fbi_days.csv").open(encoding="utf-8")))
    return np.array([int(li[strand]) for li in lines]), np.array(
        [li["date"] for li in lines], dtype="datetime64[D]"
    )


def simulated(
    rng: np.random.Generator, *, mean: float, alpha: float, ratio: float = 1.0, half_life: float | None = None
) -> tuple[np.ndarray, np.ndarray, np.datetime64]:
    """Return two years of days with a weekday, a season and a trend, and an event that multiplies what follows."""
    days = np.arange("2020-01-01", "2022-03-01", dtype="datetime64[D]")
    t = np.arange(days.size)
    usual = mean * np.exp(0.2 * ((t % 7) == 5) + 0.15 * np.sin(2 * np.pi * t / 365.25) + 0.1 * t / 365.25)
    event = days.size - 35
    after = np.maximum(t - event, 0)
    rise = (ratio - 1) * (np.exp2(-after / half_life) if half_life else 1.0)
    usual = usual * np.where(t >= event, 1 + rise, 1.0)
    rate = usual * rng.gamma(1 / alpha, alpha, days.size) if alpha else usual
    return rng.poisson(rate), days, days[event]


@pytest.mark.parametrize("line", EXPECTED, ids=lambda line: line["strand"])
def test_the_days_before_november_2016_are_fitted_as_an_independent_search_fits_them(
    line: dict[str, str],
) -> None:
    """Golden: november_2016.csv, by direct search of the likelihood; recipe in tests/golden/events."""
    study = event_study(*series(line["strand"]), EVENT)
    assert study.alpha == pytest.approx(float(line["alpha"]), rel=2e-4)
    for length in (7, 28):
        window = next(e for e in study.effects if (e.first, e.last) == (0, length - 1))
        assert window.expected == pytest.approx(float(line[f"expected_{length}"]), rel=1e-5)
        after = study.dates[study.event_at : study.event_at + length]
        means = study.baseline.expected(after)
        slope = (means @ study.baseline.design(after)) / means.sum()
        error = float(np.sqrt(slope @ study.baseline.covariance @ slope))
        assert error == pytest.approx(float(line[f"log_error_{length}"]), rel=1e-3)


def test_november_2016_shows_a_rise_that_fades_and_names_where_none_is_seen() -> None:
    whole = event_study(*series("all"), EVENT)
    week = next(e for e in whole.effects if (e.first, e.last) == (0, 6))
    assert (week.observed, round(week.expected)) == (267, 112)
    assert 2.0 < week.low < week.ratio < week.high < 2.9
    assert week.p_value < 1e-9
    assert whole.decay.half_life is not None
    assert 4 < whole.decay.half_life < 11
    muslim = event_study(*series("muslim"), EVENT)
    assert muslim.decay.half_life is None
    assert muslim.decay.why.startswith("There is no rise")


@pytest.mark.parametrize(
    ("mean", "alpha", "ratio"), [(3.5, 0.0, 2.0), (3.5, 0.3, 2.0), (20.0, 0.05, 1.0), (0.6, 0.2, 3.0)]
)
def test_the_interval_covers_a_known_effect_as_often_as_it_says(
    mean: float, alpha: float, ratio: float
) -> None:
    rng = np.random.default_rng(7)
    inside = 0
    for _ in range(36):
        counts, days, event = simulated(rng, mean=mean, alpha=alpha, ratio=ratio)
        week = next(e for e in event_study(counts, days, event).effects if (e.first, e.last) == (0, 6))
        inside += week.low <= ratio <= week.high
    # 36 trials at 95 %: fewer than 30 happen less than once in a thousand.
    assert inside >= 30


def test_a_half_life_that_was_put_in_is_found_again() -> None:
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(40):
        counts, days, event = simulated(rng, mean=12.0, alpha=0.05, ratio=3.0, half_life=5.0)
        found = event_study(counts, days, event).decay
        assert found.half_life is not None
        inside += (found.low or 0) <= 5.0 <= (found.high or np.inf)
    # 40 trials at 95 %: fewer than 33 happen once in a thousand.
    assert inside >= 33


def test_against_a_control_a_common_change_of_recording_falls_out() -> None:
    rng = np.random.default_rng(3)
    one = event_study(*simulated(rng, mean=15.0, alpha=0.02, ratio=2.0))
    other = event_study(*simulated(rng, mean=40.0, alpha=0.02, ratio=2.0))
    quiet = event_study(*simulated(rng, mean=40.0, alpha=0.02))
    same = {(c.first, c.last): c for c in against_control(one, other)}[0, 13]
    apart = {(c.first, c.last): c for c in against_control(one, quiet)}[0, 13]
    assert (same.low or 9) < 1 < (same.high or 0)
    assert (apart.low or 0) > 1.3


def test_what_comes_after_the_days_looked_at_changes_nothing() -> None:
    counts, days = series("black")
    whole = event_study(counts, days, EVENT)
    at = int(np.flatnonzero(days == np.datetime64(EVENT))[0])
    cut = event_study(counts[: at + 28], days[: at + 28], EVENT)
    assert cut.effects == whole.effects
    assert cut.decay == whole.decay


def test_days_left_out_are_not_learnt_from() -> None:
    """A past blow before the event raises what is expected and hides a rise, unless its days are left out."""
    rng = np.random.default_rng(5)
    counts, days, event = simulated(rng, mean=8.0, alpha=0.0, ratio=1.5)
    at = int(np.flatnonzero(days == event)[0])
    counts[at - 40 : at - 20] += 30
    plain = event_study(counts, days, event)
    clean = event_study(counts, days, event, left_out=[(days[at - 40], days[at - 21])])
    assert clean.alpha < plain.alpha
    assert clean.effects[1].p_value < plain.effects[1].p_value


def test_the_cautions_go_with_every_result() -> None:
    study = event_study(*series("all"), EVENT)
    assert study.cautions[0].startswith("Recording: publicity after an event can bring more people to report")
    assert any("nothing about any person" in caution for caution in study.cautions)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c, d: (c * 1.5, d), "2013-11-01|has no count"),
        (lambda c, d: (np.where(np.arange(c.size) == 5, -1, c), d), "2013-11-06 has no count"),
        (lambda c, d: (np.delete(c, 9), np.delete(d, 9)), "the day after 2013-11-09 is missing"),
        (lambda c, d: (c[:-3], d), "same length"),
    ],
)
def test_what_is_not_a_series_of_days_is_refused_with_its_day(change: object, said: str) -> None:
    counts, days = series("all")
    with pytest.raises(BadSeries, match=said):
        event_study(*change(counts, days), EVENT)  # type: ignore[operator]


def test_too_little_before_or_after_is_refused() -> None:
    counts, days = series("all")
    with pytest.raises(TooShort, match="days to learn from"):
        event_study(counts[:40], days[:40], days[10], horizon=14)
    with pytest.raises(TooShort, match="28 are asked for"):
        event_study(counts, days, days[-5])
    with pytest.raises(TooShort, match="does not hold"):
        event_study(counts, days, "2030-01-01")
    with pytest.raises(TooShort, match="nothing at all"):
        event_study(np.zeros(200), days[:200], days[120])


@settings(max_examples=60, deadline=None)
@given(count=st.integers(0, 200), mean=st.floats(0.05, 100), over=st.floats(0, 10))
def test_the_two_tails_fit_together_and_the_quantile_inverts_them(
    count: int, mean: float, over: float
) -> None:
    variance = mean * (1 + over)
    low = float(at_most(count, mean, variance))
    assert low + at_least(count + 1, mean, variance) == pytest.approx(1, abs=1e-7)
    q = quantile(0.95, np.array([mean]), np.array([variance]))
    assert at_most(q, mean, variance)[0] > 0.95 - 1e-7
    assert at_most(q - 1, mean, variance)[0] < 0.95 + 1e-7


@settings(max_examples=8, deadline=None)
@given(weeks=st.integers(1, 8))
def test_the_same_days_at_another_time_of_no_season_have_the_same_effect(weeks: int) -> None:
    """Whole weeks later the same counts are the same study: weekday and trend go with them."""
    rng = np.random.default_rng(weeks)
    days = np.arange("2021-01-04", "2021-10-04", dtype="datetime64[D]")
    counts = rng.poisson(6.0, days.size)
    first = event_study(counts, days, days[200])
    later = days + np.timedelta64(7 * weeks, "D")
    assert event_study(counts, later, later[200]).effects == first.effects
