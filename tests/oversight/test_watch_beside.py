"""Beside the daily watch: what corrected counts change is marked and stays readable, for every method; and people are told."""

from __future__ import annotations

from datetime import date, timedelta

from evenhand.operations.duties import do_one
from evenhand.records.duty import Duty, Notice
from evenhand.records.incident import Incident
from evenhand.records.watch import AlarmRevision
from tests.incidents import as_watch, put_counts, watch_areas
from tests.oversight.test_watch import DAY, episodes, history, look
from tests.world import World

SUNDAY = date(2026, 5, 31)


def take_away(area: object, days: tuple[date, ...], leave: int) -> None:
    """Take incidents of some days away, as a correction of the record would, but for so many a day."""
    for day in days:
        ids = list(
            Incident.objects.using("admin").filter(area=area, occurred_on=day).values_list("id", flat=True)
        )
        Incident.objects.using("admin").filter(id__in=ids[leave:]).delete()


def a_heavy_week(world: World) -> tuple[dict, tuple[date, ...]]:
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.0, 1.2, 11, days=800))
    week = tuple(SUNDAY - timedelta(days=n) for n in range(7))
    put_counts(world, areas["east"], [(day, 5) for day in week])
    return areas, week


def test_a_corrected_week_revises_its_alarm_and_what_it_said_stays(world: World):
    areas, week = a_heavy_week(world)
    look(world, DAY)
    found = episodes(world, method="weekly", area=areas["east"], strand="religion.muslim")
    assert [(one.onset, one.stands) for one in found] == [(SUNDAY, True)]
    seen = found[0].observed
    take_away(areas["east"], week, 1)
    assert look(world, DAY).revised
    again = episodes(world, method="weekly", area=areas["east"], strand="religion.muslim")
    assert [(one.onset, one.stands, one.revised_at is not None) for one in again] == [(SUNDAY, False, True)]
    assert AlarmRevision.objects.using("admin").get(episode=again[0]).before["observed"] == seen


def a_slow_rise(world: World) -> tuple[dict, tuple[date, ...]]:
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.0, 1.2, 11, days=800))
    days = tuple(SUNDAY - timedelta(days=n) for n in range(30))
    put_counts(world, areas["east"], [(day, 2) for day in days])
    return areas, days


def test_a_slow_rise_that_is_corrected_away_stands_no_longer(world: World):
    areas, days = a_slow_rise(world)
    look(world, DAY - timedelta(days=5))
    begun = [one.onset for one in episodes(world, method="drift", area=areas["east"]) if one.stands]
    assert begun
    take_away(areas["east"], days, 1)
    look(world, DAY)
    assert all(not one.stands and one.revised_at for one in episodes(world, method="drift", onset__in=begun))


def test_a_heavy_week_that_comes_in_late_is_found_and_marked_as_found_later(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.0, 1.2, 11, days=800))
    look(world, DAY)
    assert not episodes(world, method="weekly", area=areas["east"], strand="religion.muslim")
    put_counts(world, areas["east"], [(SUNDAY - timedelta(days=n), 5) for n in range(7)], known_after=6)
    look(world, DAY)
    found = episodes(world, method="weekly", area=areas["east"], strand="religion.muslim")
    assert [(one.onset, one.stands, one.revised_at is not None) for one in found] == [(SUNDAY, True, True)]


def test_looking_again_revises_nothing_and_days_one_by_one_are_days_at_once(world: World):
    areas, _days = a_slow_rise(world)
    for back in range(5, -1, -1):
        look(world, DAY - timedelta(days=back))

    def said():
        return [
            (one.method, one.area_id, one.strand, one.onset, one.began, one.window_days, one.observed, one.last_on)
            for one in episodes(world)
            if one.method != "daily"
        ]  # fmt: skip

    one_by_one = said()
    assert "drift" in {method for method, *_ in one_by_one}
    put_counts(world, areas["west"], [(DAY - timedelta(days=4), 1)], known_after=4)
    look(world, DAY)
    east = [row for row in said() if row[1] == areas["east"].code]
    assert east == [row for row in one_by_one if row[1] == areas["east"].code]
    assert not AlarmRevision.objects.using("admin").filter(
        episode__area=areas["east"], why="the counts were corrected"
    )


def test_coordinators_are_told_once_of_a_rise_in_counts_alone(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.0, 1.2, 12))
    look(world, DAY - timedelta(days=1))
    put_counts(world, areas["east"], [(DAY, 16)])
    look(world, DAY)
    look(world, DAY)
    owed = Duty.objects.using("admin").filter(
        kind="unusual_rise",
        contents__to__0__1__in=[str(world.agencies["force"].id), str(world.agencies["council"].id)],
    )
    assert owed.count() == 2
    Duty.objects.using("admin").filter(done_at=None).exclude(kind="unusual_rise").delete()
    with as_watch():
        while do_one():
            pass
    for whom, told in (
        ("hate_crime_coordinator@force", 1),
        ("hate_crime_coordinator@council", 1),
        ("hate_crime_coordinator@other_council", 0),
        ("case_officer@force", 0),
    ):
        notices = Notice.objects.using("admin").filter(practitioner=world.people[whom], kind="unusual_rise")
        assert notices.count() == told, whom
        if told:
            assert areas["east"].label in notices[0].text
            assert "16 in 1 day" in notices[0].text
    mails = Duty.objects.using("admin").filter(kind="mail", once__contains="rise:")
    assert all("16" not in str(mail.contents) and "East" not in str(mail.contents) for mail in mails)
