"""Take a person's request about their own data, find their cases, decide and answer; every step of it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F

from evenhand.casework.names import words_of
from evenhand.casework.worklist import known_as
from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid, NoSuchCase, new_reference
from evenhand.gate.entry import Who, practitioner_names
from evenhand.gate.policy import pack
from evenhand.records.duty import Duty
from evenhand.records.rights import RightsCase, RightsRequest

GROUND = "a request by the person"
ROLE = "data_protection_officer"
MOST = 50
FULL, PART, NEUTRAL, DONE, REFUSED = "full", "part", "neutral", "done", "refused"
DECISIONS = {"access": (FULL, PART, NEUTRAL)}
OTHER_DECISIONS = (DONE, REFUSED, NEUTRAL)


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


def kinds() -> list[Kind]:
    """Return what a person may ask, from the policy."""
    found = pack().disclosure.get("rule", [])
    return [
        Kind(
            code=str(rule["code"]),
            label=str(rule["label"]),
            months=int(rule.get("within_months", 0)),
            days=int(rule.get("within_days", 0)),
            basis=str(rule["basis"]),
            source=str(rule["source"]),
        )
        for rule in (found if isinstance(found, list) else [])
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
    agency = next((agency for role, agency in who.holdings if role == ROLE and agency == who.agency_id), None)
    agency = agency or next((agency for role, agency in who.holdings if role == ROLE), None)
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
    _line(who, "take_request", number, now)
    return number


def requests() -> list[Asked]:
    """Return the requests of one's agencies, open ones first and the soonest due first."""
    rows = list(
        RightsRequest.objects.select_related("owner").order_by(
            F("answered_at").desc(nulls_first=True), "due_on"
        )[:500]
    )
    return [_asked(row) for row in rows]


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
    _line(who, "search", number, now)
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


def decide(number: UUID, told: Mapping[str, str], who: Who, *, now: datetime) -> None:
    """Decide a request, with the reason; what is not told needs its ground and a day to look again. Raises Invalid."""
    asked = request_of(number)
    if asked.answered_at is not None:
        raise Invalid({"decision": "This request has been answered."})
    errors: dict[str, str] = {}
    decision = told.get("decision", "")
    if decision not in DECISIONS.get(asked.kind.code, OTHER_DECISIONS):
        errors["decision"] = "Choose what is decided."
    if decision == FULL and not cases_of(number):
        errors["decision"] = (
            "Nothing is linked. Where nothing is held, the answer has the same words as where it may not be told."
        )
    if not told.get("reason", "").strip():
        errors["reason"] = "Say why, in a sentence or two."
    review_on: date | None = None
    if decision in {PART, NEUTRAL, REFUSED}:
        if told.get("ground") not in pack().lists["reasons_not_telling"].codes:
            errors["ground"] = "Choose why not everything is told or done."
        try:
            review_on = date.fromisoformat(told.get("review_on", ""))
            if review_on <= pack().calendar.local_day(now):
                raise ValueError
        except ValueError:
            errors["review_on"] = "Give the day to look at this again."
    if errors:
        raise Invalid(errors)
    reasons = {name: told.get(name, "").strip()[:4000] for name in ("reason", "ground")}
    RightsRequest.objects.filter(id=number).update(
        decision=decision, review_on=review_on, sealed_decision=keys.close(number, reasons)
    )
    _line(who, "decide_request", number, now)


def mark_answered(number: UUID, who: Who, *, now: datetime) -> None:
    """The answer has gone to the person; from now on the request is closed. Raises Invalid before it is decided."""
    asked = request_of(number)
    if not asked.decision:
        raise Invalid({"decision": "Decide first."})
    RightsRequest.objects.filter(id=number, answered_at=None).update(answered_at=now)
    _line(who, "answer_request", number, now)


def _asked(row: RightsRequest) -> Asked:
    kind = next((k for k in kinds() if k.code == row.kind), Kind(row.kind, row.kind, 0, 0, "", ""))
    names = practitioner_names([row.decided_by]) if row.decided_by else {}
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
    )


def _line(who: Who, verb: str, number: UUID, now: datetime) -> None:
    ledger.write(
        None, [ledger.entry(actor=who.practitioner_id, verb=verb, case=str(number), at=now, ground=GROUND)]
    )
