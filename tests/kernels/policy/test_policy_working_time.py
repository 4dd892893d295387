"""Clocks fall on the days worked out by hand, and the laws of pausing hold for any clock.

Golden dates: counted on paper from the England and Wales bank holidays of 2025 to 2028 (Good Friday 3 April and
Easter Monday 6 April 2026; 25, 26 and, in lieu of Saturday's Boxing Day, 28 December 2026; 1 January 2027).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.kernels.policy import Calendar, due_at

CALENDAR = Calendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


GOLDEN = [
    # Monday 10:00, five working days: Tuesday is day 1, the next Monday day 5.
    (5, "working_days", "2026-11-16T10:00", "2026-11-23T17:00"),
    # Begun at the cut-off hour counts that day; a minute later on the next.
    (5, "working_days", "2026-11-16T17:00", "2026-11-23T17:00"),
    (5, "working_days", "2026-11-16T17:01", "2026-11-24T17:00"),
    # Saturday counts as Monday.
    (1, "working_days", "2026-11-14T09:00", "2026-11-17T17:00"),
    # Maundy Thursday 2 April 2026 at noon BST: Tuesday 7 is day 1, Wednesday 8 day 2 (17:00 BST is 16:00 UTC).
    (2, "working_days", "2026-04-02T11:00", "2026-04-08T16:00"),
    # Thursday 24 December 2026: 25, 26, 27 and 28 do not count; 29, 30, 31 do; 1 January does not; 4 and 5 do.
    (5, "working_days", "2026-12-24T10:00", "2027-01-05T17:00"),
    # Across the end of summer time (25 October 2026): the hour stays 17:00 in London.
    (2, "working_days", "2026-10-23T09:00", "2026-10-27T17:00"),
    (1, "working_days", "2026-10-22T09:00", "2026-10-23T16:00"),
    # Hours are hours, also on the night the clocks change.
    (24, "hours", "2026-10-24T23:00", "2026-10-25T23:00"),
    (48, "hours", "2026-12-24T22:30", "2026-12-26T22:30"),
    # Days count every day, months by the calendar, cut to the month's last day.
    (28, "days", "2026-11-16T10:00", "2026-12-14T17:00"),
    (3, "months", "2026-08-31T10:00", "2026-11-30T17:00"),
    (6, "months", "2026-11-18T10:00", "2027-05-18T16:00"),
    (12, "months", "2028-02-29T10:00", "2029-02-28T17:00"),
    (0, "working_days", "2026-11-16T10:00", "2026-11-16T17:00"),
]


@pytest.mark.parametrize(("value", "unit", "start", "due"), GOLDEN)
def test_golden_dates(value: int, unit: str, start: str, due: str) -> None:
    assert due_at(value, unit, at(start), CALENDAR, (), at(start)) == at(due)


def test_a_question_open_over_two_cut_off_hours_takes_two_days() -> None:
    start = at("2026-11-16T10:00")
    pause = (at("2026-11-17T12:00"), at("2026-11-19T09:00"))
    assert due_at(5, "working_days", start, CALENDAR, [pause], start) == at("2026-11-25T17:00")


def test_a_question_answered_the_same_day_takes_nothing() -> None:
    start = at("2026-11-16T10:00")
    pause = (at("2026-11-17T09:00"), at("2026-11-17T16:59"))
    assert due_at(5, "working_days", start, CALENDAR, [pause], start) == at("2026-11-23T17:00")


def test_an_open_question_counts_up_to_now() -> None:
    start = at("2026-11-16T10:00")
    now = at("2026-11-20T12:00")
    assert due_at(5, "working_days", start, CALENDAR, [(at("2026-11-17T12:00"), None)], now) == at(
        "2026-11-26T17:00"
    )


def test_two_questions_at_once_stop_the_clock_once() -> None:
    start = at("2026-11-16T10:00")
    one = [(at("2026-11-17T12:00"), at("2026-11-19T09:00"))]
    assert due_at(5, "working_days", start, CALENDAR, one * 3, start) == due_at(
        5, "working_days", start, CALENDAR, one, start
    )


def test_a_clock_without_a_zone_or_with_a_strange_unit_is_refused() -> None:
    now = at("2026-11-16T10:00")
    with pytest.raises(ValueError, match="zone"):
        due_at(1, "days", now.replace(tzinfo=None), CALENDAR, (), now)
    with pytest.raises(ValueError, match="weeks"):
        due_at(1, "weeks", now, CALENDAR, (), now)
    with pytest.raises(ValueError, match="between"):
        due_at(-1, "days", now, CALENDAR, (), now)


UNITS = st.sampled_from(["working_days", "days", "hours", "months"])
VALUES = st.integers(0, 12)
STARTS = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
PAUSES = st.lists(st.tuples(st.integers(-200, 900), st.integers(0, 400)), max_size=4)


def pauses_from(start: datetime, raw: list[tuple[int, int]]) -> list[tuple[datetime, datetime | None]]:
    return [(start + timedelta(hours=a), start + timedelta(hours=a + b)) for a, b in raw]


@settings(max_examples=120, deadline=None)
@given(VALUES, UNITS, STARTS, PAUSES, st.tuples(st.integers(-100, 900), st.integers(0, 400)))
def test_a_pause_never_brings_a_clock_forward(
    value: int, unit: str, start: datetime, raw: list[tuple[int, int]], one_more: tuple[int, int]
) -> None:
    before = due_at(value, unit, start, CALENDAR, pauses_from(start, raw), start)
    after = due_at(value, unit, start, CALENDAR, pauses_from(start, [*raw, one_more]), start)
    assert after >= before


@settings(max_examples=120, deadline=None)
@given(VALUES, UNITS, STARTS, PAUSES, st.integers(0, 40))
def test_one_more_holiday_never_brings_a_clock_forward(
    value: int, unit: str, start: datetime, raw: list[tuple[int, int]], later: int
) -> None:
    holiday: date = (start + timedelta(days=later)).date()
    more = Calendar(closed=frozenset({holiday}))
    paused = pauses_from(start, raw)
    assert due_at(value, unit, start, more, paused, start) >= due_at(
        value, unit, start, CALENDAR, paused, start
    )


@settings(max_examples=120, deadline=None)
@given(VALUES, UNITS, STARTS, PAUSES)
def test_a_longer_clock_is_never_due_earlier(
    value: int, unit: str, start: datetime, raw: list[tuple[int, int]]
) -> None:
    paused = pauses_from(start, raw)
    shorter = due_at(value, unit, start, CALENDAR, paused, start)
    assert due_at(value + 1, unit, start, CALENDAR, paused, start) >= shorter


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 12), STARTS, PAUSES)
def test_a_clock_in_working_days_is_due_at_the_cut_off_hour_of_a_working_day_on_which_it_ran(
    value: int, start: datetime, raw: list[tuple[int, int]]
) -> None:
    paused = pauses_from(start, raw)
    due = due_at(value, "working_days", start, CALENDAR, paused, start)
    day = CALENDAR.local_day(due)
    assert CALENDAR.is_working_day(day)
    assert due == CALENDAR.cut_off_on(day)
    assert not any(a <= due < b for a, b in paused if b is not None)
    assert due >= start


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 100), STARTS, st.integers(1, 300))
def test_hours_are_pushed_by_exactly_the_pause(value: int, start: datetime, length: int) -> None:
    pause = (start, start + timedelta(hours=length))
    assert due_at(value, "hours", start, CALENDAR, [pause], start) == start + timedelta(hours=value + length)
