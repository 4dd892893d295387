"""The days on which keeping is decided: sooner rather than later, never none, and not because of who somebody is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from evenhand.kernels.policy import (
    BUILT_IN,
    Kept,
    find_packs,
    keeping_groups,
    keeping_reviews,
    load_pack,
    next_review,
)
from evenhand.kernels.policy.keeping import birthday

PACKS = {code: load_pack(folder) for code, folder in find_packs([BUILT_IN]).items()}
GROUPS = keeping_groups(PACKS["gb-eaw"])
DAYS = st.dates(date(2016, 1, 1), date(2040, 1, 1))


def kept(opened: date, **more: object) -> Kept:
    plain = Kept(
        journey="channel", place="not_proceeding", ended_on=opened + timedelta(days=20), opened_on=opened
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of Kept


def test_every_place_where_a_journey_ends_has_a_day_to_decide():
    for pack in PACKS.values():
        groups = keeping_groups(pack)
        for editions in pack.editions.values():
            for journey in editions:
                for place in journey.places.values():
                    if place.final:
                        found = kept(date(2020, 1, 1), journey=journey.code, place=place.code)
                        assert keeping_reviews(groups, found), (pack.code, journey.code, place.code)


@given(
    DAYS,
    st.sampled_from(["not_proceeding", "closed", "escalated", "elsewhere"]),
    st.dates(date(1930, 1, 1), date(2015, 1, 1)),
)
def test_there_is_always_a_day_and_it_is_after_the_end(opened, place, born):
    found = keeping_reviews(GROUPS, kept(opened, place=place, born=born.isoformat()))
    assert found
    assert found[0].on >= opened + timedelta(days=20)
    assert list(found) == sorted(found, key=lambda r: (r.on, r.group.code))


@given(DAYS, st.dates(date(2041, 1, 1), date(2060, 1, 1)))
def test_a_decision_to_keep_never_pushes_a_day_of_the_rules_away(opened, until):
    case = kept(opened, place="closed")
    days = [review.on for review in keeping_reviews(GROUPS, case)]
    decided = days[0]
    found = next_review(GROUPS, case, decided_on=decided, keep_until=until)
    assert found is not None
    assert found.on == min([until, *[day for day in days if day > decided]])


@given(DAYS)
def test_grown_up_before_it_began_is_no_reason_to_look_again(opened):
    adult = kept(opened, born=(opened - timedelta(days=366 * 19)).isoformat())
    child = kept(opened, born=(opened - timedelta(days=365 * 17)).isoformat())
    assert "child" not in {review.group.code for review in keeping_reviews(GROUPS, adult)}
    assert "child" in {review.group.code for review in keeping_reviews(GROUPS, child)}


def test_a_birth_year_alone_brings_the_day_early_and_leap_days_count():
    assert birthday("2010", 18) == date(2028, 1, 1)
    assert birthday("2010-07", 18) == date(2028, 7, 1)
    assert birthday("2012-02-29", 18) == date(2030, 3, 1)
    assert birthday("", 18) is None


def test_whatever_is_reviewed_every_ten_years_ends_at_a_hundred():
    case = kept(date(2020, 1, 1), place="escalated", born="1980-01-01")
    days = [r.on for r in keeping_reviews(GROUPS, case) if r.group.code == "police_group_1"]
    assert days[0] == date(2030, 1, 21)
    assert days[-1] == date(2080, 1, 1)
