"""Bring in a list of incidents as forces and cities publish it: shown first, each row once ever, whole or not at all."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Max

from evenhand.casework.import_incidents.mapping import IncidentMap, check_map, read_map
from evenhand.casework.import_incidents.understanding import Reader, Terms, Understood, cautions
from evenhand.casework.incident_rules import review_day, rules
from evenhand.casework.sheets.faults import CannotRead, Fault
from evenhand.casework.sheets.reading import MOST_ROWS, read_sheet
from evenhand.gate import keys, ledger
from evenhand.gate.entry import Who, enter, now
from evenhand.gate.incidents import new_reference, remember_many
from evenhand.gate.policy import pack as current_pack
from evenhand.kernels.policy import Pack
from evenhand.records.incident import ImportRun, Incident
from evenhand.records.sealed import pack as packed
from evenhand.records.watch import WatchArea

__all__ = ["CannotRead", "Fault", "Imported", "Preview", "TooMany", "import_incidents", "preview", "read_map"]

A_BATCH = 500
SHOWN_ROWS = 10
TIMES_USUAL = 10
RECORDERS = ("incident_recorder", "hate_crime_coordinator")


class TooMany(CannotRead):
    """The file has far more rows than this source ever sent: a person says first that this is right."""

    def __init__(self, system: str, rows: int, most: int) -> None:
        super().__init__(f"the file has {rows:,} rows, and {system} never sent more than {most:,} at once")
        self.rows = rows


@dataclass(frozen=True)
class Preview:
    """A file as it was understood, before anything of it is taken in."""

    system: str
    rows: int
    good: int
    first: tuple[Understood, ...]
    faults: tuple[Fault, ...]
    cautions: tuple[str, ...]
    new_areas: int
    since: date | None
    until: date | None


@dataclass(frozen=True)
class Imported:
    """What became of a file."""

    taken: int
    before: int
    faults: tuple[Fault, ...]
    rows: int
    new_areas: int
    cautions: tuple[str, ...]
    since: date | None
    until: date | None


@dataclass(frozen=True)
class _Read:
    good: list[Understood]
    faults: list[Fault]
    rows: int
    cautions: list[str]


def preview(contents: bytes, column_map: IncidentMap, *, expect: int = 0) -> Preview:
    """Return the first rows as understood and every fault; takes nothing in. Raises CannotRead.

    expect   how many rows a person says there may be, where the file is larger than usual
    """
    found = _read(contents, column_map, expect)
    days = [row.occurred_on for row in found.good]
    there = set(WatchArea.objects.values_list("code", flat=True))
    fresh = {area.code for row in found.good for area in row.new_areas} - there
    return Preview(
        column_map.system, found.rows, len(found.good), tuple(found.good[:SHOWN_ROWS]), tuple(found.faults),
        tuple(found.cautions), len(fresh), min(days, default=None), max(days, default=None),
    )  # fmt: skip


def import_incidents(
    contents: bytes,
    column_map: IncidentMap,
    token: str | Who,
    *,
    expect: int = 0,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Imported:
    """Take in the good rows of a CSV file; a row that was taken in before is not taken again, whoever of the agency did it.

    Rows go in some hundreds at a time. None of them is shown or counted before the last is in; a killed import is begun
    again with the same file and goes on where it stopped.
    token      of whoever brings the list in; their agency has recorded it. Whoever has come in already is given
               themselves: then all of it stands in their one transaction
    progress   called after each batch with how many rows are done, and of how many
    raises     CannotRead, TooMany, EntryRefused, DatabaseAway
    """
    with _come_in(token) as who:
        agency = _agency(who)
        found = _read(contents, column_map, expect)
        usual = ImportRun.objects.filter(agency_id=agency, system=column_map.system).aggregate(
            most=Max("rows")
        )["most"]
        if usual and found.rows > TIMES_USUAL * usual and expect < found.rows:
            raise TooMany(column_map.system, found.rows, usual)
        mark = hashlib.sha256(packed({"system": column_map.system}) + contents).hexdigest()
        run, _made = ImportRun.objects.get_or_create(
            agency_id=agency,
            file_hash=mark,
            defaults={"system": column_map.system, "rows": found.rows, "began_by": who.practitioner_id},
        )
        made_areas = _make_areas(found.good, who, agency)
    taken = 0
    pack = current_pack()
    for start in range(0, len(found.good), A_BATCH):
        batch = found.good[start : start + A_BATCH]
        with _come_in(token) as who, transaction.atomic():
            taken += _take(batch, column_map, pack, who, agency, run.id)
        progress(min(start + A_BATCH, len(found.good)), len(found.good))
    with _come_in(token) as who:
        ImportRun.objects.filter(id=run.id).update(taken=taken, faults=len(found.faults))
        with connection.cursor() as cursor:
            cursor.execute("select wall.finish_run(%s)", [run.id])
    days = [row.occurred_on for row in found.good]
    return Imported(
        taken, len(found.good) - taken, tuple(found.faults), found.rows, made_areas, tuple(found.cautions),
        min(days, default=None), max(days, default=None),
    )  # fmt: skip


def _come_in(token: str | Who) -> AbstractContextManager[Who]:
    return nullcontext(token) if isinstance(token, Who) else enter(token)


def _agency(who: Who) -> UUID:
    mine = [agency for role, agency in who.holdings if role in RECORDERS]
    if not mine:
        raise CannotRead("bringing in a list is for incident recorders and hate crime coordinators")
    return who.agency_id if who.agency_id in mine else mine[0]


def _read(contents: bytes, column_map: IncidentMap, expect: int) -> _Read:
    sheet = read_sheet(
        contents,
        encoding=column_map.encoding,
        delimiter=column_map.delimiter,
        most_rows=max(MOST_ROWS, expect),
    )
    check_map(column_map, sheet.headings)
    pack = current_pack()
    today = pack.calendar.local_day(now())
    areas: dict[str, str] = {}
    for code, label in WatchArea.objects.filter(became=None).values_list("code", "label"):
        areas[code.casefold()] = code
        areas.setdefault(" ".join(label.casefold().split()), code)
    reader = Reader(column_map, Terms(pack.lists, areas, today))
    good: list[Understood] = []
    faults = list(sheet.faults)
    seen: dict[str, int] = {}
    for row in sheet.rows:
        one = reader.understand(row)
        if isinstance(one, list):
            faults += one
        elif one.reference in seen:
            faults.append(
                Fault(
                    row.number,
                    column_map.columns.get("reference", ("",))[0],
                    f"It has the same number as row {seen[one.reference]}.",
                    "Take one of them out.",
                )
            )
        else:
            seen[one.reference] = row.number
            good.append(one)
    return _Read(
        good, sorted(faults, key=lambda f: f.row), len(sheet.rows) + len({f.row for f in sheet.faults}),
        cautions([row.occurred_on for row in good], sheet),
    )  # fmt: skip


def _make_areas(rows: Iterable[Understood], who: Who, agency: UUID) -> int:
    """Put the areas of a list under watch, the larger before the smaller; their agency answers for them."""
    wanted = {area.code: area for row in rows for area in row.new_areas}
    there = set(WatchArea.objects.values_list("code", flat=True))
    made = 0
    for code, area in sorted(wanted.items(), key=lambda item: item[0].count("-")):
        if code in there:
            continue
        if area.parent not in there and area.parent not in wanted:
            WatchArea.objects.bulk_create(
                [WatchArea(code=area.parent, label=area.parent.upper(), kind="whole", answers_id=agency)]
            )
            there.add(area.parent)
            made += 1
    levels: list[list[str]] = []
    for row in rows:
        for number, area in enumerate(row.new_areas):
            while len(levels) <= number:
                levels.append([])
            levels[number].append(area.code)
    for level in levels:
        fresh = [wanted[code] for code in dict.fromkeys(level) if code not in there]
        WatchArea.objects.bulk_create(
            [
                WatchArea(code=a.code, label=a.label, kind="area", parent_id=a.parent, answers_id=agency)
                for a in fresh
            ],
            batch_size=A_BATCH,
        )
        there |= {a.code for a in fresh}
        made += len(fresh)
    return made


def fingerprint(reference: str, system: str, agency: UUID) -> str:
    """Return what a row is known by later; only this instance can make it, and each agency has its own."""
    text = packed({"agency": str(agency), "system": system, "incident": reference})
    return hmac.new(keys.store().make(keys.HOUSE_KEY), text, hashlib.sha256).hexdigest()


def _take(
    batch: list[Understood], column_map: IncidentMap, pack: Pack, who: Who, agency: UUID, run: UUID
) -> int:
    """Put one batch on record with a line of the ledger for each row; returns how many were new."""
    marks = {fingerprint(row.reference, column_map.system, agency): row for row in batch}
    with connection.cursor() as cursor:
        cursor.execute("select wall.incidents_taken(%s, %s)", [agency, list(marks)])
        before = {taken[0] for taken in cursor.fetchall()}
    moment = now()
    made = []
    for mark, row in marks.items():
        if mark not in before:
            made.append(_incident(row, mark, column_map, pack, who, agency, run))
    Incident.objects.bulk_create(made, batch_size=A_BATCH)
    if made:
        remember_many(
            [
                ledger.entry(actor=who.practitioner_id, verb="import_incident", case=row.reference, at=moment, detail=column_map.system)
                for row in made
            ]
        )  # fmt: skip
    return len(made)


def _incident(
    row: Understood, mark: str, column_map: IncidentMap, pack: Pack, who: Who, agency: UUID, run: UUID
) -> Incident:
    kind = "crime" if row.crime else "non_crime"
    fitting = [r for r in rules(pack) if r.applies_to == kind and r.holds_on(row.recorded_on)]
    return Incident(
        id=uuid4(), reference=new_reference(), agency_id=agency, area_id=row.area, source=row.source,
        system=column_map.system, fingerprint=mark, run_id=run, live=False, strands=list(row.strands),
        religions=list(row.religions), crime=row.crime, offence_group=row.offence_group,
        # A list may be older than every rule: what it holds was recorded by others, under theirs.
        rule=fitting[0].code if fitting else "", occurred_on=row.occurred_on, occurred_until=row.occurred_until,
        reported_on=row.reported_on, recorded_on=row.recorded_on, place_kind=row.place_kind,
        online=row.place_kind == "online", wishes=list(row.wishes), repeat_victim=row.repeat_victim,
        written_by=who.practitioner_id,
        # What is no crime comes up to be kept or forgotten, whoever recorded it first.
        review_on=review_day(fitting[0], row.recorded_on) if fitting and not row.crime else None,
    )  # fmt: skip


def by_strand(rows: Iterable[Understood]) -> Counter[str]:
    """Return how many rows name each strand; they add up to more than there are rows."""
    return Counter(strand for row in rows for strand in row.strands)
