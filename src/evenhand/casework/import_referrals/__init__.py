"""Import referrals as councils and schools keep them: good rows go through the gate, each row once, ever."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256

from django.db import connection, transaction

from evenhand.casework.import_referrals.mapping import ColumnMap, check_map, read_map
from evenhand.casework.import_referrals.understanding import Terms, Understood, understand
from evenhand.casework.names import age_band
from evenhand.casework.people import holding_now
from evenhand.casework.refer import REPORTER_FIELDS
from evenhand.casework.sheets.faults import CannotRead, Fault
from evenhand.casework.sheets.reading import Sheet, read_sheet
from evenhand.gate import keys
from evenhand.gate.act import Act, Done, Invalid, Refused, Writing, open_case
from evenhand.gate.entry import Who, enter, now
from evenhand.gate.policy import pack as current_pack
from evenhand.records.agency import Area
from evenhand.records.identity import ForeignReference
from evenhand.records.practitioner import RoleHolding
from evenhand.records.report import Report, Reporter
from evenhand.records.sealed import pack as packed

__all__ = ["CannotRead", "Fault", "Imported", "NoneTaken", "import_referrals", "read_map"]

DOOR = "import"
NOON = time(12, tzinfo=UTC)


@dataclass(frozen=True)
class Imported:
    """What became of a file."""

    begun: tuple[tuple[int, str], ...]
    """Row and reference of each case that was begun."""
    before: tuple[int, ...]
    """Rows that had been taken in before."""
    faults: tuple[Fault, ...]
    rows: int
    encoding: str
    delimiter: str


class NoneTaken(Exception):
    """There are faults, and none of the rows was wanted then; says which."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__(f"{len(faults)} faults; nothing was taken in")


class _TakenBefore(Exception):
    """Somebody else took the row in between; everything of this one is undone."""


def import_referrals(
    contents: bytes,
    column_map: ColumnMap,
    token: str,
    *,
    none_if_faults: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Imported:
    """Take in the good rows of a CSV file, or with `none_if_faults` all rows or none.

    A row that was taken in before, whoever of the same agency did it and however often it was begun again,
    is not taken again. Each row is on disk, owned by a named person, or not there at all.
    token     of whoever brings the rows in; their agency is the referrer
    progress  called after each row with how many are done, and of how many
    raises    CannotRead, NoneTaken, EntryRefused, DatabaseAway
    """
    sheet = read_sheet(contents, encoding=column_map.encoding, delimiter=column_map.delimiter)
    with enter(token) as who:
        terms = _terms(column_map)
        check_map(column_map, headings=sheet.headings, questions=terms.fields)
        good, faults = _sorted_out(sheet, column_map, terms, who)
    if none_if_faults and faults:
        raise NoneTaken(tuple(faults))
    taking = _Taking(column_map, sheet, len(good), progress)
    if none_if_faults:
        with transaction.atomic():
            for one in good:
                taking.take(one, token)
    else:
        for one in good:
            taking.take(one, token)
    if none_if_faults and taking.faults:
        raise NoneTaken(tuple(taking.faults))
    every = sorted([*faults, *taking.faults], key=lambda fault: fault.row)
    return Imported(
        tuple(taking.begun),
        tuple(taking.before),
        tuple(every),
        len(sheet.rows),
        sheet.encoding,
        sheet.delimiter,
    )


def _terms(column_map: ColumnMap) -> Terms:
    pack = current_pack()
    moment = now()
    today = pack.calendar.local_day(moment)
    if column_map.journey not in pack.editions:
        raise CannotRead(f"[file] journey {column_map.journey!r} is none of {', '.join(pack.editions)}")
    journey = pack.journey_on(column_map.journey, today)
    role, _ = journey.places[journey.start].owner
    holders = RoleHolding.objects.filter(holding_now(moment), role=role, practitioner__active=True)
    return Terms(
        pack=pack,
        journey=journey,
        areas=dict(Area.objects.values_list("code", "label")),
        owners={
            email.casefold(): str(number)
            for email, number in holders.values_list("practitioner__email", "practitioner_id")
            if email
        },
        today=today,
    )


def _sorted_out(
    sheet: Sheet, column_map: ColumnMap, terms: Terms, who: Who
) -> tuple[list[tuple[Understood, str]], list[Fault]]:
    """Return the rows that can be taken in, each with its fingerprint, and the faults of the others."""
    good: list[tuple[Understood, str]] = []
    faults = list(sheet.faults)
    seen: dict[str, int] = {}
    for row in sheet.rows:
        found = understand(row, column_map, terms)
        if isinstance(found, list):
            faults += found
            continue
        mark = fingerprint(found, column_map.system, who)
        if mark in seen:
            faults.append(
                Fault(
                    row.number, "", f"It is the same referral as row {seen[mark]}.", "Take one of them out."
                )
            )
            continue
        seen[mark] = row.number
        good.append((found, mark))
    return good, sorted(faults, key=lambda fault: fault.row)


def fingerprint(row: Understood, system: str, who: Who) -> str:
    """Return what a row is known by later: its reference in their system, or all that it says.

    Only this instance can make it, and each agency has its own: it tells nobody else what was taken in.
    """
    what: object = (
        {"reference": row.reference}
        if row.reference
        else {"area": row.area, "received": row.received.isoformat(), "answers": dict(row.answers)}
    )
    text = packed({"agency": str(who.agency_id), "system": system, "row": what})
    return hmac.new(keys.store().make(keys.HOUSE_KEY), text, sha256).hexdigest()


class _Taking:
    """Takes rows one by one, and keeps what became of each."""

    def __init__(
        self, column_map: ColumnMap, sheet: Sheet, of: int, progress: Callable[[int, int], None]
    ) -> None:
        self.map = column_map
        self.sheet = sheet
        self.of = of
        self.progress = progress
        self.begun: list[tuple[int, str]] = []
        self.before: list[int] = []
        self.faults: list[Fault] = []

    def take(self, one: tuple[Understood, str], token: str) -> None:
        """Take one row in, unless it was before."""
        row, mark = one
        try:
            with transaction.atomic(), enter(token) as who:
                if self._taken(mark):
                    raise _TakenBefore
                done = _begin(row, self.map, who)
                with connection.cursor() as cursor:
                    cursor.execute("select wall.take_row(%s, %s)", [mark, done.case_id])
                    if not cursor.fetchone()[0]:
                        raise _TakenBefore
        except _TakenBefore:
            self.before.append(row.row)
        except Invalid as invalid:
            self.faults += [Fault(row.row, name, sentence, "") for name, sentence in invalid.errors.items()]
        except Refused as refused:
            self.faults += [Fault(row.row, "", reason.sentence, "") for reason in refused.reasons]
        else:
            self.begun.append((row.row, done.reference))
        self.progress(len(self.begun) + len(self.before) + len({f.row for f in self.faults}), self.of)

    def _taken(self, mark: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("select wall.row_taken(%s)", [mark])
            return bool(cursor.fetchone()[0])


def _begin(row: Understood, column_map: ColumnMap, who: Who) -> Done:
    """Begin a case with a row: recorded now, received when they say, and where it stood kept as their word.

    A live case of an older system begins where every concern begins. What was decided there was decided by
    others, on grounds that are not on file here; it is kept as a reference with the place, and people here
    take each step again with what they know.
    """
    moment = now()
    received = min(datetime.combine(row.received, NOON), moment)
    journey = current_pack().journey_on(column_map.journey, current_pack().calendar.local_day(moment))

    def effects(writing: Writing) -> None:
        answers = writing.answers
        writing.put(
            Report,
            door=DOOR,
            form=writing.decision.step,
            received_at=received,
            imported_from=column_map.system,
            sealed={name: answer for name, answer in answers.items() if name not in REPORTER_FIELDS},
        )
        reporter = {name: answers[name] for name in REPORTER_FIELDS if name in answers}
        writing.put(
            Reporter,
            anonymous=False,
            agency_id=who.agency_id,
            sealed={**reporter, "practitioner": str(who.practitioner_id)},
        )
        if row.reference or row.stands_at:
            place = journey.places.get(row.stands_at)
            kept = {"reference": row.reference, "stood_at": row.stands_at, "stood_at_label": place.label if place else "",
                    "received_on": row.received.isoformat()}  # fmt: skip
            writing.put(ForeignReference, system=column_map.system, sealed=kept)
        writing.settle["sector"] = str(answers.get("sector", ""))
        writing.settle["age_band"] = age_band(writing.pack, answers, received)
        writing.settle["urgent"] = answers.get("danger") is True
        writing.settle["referred_on"] = row.received.isoformat()
        if row.owner:
            writing.settle["owner"] = row.owner

    step = journey.steps[journey.start_step]
    wanted = Act(step.code, next(iter(step.outcomes)), row.answers, reason=row.reason, happened_at=received)
    area = Area.objects.get(code=row.area)
    return open_case(column_map.journey, wanted, who, now=moment, area=area, effects=effects)
