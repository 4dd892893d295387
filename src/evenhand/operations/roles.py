"""Give and end dated roles, cover absence, and see leavers out; each change is on record."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import Who
from evenhand.gate.policy import packs
from evenhand.kernels.policy import Reason
from evenhand.operations.accounts import let_back_in, shut_out
from evenhand.operations.api_keys import revoke_all_of
from evenhand.operations.own_keys import take_from
from evenhand.operations.partnership import administrator_only, put_on_record
from evenhand.records.agency import Agency
from evenhand.records.practitioner import Practitioner, RoleHolding

LONGEST_ROLE = timedelta(days=366 * 5)


def give_role(
    who: Who,
    practitioner_id: UUID,
    *,
    role: str,
    agency: UUID | None,
    from_date: date | None,
    to_date: date | None,
    now: datetime,
    covering: UUID | None = None,
) -> UUID:
    """Somebody holds a role at an agency between two days; nobody gives one to themselves."""
    administrator_only(who)
    _not_oneself(who, practitioner_id)
    errors: dict[str, str] = {}
    if role not in {code for pack in packs().values() for code in pack.roles}:
        errors["role"] = "Choose a role from the list."
    if agency is None or not Agency.objects.filter(id=agency, active=True).exists():
        errors["agency"] = "Choose an agency from the list."
    if from_date is None:
        errors["from"] = "Give the first day."
    if from_date and to_date and to_date < from_date:
        errors["to"] = "The last day must not lie before the first."
    if from_date and to_date and to_date - from_date > LONGEST_ROLE:
        errors["to"] = "Give a last day within five years, or leave it empty."
    if not Practitioner.objects.filter(id=practitioner_id, active=True).exists():
        errors["role"] = "This person has left, and holds no role."
    if errors or agency is None or from_date is None:
        raise Invalid(errors)
    number = uuid4()
    with transaction.atomic():
        RoleHolding.objects.bulk_create(
            [
                RoleHolding(
                    id=number,
                    practitioner_id=practitioner_id,
                    role=role,
                    agency_id=agency,
                    from_date=from_date,
                    to_date=to_date,
                    covering_id=covering,
                    given_by=who.practitioner_id,
                    given_at=now,
                )
            ]
        )
        verb = "cover" if covering else "give_role"
        put_on_record(who, verb, now, f"{practitioner_id} {role} {agency} {from_date} {to_date or ''}")
    return number


def end_role(who: Who, holding_id: UUID, *, on: date, now: datetime) -> None:
    """A role ends with a day; what was done in it stays."""
    administrator_only(who)
    row = RoleHolding.objects.filter(id=holding_id).first()
    if row is None:
        raise NoSuchCase
    _not_oneself(who, row.practitioner_id)
    last = max(on, row.from_date - timedelta(days=1))
    if row.to_date is not None and row.to_date <= last:
        return
    with transaction.atomic():
        RoleHolding.objects.filter(id=holding_id).update(to_date=last)
        take_from(row.practitioner_id)
        put_on_record(who, "end_role", now, f"{holding_id} {last}")


def cover(
    who: Who,
    absent: UUID,
    stand_in: UUID | None,
    *,
    from_date: date | None,
    to_date: date | None,
    now: datetime,
) -> int:
    """A colleague holds, for some days, every role that somebody absent holds then; returns how many."""
    administrator_only(who)
    errors = {}
    if stand_in is None or stand_in == absent:
        errors["stand_in"] = "Choose a colleague from the list."
    if from_date is None:
        errors["cover_from"] = "Give the first day of the absence."
    if to_date is None or (from_date and to_date < from_date):
        errors["cover_to"] = "Give the last day of the absence, on or after the first."
    if errors or stand_in is None or from_date is None or to_date is None:
        raise Invalid(errors)
    held = RoleHolding.objects.filter(practitioner_id=absent, from_date__lte=to_date, covering=None).filter(
        Q(to_date=None) | Q(to_date__gte=from_date)
    )
    pairs = sorted(set(held.values_list("role", "agency_id")))
    if not pairs:
        raise Invalid({"stand_in": "This person holds no role on those days, so there is nothing to cover."})
    with transaction.atomic():
        for role, agency in pairs:
            give_role(
                who,
                stand_in,
                role=role,
                agency=agency,
                from_date=from_date,
                to_date=to_date,
                now=now,
                covering=absent,
            )
    return len(pairs)


def leave(who: Who, practitioner_id: UUID, *, on: date, now: datetime) -> None:
    """Somebody leaves: every role ends, they can no longer sign in, every open session is ended."""
    administrator_only(who)
    _not_oneself(who, practitioner_id)
    with transaction.atomic():
        if not Practitioner.objects.filter(id=practitioner_id).update(active=False):
            raise NoSuchCase
        open_ = RoleHolding.objects.filter(practitioner_id=practitioner_id).filter(
            Q(to_date=None) | Q(to_date__gte=on)
        )
        for holding in open_:
            end_role(who, holding.id, on=on - timedelta(days=1), now=now)
        put_on_record(who, "leave", now, str(practitioner_id))
        shut_out(practitioner_id)
        revoke_all_of(practitioner_id, now=now, by=who.practitioner_id)
        take_from(practitioner_id)


def come_back(who: Who, practitioner_id: UUID, *, now: datetime) -> None:
    """Somebody who left works here again; roles are given anew."""
    administrator_only(who)
    _not_oneself(who, practitioner_id)
    with transaction.atomic():
        if not Practitioner.objects.filter(id=practitioner_id).update(active=True):
            raise NoSuchCase
        put_on_record(who, "come_back", now, str(practitioner_id))
        let_back_in(practitioner_id)


def _not_oneself(who: Who, practitioner_id: UUID) -> None:
    if practitioner_id == who.practitioner_id:
        raise Refused((Reason("oneself", "Nobody changes their own roles: ask another administrator.", ""),))
