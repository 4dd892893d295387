"""Give and end dated roles, cover absence, and see leavers out; each change is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import Who, close_sessions_of
from evenhand.gate.hand_over import hand_over_all
from evenhand.gate.policy import packs
from evenhand.kernels.policy import Reason
from evenhand.operations.accounts import forget_second_step, let_back_in, shut_out
from evenhand.operations.api_keys import revoke_all_of
from evenhand.operations.own_keys import take_from
from evenhand.operations.partnership import administrator_only, put_on_record
from evenhand.records.agency import Agency
from evenhand.records.practitioner import Practitioner, RoleHolding

LONGEST_ROLE = timedelta(days=366 * 5)


@dataclass(frozen=True)
class HandedOver:
    """How many open cases went to a colleague, and how many wait for one who holds the role that owns them."""

    done: int
    waiting: int


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
    if from_date and not errors and _two_sides(practitioner_id, role, from_date, to_date):
        errors["role"] = (
            "They hold a role on the other side of a firewall on some of these days. End that one first."
        )
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


def end_role(who: Who, holding_id: UUID, *, on: date, now: datetime) -> HandedOver:
    """A role ends with a day; what was done in it stays, what it owned goes to colleagues who hold it."""
    administrator_only(who)
    row = RoleHolding.objects.filter(id=holding_id).first()
    if row is None:
        raise NoSuchCase
    _not_oneself(who, row.practitioner_id)
    with transaction.atomic():
        if not _end(who, row, on=on, now=now):
            return HandedOver(0, 0)
        take_from(row.practitioner_id)
        return _hand_over(who, row.practitioner_id, ground="workload", reason="Their role has ended.")


def _end(who: Who, row: RoleHolding, *, on: date, now: datetime) -> bool:
    last = max(on, row.from_date - timedelta(days=1))
    if row.to_date is not None and row.to_date <= last:
        return False
    RoleHolding.objects.filter(id=row.id).update(to_date=last)
    put_on_record(who, "end_role", now, f"{row.id} {last}")
    return True


def _hand_over(who: Who, practitioner_id: UUID, *, ground: str, reason: str) -> HandedOver:
    return HandedOver(*hand_over_all(practitioner_id, None, who, ground=ground, reason=reason))


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


def leave(who: Who, practitioner_id: UUID, *, on: date, now: datetime) -> HandedOver:
    """Somebody leaves: roles, sessions, keys and sign-in end at once, and their open cases go to colleagues."""
    administrator_only(who)
    _not_oneself(who, practitioner_id)
    with transaction.atomic():
        if not Practitioner.objects.filter(id=practitioner_id).update(active=False):
            raise NoSuchCase
        open_ = RoleHolding.objects.filter(practitioner_id=practitioner_id).filter(
            Q(to_date=None) | Q(to_date__gte=on)
        )
        for holding in open_:
            _end(who, holding, on=on - timedelta(days=1), now=now)
        put_on_record(who, "leave", now, str(practitioner_id))
        take_from(practitioner_id)
        handed = _hand_over(who, practitioner_id, ground="leaver", reason="They have left.")
        # Last, because it is not undone with the rest: sign-in is another login's.
        shut_out(practitioner_id)
        revoke_all_of(practitioner_id, now=now, by=who.practitioner_id)
    return handed


def sign_out(who: Who, practitioner_id: UUID, *, now: datetime) -> None:
    """Every sitting of somebody ends at once, on every device; whoever may still sign in signs in anew."""
    administrator_only(who)
    if not Practitioner.objects.filter(id=practitioner_id).exists():
        raise NoSuchCase
    put_on_record(who, "sign_out", now, str(practitioner_id))
    close_sessions_of(practitioner_id)


def lost_second_step(who: Who, practitioner_id: UUID, *, now: datetime) -> int:
    """Somebody lost what their second step needs: it is forgotten, and they set up another; returns how many there were.

    Whoever asks for it by mail or telephone may be somebody else: an administrator makes sure first, and stands on record.
    """
    administrator_only(who)
    _not_oneself(who, practitioner_id)
    if not Practitioner.objects.filter(id=practitioner_id).exists():
        raise NoSuchCase
    put_on_record(who, "lost_second_step", now, str(practitioner_id))
    return forget_second_step(practitioner_id)


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


def _two_sides(practitioner_id: UUID, role: str, from_date: date, to_date: date | None) -> bool:
    """Say whether a role would put somebody on two sides of the firewall at once; the database refuses that too."""
    sides = {code: found.apart for pack in packs().values() for code, found in pack.roles.items()}
    held = RoleHolding.objects.filter(practitioner_id=practitioner_id).exclude(to_date__lt=from_date)
    if to_date is not None:
        held = held.exclude(from_date__gt=to_date)
    return any(sides.get(code, "") != sides[role] for code in held.values_list("role", flat=True))
