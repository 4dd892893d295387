"""Put a release folder together: protected tables, what follows from them alone, the account, the spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.kernels.disclosure.medians import NoMedian, PrintedMedian, median_to_print
from evenhand.kernels.disclosure.programme import Flags, Ints
from evenhand.kernels.disclosure.rates import TooFew, rate_per, rate_ratio
from evenhand.kernels.disclosure.release import Texts, Words, release_files
from evenhand.kernels.disclosure.system import TOTAL
from evenhand.oversight.publish.frozen import Frozen
from evenhand.oversight.publish.plan import PERIOD, Median, Plan, PlannedTable
from evenhand.oversight.publish.protect import Earlier, Safe
from evenhand.oversight.publish.trouble import NoRelease

MILLION = 1_000_000
WITHHELD, TOO_FEW, NOT_APPLICABLE = "[c]", "[x]", "[z]"
UNITS = {
    "referral": "A referral is a report of a worry. One person may be referred more than once, and a referral is not a case.",
    "case": "A case here is a referral that a panel adopted for support.",
    "individual": "One individual may be referred more than once. Each is counted once here, at the referral that came furthest;"
    " their other referrals are further referrals. Who a referral is about is decided only after it has passed screening,"
    " so individuals are counted among those referrals alone.",
    "support": "A plan may hold several kinds of support, so the kinds add up to more than those adopted.",
    "incident": "An incident may have several strands, so the strands add up to more than all incidents.",
}
# A table of individuals counts referrals by whether they are the one that their individual is counted at.
COUNTED_AS = {"individual": "referral", "case": "referral", "support": "plan"}
DENOMINATORS = {
    "all": "Percentages are of all {unit}s in the row or column named total.",
    "known_only": "Percentages are of those where it is known, halves rounded up.",
    "stage_reached": "Percentages are of those who came so far.",
}


@dataclass(frozen=True)
class Edition:
    """What a release says of this edition of itself.

    revisions   (edition, day, reason) of every edition there was, the first first
    """

    name: str
    extract: str
    edition: int = 1
    revisions: tuple[tuple[str, str, str], ...] = ()


def compose(
    plan: Plan,
    frozen: Frozen,
    safe: Safe,
    earlier: Sequence[Earlier],
    edition: Edition,
) -> dict[str, str]:
    """Return the text files of the release folder.

    Percentages, rates, ratios and marks are worked out from what is printed; nothing hidden enters them.
    """
    shown = {p.table.name: safe.shown(plan.name, p.table.name) for p in plan.tables}
    medians = _medians(plan, frozen, shown, earlier)
    more, extra = _more_tables(plan, medians, shown, edition)
    words = Words(
        standing=plan.standing,
        labels=plan.labels(),
        units={p.table.name: p.unit for p in plan.tables},
        about={
            "edition": edition.edition,
            "pack": plan.pack,
            "counts": plan.counts,
            "period": {
                "code": plan.root,
                "begins": plan.period.begins.isoformat(),
                "ends": plan.period.ends.isoformat(),
            },
            "fields": {field.code: field.label for field in plan.fields},
            "more": more,
            "not_produced": [list(pair) for pair in plan.not_produced],
            "population_source": plan.population_source,
            "compared_with": [one.name for one in earlier],
            "medians": [{"stage": m.stage, "to": m.to, "count": of, "days": days} for m, of, days in medians],
        },
        beside={p.table.name: _beside(plan, p, *shown[p.table.name], earlier) for p in plan.tables},
        marks=plan.marks,
    )
    files = release_files(
        plan.name,
        plan.title,
        safe.joined,
        safe.printed(plan),
        plan.policy,
        guard=plan.guards.percent,
        extract_hash=edition.extract,
        roots=safe.roots,
        earlier=safe.carried,
        words=words,
    )
    files |= extra
    files["release.json"] = _with_notes(files["release.json"], plan)
    if plan.population:
        files["population.csv"] = _csv(
            [["area", "people"], *([code, n] for code, n in sorted(plan.population.items()))]
        )
    files["account.json"] = _account(files["account.json"], plan, earlier)
    return files


def _with_notes(text: str, plan: Plan) -> str:
    """Put the notes of each table into release.json."""
    about = json.loads(text)
    planned = {p.table.name: p for p in plan.tables}
    for table in about["tables"]:
        table["notes"] = _notes(planned[table["name"]])
        table["sheet"] = list(planned[table["name"]].sheet)
    return json.dumps(about, indent=1, ensure_ascii=False) + "\n"


def _notes(planned: PlannedTable) -> list[str]:
    notes = [UNITS[planned.unit]] if planned.unit in UNITS else []
    if planned.table.share is not None:
        notes.append(
            DENOMINATORS[planned.denominator].format(unit=COUNTED_AS.get(planned.unit, planned.unit))
        )
    if planned.history:
        notes.append(
            "Earlier years may differ from what was published then: cases went on since. See the marks."
        )
    notes.append(f"Source of the table's shape: {planned.source}.")
    return notes


def _beside(
    plan: Plan, planned: PlannedTable, counts: Ints, withheld: Flags, earlier: Sequence[Earlier]
) -> dict[str, Texts]:
    """Return the rate and mark columns of a table."""
    table = planned.table
    codes = [table.codes(plan.field(name).dimension) for name in table.dimensions]
    found: dict[str, Texts] = {}
    if planned.rate_of is not None and plan.population:
        rates = np.full(counts.shape, NOT_APPLICABLE, dtype="<U12")
        for at in np.ndindex(counts.shape):
            key = {name: codes[axis][at[axis]] for axis, name in enumerate(table.dimensions)}
            people = plan.population.get(key.get("area", ""))
            if key[planned.rate_of] != TOTAL or people is None:
                continue
            rates[at] = WITHHELD if withheld[at] else _rate(int(counts[at]), people, plan.guards.rate)
        found["rate"] = rates
    if planned.history:
        before = _printed_before(table.name, table.dimensions, earlier)
        marks = np.full(counts.shape, "", dtype="<U12")
        for at in np.ndindex(counts.shape):
            cell = tuple(codes[axis][place] for axis, place in enumerate(at))
            said = []
            if cell[table.dimensions.index(PERIOD)] == plan.root:
                said.append("[p]")
            if not withheld[at] and before.get(cell, WITHHELD) not in {WITHHELD, str(counts[at])}:
                said.append("[r]")
            marks[at] = " ".join(said)
        found["mark"] = marks
    return found


def _rate(count: int, people: int, least: int) -> str:
    try:
        return f"{rate_per(count, people, per=MILLION, least=least):.1f}"
    except TooFew:
        return TOO_FEW


def _printed_before(
    table: str, dimensions: Sequence[str], earlier: Sequence[Earlier]
) -> dict[tuple[str, ...], str]:
    """Return what earlier releases printed in the table of the same name, the latest last."""
    found: dict[tuple[str, ...], str] = {}
    for one in earlier:
        for row in csv.DictReader(io.StringIO(one.files.get(f"tables/{table}.csv", ""))):
            found[tuple(row[name] for name in dimensions)] = row["count"]
    return found


def _more_tables(
    plan: Plan,
    medians: Sequence[tuple[Median, int | str, int | str]],
    shown: Mapping[str, tuple[Ints, Flags]],
    edition: Edition,
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the tables that are no counts: median days, ratios of rates, revisions."""
    described: list[dict[str, Any]] = []
    files: dict[str, str] = {}

    def put(name: str, title: str, unit: str, notes: list[str], rows: list[list[object]]) -> None:
        described.append({"name": name, "title": title, "unit": unit, "notes": notes})
        files[f"more/{name}.csv"] = _csv(rows)
        files[f"more/{name}.csv-metadata.json"] = _metadata(name, title, [str(h) for h in rows[0]])

    if plan.medians:
        put(
            *plan.medians_table,
            "days",
            [
                "From the day of referral to the day on which a referral first came there.",
                f"Worked out only where the count beside it is printed and at least {plan.guards.median}, and rounded to"
                f" {_days(plan.guards.median_days)}. Who has not come there yet counts as later than anybody: there is"
                " no median where that is half of them. A local figure, not one of the Home Office.",
                "A median that an earlier edition printed stands until its count has changed by at least"
                f" {plan.policy.threshold}.",
            ],
            [
                ["From referral to", "Referrals", "Median days"],
                *(list[object]((m.label, of, days)) for m, of, days in medians),
            ],
        )
    for planned in plan.tables:
        if planned.relative_to is not None:
            put(
                f"{planned.table.name}R",
                f"{planned.table.title}: ratio of the shares, against {_label(plan, planned)}",
                "ratio",
                [
                    "How much larger or smaller the share that came to the stage is, with its 95% interval.",
                    f"Worked out only where both groups have at least {plan.guards.ratio} at the stage, and from"
                    " printed counts alone. A ratio says nothing of why.",
                ],
                _ratios(plan, planned, *shown[planned.table.name]),
            )
    put(
        "T19",
        "Revisions: every edition of this release",
        "edition",
        ["An edition is never changed after its hour. A new one says why it was made."],
        [["Edition", "Asked for on", "Why"], *(list[object](line) for line in edition.revisions)],
    )
    return described, files


def _days(number: int) -> str:
    return "whole days" if number == 1 else f"{number} days"


def _medians(
    plan: Plan, frozen: Frozen, shown: Mapping[str, tuple[Ints, Flags]], earlier: Sequence[Earlier]
) -> list[tuple[Median, int | str, int | str]]:
    """Return each median with the count beside it, as they are printed.

    raises   NoRelease, when a median is not of those whose count is printed
    """
    marks = {NoMedian.WITHHELD: WITHHELD, NoMedian.TOO_FEW: TOO_FEW}
    found: list[tuple[Median, int | str, int | str]] = []
    for median in plan.medians:
        count = _printed_count(plan, shown, median.dimension, median.stage)
        number, days = frozen.medians[median.stage]
        if count is not None and count != number:
            raise NoRelease(f"the median of {median.stage} is of {number}, its table says {count}")
        printed = median_to_print(
            count,
            days,
            _medians_before(plan, median, earlier),
            least=plan.guards.median,
            step=plan.guards.median_days,
            threshold=plan.policy.threshold,
        )
        said = marks[printed] if isinstance(printed, NoMedian) else printed
        found.append((median, WITHHELD if count is None else count, said))
    return found


def _medians_before(plan: Plan, median: Median, earlier: Sequence[Earlier]) -> list[PrintedMedian]:
    """Return what earlier releases of the same period printed of a median."""
    abouts = [json.loads(one.files["release.json"]) for one in earlier]
    return [
        PrintedMedian(said["count"], said["days"])
        for about in abouts
        if about.get("period", {}).get("code") == plan.root
        for said in about.get("medians", [])
        if (said["stage"], said["to"]) == (median.stage, median.to) and isinstance(said["days"], int)
    ]


def _printed_count(
    plan: Plan, shown: Mapping[str, tuple[Ints, Flags]], dimension: str, code: str
) -> int | None:
    """Return the count of a code over the whole release; None, when it is withheld or no table prints it."""
    for planned in plan.tables:
        table = planned.table
        if dimension not in table.dimensions or planned.history:
            continue
        whole = {name: plan.root if name == PERIOD else TOTAL for name in table.dimensions} | {
            dimension: code
        }
        codes = [table.codes(plan.field(name).dimension) for name in table.dimensions]
        if any(whole[name] not in codes[axis] for axis, name in enumerate(table.dimensions)):
            continue
        at = tuple(codes[axis].index(whole[name]) for axis, name in enumerate(table.dimensions))
        counts, withheld = shown[table.name]
        return None if withheld[at] else int(counts[at])
    return None


def _label(plan: Plan, planned: PlannedTable) -> str:
    return plan.field(planned.table.dimensions[0]).labels[str(planned.relative_to)]


def _ratios(plan: Plan, planned: PlannedTable, counts: Ints, withheld: Flags) -> list[list[object]]:
    table = planned.table
    group, stage = (plan.field(name) for name in table.dimensions)
    down, across = table.codes(group.dimension), table.codes(stage.dimension)
    whole, base = across.index(TOTAL), down.index(str(planned.relative_to))
    rows: list[list[object]] = [["Group and stage", "Ratio", "Lower", "Upper"]]
    for at, code in enumerate(down):
        if code in {TOTAL, "known", group.unknown, planned.relative_to}:
            continue
        for column, reached in enumerate(across):
            if column == whole:
                continue
            needed = [(at, column), (at, whole), (base, column), (base, whole)]
            said = f"{group.labels[code]}: {stage.labels[reached]}"
            if any(withheld[cell] for cell in needed):
                rows.append([said, WITHHELD, WITHHELD, WITHHELD])
                continue
            a, n, b, m = (int(counts[cell]) for cell in needed)
            try:
                ratio = rate_ratio((a, n), (b, m), least=plan.guards.ratio)
                rows.append([said, f"{ratio.value:.2f}", f"{ratio.low:.2f}", f"{ratio.high:.2f}"])
            except TooFew:
                rows.append([said, TOO_FEW, TOO_FEW, TOO_FEW])
    return rows


def _metadata(name: str, title: str, headings: Sequence[str]) -> str:
    described = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": f"{name}.csv",
        "dc:title": title,
        "dialect": {"delimiter": ",", "header": True, "encoding": "utf-8"},
        "tableSchema": {"columns": [{"titles": heading, "datatype": "string"} for heading in headings]},
    }
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _account(text: str, plan: Plan, earlier: Sequence[Earlier]) -> str:
    said = json.loads(text)
    if plan.medians:
        said["outside_the_proof"] = [
            f"{plan.medians_table[0]}: median days are no sums of counts, so the witnesses say nothing of them. They are"
            f" of at least {plan.guards.median} referrals whose count is printed, rounded to"
            f" {_days(plan.guards.median_days)}, and one that was printed stands until its count has changed by at least"
            f" {plan.policy.threshold}."
        ]
    said["held_against"] = [one.name for one in earlier]
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def _csv(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
