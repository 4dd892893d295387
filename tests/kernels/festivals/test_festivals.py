"""Festivals fall on the days that were published, and a year without a day says so."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.kernels.festivals import (
    FESTIVALS,
    TRADITIONS,
    NoSuchFestival,
    Observed,
    Unknown,
    between,
    observed,
)
from evenhand.kernels.festivals.new_moon import new_moons_in_tula

GOLDEN = Path(__file__).parents[2] / "golden" / "festivals" / "published_days.csv"
PUBLISHED = list(csv.DictReader(GOLDEN.open(encoding="utf-8")))
CODES = st.sampled_from(sorted(FESTIVALS))
# Beyond these years no table at hand reaches.
SERVED = st.integers(2001, 2035)


@pytest.mark.parametrize("line", PUBLISHED, ids=lambda line: f"{line['festival']}-{line['year']}")
def test_a_festival_falls_on_the_published_day(line: dict[str, str]) -> None:
    found = observed(line["festival"], int(line["year"]))
    assert [one.first.isoformat() for one in found if isinstance(one, Observed)] == [line["first_day"]]


@pytest.mark.parametrize("year", [1998, 2036])
def test_a_diwali_that_no_table_gives_rightly_is_said_to_be_unknown(year: int) -> None:
    """The long table has the middle of November for these years, a month after the festival's new moon."""
    (found,) = observed("diwali", year)
    assert isinstance(found, Unknown)
    assert "Ask the community" in found.reason


def test_the_diwali_of_1991_is_known_and_was_the_evening_before_the_new_moon() -> None:
    (found,) = observed("diwali", 1991)
    assert isinstance(found, Observed)
    assert found.first == date(1991, 11, 5)
    assert new_moons_in_tula(1991) == (date(1991, 11, 6),)


def test_no_diwali_is_a_month_late() -> None:
    """In 42 years of the long table it would be; here every day that is given is at the new moon."""
    unknown = 0
    for year in range(1901, 2101):
        (found,) = observed("diwali", year)
        if isinstance(found, Unknown):
            unknown += 1
        else:
            assert found.first < date(year, 11, 17)
    assert unknown == 37  # 42, less the five years for which the Indian table has the day


def test_a_year_that_no_table_reaches_is_unknown_and_never_silent() -> None:
    for code in FESTIVALS:
        for year in (1900, 2000, 2040, 2090, 2150):
            found = observed(code, year)
            assert found, (code, year)
    (holi,) = observed("holi", 2040)
    assert isinstance(holi, Unknown)


def test_two_festivals_of_the_short_year_can_fall_into_one_year() -> None:
    assert [str(one.first) for one in observed("ramadan", 2030) if isinstance(one, Observed)] == [
        "2030-01-05",
        "2030-12-26",
    ]


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(NoSuchFestival):
        observed("christmass", 2026)


@given(code=CODES, year=SERVED)
def test_what_is_observed_lies_in_its_year_and_lasts(code: str, year: int) -> None:
    for one in observed(code, year):
        assert isinstance(one, Observed) or code == "guru_gobind_singh"
        if isinstance(one, Observed):
            assert one.first.year == year
            assert one.begins <= one.first <= one.last
            assert (one.last - one.first).days + 1 in {FESTIVALS[code].days, 29, 30}


@given(begin=st.dates(date(2002, 1, 1), date(2033, 1, 1)), days=st.integers(0, 400))
def test_a_span_holds_exactly_the_festivals_that_touch_it(begin: date, days: int) -> None:
    end = begin + timedelta(days=days)
    found = {(one.festival.code, one.first) for one in between(begin, end) if isinstance(one, Observed)}
    by_year = {
        (one.festival.code, one.first)
        for code in FESTIVALS
        for year in range(begin.year - 1, end.year + 1)
        for one in observed(code, year)
        if isinstance(one, Observed) and one.begins <= end and one.last >= begin
    }
    assert found == by_year


@pytest.mark.parametrize("tradition", sorted(TRADITIONS))
def test_each_tradition_has_festivals_and_can_be_asked_alone(tradition: str) -> None:
    found = list(between(date(2026, 1, 1), date(2026, 12, 31), frozenset({tradition})))
    assert found
    assert {one.festival.tradition for one in found} == {tradition}
