"""Count referrals by stage, outcome and time: computed for all, protected for all, the same for every viewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from evenhand.gate.entry import enter_house
from evenhand.gate.policy import pack as current_pack
from evenhand.kernels.disclosure import protect_counts
from evenhand.kernels.policy import Pack
from evenhand.oversight.stages import stages, stops
from evenhand.records.agency import Area
from evenhand.records.equality import PublishedCount

TOTAL = "total"
QUARTERS = 16
EARLIER = "0000-Q0"
LOCK = 7_100_231
FEW = "*few"
RARE = 4
NOT_KNOWN = "Not known"
IN_PROGRESS = "No outcome yet"
# Each table is rows by columns; together they share their margins, so they are protected as one.
BOARDS = (
    ("stage", "quarter", "How far referrals came, by quarter of referral"),
    ("outcome", "quarter", "What became of referrals, by quarter of referral"),
    ("sector", "stage", "How far referrals came, by sector of referral"),
    ("area", "stage", "How far referrals came, by area"),
    ("age_band", "stage", "How far referrals came, by age at referral"),
    ("concern", "stage", "How far referrals came, by type of concern"),
)
DIMENSIONS = ("stage", "quarter", "outcome", "sector", "area", "age_band", "concern")
LISTS = {"sector": "sectors", "age_band": "age_bands", "concern": "concerns", "outcome": "outcomes"}

_CELLS = """
with stop (journey, edition, place, position) as (
       select * from unnest(%s::text[], %s::text[], %s::text[], %s::int[])),
     came as (
       select d.case_id, max(s.position) as position
         from decision d join case_file f on f.id = d.case_id
         join stop s on s.journey = f.journey and s.edition = f.edition and s.place = d.to_place
        where f.pack = %s group by d.case_id)
select c.journey, coalesce(came.position, nullif(c.stage_position, -1)), to_char(c.referred_on, 'YYYY-"Q"Q'), c.outcome, c.sector, c.area, c.age_band,
       c.concern, count(*)
  from counted_case c left join came on came.case_id = c.case_id
 where c.pack = %s and c.excluded_from_statistics_reason = ''
   and c.journey <> all (%s)
 group by 1, 2, 3, 4, 5, 6, 7, 8
"""


@dataclass(frozen=True)
class Table:
    """One protected table: None where a figure is withheld; every viewer gets this very table."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], int | None]
    note: str
    computed_at: datetime


@dataclass(frozen=True)
class Referrals:
    """How many referrals have these codes, one for each of DIMENSIONS."""

    journey: str
    codes: tuple[str, ...]
    number: int


def refresh(now: datetime) -> int:
    """Count all cases and put the protected figures in place of the last ones; returns how many figures stand.

    Only the house can: through the worker's database role. Two at once: the second leaves it to the first.
    """
    pack = current_pack()
    with enter_house():
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return 0
        areas = dict(Area.objects.values_list("code", "label"))
        found = _referrals(pack)
        figures: list[PublishedCount] = []
        for journey in sorted({row.journey for row in found}):
            counted = grouped([r for r in found if r.journey == journey], RARE * pack.counts.threshold)
            figures += _figures(journey, counted, pack, areas, now)
        with transaction.atomic():
            PublishedCount.objects.all().delete()
            PublishedCount.objects.bulk_create(figures, batch_size=500)
    return len(figures)


def tables() -> list[Table]:
    """Return the figures as they were last computed, for whoever asks alike; nothing else is read."""
    found: dict[str, list[PublishedCount]] = {}
    for figure in PublishedCount.objects.order_by("id"):
        found.setdefault(figure.table, []).append(figure)
    return [_table(figures) for figures in found.values()]


def protected(cells: Mapping[tuple[str, ...], int], pack: Pack) -> dict[tuple[str, ...], int | None]:
    """Return the cells of all tables, protected as one system by the pack's rule for counts."""
    return protect_counts(cells, threshold=pack.counts.threshold, round_to=pack.counts.round_to)


def cells_of(found: Iterable[Referrals]) -> dict[tuple[str, ...], int]:
    """Return every cell of every table with its margins, the empty ones as 0."""
    rows = list(found)
    present = [sorted({row.codes[axis] for row in rows}) for axis in range(len(DIMENSIONS))]
    counted: Counter[tuple[str, ...]] = Counter()
    for down, across, _ in BOARDS:
        first, second = DIMENSIONS.index(down), DIMENSIONS.index(across)
        for one in [*present[first], TOTAL]:
            for other in [*present[second], TOTAL]:
                counted[_key({first: one, second: other})] += 0
    for row in rows:
        keys = set()
        for down, across, _ in BOARDS:
            first, second = DIMENSIONS.index(down), DIMENSIONS.index(across)
            for one in (row.codes[first], TOTAL):
                for other in (row.codes[second], TOTAL):
                    keys.add(_key({first: one, second: other}))
        for key in keys:
            counted[key] += row.number
    return dict(counted)


def grouped(found: list[Referrals], least: int) -> list[Referrals]:
    """Return the referrals with every code of fewer than `least` of them put with the other rare ones.

    A row of its own for each rare code would show nothing but withheld figures, and cost others theirs.
    """
    rare: list[set[str]] = []
    for axis in range(len(DIMENSIONS)):
        totals: Counter[str] = Counter()
        for row in found:
            totals[row.codes[axis]] += row.number
        few = {code for code, number in totals.items() if number < least}
        rare.append(few if len(few) > 1 else set())
    return [
        Referrals(
            row.journey, tuple(FEW if c in rare[axis] else c for axis, c in enumerate(row.codes)), row.number
        )
        for row in found
    ]


def _key(codes: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(codes.get(axis, TOTAL) for axis in range(len(DIMENSIONS)))


def _referrals(pack: Pack) -> list[Referrals]:
    ways = list(stops(pack))
    listed = stages(pack)
    with connection.cursor() as cursor:
        cursor.execute(
            _CELLS,
            [
                [w.journey for w in ways],
                [w.edition for w in ways],
                [w.place for w in ways],
                [w.position for w in ways],
                pack.code,
                pack.code,
                # A journey that stands apart is never set beside the others.
                [code for code, journey in pack.journeys.items() if journey.apart],
            ],
        )
        rows = cursor.fetchall()
    newest = sorted({row[2] for row in rows})[-QUARTERS:]
    return [
        Referrals(
            journey=row[0],
            codes=(
                listed[row[1]] if row[1] is not None else "",
                row[2] if row[2] in newest else EARLIER,
                *row[3:8],
            ),
            number=row[8],
        )
        for row in rows
    ]


def _figures(
    journey: str, found: list[Referrals], pack: Pack, areas: Mapping[str, str], now: datetime
) -> list[PublishedCount]:
    cells = cells_of(found)
    safe = protected(cells, pack)
    label = pack.journeys[journey].label if journey in pack.journeys else journey
    figures = []
    for down, across, title in BOARDS:
        first, second = DIMENSIONS.index(down), DIMENSIONS.index(across)
        rows, columns = (_ordered(axis, cells, pack, areas) for axis in (first, second))
        for row, row_label in rows:
            for column, column_label in columns:
                key = _key({first: row, second: column})
                words = {"title": f"{label}: {title}", "row": row_label, "column": column_label}
                figures.append(
                    PublishedCount(table=f"{journey}.{down}", key=words, value=safe[key], computed_at=now)
                )
    return figures


def _ordered(
    axis: int, cells: Mapping[tuple[str, ...], int], pack: Pack, areas: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return the codes of one dimension with their labels, in the order of its list, the total last."""
    there = {key[axis] for key in cells} - {TOTAL}
    name = DIMENSIONS[axis]
    order: list[str]
    labels: dict[str, str]
    if name == "quarter":
        order, labels = sorted(there - {FEW}), {code: _quarter(code) for code in there - {FEW}}
    elif name == "area":
        order, labels = sorted(there - {FEW}, key=lambda code: areas.get(code, code)), dict(areas)
    else:
        codes = pack.lists.get("stages" if name == "stage" else LISTS[name])
        listed = dict(codes.codes) if codes else {}
        order = [code for code in listed if code in there] + sorted(there - set(listed) - {FEW})
        doubled = Counter(listed[code].label for code in order if code in listed)
        labels = {
            code: entry.label
            if doubled[entry.label] < 2
            else f"{entry.label} ({_since(entry.effective_from)})"
            for code, entry in listed.items()
        }
    if FEW in there:
        order.append(FEW)
        labels[FEW] = "Others, few each"
    labels[""] = IN_PROGRESS if name == "outcome" else NOT_KNOWN
    return [(code, labels.get(code, code)) for code in order] + [(TOTAL, "All")]


def _quarter(code: str) -> str:
    if code == EARLIER:
        return "Earlier"
    year, quarter = code.split("-Q")
    months = ("January to March", "April to June", "July to September", "October to December")
    return f"{months[int(quarter) - 1]} {year}"


def _since(day: date | None) -> str:
    return f"from {day:%B %Y}" if day else "any time"


def _table(figures: list[PublishedCount]) -> Table:
    first = figures[0]
    rows = dict.fromkeys(str(f.key["row"]) for f in figures)
    columns = dict.fromkeys(str(f.key["column"]) for f in figures)
    return Table(
        title=str(first.key["title"]),
        rows=tuple(rows),
        columns=tuple(columns),
        cells={(str(f.key["row"]), str(f.key["column"])): f.value for f in figures},
        note=note(),
        computed_at=first.computed_at,
    )


def note() -> str:
    """Say what is counted and what was done to the figures."""
    rule = current_pack().counts
    return (
        "Referrals are counted. One person may be referred more than once, and a referral is not a case that a "
        f"panel supports. Counts from 1 to {rule.threshold - 1} are withheld [c], and so is whatever would give "
        f"them away; the others are rounded to the nearest {rule.round_to}, so a row may not add up. "
        "Everybody sees the same figures."
    )
