"""Keep the partnership: agencies, areas, teams, people, their dated roles and cover for absence, each change on record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from evenhand.gate import ledger
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import Who
from evenhand.kernels.policy import Reason
from evenhand.records.agency import Agency, Area, Team
from evenhand.records.practitioner import Practitioner, RoleHolding

PAGE = 50
KINDS = ("police", "council", "school", "health", "probation", "social_care", "community", "table", "other")


@dataclass(frozen=True)
class PersonLine:
    """A practitioner on a list."""

    id: UUID
    name: str
    agency: str
    email: str
    active: bool


@dataclass(frozen=True)
class Held:
    """A role that somebody holds, held or is to hold."""

    id: UUID
    role: str
    agency: str
    from_date: date
    to_date: date | None
    covering: str
    now: bool


@dataclass(frozen=True)
class PersonShown:
    """A practitioner with every role, the present ones first."""

    line: PersonLine
    agency_id: UUID
    roles: tuple[Held, ...]


def administrator_only(who: Who) -> None:
    """Refuse everybody who does not keep the partnership."""
    if not who.is_administrator:
        raise Refused((Reason("not_your_role", "This is for an administrator of the partnership.", ""),))


def put_on_record(who: Who, verb: str, at: datetime, detail: str) -> None:
    """A change of the partnership stands in the ledger."""
    ledger.write(None, [ledger.entry(actor=who.practitioner_id, verb=verb, case="", at=at, detail=detail)])


def _named(name: str, field: str = "name") -> str:
    plain = " ".join(name.split())
    if not plain:
        raise Invalid({field: "Give a name."})
    if len(plain) > 120:
        raise Invalid({field: "Shorten the name to 120 characters or fewer."})
    return plain


def _address(email: str) -> str:
    plain = email.strip().lower()
    try:
        validate_email(plain)
    except ValidationError as error:
        raise Invalid({"email": "Give an email address, such as name@example.org."}) from error
    return plain


def _code(name: str) -> str:
    return (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "agency")[:30]


def people(*, name: str = "", agency: UUID | None = None, page: int = 1) -> tuple[list[PersonLine], bool]:
    """Return one page of practitioners by name, and whether another follows."""
    rows = Practitioner.objects.select_related("agency").order_by("name", "id")
    if name.strip():
        rows = rows.filter(Q(name__icontains=name.strip()) | Q(email__icontains=name.strip()))
    if agency:
        rows = rows.filter(agency_id=agency)
    start = (max(page, 1) - 1) * PAGE
    found = list(rows[start : start + PAGE + 1])
    return [_person_line(row) for row in found[:PAGE]], len(found) > PAGE


def _person_line(row: Practitioner) -> PersonLine:
    return PersonLine(row.id, row.name, row.agency.name, row.email, row.active)


def person(practitioner_id: UUID, *, on: date) -> PersonShown:
    """Return a practitioner with their roles; raises NoSuchCase where there is none."""
    row = Practitioner.objects.select_related("agency").filter(id=practitioner_id).first()
    if row is None:
        raise NoSuchCase
    rows = RoleHolding.objects.filter(practitioner_id=practitioner_id).select_related("agency", "covering")
    held = [
        Held(
            id=h.id,
            role=h.role,
            agency=h.agency.name,
            from_date=h.from_date,
            to_date=h.to_date,
            covering=h.covering.name if h.covering else "",
            now=h.from_date <= on and (h.to_date is None or h.to_date >= on),
        )
        for h in rows.order_by("-from_date")
    ]
    return PersonShown(_person_line(row), row.agency_id, tuple(sorted(held, key=lambda h: not h.now)))


def teams(agency_id: UUID) -> list[tuple[UUID, str]]:
    """Return the teams of an agency by name."""
    return list(Team.objects.filter(agency_id=agency_id).order_by("name").values_list("id", "name"))


def add_agency(who: Who, *, name: str, kind: str, sector: str = "", now: datetime) -> UUID:
    """An agency takes part from now on."""
    administrator_only(who)
    plain = _named(name)
    if kind not in KINDS:
        raise Invalid({"kind": "Choose what kind of agency it is."})
    if Agency.objects.filter(name__iexact=plain).exists():
        raise Invalid({"name": "An agency of this name takes part already."})
    number = uuid4()
    with transaction.atomic():
        Agency.objects.bulk_create(
            [Agency(id=number, code=f"{_code(plain)}-{number.hex[:6]}", name=plain, kind=kind, sector=sector)]
        )
        put_on_record(who, "add_agency", now, f"{number} {plain}")
    return number


def set_agency_active(who: Who, agency_id: UUID, *, active: bool, now: datetime) -> None:
    """An agency stops taking part, or takes part again; what it did stays as it is."""
    administrator_only(who)
    with transaction.atomic():
        if not Agency.objects.filter(id=agency_id).update(active=active):
            raise NoSuchCase
        put_on_record(who, "agency_takes_part" if active else "agency_leaves", now, str(agency_id))


def add_team(who: Who, agency_id: UUID, *, name: str, now: datetime) -> UUID:
    """An agency has one more team."""
    administrator_only(who)
    plain = _named(name, "team")
    if not Agency.objects.filter(id=agency_id).exists():
        raise Invalid({"agency": "Choose an agency from the list."})
    if Team.objects.filter(agency_id=agency_id, name__iexact=plain).exists():
        raise Invalid({"team": "This agency has a team of this name already."})
    number = uuid4()
    with transaction.atomic():
        Team.objects.bulk_create([Team(id=number, agency_id=agency_id, name=plain)])
        put_on_record(who, "add_team", now, f"{number} {plain}")
    return number


def add_area(who: Who, *, label: str, answers: UUID, force: UUID | None, now: datetime) -> str:
    """Cases of people who live there go to these agencies from now on."""
    administrator_only(who)
    plain = _named(label, "label")
    if not Agency.objects.filter(id=answers).exists():
        raise Invalid({"answers": "Choose the council or table that answers for the area."})
    if force is not None and not Agency.objects.filter(id=force, kind="police").exists():
        raise Invalid({"force": "Choose a police force from the list."})
    if Area.objects.filter(label__iexact=plain).exists():
        raise Invalid({"label": "An area of this name is there already."})
    code = f"{_code(plain)}-{uuid4().hex[:6]}"
    with transaction.atomic():
        Area.objects.bulk_create([Area(code=code, label=plain, answers_id=answers, force_id=force)])
        put_on_record(who, "add_area", now, f"{code} {plain} {answers} {force or ''}")
    return code


def add_person(who: Who, *, name: str, agency: UUID | None, email: str, now: datetime) -> UUID:
    """A practitioner can be given roles; they sign in once they have been invited."""
    administrator_only(who)
    errors: dict[str, str] = {}
    plain, address = "", ""
    try:
        plain = _named(name)
    except Invalid as invalid:
        errors |= invalid.errors
    try:
        address = _address(email)
    except Invalid as invalid:
        errors |= invalid.errors
    if address and Practitioner.objects.filter(email__iexact=address).exists():
        errors["email"] = "Somebody with this email address works here already."
    if agency is None or not Agency.objects.filter(id=agency, active=True).exists():
        errors["agency"] = "Choose an agency from the list."
    if errors or agency is None:
        raise Invalid(errors)
    number = uuid4()
    with transaction.atomic():
        Practitioner.objects.bulk_create(
            [Practitioner(id=number, name=plain, agency_id=agency, email=address)]
        )
        put_on_record(who, "add_person", now, f"{number} {plain}")
    return number
