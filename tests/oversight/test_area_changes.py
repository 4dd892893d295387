"""Areas that merge or split: history goes on where it belongs, alarms are marked, and the board says it; clusters are revised too."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from evenhand.casework.incidents import below
from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid
from evenhand.kernels.ledger.entry import open_entry
from evenhand.operations.area_changes import CannotChange, merge, split
from evenhand.oversight import board
from evenhand.records.incident import Incident
from evenhand.records.sealed import Unreadable
from evenhand.records.watch import AlarmRevision, WatchArea, WatchSeries
from tests.incidents import COORDINATOR, put, put_counts, watch_areas
from tests.oversight.test_watch import DAY, episodes, history, look
from tests.visiting import seen, visit
from tests.world import World, raw

NOW = datetime(2026, 6, 6, 12, tzinfo=UTC)
COUNCIL = "hate_crime_coordinator@council"
WHY = "The boundary commission redrew it."


def change(do, world: World, *what, whom: str = COUNCIL) -> int:
    """Merge or split as somebody, in a transaction of their own."""
    with world.enter(whom) as who:
        return do(who, *what, on=DAY, reason=WHY, now=NOW)


def lines_about(code: str) -> list[dict[str, str]]:
    """Return the lines of the ledger that say that an area was merged or split, opened with the key of the house."""
    rows = raw(
        "select line, sealed from ledger_entry l where not exists (select 1 from entry_of o where o.entry_id = l.id)"
        " order by id",
        alias="admin",
    )
    found = []
    for line, sealed in rows:
        with suppress(Unreadable):  # a line of a case that was erased
            told = dict(open_entry(bytes(line), ledger.opened(keys.HOUSE_KEY, sealed)))
            if told["verb"] in ("merge_area", "split_area") and code in told["detail"]:
                found.append(told)
    return found


def test_a_merged_area_goes_on_where_it_went_and_its_alarms_are_marked(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.5, 1.4, 21))
    put_counts(world, areas["west"], history(1.0, 1.4, 22))
    put_counts(world, areas["west"], [(DAY - timedelta(days=1), 14)])
    look(world, DAY - timedelta(days=1))
    there = episodes(world, area=areas["west"], ended_on=None)
    assert there
    before = sum(WatchSeries.objects.using("admin").get(area=areas["east"], strand="religion.muslim").counts)
    west = Incident.objects.using("admin").filter(area=areas["west"]).count()
    assert change(merge, world, areas["west"].code, areas["east"].code) == len(there)
    (said,) = lines_about(areas["west"].code)
    assert (said["verb"], said["actor"]) == ("merge_area", str(world.people[COUNCIL].id))
    assert said["detail"] == f"{areas['west'].code} into {areas['east'].code} from 2026-06-06: {WHY}"
    put_counts(world, areas["east"], [(DAY, 2)])
    look(world, DAY)
    after = WatchSeries.objects.using("admin").get(area=areas["east"], strand="religion.muslim")
    # Its days are those of both, the blow before the merger among them.
    assert after.counts[-2] >= 14
    assert before < sum(after.counts) <= before + west + 2
    marked = episodes(world, area=areas["west"], onset=DAY - timedelta(days=1))
    assert marked
    for one in marked:
        assert one.revised_at is not None
        assert one.ended_on == DAY
        assert (
            AlarmRevision.objects.using("admin")
            .get(episode=one)
            .why.startswith("the area was merged into East")
        )
    # The blow is found in the area that it belongs to now, and says that it was found by judging anew.
    assert episodes(world, area=areas["east"], strand="religion.muslim", onset=DAY - timedelta(days=1))
    with world.enter(COORDINATOR):
        assert areas["west"].code in below(areas["east"].code)
        said = [one for one in board.area_changes() if one.label == areas["west"].label]
        assert [(one.into, one.merged) for one in said] == [((areas["east"].label,), True)]
    with pytest.raises(Invalid):
        put(world, areas["west"])


def test_a_split_is_said_plainly_and_the_sum_keeps_its_history(world: World):
    areas = watch_areas(world)
    put_counts(world, areas["east"], history(1.5, 1.4, 23))
    look(world, DAY - timedelta(days=1))
    total = sum(WatchSeries.objects.using("admin").get(area=areas["east"], strand="religion.muslim").counts)
    parts = [
        WatchArea.objects.using("admin").create(
            code=f"{name}-{world.tag}".lower(), label=f"{name.title()} {world.tag}", kind="east", parent=areas["east"],
            answers=areas["east"].answers, force=areas["east"].force,
        )
        for name in ("upper", "lower")
    ]  # fmt: skip
    change(split, world, areas["east"].code, [part.code for part in parts])
    assert [line["verb"] for line in lines_about(areas["east"].code)] == ["split_area"]
    put_counts(world, parts[0], [(DAY, 3)])
    look(world, DAY)
    series = WatchSeries.objects.using("admin").get(area=areas["east"], strand="religion.muslim")
    assert series.counts[-1] == 3
    assert sum(series.counts) >= total - series.counts[0]
    page = seen(visit(world, COORDINATOR).get("/unusual/"))
    assert f"East {world.tag} was split into Lower {world.tag} and Upper {world.tag} on 6 June 2026." in page
    assert "each part has no history before that day" in page
    with pytest.raises(Invalid):
        put(world, areas["east"])
    put(world, parts[1])


def test_areas_that_cannot_be_merged_or_split_stay_as_they_are(world: World):
    areas = watch_areas(world)
    east, west, town = (areas[name].code for name in ("east", "west", "town"))
    administrator = "administrator@force"
    for do, what, whom, why in (
        (merge, (town, east), COUNCIL, "lies inside"),
        (merge, (east, east), COUNCIL, "lies inside"),
        (merge, ("nowhere", east), COUNCIL, "no area"),
        (merge, (east, areas["force"].code), administrator, "different agencies"),
        (merge, (east, areas["force"].code), COUNCIL, "changed by an administrator"),
        (merge, (east, west), "hate_crime_coordinator@other_council", "changed by an administrator"),
        (merge, (east, west), "responder@council", "changed by an administrator"),
        (split, (east, [west]), COUNCIL, "two parts"),
        (split, (east, [west, "nowhere"]), COUNCIL, "no area"),
    ):
        with pytest.raises(CannotChange, match=why):
            change(do, world, *what, whom=whom)
    with pytest.raises(CannotChange, match="say why"), world.enter(COUNCIL) as who:
        merge(who, east, west, on=DAY, reason=" ", now=NOW)
    assert not lines_about(east)
    rows = WatchArea.objects.using("admin").filter(code__in=(east, west, town))
    assert all(row.became_id is None and row.until is None and row.since is None for row in rows)
    assert {row.code: row.parent_id for row in rows}[west] == town


def test_a_cluster_that_is_corrected_away_stands_no_longer_and_what_it_said_stays(world: World):
    areas = watch_areas(world)
    rng = np.random.default_rng(31)
    areas["north"] = WatchArea.objects.using("admin").create(
        code=f"north-{world.tag}".lower(), label=f"North {world.tag}", kind="north", parent=areas["town"],
        answers=areas["town"].answers, force=areas["town"].force,
    )  # fmt: skip
    for at, name in enumerate(("east", "west", "north")):
        WatchArea.objects.using("admin").filter(code=areas[name].code).update(
            latitude=51.5, longitude=-1 + at * at / 50
        )
        counts = rng.poisson(1.0, 400)
        put_counts(
            world, areas[name], [(DAY - timedelta(days=400 - n), int(c)) for n, c in enumerate(counts)]
        )
        if name != "north":
            put_counts(world, areas[name], [(DAY - timedelta(days=n), 5) for n in range(3)])
    look(world, DAY)
    found = [one for one in episodes(world, method="cluster") if one.stands and len(one.around) > 1]
    assert found
    for name in ("east", "west"):
        for n in range(3):
            rows = Incident.objects.using("admin").filter(
                area=areas[name], occurred_on=DAY - timedelta(days=n)
            )
            Incident.objects.using("admin").filter(
                id__in=list(rows.values_list("id", flat=True))[1:]
            ).delete()
    assert look(world, DAY).revised
    for one in found:
        again = next(e for e in episodes(world, method="cluster") if e.id == one.id)
        assert (again.stands, again.revised_at is not None) == (False, True)
        said = AlarmRevision.objects.using("admin").filter(episode=again).latest("revised_at")
        assert said.before["observed"] == one.observed
        assert said.why == "the counts were corrected"
