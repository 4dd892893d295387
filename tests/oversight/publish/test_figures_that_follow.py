"""Percentages, rates, ratios and medians: only from printed counts that suffice, and the published history exactly."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import AREAS, answers, built, frozen, plan, rows

from evenhand.gate.policy import pack
from evenhand.kernels.disclosure.medians import NoMedian, PrintedMedian, median_to_print
from evenhand.kernels.disclosure.percent import percent_half_up
from evenhand.kernels.disclosure.rates import TooFew, rate_per, rate_ratio
from evenhand.kernels.disclosure.tables import Table
from evenhand.oversight.publish import extract
from evenhand.oversight.publish.build import build
from evenhand.oversight.publish.compose import Edition
from evenhand.oversight.publish.plan import plan_release
from evenhand.oversight.publish.progress import Progress
from evenhand.oversight.publish.protect import Earlier
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


RULE = {"least": 10, "step": 5, "threshold": 5}


def test_two_medians_of_a_few_give_the_days_of_the_one_who_came_between_and_are_not_printed():
    """Three took 10, 20 and 40 days; a fourth came in before the next release."""
    first, then = median([10, 20, 40]), median([10, 20, 40, 30])
    assert 2 * then - first == 30  # whoever has both knows the fourth's days to the day
    assert median_to_print(3, first, [], **RULE) is NoMedian.TOO_FEW
    # The same with enough people: eleven, then twelve, of whom the twelfth took 30 days.
    eleven = [*range(15, 20), 20, *range(40, 45)]
    said = PrintedMedian(11, median_to_print(11, median(eleven), [], **RULE))
    assert 2 * median([*eleven, 30]) - median(eleven) == 30
    assert median_to_print(12, median([*eleven, 30]), [said], **RULE) is NoMedian.WITHHELD
    # One of the eleven was corrected: the count is the same, and what was printed stands.
    assert median_to_print(11, median([*eleven[1:], 90]), [said], **RULE) == said.days
    assert median_to_print(16, 41.0, [said], **RULE) == 40


@given(
    st.integers(0, 60),
    st.integers(0, 400),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 80)), max_size=4),
)
def test_no_two_printed_medians_are_of_groups_that_differ_by_a_few(count, days, pairs):
    before = [PrintedMedian(n, 5 * d) for n, d in pairs]
    printed = median_to_print(count, float(days), before, **RULE)
    if isinstance(printed, int):
        assert all(n == count or abs(n - count) >= 5 for n, _ in pairs)
        assert printed % 5 == 0
        assert any(n == count and printed == 5 * d for n, d in pairs) or (
            count >= 10 and all(n != count for n, _ in pairs)
        )


def adopted_rows(days):
    """Return made-up rows of which so many were adopted as there are days."""
    others = ["|no_further_action|", "|signposted|", "|not_adopted|", "|not_suitable_other|", "||"]
    taken = rows(120, 3).assign(ever=others * 24, excluded="", individual="", support="||", days="||")
    more = rows(len(days), 4, first="2025-06-01", days=200).assign(
        ever="|adopted|consent_given|", excluded="", individual="", support="||",
        days=["||" if d is None else f"|R8={d}|" for d in days],
    )  # fmt: skip
    return pd.concat([taken, more], ignore_index=True)


def median_edition(monkeypatch, days, earlier=(), name="annual-2026"):
    """Build a release of one table with its medians; return its row of those adopted, and what it is to later ones."""
    from evenhand.oversight.publish import build as building

    monkeypatch.setattr(building, "write_ods", lambda _: b"ods")
    monkeypatch.setattr(building, "write_xlsx", lambda _: b"xlsx")
    monkeypatch.setattr(building, "drawable", lambda _: False)
    planned = plan("annual-2026")
    one = next(t for t in planned.tables if t.table.name == "T17")
    stages = {"stage": planned.field("stage").printed}
    one = replace(one, table=Table("T17", "Stage reached", ("stage",), stages, ("stage", "total")))
    planned = replace(planned, name=name, tables=(one,))
    taken = extract.count_rows(planned, adopted_rows(days), answers(0))
    made = build(planned, taken, list(earlier), Edition(name, "f" * 64), progress=Progress(time.monotonic))
    texts = {path: data.decode() for path, data in made.files.items() if path.endswith((".csv", ".json"))}
    counts = {p.table.name: taken.counts(planned, p) for p in planned.tables}
    row = next(r for r in rows_of(made.files, "more/T18.csv") if "adopted" in r["From referral to"])
    return (row["Referrals"], row["Median days"]), Earlier(name, texts, counts)


def test_a_new_edition_prints_no_median_that_one_person_moved(monkeypatch):
    days = [*range(10, 20), 20, *range(60, 70)]
    first, before = median_edition(monkeypatch, days)
    assert first == ("21", "20")
    one_more, _ = median_edition(monkeypatch, [*days, 44], [before], "annual-2026-r2")
    assert one_more == ("[c]", "[c]")
    corrected, _ = median_edition(monkeypatch, [*days[1:], 200], [before], "annual-2026-r2")
    assert corrected == ("21", "20")
    nine_more, _ = median_edition(monkeypatch, [*days, *range(70, 79)], [before], "annual-2026-r2")
    assert nine_more == ("30", "65")
    half_there, _ = median_edition(monkeypatch, [*days[:11], *[None] * 12])
    assert half_there == ("23", "[x]")


def test_a_pack_whose_guard_of_medians_is_too_low_for_its_width_is_refused():
    whole = pack("gb-eaw")
    rules = [
        {**rule, "median_least_count": 9} if rule["code"] == "guards" else rule
        for rule in whole.release["rule"]
    ]
    broken = replace(whole, release={**whole.release, "rule": rules})
    with pytest.raises(NoRelease, match="at least 10, twice the width"):
        plan_release("annual-2026", broken, AREAS, first_year=2025)


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
    assert {row["Median days"] for row in shown} & {"10", "40"}
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
