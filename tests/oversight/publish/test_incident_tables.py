"""Incidents: counted by the day of recording, by strand without ever adding strands, by month and offence."""

from __future__ import annotations

import pandas as pd

from evenhand.gate.policy import pack
from evenhand.oversight.publish import extract
from evenhand.oversight.publish.plan import plan_release


def row(day, strands, offence="public_order", excluded=""):
    return {"referred_on": day, "strands": strands, "offence_group": offence, "excluded": excluded}


def test_an_incident_with_two_strands_is_counted_in_both_and_once_in_all():
    plan = plan_release("incidents-2026", pack("gb-eaw"), {})
    rows = pd.DataFrame(
        [
            row("2025-04-01", "|race|religion|"),
            row("2025-04-30", "|race|"),
            row("2025-05-01", "|religion|", ""),
            row("2026-03-31", "|race|", excluded="duplicate"),
            row("2026-04-01", "|race|"),
        ]
    )
    frozen = extract.count_rows(plan, rows, None)
    counts = {p.table.name: frozen.counts(plan, p) for p in plan.tables}
    assert counts["I01"][0, 0] == 3
    assert counts["I02_race"][0, 0, 0] == 2
    assert counts["I02_religion"][0, 0, 0] == 2
    assert counts["I02_race"][0, 0, 0] + counts["I02_religion"][0, 0, 0] > counts["I01"][0, 0]
    months = plan.tables[0].table.codes(plan.field("period").dimension)
    assert counts["I01"][months.index("y2026m01"), 0] == 2
    assert plan.field("period").labels["y2026m01"] == "April 2025"


def test_a_quarter_of_incidents_has_its_months_and_no_others():
    plan = plan_release("incidents_quarterly-2026-q2", pack("gb-eaw"), {})
    frozen = extract.count_rows(
        plan, pd.DataFrame([row("2025-06-30", "|race|"), row("2025-07-01", "|race|"), row("2025-09-30", "|religion|")]), None
    )  # fmt: skip
    first = plan.tables[0]
    months = first.table.codes(plan.field("period").dimension)
    assert [plan.field("period").labels[m] for m in months[1:]] == [
        "July 2025",
        "August 2025",
        "September 2025",
    ]
    assert frozen.counts(plan, first)[:, 0].tolist() == [2, 1, 0, 1]
    assert plan.title == "Hate incidents: July to September 2025"


def test_no_table_prints_strands_as_parts_of_one_total():
    plan = plan_release("incidents-2026", pack("gb-eaw"), {})
    for planned in plan.tables:
        strands = [name for name in planned.table.dimensions if name.startswith("strand_")]
        assert len(strands) < 2
        for name in strands:
            assert planned.table.keep[name] == plan.field(name).printed
