"""Take a person's request about their own data, find their cases, decide and answer; every step of it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from evenhand.casework.names import words_of
from evenhand.casework.worklist import known_as
from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid, NoSuchCase, new_reference
from evenhand.gate.entry import Who, practitioner_names
from evenhand.gate.policy import pack, protectors
from evenhand.records.duty import Duty
from evenhand.records.rights import RightsCase, RightsRequest

GROUND = "a request by the person"
MOST = 50
MOST_ANSWERED = 500
FULL, PART, NEUTRAL, DONE, REFUSED = "full", "part", "neutral", "done", "refused"
DECISIONS = {"access": (FULL, PART, NEUTRAL)}
OTHER_DECISIONS = (DONE, REFUSED, NEUTRAL)
KEEPS_BACK = frozenset({PART, NEUTRAL, REFUSED})
AGREED, NOT_AGREED = "agreed", "not_agreed"


class NoSuchRequest(NoSuchCase):
    """There is no such request for whoever asks."""


@dataclass(frozen=True)
class Kind:
    """Something a person may ask, and by when it is to be answered."""

    code: str
    label: str
    months: int
    days: int
    basis: str
    source: str
    steps: tuple[str, ...] = ()

    def due(self, received: date) -> date:
        """Return the day by which a request that came on a day is to be answered."""
        if not self.months:
            return received + timedelta(days=self.days)
        total = received.month - 1 + self.months
        year, month = received.year + total // 12, total % 12 + 1
        for day in range(received.day, 27, -1):
            try:
                return date(year, month, day)
            except ValueError:
                continue
        return date(year, month, min(received.day, 28))


@dataclass(frozen=True)
class Asked:
    """A request as whoever answers it reads it."""

    id: UUID
    reference: str
    kind: Kind
    agency_id: UUID
    received_on: date
    due_on: date
    owner: str
    decision: str
    decided_by: str
    decided_at: datetime | None
    review_on: date | None
    answered_at: datetime | None
    told: dict[str, Any]
    reasons: dict[str, Any]
    recorded_at: datetime
    decided_by_id: UUID | None = None
    second_id: UUID | None = None
    second: str = ""
    second_said: str = ""
    second_at: datetime | None = None
    second_reasons: dict[str, Any] = field(default_factory=dict)

    @property
    def keeps_back(self) -> bool:
        """Say whether the decision leaves something out, so that somebody independent has to agree."""
        return self.decision in KEEPS_BACK

    @property
    def settled(self) -> bool:
        """Say whether the answer may go to the person."""
        return bool(self.decision) and (not self.keeps_back or self.second_said == AGREED)

    def look_again(self, on: date) -> bool:
        """Say whether the day has come on which what was kept back is decided anew."""
        return self.keeps_back and self.review_on is not None and self.review_on <= on

    @property
    def names(self) -> list[str]:
        return [str(self.told.get("name", ""))]

    def overdue(self, on: date) -> bool:
        """Say whether it should have been answered by now."""
        return self.answered_at is None and self.due_on < on


@dataclass(frozen=True)
class Match:
    """A case that may be about whoever asks."""

    case_id: UUID
    reference: str
    known_as: str
    place: str
    opened_at: datetime
    linked: bool


def rules_of(section: str) -> list[dict[str, Any]]:
    """Return the entries of one section of the policy's document on what a person is told."""
    found = pack().disclosure.get(section, [])
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def kinds() -> list[Kind]:
    """Return what a person may ask, from the policy."""
    return [
        Kind(
            code=str(rule["code"]),
            label=str(rule["label"]),
            months=int(rule.get("within_months", 0)),
            days=int(rule.get("within_days", 0)),
            basis=str(rule["basis"]),
            source=str(rule["source"]),
            steps=tuple(str(step) for step in rule.get("steps", ())),
        )
        for rule in rules_of("rule")
        if "within_months" in rule or "within_days" in rule
    ]


def take_request(told: Mapping[str, str], who: Who, *, now: datetime) -> UUID:
    """Put a request on record under a key of its own; raises Invalid with a sentence a field."""
    today = pack().calendar.local_day(now)
    errors: dict[str, str] = {}
    kind = next((k for k in kinds() if k.code == told.get("kind")), None)
    if kind is None:
        errors["kind"] = "Choose what the person asks."
    if len(told.get("name", "").strip()) < 2:
        errors["name"] = "Give the name of whoever asks."
    if not told.get("asks", "").strip():
        errors["asks"] = "Say what they ask, in their words."
    if not told.get("checked", "").strip():
        errors["checked"] = "Say how you know that it is they who ask."
    try:
        received = date.fromisoformat(told.get("received_on", ""))
        if received > today or today - received > timedelta(days=365):
            raise ValueError
    except ValueError:
        errors["received_on"] = "Give the day on which it came, not to come and within a year."
    mine = [agency for role, agency in who.holdings if role in protectors()]
    agency = next((agency for agency in mine if agency == who.agency_id), next(iter(mine), None))
    if agency is None:
        raise NoSuchRequest
    if errors or kind is None:
        raise Invalid(errors)
    number = uuid4()
    keys.make_key(number)
    contents = {
        name: told.get(name, "").strip()[:4000] for name in ("name", "born", "contact", "checked", "asks")
    }
    RightsRequest.objects.bulk_create(
        [
            RightsRequest(
                id=number,
                reference=new_reference(),
                kind=kind.code,
                agency_id=agency,
                owner_id=who.practitioner_id,
                received_on=received,
                due_on=kind.due(received),
                sealed=keys.close(number, contents),
            )
        ]
    )
    write_line(who, "take_request", number, now)
    return number


def requests() -> list[Asked]:
    """Return the requests of one's agencies: every open one, the soonest due first, then those answered last."""
    rows = RightsRequest.objects.select_related("owner")
    open_ones = rows.filter(answered_at=None).order_by("due_on")
    answered = rows.exclude(answered_at=None).order_by("-answered_at")[:MOST_ANSWERED]
    return [_asked(row) for row in (*open_ones, *answered)]


def request_of(number: UUID) -> Asked:
    """Return one request; raises NoSuchRequest for absent and closed alike."""
    row = RightsRequest.objects.select_related("owner").filter(id=number).first()
    if row is None:
        raise NoSuchRequest
    return _asked(row)


def cases_of(number: UUID) -> list[UUID]:
    """Return the cases that a human said are about whoever asks."""
    return list(
        RightsCase.objects.filter(request_id=number).order_by("said_at").values_list("case_id", flat=True)
    )


def matches(number: UUID, words: str, who: Who, *, now: datetime) -> list[Match]:
    """Look for a name in every case of the agency, wherever it stands; the look is written down."""
    with connection.cursor() as cursor:
        cursor.execute("select * from wall.rights_find(%s, %s, %s)", [number, words_of([words]), MOST])
        rows = cursor.fetchall()
    write_line(who, "search", number, now)
    linked = set(cases_of(number))
    return [Match(row[0], row[1], known_as(row[0], row[5]), row[3], row[4], row[0] in linked) for row in rows]


def say_it_is_theirs(number: UUID, case_id: UUID, who: Who, *, now: datetime) -> None:
    """A human says that a case is about whoever asks: they see it until the answer, and its owner hears of it."""
    request_of(number)
    if not keys.has_key(case_id):
        raise NoSuchRequest
    known = case_id in cases_of(number)
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.rights_sight(%s, %s, %s)", [number, case_id, keys.close(case_id, {"reason": GROUND})]
        )
        if not cursor.fetchone()[0]:
            raise NoSuchRequest
    if not known:  # said once: its owner hears of a request once
        duty = Duty(
            case_id=case_id,
            kind="notify",
            contents={"template": "rights_request", "to": [["owner", ""]]},
            once=f"rights:{number}:{case_id}",
            due_at=now,
        )
        Duty.objects.bulk_create([duty])
    ledger.write(
        case_id,
        [ledger.entry(actor=who.practitioner_id, verb="look", case=str(case_id), at=now, ground=GROUND)],
    )


def _asked(row: RightsRequest) -> Asked:
    kind = next((k for k in kinds() if k.code == row.kind), Kind(row.kind, row.kind, 0, 0, "", ""))
    names = practitioner_names([n for n in (row.decided_by, row.second_id) if n])
    return Asked(
        id=row.id,
        reference=row.reference,
        kind=kind,
        agency_id=row.agency_id,
        received_on=row.received_on,
        due_on=row.due_on,
        owner=row.owner.name,
        decision=row.decision,
        decided_by=names.get(row.decided_by, "") if row.decided_by else "",
        decided_at=row.decided_at,
        review_on=row.review_on,
        answered_at=row.answered_at,
        told=keys.open_(row.id, row.sealed),
        reasons=keys.open_(row.id, row.sealed_decision),
        recorded_at=row.recorded_at,
        decided_by_id=row.decided_by,
        second_id=row.second_id,
        second=names.get(row.second_id, "") if row.second_id else "",
        second_said=row.second_said,
        second_at=row.second_at,
        second_reasons=keys.open_(row.id, row.sealed_second),
    )


def write_line(who: Who, verb: str, number: UUID, now: datetime) -> None:
    """Write down what was done about a request."""
    ledger.write(
        None, [ledger.entry(actor=who.practitioner_id, verb=verb, case=str(number), at=now, ground=GROUND)]
    )
