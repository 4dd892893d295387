"""The watch: a blow shows the same day, chance does not, corrections are marked, and looking again gives the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from evenhand.oversight.watch import check_again, watch
from evenhand.records.incident import Incident
from evenhand.records.watch import AlarmEpisode, AlarmRevision, WatchRun, WatchSeries
from tests.incidents import as_watch, put_counts, watch_areas
from tests.world import World

DAY = date(2026, 6, 6)
DAYS = 400


def history(
    mean: float, spread: float, seed: int, days: int = DAYS, until: date = DAY
) -> list[tuple[date, int]]:
    """Return counts of the days before a day: negative binomial with this variance over mean, from a seed."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(mean / (spread - 1.0), spread - 1.0, days) if spread > 1 else np.full(days, mean)
    counts = rng.poisson(rate)
    return [(until - timedelta(days=days - n), int(counts[n])) for n in range(days)]


def at(day: date, hour: int = 20) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def look(world: World, day: date, **how: bool):
    with as_watch():
        return watch(at(day), root=f"force-{world.tag}".lower(), **how)


def episodes(world: World, **where: object) -> list[AlarmEpisode]:
    ours = AlarmEpisode.objects.using("admin").filter(area__code__endswith=f"-{world.tag}".lower())
    return list(ours.filter(**where).order_by("onset", "area_id", "strand"))


def test_twenty_against_three_and_a_half_is_an_alarm_the_same_day(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["town"], history(3.5, 1.5, 1))
    put_counts(world, areas["town"], [(DAY, 20)])
    look(world, DAY)
    found = episodes(world, area=areas["town"], strand="religion.muslim", method="daily", onset=DAY)
    assert len(found) == 1
    assert found[0].observed >= 20
    assert 2.5 < found[0].expected / found[0].window_days < 4.5
    assert found[0].p_value < 1e-5
    assert WatchRun.objects.using("admin").filter(day=DAY).latest("version").rate["per_week"] < 1.0


def test_fifty_four_against_thirty_eight_with_scatter_is_none_and_the_figures_say_why(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["town"], history(38.0, 3.0, 2, days=170), religions=(), strands=("race",))
    put_counts(world, areas["town"], [(DAY, 54)], religions=(), strands=("race",))
    look(world, DAY)
    assert not episodes(world, onset=DAY, method="daily")
    series = WatchSeries.objects.using("admin").get(area=areas["town"], strand="race")
    assert series.counts[-1] == 54
    # Above what is expected, below what chance brings once in a thousand days: the board shows both.
    assert series.expected[-1] < 54 < series.upper[-1]


def test_one_day_at_a_time_is_all_at_once_and_looking_again_gives_the_same(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.5, 1.4, 3))
    put_counts(world, areas["east"], [(DAY - timedelta(days=3), 14), (DAY, 2)])
    for back in range(5, -1, -1):
        look(world, DAY - timedelta(days=back))
    one_by_one = [
        (e.area_id, e.strand, e.onset, e.began, e.window_days, e.observed, e.p_value)
        for e in episodes(world, method="daily")
    ]
    assert any(onset == DAY - timedelta(days=3) for _, _, onset, *_ in one_by_one)
    with as_watch():
        assert check_again(at(DAY), root=f"force-{world.tag}".lower()) == []
    AlarmEpisode.objects.using("admin").filter(area__code__endswith=f"-{world.tag}".lower()).delete()
    look(world, DAY, anew=True)
    assert [
        (e.area_id, e.strand, e.onset, e.began, e.window_days, e.observed, e.p_value)
        for e in episodes(world, method="daily")
    ] == one_by_one


def test_a_day_costs_a_days_work_and_nothing_new_costs_nothing(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.5, 1.4, 4))
    first = look(world, DAY - timedelta(days=1))
    assert DAYS - 10 < first.days <= DAYS
    assert look(world, DAY - timedelta(days=1)).days == 0
    # Yesterday is judged once more in full, and today as far as it has come.
    put_counts(world, areas["east"], [(DAY, 1)])
    assert look(world, DAY).days == 2


def test_late_corrections_revise_an_alarm_and_do_not_erase_it(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.5, 1.4, 5))
    blow = DAY - timedelta(days=4)
    put_counts(world, areas["east"], [(blow, 15)])
    look(world, DAY)
    found = episodes(world, area=areas["east"], strand="religion.muslim", onset=blow)
    assert found[0].stands
    ids = list(
        Incident.objects.using("admin")
        .filter(area=areas["east"], occurred_on=blow)
        .values_list("id", flat=True)
    )
    Incident.objects.using("admin").filter(id__in=ids[1:]).delete()
    outcome = look(world, DAY)
    assert outcome.revised > 0
    again = episodes(world, area=areas["east"], strand="religion.muslim", onset=blow)[0]
    assert not again.stands
    assert again.revised_at is not None
    said = AlarmRevision.objects.using("admin").get(episode=again)
    assert said.before["observed"] >= 15


def test_reports_that_come_in_late_raise_an_alarm_marked_as_found_later(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.5, 1.4, 6))
    look(world, DAY)
    late = DAY - timedelta(days=5)
    put_counts(world, areas["east"], [(late, 16)], known_after=5)
    look(world, DAY)
    found = episodes(world, area=areas["east"], strand="religion.muslim", onset=late)
    assert found
    assert found[0].revised_at is not None


def test_an_event_may_lower_a_threshold_and_never_silences(world: World):
    from uuid import uuid4

    from evenhand.records.incident import TriggerEvent

    areas = watch_areas(world)
    put_counts(world, areas["town"], history(3.5, 1.5, 7))
    put_counts(world, areas["town"], [(DAY, 20)])
    TriggerEvent.objects.using("admin").create(
        label="An attack elsewhere", happened_on=DAY - timedelta(days=1), until=DAY + timedelta(days=14), leniency=2.0,
        written_by=uuid4(),
    )  # fmt: skip
    look(world, DAY)
    assert episodes(world, area=areas["town"], strand="religion.muslim", onset=DAY)
    with pytest.raises(Exception, match="trigger_never_silences"):
        TriggerEvent.objects.using("admin").create(
            label="x", happened_on=DAY, until=DAY, leniency=0.5, written_by=uuid4()
        )


def test_the_worker_gets_counts_and_no_row(world: World):
    from django.db import DatabaseError, connection, transaction

    areas = watch_areas(world)
    put_counts(world, areas["town"], [(DAY, 2)])
    with as_watch():
        from evenhand.gate.entry import enter_house

        with enter_house(), connection.cursor() as cursor:
            cursor.execute(
                "select number from wall.incident_counts('recorded', '2020-01-01') where strand = 'all' and area = %s",
                [areas["town"].code],
            )
            assert cursor.fetchall() == [(2,)]
            cursor.execute("select count(*) from incident")
            assert cursor.fetchall() == [(0,)]
    with (
        world.enter("hate_crime_coordinator@force"),
        connection.cursor() as cursor,
        pytest.raises(DatabaseError),
        transaction.atomic(),
    ):
        cursor.execute("select * from wall.incident_counts('recorded', '2020-01-01')")
