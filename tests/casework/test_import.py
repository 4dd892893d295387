"""Rows as people keep them become referrals; what cannot be read is said by row and column."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.casework.import_referrals import CannotRead, NoneTaken, import_referrals, read_map
from evenhand.casework.sheets.cells import BadCell, as_partial_date
from evenhand.casework.sheets.reading import read_sheet
from evenhand.gate.entry import open_session
from evenhand.records.case import Case
from evenhand.records.decision import Decision
from evenhand.records.identity import ForeignReference
from tests.world import raw

TODAY = date(2026, 11, 22)
MAP = """
[file]
system = "Old list {tag}"
[columns]
reference = "Ref"
received = "Came"
sector = "From"
what_happened = "What"
why_now = "Why"
names = "Who"
born = "Born"
stands_at = "Stage"
owner = "Owner"
[defaults]
danger = "no"
area = "town-{tag}"
[codes.sector]
"Skool" = "education"
"""
HEADINGS = "Ref,Came,From,What,Why,Who,Born,Stage,Owner"


def bring_in(world, *rows, whom="panel_coordinator@council", headings=HEADINGS, encoding="utf-8", **more):
    text = "\r\n".join([headings, *rows])
    token = open_session(world.people[whom].id)
    return import_referrals(text.encode(encoding), read_map(MAP.format(tag=world.tag)), token, **more)


def cases(world, *references):
    with world.enter("gateway_officer@force"):
        return list(Case.objects.filter(reference__in=references))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("03/06/2024", "2024-06-03"), ("3/6/24", "2024-06-03"), ("3.6.2024", "2024-06-03"), ("2024-06-03", "2024-06-03"),
        ("3 June 2024", "2024-06-03"), ("3rd of June 2024", "2024-06-03"), ("Mon 3 Jun 2024", "2024-06-03"),
        ("June 3, 2024", "2024-06-03"), ("03-Jun-24", "2024-06-03"), ("45446", "2024-06-03"), ("03/06/2024 14:30", "2024-06-03"),
        ("2024-06-03T09:15:00Z", "2024-06-03"), ("Jun-24", "2024-06"), ("June 2024", "2024-06"), ("06/2024", "2024-06"),
        ("2009", "2009"), ("3 Mehefin 2024", "2024-06-03"), ("1/2/68", "1968-02-01"), ("39814.0", "2009-01-01"),
    ],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(written, read):
    assert as_partial_date(written, order="dmy", today=TODAY) == read


@pytest.mark.parametrize(
    "written", ["31/02/2024", "soon", "13/13/2020", "99999", "4 Febtember 2009", "12.5.209", "00/00/0000"]
)
def test_what_is_no_date_is_said(written):
    with pytest.raises(BadCell):
        as_partial_date(written, order="dmy", today=TODAY)


@given(
    st.dates(date(1950, 1, 1), date(2026, 11, 22)),
    st.sampled_from(["%d/%m/%Y", "%d %B %Y", "%d-%b-%Y", "%Y-%m-%d", "%A %d %b %Y"]),
)
def test_a_day_written_out_is_read_back(day, style):
    assert as_partial_date(day.strftime(style), order="dmy", today=TODAY) == day.isoformat()


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_dates(text):
    with suppress(BadCell):
        assert as_partial_date(text, order="dmy", today=TODAY)[:4].isdigit()


def test_excels_code_page_semicolons_and_quotes_are_recognised():
    sheet = read_sheet('Name;Text\r\n"Zoë O’Brien";"one; two"\r\n'.encode("cp1252"))
    assert (sheet.encoding, sheet.delimiter) == ("cp1252", ";")
    assert sheet.rows[0].cells == {"Name": "Zoë O’Brien", "Text": "one; two"}


def test_a_row_becomes_a_case_that_says_when_it_came_and_where_it_stood(world):
    email = world.people["gateway_officer@force"].email
    found = bring_in(
        world, f"A/1,03/06/2026,Skool,He said it twice.,It grew.,Ada Example,May 2010,gateway,{email.upper()}"
    )
    assert not found.faults
    (case,) = cases(world, found.begun[0][1])
    assert case.place == "received"
    assert case.owner_id == world.people["gateway_officer@force"].id
    with world.enter("gateway_officer@force"):
        decision = Decision.objects.get(case_id=case.id)
        assert decision.happened_at.date() == date(2026, 6, 3)
        assert decision.recorded_at.date() > date(2026, 6, 3)
        from evenhand.gate import keys

        kept = ForeignReference.objects.get(case_id=case.id)
        assert keys.open_(case.id, kept.sealed) == {
            "reference": "A/1",
            "stood_at": "gateway",
            "stood_at_label": "At the gateway",
            "received_on": "2026-06-03",
        }
    counted = raw("select referred_on from counted_case where case_id = %s", [case.id], alias="admin")
    assert counted == [(date(2026, 6, 3),)]


def test_the_person_named_is_in_no_index_before_screening(world):
    from evenhand.casework.find import find
    from evenhand.gate.entry import now

    bring_in(world, f"A/2,03/06/2026,Skool,He said it.,It grew.,Quillon {world.tag}zz,2010,,")
    with world.enter("gateway_officer@force") as who:
        assert find(f"Quillon {world.tag}zz", who, now=now()) == []


def test_each_fault_names_row_column_and_what_to_do(world):
    found = bring_in(
        world,
        "B/1,31/02/2026,Skool,What.,Why.,,,,",
        "B/2,01/06/2026,Nowhere,What.,Why.,,,,",
        "B/3,01/06/2026,Skool,,Why.,,,,",
        "B/4,01/06/2026,Skool,What.,Why.,,04/07/2026,,",
        "B/5,01/06/2026,Skool,What.,Why.,,,closed,",
        "B/6,01/06/2026,Skool,What.,Why.,,,,stranger@example.org",
        "B/7,01/06/2026,Skool,What, with a comma.,Why.,,,,",
    )
    assert not found.begun
    assert [(f.row, f.column) for f in found.faults] == [
        (2, "Came"), (3, "From"), (4, "What"), (5, "Born"), (6, "Stage"), (7, "Owner"), (8, ""),
    ]  # fmt: skip
    assert all(f.what_to_do for f in found.faults)


def test_all_or_none_leaves_nothing_behind(world):
    with pytest.raises(NoneTaken):
        bring_in(
            world,
            "C/1,01/06/2026,Skool,What.,Why.,,,,",
            "C/2,31/02/2026,Skool,What.,Why.,,,,",
            none_if_faults=True,
        )
    found = bring_in(world, "C/1,01/06/2026,Skool,What.,Why.,,,,", none_if_faults=True)
    assert len(found.begun) == 1


def test_a_row_is_taken_once_by_the_whole_agency_and_another_agency_has_its_own(world):
    row = "D/1,01/06/2026,Skool,What.,Why.,,,,"
    assert len(bring_in(world, row).begun) == 1
    assert bring_in(world, row, whom="panel_chair@council").before == (2,)
    assert len(bring_in(world, row, whom="safeguarding_lead@school").begun) == 1


def test_a_row_without_a_reference_is_known_by_what_it_says(world):
    row = ",01/06/2026,Skool,What they said.,Why.,,,,"
    assert len(bring_in(world, row).begun) == 1
    assert bring_in(world, row).before == (2,)
    assert len(bring_in(world, row.replace("said", "wrote")).begun) == 1


def test_a_run_that_ends_midway_goes_on_where_it_stopped(world):
    rows = [f"E/{n},01/06/2026,Skool,What.,Why.,,,," for n in range(6)]

    class PulledOut(Exception):
        pass

    def pull(done, of):
        if done == 3:
            raise PulledOut

    with pytest.raises(PulledOut):
        bring_in(world, *rows, progress=pull)
    found = bring_in(world, *rows)
    assert len(found.before) == 3
    assert len(found.begun) == 3


def test_text_that_looks_like_a_formula_or_a_script_stays_text(world):
    found = bring_in(world, '"=1+1",01/06/2026,Skool,"<script>x</script>","\'); drop table person;--",,,,')
    assert len(found.begun) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[file", "TOML"),
        ("[file]\nsystem=''", "system"),
        ("[file]\nsystem='x'\ndate_order='dym'", "date_order"),
        ("[file]\nsystem='x'\n[columns]\nwho=3", "heading"),
        ("[files]\nsystem='x'", "did you mean “file”"),
    ],
)
def test_a_map_that_cannot_be_used_says_why(text, says):
    with pytest.raises(CannotRead, match=says):
        read_map(text)


def test_a_heading_that_the_file_lacks_is_named(world):
    with pytest.raises(CannotRead, match="no column “Ref”; did you mean “Reff”"):
        bring_in(world, headings=HEADINGS.replace("Ref", "Reff"))
