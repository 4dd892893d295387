"""Read from the pack what a release holds: its period, what it counts by, its tables and its guards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evenhand.kernels.disclosure.rules import Policy
from evenhand.kernels.disclosure.system import TOTAL
from evenhand.kernels.disclosure.tables import Dimension, Table
from evenhand.kernels.policy import Pack
from evenhand.oversight.publish import dimensions as by
from evenhand.oversight.publish.period import Period, label, parse
from evenhand.oversight.publish.trouble import NoRelease

PERIOD = "period"


@dataclass(frozen=True)
class PlannedTable:
    """A table of counts with what stands beside them.

    sheet   name and title of the sheet it is laid out on, which it may share with others of its kind
    """

    table: Table
    unit: str
    denominator: str
    history: bool
    rate_of: str | None
    relative_to: str | None
    source: str
    sheet: tuple[str, str]


@dataclass(frozen=True)
class Median:
    """Median days from referral to a place on the way, of those that came to a stage whose count is printed."""

    dimension: str
    stage: str
    to: str
    label: str


@dataclass(frozen=True)
class Guards:
    """How many there must be before a figure that is not a count is worked out."""

    percent: int
    median: int
    median_days: int
    rate: int
    ratio: int


@dataclass(frozen=True)
class Plan:
    """Everything a build needs to know before it looks at a record.

    name        annual-2026: the release and its period
    counts      "referral" or "incident": which records it counts
    root        the code of the period that a table without it stands for
    fields      what it counts by; the period is first
    history     first and last year of the tables that go back
    medians     the rows of the table of median days; its code and title
    """

    name: str
    pack: str
    title: str
    counts: str
    unit: str
    period: Period
    history: tuple[int, int]
    fields: tuple[by.Field, ...]
    tables: tuple[PlannedTable, ...]
    policy: Policy
    guards: Guards
    kept_days: int
    standing: str
    medians: tuple[Median, ...]
    medians_table: tuple[str, str]
    marks: Mapping[str, str]
    not_produced: tuple[tuple[str, str], ...]
    population: Mapping[str, int]
    population_source: str

    @property
    def root(self) -> str:
        """Return the code of the period that a table without one stands for."""
        return self.period.code

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Return what the kernel needs of each field."""
        return tuple(field.dimension for field in self.fields)

    def field(self, code: str) -> by.Field:
        """Return the field of that name."""
        return next(field for field in self.fields if field.code == code)

    def labels(self) -> dict[str, dict[str, str]]:
        """Return the label of every code of every field."""
        return {field.code: dict(field.labels) for field in self.fields}


def kinds(pack: Pack) -> tuple[Mapping[str, Any], ...]:
    """Return the releases that the pack names."""
    return tuple(_entries(pack, "release"))


def plan_release(
    name: str,
    pack: Pack,
    areas: Mapping[str, str],
    *,
    regions: Mapping[str, Sequence[str]] | None = None,
    first_year: int | None = None,
) -> Plan:
    """Return the plan of a release by its name.

    areas       label by code: the areas there are
    regions     the areas of each region, when the partnership lies in several
    first_year  the first year that the records know, for tables that go back
    raises      NoRelease, when the pack has no such release or its tables cannot be what they say
    """
    kind, year, quarter = parse(name)
    found = next((entry for entry in kinds(pack) if entry["code"] == kind), None)
    if found is None or "counts" not in found:
        known = ", ".join(str(entry["code"]) for entry in kinds(pack) if "counts" in entry) or "none"
        raise NoRelease(f"the pack {pack.code} has no release called {kind!r}; it has: {known}")
    if (found["period"] == "quarter") != (quarter is not None):
        shape = "a year and a quarter, as in quarterly-2026-q1" if quarter is None else "a year alone"
        raise NoRelease(f"{kind} needs {shape}")
    period = Period(year, quarter, int(str(found["year_ends"]).split("-")[0]))
    entries = [e for e in _entries(pack, "table") if kind in e.get("of", [])]
    counted = [e for e in entries if "measure" not in e]
    if not counted:
        raise NoRelease(f"the pack {pack.code} names no table for the release {kind!r}")
    back = max((int(e.get("history_years", 1)) for e in counted), default=1)
    history = (max(year - back + 1, min(first_year or year, year)), year)
    parted = dict(regions or {})
    fields = _fields(pack, found, counted, period, history, areas, parted)
    tables = [each for entry in counted for each in _each(entry, fields)]
    thresholds, guards = _rule(pack, "threshold"), _rule(pack, "guards")
    if any("median" in e for e in entries) and guards["median_least_count"] < 2 * thresholds["width"]:
        raise NoRelease(f"median_least_count must be at least {2 * thresholds['width']}, twice the width")
    people = {str(e["code"]): int(e["people"]) for e in _entries(pack, "population") if e["code"] in areas}
    people |= {
        f"region.{code}": sum(people[area] for area in parts)
        for code, parts in parted.items()
        if all(area in people for area in parts)
    }
    return Plan(
        name=name,
        pack=pack.code,
        title=f"{found['title']}: {label(period.code, period.ends_month)}",
        counts=str(found["counts"]),
        unit=str(found["unit"]),
        period=period,
        history=history,
        fields=fields,
        tables=tuple(_table(entry, fields, period, history) for entry in tables),
        policy=Policy(int(thresholds["threshold"]), thresholds["zeros"], int(thresholds["width"])),
        guards=Guards(
            int(guards["percent_least_denominator"]),
            int(guards["median_least_count"]),
            int(guards["median_round_days"]),
            int(guards["rate_least_count"]),
            int(guards["ratio_least_count"]),
        ),
        kept_days=int(_rule(pack, "sealed_cells")["kept_days"]),
        standing=str(_rule(pack, "standing")["label"]),
        medians=tuple(
            Median(str(e["columns"][0]), str(m["stage"]), str(m["to"]), str(m["label"]))
            for e in entries
            if e.get("measure") == "median_days"
            for m in e["median"]
        ),
        medians_table=next(
            ((str(e["code"]), str(e["label"])) for e in entries if e.get("measure") == "median_days"),
            ("", ""),
        ),
        marks={f"[{e['code']}]": str(e["label"]) for e in _entries(pack, "marker")},
        not_produced=tuple(
            (str(e["label"]), str(e["why"]))
            for e in _entries(pack, "not_produced")
            if not (parted and e.get("unless") == "regions") and kind in e.get("of", [kind])
        ),
        population=people,
        population_source="; ".join(
            dict.fromkeys(str(e["source"]) for e in _entries(pack, "population") if e["code"] in people)
        ),
    )


def _fields(
    pack: Pack,
    release: Mapping[str, Any],
    tables: Sequence[Mapping[str, Any]],
    period: Period,
    history: tuple[int, int],
    areas: Mapping[str, str],
    regions: Mapping[str, Sequence[str]],
) -> tuple[by.Field, ...]:
    """Return the period and every field that some table of the release names."""
    entries = {str(e["code"]): e for e in _entries(pack, "dimension") if e.get("counts") == release["counts"]}
    named = dict.fromkeys(name for table in tables for name in [*table["rows"], *table["columns"]])
    named.pop(PERIOD, None)
    found = [by.period_field(period, history, months=bool(release.get("months")))]
    for name in [*named, *dict.fromkeys(str(t["each"]) for t in tables if "each" in t)]:
        if name not in entries:
            raise NoRelease(f"a table counts by {name!r}, which release.toml does not describe")
        if entries[name].get("several"):
            found += by.each_of(entries[name], pack, period)
        elif "furthest" not in entries[name]:
            found.append(by.field_of(entries[name], pack, period, areas, regions))
    once = [entries[name] for name in named if "furthest" in entries[name]]
    return (*found, *(by.individuals(entry, entries[str(entry["furthest"])], found) for entry in once))


def _each(entry: Mapping[str, Any], fields: tuple[by.Field, ...]) -> list[Mapping[str, Any]]:
    """Return a table as it is, or once for each code that a record may have several of."""
    if "each" not in entry:
        return [entry]
    return [
        {
            **entry,
            "code": f"{entry['code']}_{field.printed[0]}",
            "label": f"{entry['label']}: {field.labels[field.printed[0]]}",
            "sheet_label": entry["label"],
            "rows": [field.code, *entry["rows"]],
        }
        for field in fields
        if field.code.startswith(f"{entry['each']}_")
    ]


def _table(
    entry: Mapping[str, Any], fields: tuple[by.Field, ...], period: Period, history: tuple[int, int]
) -> PlannedTable:
    """Return a table with the codes it prints."""
    named = [*entry["rows"], *entry["columns"]]
    keep: dict[str, tuple[str, ...]] = {}
    for field in fields:
        if field.code not in named:
            continue
        if field.code == PERIOD:
            years = tuple(f"y{year}" for year in range(history[0], history[1] + 1))
            keep[PERIOD] = _inside(period, entry) or years
        elif "parts_of" in entry and field.code == entry["rows"][0]:
            whole = str(entry["parts_of"])
            keep[field.code] = (whole, *field.parts(whole))
        elif field.printed:
            keep[field.code] = field.printed
        if field.code in entry.get("keep", {}):
            keep[field.code] = tuple(entry["keep"][field.code])
    share = entry.get("percent_of")
    if entry["denominator"] == "known_only" and share is not None and share[1] != "known":
        raise NoRelease(f"table {entry['code']} says known_only, but takes percentages of {share[1]!r}")
    return PlannedTable(
        table=Table(
            str(entry["code"]),
            str(entry["label"]),
            tuple(named),
            keep,
            (str(share[0]), str(share[1])) if share else None,
        ),
        unit=str(entry["unit"]),
        denominator=str(entry["denominator"]),
        history="history_years" in entry,
        rate_of=entry.get("rate_of"),
        relative_to=entry.get("relative_to"),
        source=str(entry["source"]),
        sheet=(str(entry["code"]).partition("_")[0], str(entry.get("sheet_label", entry["label"]))),
    )


def _inside(period: Period, entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the period and its parts, when a table goes by them."""
    if not entry.get("quarters") and not entry.get("months"):
        return ()
    if period.quarter:
        return (period.code, *period.months_of(period.quarter))
    inside = [(code, *period.months_of(n)) for n, code in enumerate(period.quarters, start=1)]
    return (period.code, *(c for part in inside for c in (part if entry.get("months") else part[:1])))


def _entries(pack: Pack, section: str) -> Iterable[Mapping[str, Any]]:
    found = pack.release.get(section, [])
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, Sequence) else []


def _rule(pack: Pack, code: str) -> Mapping[str, Any]:
    for entry in _entries(pack, "rule"):
        if entry["code"] == code:
            return entry
    raise NoRelease(f"release.toml of {pack.code} has no rule called {code!r}")


__all__ = ["PERIOD", "TOTAL", "Guards", "Plan", "PlannedTable", "kinds", "plan_release"]
