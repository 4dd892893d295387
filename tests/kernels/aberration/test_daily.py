"""The daily watch sees a blow the same day and a slow rise in good time, bears few false alarms, and goes on from its state."""

import numpy as np
import pytest

from evenhand.kernels.aberration import (
    DailyOptions,
    WrongCounts,
    WrongOption,
    false_alarm_rate,
    load_state,
    scan_daily,
)

DAYS = 800


def quiet(means, seed=0, days=DAYS, over=0.0):
    rng = np.random.default_rng(seed)
    weekday = 1 + 0.2 * np.sin(2 * np.pi * np.arange(days) / 7)[:, None]
    rate = np.asarray(means) * weekday
    if over:
        rate = rng.gamma(rate / over, over)
    return rng.poisson(rate).astype(float), np.datetime64("2015-01-01") + np.arange(days)


def parts(result):
    return (
        result.alarm,
        result.onset,
        result.p_value,
        result.window,
        result.observed,
        result.expected,
        result.began,
    )


def same(one, other):
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind in "fM") for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("over", [0.0, 1.0])
def test_twenty_on_a_day_where_three_and_a_half_are_usual_is_an_alarm_that_day(over):
    counts, days = quiet([3.5], over=over)
    counts[-1] = 20
    result = scan_daily(counts, days)
    assert result.onset[-1, 0]
    assert result.window[-1, 0] == 1
    assert 3 < result.expected[-1, 0] < 5
    assert result.began[-1, 0] == days[-1]
    assert result.p_value[-1, 0] < (1e-6 if over == 0 else 1e-2)


def test_fifty_four_where_thirty_eight_are_usual_and_days_vary_is_no_alarm_and_the_result_shows_why():
    counts, days = quiet([38.0], over=2.0, seed=5)
    counts[-8:] = np.round(counts[-8:] * 0 + 36)
    counts[-1] = 54
    result = scan_daily(counts, days)
    assert not result.alarm[-1, 0]
    assert result.p_value[-1, 0] > 0.01
    assert result.why_silent[-1, 0] == 0


def test_a_slow_rise_shows_within_three_weeks():
    counts, days = quiet([2.0] * 10, seed=2)
    counts[-28:, 0] += np.random.default_rng(1).poisson(1.6, 28)
    result = scan_daily(counts, days)
    assert result.alarm[-28:, 0].any()
    assert not result.onset[-60:, 1:].any(axis=0).sum() > 1


def test_a_small_place_that_never_reports_much_shows_a_burst():
    counts, days = quiet([0.02] * 50, seed=3)
    counts[-1, 7] = 4
    assert scan_daily(counts, days).alarm[-1, 7]


def test_parts_of_a_nation_in_alarm_are_called_more_easily_and_nothing_else_is():
    means = [1.0] * 40
    counts, days = quiet(means, seed=4)
    counts[-1, :10] += 5
    whole = counts.sum(axis=1, keepdims=True)
    table = np.hstack([counts, whole])
    strand, parent = np.array([0] * 40 + [1]), np.array([40] * 40 + [-1])
    within = scan_daily(table, days, strand=strand, parent=parent, options=DailyOptions(family=0.1))
    alone = scan_daily(counts, days, options=DailyOptions(family=0.1))
    assert within.alarm[-1, 40]
    assert within.alarm[-1, :10].sum() >= alone.alarm[-1, :10].sum() > 0
    assert within.alarm[-1, 10:40].sum() <= 2


def test_one_day_at_a_time_from_the_saved_state_equals_all_at_once_to_the_bit():
    counts, days = quiet([0.1, 0.5, 3.0, 20.0], seed=6, over=0.5)
    counts[600] += 15
    event = (np.arange(DAYS) % 365 == 3).astype(int)
    at_once = scan_daily(counts, days, event=event)
    first = scan_daily(counts[:700], days[:700], event=event[:700])
    state = load_state(first.state.dump())
    for row in range(700, 760):
        step = scan_daily(counts[[row]], days[[row]], event=event[[row]], state=state)
        state = load_state(step.state.dump())
        assert same(tuple(p[0] for p in parts(step)), tuple(p[row] for p in parts(at_once)))


def test_going_on_does_not_change_the_state_that_was_given():
    counts, days = quiet([1.0, 2.0], days=100)
    state = scan_daily(counts[:90], days[:90]).state
    before = state.dump()
    scan_daily(counts[90:], days[90:], state=state)
    assert state.dump() == before


def test_the_future_is_not_looked_at():
    counts, days = quiet([0.5, 4.0], seed=7)
    early = scan_daily(counts[:600], days[:600])
    late = scan_daily(counts, days)
    assert same(parts(early), tuple(p[:600] for p in parts(late)))


def test_order_of_series_changes_nothing_and_a_stranger_of_another_strand_only_the_false_discovery_step():
    counts, days = quiet([0.3, 1.0, 5.0, 2.0], seed=8)
    together = scan_daily(counts, days, strand=np.array([0, 0, 0, 1]))
    order = [2, 0, 1]
    shuffled = scan_daily(counts[:, order], days)
    np.testing.assert_allclose(shuffled.p_value, together.p_value[:, order], rtol=1e-9)


def test_an_episode_has_a_beginning_and_an_end_and_a_second_blow_opens_a_second():
    counts, days = quiet([3.0], seed=9)
    counts[500:503] += 25
    counts[700:702] += 25
    result = scan_daily(counts, days, options=DailyOptions(false_per_week=0.002))
    onsets = np.flatnonzero(result.onset[:, 0])
    assert onsets.tolist() == [500, 700]
    assert np.isnat(result.began[650, 0])
    assert result.began[501, 0] == days[500]


def test_false_alarms_stay_near_the_number_asked_for_and_the_simulation_says_so():
    counts, days = quiet(np.geomspace(0.01, 10, 100), seed=10, days=1200)
    options = DailyOptions(false_per_week=1.0)
    result = scan_daily(counts, days, options=options)
    weeks = (1200 - 365) / 7
    assert result.onset.sum() / weeks < 1.5
    rate = false_alarm_rate(result.state, rng=np.random.default_rng(1), days=400)
    assert rate.low <= rate.per_week <= rate.high < 2.0


def test_a_place_that_stopped_reporting_is_said_to_be_silent_and_keeps_its_level():
    counts, days = quiet([1.0, 5.0], seed=11)
    counts[500:, 1] = 0
    result = scan_daily(counts, days)
    assert result.reasons[result.why_silent[-1, 1]] == "the series does not report"
    assert result.why_silent[499, 1] == 0
    assert result.expected[-1, 1] / result.window[-1, 1] > 3.0


def test_an_event_may_lower_a_threshold_and_never_raise_one():
    counts, days = quiet([3.0], seed=12)
    counts[-1] = 11
    plain = scan_daily(counts, days)
    eased = scan_daily(counts, days, leniency=np.r_[np.ones(DAYS - 1), 50.0])
    assert eased.alarm[-1, 0] >= plain.alarm[-1, 0]
    assert eased.p_value[-1, 0] == plain.p_value[-1, 0]
    with pytest.raises(WrongOption, match="leniency"):
        scan_daily(counts, days, leniency=np.full(DAYS, 0.5))


def test_a_festival_that_always_brings_more_is_learned_and_does_not_cry_wolf():
    counts, days = quiet([4.0] * 5, seed=13, days=1900)
    festival = np.arange(1900) % 91 == 50
    counts[festival] = np.random.default_rng(1).poisson(12, (festival.sum(), 5))
    known = scan_daily(counts, days, event=festival.astype(int))
    unknown = scan_daily(counts, days)
    late = np.arange(1900) > 1000
    assert known.onset[late].sum() < unknown.onset[late].sum()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"strand": np.array([0])}, "strand"),
        ({"strand": np.array([0, -1])}, "strand"),
        ({"parent": np.array([1, 0])}, "circle"),
        ({"parent": np.array([0, -1])}, "parent"),
        ({"event": np.full(60, -1)}, "event"),
        ({"leniency": np.ones(7)}, "leniency"),
    ],
)
def test_what_does_not_fit_is_refused(change, word):
    counts, days = quiet([1.0, 1.0], days=60)
    with pytest.raises(WrongOption, match=word):
        scan_daily(counts, days, **change)


@pytest.mark.parametrize(
    "settings",
    [{"windows": (3, 1)}, {"guard": 20}, {"false_per_week": 0}, {"family": 1}, {"warm_up": 0}, {"fast": 0}],
)
def test_settings_that_make_no_sense_are_refused_by_name(settings):
    with pytest.raises(WrongOption, match=next(iter(settings))):
        DailyOptions(**settings)


def test_a_missing_day_and_a_missing_count_are_named():
    counts, days = quiet([1.0], days=60)
    with pytest.raises(WrongOption, match=r"row 30: 2015-01-30 is followed by 2015-02-01"):
        scan_daily(np.delete(counts, 30, 0), np.delete(days, 30))
    counts[12] = np.nan
    with pytest.raises(WrongCounts, match=r"row 12, column 0.*missing"):
        scan_daily(counts, days)


def test_a_state_goes_on_with_its_next_day_and_its_own_settings_only():
    counts, days = quiet([1.0], days=60)
    state = scan_daily(counts[:50], days[:50]).state
    with pytest.raises(WrongOption, match="the state ends on 2015-02-19"):
        scan_daily(counts[55:], days[55:], state=state)
    with pytest.raises(WrongOption, match="options"):
        scan_daily(counts[50:], days[50:], state=state, options=DailyOptions(min_count=9))
    with pytest.raises(WrongOption, match="warms up"):
        false_alarm_rate(state, rng=np.random.default_rng(0))
    with pytest.raises(WrongOption, match="not a state"):
        load_state(b"nothing")
