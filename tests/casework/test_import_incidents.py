"""Bring in lists of incidents: the real file, each row once, whole or not at all, and what is wrong said by row and column."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from evenhand.casework.import_incidents import CannotRead, TooMany, import_incidents, preview, read_map
from evenhand.gate import demo
from evenhand.records.incident import ImportRun, Incident
from evenhand.records.watch import WatchArea
from tests.incidents import COORDINATOR, RECORDER, watch_areas
from tests.world import World

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "incidents"
FBI = gzip.decompress((EXAMPLES / "fbi_incidents_2015_2016.csv.gz").read_bytes())
MAP = (EXAMPLES / "fbi.toml").read_text()
JANUARY = datetime(2017, 1, 3, 10, tzinfo=UTC)


def part_of(rows: int) -> bytes:
    return b"\n".join(FBI.split(b"\n")[: rows + 1]) + b"\n"


def bring(world: World, contents: bytes, text: str, **how: object):
    with world.enter(RECORDER):
        pass
    return import_incidents(contents, read_map(text), world.tokens[world.people[RECORDER].id], **how)  # type: ignore[arg-type]


def plain(world: World, rows: str, **more: str) -> tuple[bytes, str]:
    """Return a small list and its map."""
    head = "id,day,where,why,against,offence,place\n"
    columns = {"reference": "id", "occurred_on": "day", "area": "where", "strands": "why", "religions": "against",
               "offence": "offence", "place_kind": "place"} | more  # fmt: skip
    text = f'[file]\nsystem = "Centre {world.tag}"\ndate_order = "dmy"\nsplit = ";"\n[columns]\n'
    text += "".join(f'{ours} = "{theirs}"\n' for ours, theirs in columns.items())
    return (head + rows).encode(), text


def test_the_real_file_is_understood_to_the_last_row(world: World):
    with world.enter(RECORDER):
        seen = preview(FBI, read_map(MAP))
    assert (seen.rows, seen.good, seen.faults, seen.cautions) == (12147, 12147, (), ())
    assert (seen.since, seen.until) == (date(2015, 1, 1), date(2016, 12, 31))


def test_a_part_of_it_is_taken_once_however_often_it_is_brought(world: World):
    text = MAP.replace('prefix = "us"', f'prefix = "us{world.tag}"').replace(
        "FBI hate crime", f"FBI {world.tag}"
    )
    first = bring(world, part_of(300), text)
    again = bring(world, part_of(300), text)
    more = bring(world, part_of(350), text)
    assert (first.taken, again.taken, again.before, more.taken, more.before) == (300, 0, 300, 50, 300)
    with world.enter(RECORDER):
        rows = list(Incident.objects.filter(system=f"FBI {world.tag}"))
        assert len(rows) == 350
        # Sums by strand are no totals: some incidents have several.
        strands = Counter(strand for row in rows for strand in row.strands)
        assert sum(strands.values()) > 350
    areas = WatchArea.objects.using("admin").filter(code__startswith=f"us{world.tag}")
    assert areas.get(code=f"us{world.tag}").parent_id is None
    assert areas.get(code=f"us{world.tag}-ak").parent_id == f"us{world.tag}"
    assert areas.get(code=f"us{world.tag}-ak-ak-anchorage-city").parent_id == f"us{world.tag}-ak"


def test_a_killed_import_shows_nothing_and_goes_on_when_it_is_brought_again(world: World):
    text = MAP.replace('prefix = "us"', f'prefix = "us{world.tag}"').replace(
        "FBI hate crime", f"FBI {world.tag}"
    )

    class Killed(Exception):
        pass

    def kill(done: int, of: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        bring(world, part_of(900), text, progress=kill)
    with world.enter(COORDINATOR):
        # Some hundreds of rows are on disk; nobody sees or counts a half.
        assert not Incident.objects.filter(system=f"FBI {world.tag}").exists()
    assert Incident.objects.using("admin").filter(system=f"FBI {world.tag}").count() == 500
    with demo.as_worker():
        from evenhand.gate.entry import enter_house
        from tests.world import raw

        with enter_house():
            counted = raw(
                "select coalesce(sum(number), 0) from wall.incident_counts('recorded', '2010-01-01') where area like %s",
                [f"us{world.tag}%"],
            )
        assert counted[0][0] == 0
    done = bring(world, part_of(900), text)
    assert (done.taken, done.before) == (400, 500)
    with world.enter(COORDINATOR):
        assert Incident.objects.filter(system=f"FBI {world.tag}").count() == 900
    assert ImportRun.objects.using("admin").filter(system=f"FBI {world.tag}").count() == 1


def test_each_fault_names_row_and_column_and_what_to_do(world: World):
    areas = watch_areas(world)
    there = areas["east"].label
    contents, text = plain(
        world,
        f"1,03/02/2026,{there},religion,muslim,public_order,street\n"
        f"2,31/02/2026,{there},religion,,,\n"
        f"3,-4,{there},religion,,,\n"
        f"4,03/02/2036,{there},religion,,,\n"
        f"5,03/02/2026,Nowhere,religion,,,\n"
        f"6,03/02/2026,{there},left-handed,,,\n"
        f"1,04/02/2026,{there},race,,,\n"
        f",04/02/2026,{there},race,,,\n"
        f"9,04/02/2026,{there}\n",
    )
    found = bring(world, contents, text)
    said = {fault.row: str(fault) for fault in found.faults}
    assert found.taken == 1
    assert "column “day”: There is no such day as “31/02/2026”" in said[3]
    assert "below zero" in said[4]
    assert "lies in the future" in said[5]
    assert "column “where”: There is no area called “Nowhere”" in said[6]
    assert "column “why”: “left-handed” means nothing here yet. Add it to [codes.strands]" in said[7]
    assert "the same number as row 2" in said[8]
    assert "column “id”: It is empty" in said[9]
    assert "3 cells" in said[10]


def test_weekly_figures_and_a_missing_part_are_said(world: World):
    areas = watch_areas(world)
    weekly = "".join(
        f"{n},{5 + 7 * n if n < 4 else 2 + 7 * (n - 4)}/0{1 if n < 4 else 2}/2026,{areas['east'].code},race,,,\n"
        for n in range(8)
    )
    contents, text = plain(world, weekly)
    with world.enter(RECORDER):
        assert "same day of the week" in preview(contents, read_map(text)).cautions[0]


def test_a_file_ten_times_the_usual_size_is_asked_about(world: World):
    areas = watch_areas(world)
    rows = [f"{n},{n % 27 + 1}/01/2026,{areas['east'].code},race,,,\n" for n in range(60)]
    bring(world, *plain(world, "".join(rows[:5])))
    with pytest.raises(TooMany, match="never sent more than 5 at once"):
        bring(world, *plain(world, "".join(rows)))
    assert bring(world, *plain(world, "".join(rows)), expect=60).taken == 55


def test_what_cannot_be_read_says_why_in_one_line(world: World):
    contents, text = plain(world, "")
    with world.enter(RECORDER):
        for wrong, why in (
            (text.replace('area = "where"', 'area = "wher"'), "did you mean “where”"),
            (text.replace('strands = "why"', ""), "'strands'"),
            (text + '\n[codes.strandz]\nx = "race"\n', "strands"),
        ):
            with pytest.raises(CannotRead, match=why):
                preview(contents, read_map(wrong))


def test_whoever_does_not_record_brings_in_nothing(world: World):
    contents, text = plain(world, "")
    with world.enter("responder@force"):
        pass
    with pytest.raises(CannotRead, match="recorders"):
        import_incidents(contents, read_map(text), world.tokens[world.people["responder@force"].id])


def test_what_was_no_crime_comes_up_to_be_forgotten_and_leaves_its_count(world: World):
    from evenhand.casework.incidents import Wanted, incidents
    from evenhand.casework.keep_incident import forget
    from evenhand.gate.entry import now

    areas = watch_areas(world)
    contents, text = plain(
        world,
        f"1,03/02/2020,{areas['east'].label},religion,muslim,,street\n",
        crime="crime",
        recorded_on="day",
    )
    contents = contents.replace(b"offence,place\n", b"offence,place,crime\n").replace(
        b"street\n", b"street,no\n"
    )
    assert bring(world, contents, text).taken == 1
    with world.enter(COORDINATOR) as who:
        wanted = Wanted(area=areas["east"].code, review=True, until=now().date())
        (line,), _more = incidents(wanted)
        forget(line.id, "It is older than the rule that let it be kept.", who, now=now())
        assert incidents(wanted) == ([], False)
        assert Incident.objects.get(id=line.id).erased_at is not None
    with demo.as_worker():
        from evenhand.gate.entry import enter_house
        from tests.world import raw

        with enter_house():
            counted = raw(
                "select sum(number) from wall.incident_counts('recorded', '2010-01-01') where strand = 'all' and area = %s",
                [areas["east"].code],
            )
    assert counted[0][0] == 1
