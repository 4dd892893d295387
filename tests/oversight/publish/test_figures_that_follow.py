"""Percentages, rates, ratios and medians: only from printed counts that suffice, and the published history exactly."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import AREAS, answers, built, frozen, plan

from evenhand.gate.policy import pack
from evenhand.kernels.disclosure.percent import percent_half_up
from evenhand.kernels.disclosure.rates import TooFew, guarded_median, rate_per, rate_ratio
from evenhand.oversight.publish import extract
from evenhand.oversight.publish.build import build
from evenhand.oversight.publish.compose import Edition
from evenhand.oversight.publish.plan import plan_release
from evenhand.oversight.publish.progress import Progress
from evenhand.oversight.publish.sheet import sheets
from evenhand.oversight.publish.trouble import NoRelease

HISTORY = json.loads(
    (Path(__file__).parents[2] / "golden/disclosure/prevent_published_headlines.json").read_text()
)


def test_three_of_forty_against_ninety_of_four_thousand():
    found = rate_ratio((3, 40), (90, 4000))
    assert (f"{found.value:.2f}", f"{found.low:.2f}", f"{found.high:.2f}") == ("3.33", "1.10", "10.09")
    with pytest.raises(TooFew):
        rate_ratio((3, 40), (90, 4000), least=10)
    with pytest.raises(TooFew):
        rate_ratio((90, 4000), (3, 40), least=10)


@given(st.integers(0, 50), st.integers(1, 10_000_000), st.integers(1, 20))
def test_no_rate_on_fewer_than_the_guard(count, people, least):
    if count < least:
        with pytest.raises(TooFew):
            rate_per(count, people, per=1_000_000, least=least)
    else:
        assert rate_per(count, people, per=1_000_000, least=least) == pytest.approx(
            1e6 * count / people, abs=0.051
        )


def test_no_median_of_fewer_than_the_guard():
    with pytest.raises(TooFew):
        guarded_median([1.0] * 9, least=10)
    assert guarded_median([1.0] * 10, least=10) == 1.0


def known(figures, code):
    """The denominator that the bulletins used: those where it is known, else all referrals."""
    for prefix, whole in (("male", "gender_known"), ("age", "age_known"), ("extreme", "concern_known"),
                          ("islamist", "concern_known"), ("no_ideology", "concern_known")):  # fmt: skip
        if code.startswith(prefix):
            return figures.get(whole, figures["referrals"])
    return figures["referrals"]


def test_the_printed_percentages_of_the_bulletins_come_out_with_known_only_denominators():
    checked = 0
    for year, printed in HISTORY["percent_checks_as_printed"].items():
        figures = HISTORY["years"][year]
        for code, percent in printed.items():
            assert percent_half_up(figures[code], known(figures, code)) == percent, (year, code)
            checked += 1
    assert checked == 25
    assert percent_half_up(1798, 8769) == 21
    assert percent_half_up(1798, 8778) == 20


def rows_of(files, path):
    return list(csv.DictReader(io.StringIO(files[path].decode())))


def test_no_figure_stands_beside_a_withheld_count():
    for path in [p for p in built().files if p.startswith("tables/") and p.endswith(".csv")]:
        for row in rows_of(built().files, path):
            if row["count"] == "[c]":
                assert row["percent"] in {"[c]", "[z]"}
                assert row.get("rate", "[c]") in {"[c]", "[z]"}


@pytest.fixture(scope="module")
def annual():
    """A whole yearly release, its paper left plain."""
    from evenhand.oversight.publish import build as building

    # Few fields, so that protecting it takes a second.
    few = {"T01", "T05", "T12", "T15", "T17", "T20"}
    planned = plan("annual-2026")
    planned = replace(planned, tables=tuple(t for t in planned.tables if t.table.name in few))
    # Only while it is built: other tests of this process want real paper.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "write_ods", lambda _: b"ods")
        patch.setattr(building, "write_xlsx", lambda _: b"xlsx")
        patch.setattr(building, "drawable", lambda _: False)
        return build(
            planned,
            frozen(planned, 700, days=364),
            [],
            Edition("annual-2026", "f" * 64),
            progress=Progress(time.monotonic),
        )


def test_rates_are_of_the_population_file_and_of_printed_totals(annual):
    people = {r["area"]: int(r["people"]) for r in rows_of(annual.files, "population.csv")}
    seen = 0
    for row in rows_of(annual.files, "tables/T05.csv"):
        if row["stage"] == "total" and row["area"] in people and row["count"].isdecimal():
            if int(row["count"]) >= 10:
                assert float(row["rate"]) == pytest.approx(
                    1e6 * int(row["count"]) / people[row["area"]], abs=0.051
                )
                seen += 1
            else:
                assert row["rate"] == "[x]"
        elif row["area"] not in people:
            assert row["rate"] == "[z]"
    assert seen


def test_ratios_follow_from_printed_counts_alone(annual):
    about = json.loads(annual.files["release.json"])
    labels = {d["name"]: d["labels"] for d in about["dimensions"]}
    counts = {
        (labels["ethnicity"][r["ethnicity"]], labels["stage"][r["stage"]]): r["count"]
        for r in rows_of(annual.files, "tables/T15.csv")
    }
    worked = 0
    for row in rows_of(annual.files, "more/T15R.csv"):
        group, stage = row["Group and stage"].split(": ", 1)
        needed = [counts[key] for key in ((group, stage), (group, "All"), ("White", stage), ("White", "All"))]
        if "[c]" in needed:
            assert row["Ratio"] == "[c]"
        elif min(int(needed[0]), int(needed[2])) < 10:
            assert row["Ratio"] == "[x]"
        else:
            a, n, b, m = map(int, needed)
            assert float(row["Ratio"]) == pytest.approx((a / n) / (b / m), abs=0.0051)
            worked += 1
    assert worked


def test_medians_stand_only_beside_a_printed_count_that_suffices(annual):
    shown = rows_of(annual.files, "more/T18.csv")
    assert len(shown) == 3
    for row in shown:
        if row["Referrals"] == "[c]":
            assert row["Median days"] == "[c]"
        else:
            assert row["Median days"].isdecimal() == (int(row["Referrals"]) >= 10)
    assert {row["Median days"] for row in shown} & {"9", "40"}
    about = json.loads(annual.files["release.json"])
    assert "not one of the Home Office" in str(next(m for m in about["more"] if m["name"] == "T18"))
    said = json.loads(annual.files["account.json"])["outside_the_proof"]
    assert "at least 10" in said[0]


def individuals_plan():
    planned = plan("annual-2026")
    return replace(planned, tables=tuple(t for t in planned.tables if t.table.name in {"T17", "T20"}))


def test_referrals_individuals_and_cases_are_three_things():
    """One individual with three referrals is one, counted where it came furthest; who is not identified is nobody's."""
    planned = individuals_plan()
    row = {"sector": "police", "concern": "", "age_band": "", "area": "ashmere", "destination": "", "closing_reason": "",
           "support": "||", "days": "||", "excluded": ""}  # fmt: skip
    taken = pd.DataFrame(
        [
            {**row, "case_id": "1", "individual": "7", "referred_on": "2025-05-01", "ever": "|signposted|"},
            {**row, "case_id": "2", "individual": "7", "referred_on": "2025-09-01", "ever": "|adopted|"},
            {**row, "case_id": "3", "individual": "7", "referred_on": "2026-01-01", "ever": "||"},
            {**row, "case_id": "4", "individual": "8", "referred_on": "2025-05-01", "ever": "|no_further_action|"},
            {**row, "case_id": "5", "individual": "", "referred_on": "2025-05-01", "ever": "||"},
            # Referred before the year, and a duplicate: neither makes anybody counted twice.
            {**row, "case_id": "6", "individual": "8", "referred_on": "2025-03-31", "ever": "|adopted|"},
            {**row, "case_id": "7", "individual": "8", "referred_on": "2025-05-01", "ever": "||", "excluded": "duplicate"},
        ]
    )  # fmt: skip
    counts = extract.count_rows(planned, taken, answers(1))
    table = next(p for p in planned.tables if p.table.name == "T20")
    down = table.table.codes(planned.field("individual").dimension)
    across = table.table.codes(planned.field("stage").dimension)
    found = counts.counts(planned, table)
    at = {code: found[down.index(code), across.index("total")] for code in down}
    assert at == {"total": 5, "tied": 4, "counted": 2, "again": 2, "not_tied": 1}
    assert found[down.index("counted"), across.index("adopted")] == 1
    assert found[down.index("again"), across.index("signposted")] == 1
    assert "7" not in str(counts.period.codes)


def test_individuals_and_referrals_are_protected_as_one_system(annual):
    """A difference of one between referrals and individuals is one individual referred twice: it is withheld."""
    rows = {(r["individual"], r["stage"]): r["count"] for r in rows_of(annual.files, "tables/T20.csv")}
    for stage in {s for _, s in rows}:
        printed = [rows[one, stage] for one in ("tied", "counted", "again")]
        if "[c]" not in printed[:2]:
            assert int(printed[0]) - int(printed[1]) not in range(1, 5)


def test_kinds_of_support_are_counted_each_by_itself_on_one_sheet():
    planned = plan("annual-2026")
    kinds = [p for p in planned.tables if p.table.name.startswith("T21_")]
    assert len(kinds) > 5
    assert {p.sheet for p in kinds} == {("T21", "Kind of support in the plans of those adopted")}
    counts = frozen(planned, 700)
    for one in kinds:
        assert counts.counts(planned, one).shape == (1, 1)
    files = {path: data.decode() for path, data in built().files.items() if path.endswith((".json", ".csv"))}
    assert not [s for s in sheets(files) if "T21" in s.name]


def test_regions_are_printed_where_the_areas_lie_in_several():
    several = plan_release(
        "annual-2026",
        pack("gb-eaw"),
        AREAS,
        regions={"wales": ["ashmere"], "east": ["brackenford", "copperdale"]},
    )
    area = several.field("area")
    assert area.labels["region.wales"] == "Wales"
    assert area.parts("region.east") == ("brackenford", "copperdale")
    assert (
        several.population["region.east"]
        == several.population["brackenford"] + several.population["copperdale"]
    )
    assert "Regions of England and Wales" not in dict(several.not_produced)
    assert "Regions of England and Wales" in dict(plan("annual-2026").not_produced)
    counts = frozen(several, 300)
    table = next(p for p in several.tables if p.table.name == "T05")
    down = table.table.codes(area.dimension)
    found = counts.counts(several, table)[:, 0]
    assert (
        found[down.index("region.east")] == found[down.index("brackenford")] + found[down.index("copperdale")]
    )


def test_lists_that_overlap_give_no_release():
    whole = pack("gb-eaw")
    entries = []
    for entry in whole.release["dimension"]:
        young = {"code": "young", "label": "Young", "of": ["10_under", "18_20"]}
        entries.append({**entry, "groups": [*entry["groups"], young]} if entry["code"] == "age" else entry)
    wrong = replace(whole, release={**whole.release, "dimension": entries})
    with pytest.raises(NoRelease, match="'10_under' is in two groups that overlap"):
        plan_release("annual-2026", wrong, AREAS)


def test_a_release_calls_itself_local_management_statistics(annual):
    assert json.loads(annual.files["release.json"])["standing"].startswith("Local management statistics")


def test_leaf_and_group_are_different_codes_and_a_total_never_mixes_them(annual):
    rows = {(r["period"], r["stage"]): r["count"] for r in rows_of(annual.files, "tables/T01.csv")}
    for period in {p for p, _ in rows}:
        parts = [rows[period, s] for s in ("not_suitable", "discussed", "in_process")]
        if "[c]" not in [*parts, rows[period, "total"]]:
            assert sum(map(int, parts)) == int(rows[period, "total"])
