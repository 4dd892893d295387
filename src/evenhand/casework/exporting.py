"""Take something out: asked with a purpose, approved by somebody else, capped, marked, taken once, through one's own wall."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from evenhand.casework.apart import in_use
from evenhand.casework.spreadsheet import escaped
from evenhand.gate import ledger, splitting
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import Who
from evenhand.gate.policy import protectors
from evenhand.records.agency import Agency
from evenhand.records.case import Case
from evenhand.records.rights import ExportApproval, ExportRequest

EXPIRES_AFTER = timedelta(hours=24)
MOST_ROWS = 5000
WHOLE = "whole"
AGENCIES_FOR_WHOLE = 2
LEAST_PHRASE = 20
WHAT = {
    "cases": "Cases: where each stands and when it is due, by reference",
    "disclosures": "The register of disclosures, by reference",
    WHOLE: "The whole instance, sealed to two agencies",
}
# Only codes, references and days. No answer to a form, no name, nothing that somebody said.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "cases": ("reference", "journey", "place", "opened_on", "due_on", "due_for", "ended_on", "outcome"),
    "disclosures": ("reference", "told_on", "agency", "kind", "purpose", "basis"),
}


@dataclass(frozen=True)
class Approval:
    """A yes or no to an export."""

    by: str
    agency: str
    at: datetime
    agreed: bool
    reason: str


@dataclass(frozen=True)
class Export:
    """An export as somebody who asked or may approve reads it."""

    id: UUID
    what: str
    label: str
    purpose: str
    asked_by: str
    agency: str
    asked_at: datetime
    expires_at: datetime
    cap: int
    taken_at: datetime | None
    rows: int | None
    approvals: tuple[Approval, ...]
    mine: bool
    state: str


def exports(who: Who, *, now: datetime) -> list[Export]:
    """Return one's own exports and those one may approve, the latest first."""
    rows = ExportRequest.objects.select_related("asked_by", "agency").order_by("-asked_at")[:200]
    return [_shown(row, who, now) for row in rows]


def export_of(number: UUID, who: Who, *, now: datetime) -> Export:
    """Return one export; raises NoSuchCase for absent and closed alike."""
    return _shown(_row(number), who, now)


def ask(told: Mapping[str, str], who: Who, *, now: datetime) -> UUID:
    """Ask for an export; raises Invalid with a sentence a field."""
    errors: dict[str, str] = {}
    what = told.get("what", "")
    if what not in WHAT or (what == "disclosures" and not who.roles & protectors()):
        errors["what"] = "Choose what to take out."
    if what == WHOLE and not who.roles & {"administrator", *protectors()}:
        errors["what"] = "The whole instance is asked for by an administrator or a data protection officer."
    purpose = told.get("purpose", "").strip()
    if len(purpose) < 10:
        errors["purpose"] = "Say what it is for, in a sentence."
    try:
        cap = int(told.get("cap", ""))
        if not 1 <= cap <= MOST_ROWS:
            raise ValueError
    except ValueError:
        cap = 0
        if what != WHOLE:
            errors["cap"] = f"Give how many rows you need at most, up to {MOST_ROWS}."
    if errors:
        raise Invalid(errors)
    number = uuid4()
    ExportRequest.objects.bulk_create(
        [
            ExportRequest(
                id=number,
                what=what,
                purpose=purpose[:400],
                agency_id=_agency(who),
                asked_by_id=who.practitioner_id,
                cap=cap,
                expires_at=now + EXPIRES_AFTER,
            )
        ]
    )
    _line(who, "ask_export", number, purpose, now)
    return number


def approve(number: UUID, who: Who, *, agreed: bool, reason: str, now: datetime, phrase: str = "") -> None:
    """Say yes or no to somebody else's export; raises Invalid.

    phrase  for the whole instance: words that only the approving agency knows; with them it opens its lock, and
            only what the lock needs is kept
    """
    row = _row(number)
    if row.asked_by_id == who.practitioner_id:
        raise Invalid({"": "Somebody else approves what you ask for."})
    if _state(row, _approvals(row), now) not in {"asked", "half"}:
        raise Invalid({"": "This export has been answered, or has run out."})
    errors = {} if reason.strip() else {"reason": "Say why, in a sentence."}
    if row.what == WHOLE and agreed and len(phrase.strip()) < LEAST_PHRASE:
        errors["phrase"] = f"Give a phrase of at least {LEAST_PHRASE} letters that your agency keeps."
    if ExportApproval.objects.filter(request_id=number, agency_id=_agency(who), agreed=True).exists():
        errors[""] = "Your agency has approved this already; another agency has to."
    if errors:
        raise Invalid(errors)
    salt, public_key = splitting.lock_of(phrase.strip()) if row.what == WHOLE and agreed else (None, None)
    ExportApproval.objects.bulk_create(
        [
            ExportApproval(
                request_id=number,
                by_id=who.practitioner_id,
                agency_id=_agency(who),
                agreed=agreed,
                reason=reason.strip()[:400],
                salt=salt,
                public_key=public_key,
            )
        ]
    )
    _line(who, "approve_export" if agreed else "refuse_export", number, reason, now)


def take_out(number: UUID, who: Who, *, now: datetime) -> bytes:
    """Return the export as CSV, once: what the asker may see at this moment, no more than was asked; raises Invalid."""
    row = _row(number)
    if row.asked_by_id != who.practitioner_id or row.what == WHOLE:
        raise NoSuchCase
    approvals = _approvals(row)
    if _state(row, approvals, now) != "approved":
        raise Invalid({"": "This export is not approved, has been taken already, or has run out."})
    rows = list(_rows(row.what, row.cap))
    if not ExportRequest.objects.filter(id=number, taken_at=None).update(taken_at=now, rows=len(rows)):
        raise Invalid({"": "This export has been taken already."})
    mark = f"Evenhand export {number} for {who.name}, {who.agency_name}; approved by {approvals[0].by}; {row.purpose}"
    _line(who, "export", number, row.purpose, now, detail=f"{row.what}, {len(rows)} rows")
    return _csv(COLUMNS[row.what], rows, mark, str(number))


def _rows(what: str, cap: int) -> Iterator[tuple[object, ...]]:
    """Yield what whoever came in may see: row security is what decides, here as on every page."""
    if what == "cases":
        for case in in_use(Case.objects.all()).order_by("opened_at")[:cap]:
            yield (
                case.reference,
                case.journey,
                case.place,
                case.opened_at.date(),
                case.due_at.date() if case.due_at else "",
                case.due_for,
                case.closed_at.date() if case.closed_at else "",
                case.outcome,
            )
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "select reference, recorded_at::date, agency_id, kind, purpose, basis from wall.disclosures(%s)",
            [cap],
        )
        found = cursor.fetchall()
    agencies = dict(Agency.objects.values_list("id", "name"))
    for reference, told_on, agency, *rest in found:
        yield (reference, told_on, agencies.get(agency, ""), *rest)


def _csv(columns: Sequence[str], rows: Sequence[Sequence[object]], mark: str, number: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([escaped(mark)])
    writer.writerow([*columns, "export"])
    # Each line carries the number of the export, so that one line alone says where it came from.
    writer.writerows([*(escaped(value) for value in row), number] for row in rows)
    return "\ufeff".encode() + out.getvalue().encode()


def _agency(who: Who) -> UUID:
    if who.agency_id is None:
        raise NoSuchCase
    return who.agency_id


def _row(number: UUID) -> ExportRequest:
    found = ExportRequest.objects.select_related("asked_by", "agency").filter(id=number).first()
    if found is None:
        raise NoSuchCase
    return found


def _approvals(row: ExportRequest) -> tuple[Approval, ...]:
    found = ExportApproval.objects.filter(request_id=row.id).select_related("by", "agency").order_by("at")
    return tuple(Approval(a.by.name, a.agency.name, a.at, a.agreed, a.reason) for a in found)


def _state(row: ExportRequest, approvals: Sequence[Approval], now: datetime) -> str:
    if any(not approval.agreed for approval in approvals):
        return "refused"
    if row.taken_at is not None:
        return "taken"
    if row.expires_at <= now:
        return "expired"
    needed = AGENCIES_FOR_WHOLE if row.what == WHOLE else 1
    agencies = len({approval.agency for approval in approvals})
    return "approved" if agencies >= needed else "half" if agencies else "asked"


def _shown(row: ExportRequest, who: Who, now: datetime) -> Export:
    approvals = _approvals(row)
    return Export(
        id=row.id,
        what=row.what,
        label=WHAT.get(row.what, row.what),
        purpose=row.purpose,
        asked_by=row.asked_by.name,
        agency=row.agency.name,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        cap=row.cap,
        taken_at=row.taken_at,
        rows=row.rows,
        approvals=approvals,
        mine=row.asked_by_id == who.practitioner_id,
        state=_state(row, approvals, now),
    )


def _line(who: Who, verb: str, number: UUID, ground: str, now: datetime, detail: str = "") -> None:
    contents: dict[str, Any] = {"actor": who.practitioner_id, "verb": verb, "case": str(number), "at": now}
    ledger.write(None, [ledger.entry(**contents, ground=ground[:400], detail=detail)])
