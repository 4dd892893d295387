"""Days not fully reported are judged by their age, and what is still to come is shown with an honest interval."""

import numpy as np
import pytest

from evenhand.kernels.aberration import (
    Delay,
    TooShort,
    WrongCounts,
    WrongOption,
    late_reports,
    nowcast,
    reporting_delay,
)

# What a Canadian city knew of a day after 0, 1, 3, 7 and 28 days, filled in between.
KNOWN = np.interp(np.arange(29), [0, 1, 3, 7, 28], [0.58, 0.75, 0.85, 0.92, 1.0])


def triangle(rng, days=400, mean=6.0, over=0.0):
    rate = rng.gamma(mean / over, over, days) if over else np.full(days, mean)
    table = rng.poisson(rate[:, None] * np.diff(KNOWN, prepend=0.0)).astype(float)
    full = table.sum(axis=1)
    late = np.arange(days)[:, None] + np.arange(29) > days - 1
    table[late] = np.nan
    return table, full


def test_the_share_known_by_age_is_found():
    table, _ = triangle(np.random.default_rng(1))
    delay = reporting_delay(table)
    np.testing.assert_allclose(delay.reported[[0, 1, 3, 7]], KNOWN[[0, 1, 3, 7]], atol=0.04)
    assert delay.reported[-1] == 1.0
    assert (np.diff(delay.reported) >= 0).all()


def test_a_usual_day_half_reported_is_no_fall_and_a_blow_shows_before_all_is_in():
    delay = Delay(KNOWN, 1000)
    usual = late_reports([4, 5, 6], 6.0, delay)
    assert not usual.alarm.any()
    np.testing.assert_allclose(usual.expected, 6.0 * KNOWN[:3])
    blow = late_reports([13, 5, 6], 6.0, delay)
    assert blow.alarm.tolist() == [True, False, False]
    # The same thirteen would be no alarm for a day that is fully in.
    assert not late_reports([13], 6.0, Delay(np.array([1.0]), 1000)).alarm[0]


@pytest.mark.parametrize("over", [0.0, 1.0])
def test_false_alarms_are_as_rare_as_asked_for_at_every_age(over):
    rng = np.random.default_rng(2)
    delay = Delay(KNOWN, 1000)
    rate = rng.gamma(6 / over, over, (4000, 10)) if over else np.full((4000, 10), 6.0)
    seen = rng.poisson(rate * KNOWN[:10])
    alarms = np.array([late_reports(row, 6.0, delay, dispersion=1 + over, alpha=0.01).alarm for row in seen])
    assert (alarms.mean(axis=0) < 0.016).all()
    assert alarms.mean() > 0.003


@pytest.mark.parametrize("over", [0.0, 1.0])
def test_the_interval_holds_the_final_count_as_often_as_it_says(over):
    held, wide = [], []
    for seed in range(150):
        table, full = triangle(np.random.default_rng(seed), days=200, over=over)
        delay = reporting_delay(table)
        reported = np.nansum(table, axis=1)[::-1][:5]
        cast = nowcast(reported, 6.0, delay, dispersion=1 + over, coverage=0.9)
        final = full[::-1][:5]
        held.append((cast.low <= final) & (final <= cast.high))
        wide.append(cast.high - cast.low)
    assert 0.88 <= np.mean(held) <= 0.99
    assert np.mean(wide) > 1


def test_a_day_that_is_fully_in_has_no_interval():
    cast = nowcast([7] * 40, 6.0, Delay(KNOWN, 10), dispersion=2.0)
    assert cast.low[-1] == cast.high[-1] == cast.expected[-1] == 7


def test_what_cannot_be_learned_from_is_refused():
    with pytest.raises(TooShort, match="full age of 1 days"):
        reporting_delay([[3.0, np.nan], [2.0, np.nan]])
    with pytest.raises(WrongCounts, match="row 0, column 0"):
        reporting_delay([[np.nan, 1.0]])
    with pytest.raises(WrongOption, match="half_life"):
        reporting_delay([[1.0, 1.0]], half_life=0)
    with pytest.raises(WrongOption, match="dispersion"):
        late_reports([1], 1.0, Delay(KNOWN, 1), dispersion=0.5)
    with pytest.raises(WrongOption, match="coverage"):
        nowcast([1], 1.0, Delay(KNOWN, 1), coverage=1)
    with pytest.raises(WrongOption, match="expected"):
        nowcast([1], 0.0, Delay(KNOWN, 1))
