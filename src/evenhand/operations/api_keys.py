"""Make, list and revoke keys of the machine door: scoped, expiring, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import KEY_PREFIX, Who, practitioner_names
from evenhand.operations.partnership import administrator_only, put_on_record
from evenhand.records.api_key import ApiKey

SCOPES = {
    "worklist": "Read the worklist",
    "case": "Read cases",
    "refer": "Send referrals",
    "act": "Take steps in cases",
    "incidents": "Record hate incidents, and read their codes and figures",
}
LONGEST_DAYS = 366
MOST_EACH = 20


@dataclass(frozen=True)
class KeyLine:
    """A key on a list; what it opens stands there, what it is does not."""

    id: UUID
    name: str
    owner: str
    scopes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    last_used_on: date | None
    state: str


def make(who: Who, *, name: str, scopes: list[str], days: int | None, now: datetime) -> str:
    """Return a new key that acts as the asker, to be shown once; raises Invalid."""
    errors: dict[str, str] = {}
    plain = " ".join(name.split())[:80]
    if not plain:
        errors["name"] = "Say which system uses the key."
    if not scopes or set(scopes) - set(SCOPES):
        errors["scopes"] = "Choose what the key may be used for."
    if days is None or not 1 <= days <= LONGEST_DAYS:
        errors["days"] = f"Give a number of days from 1 to {LONGEST_DAYS}."
    if (
        ApiKey.objects.filter(
            practitioner_id=who.practitioner_id, revoked_at=None, expires_at__gt=now
        ).count()
        >= MOST_EACH
    ):
        errors["name"] = f"You have {MOST_EACH} keys already. Revoke one first."
    if errors or days is None:
        raise Invalid(errors)
    token = KEY_PREFIX + secrets.token_urlsafe(32)
    number = uuid4()
    ApiKey.objects.bulk_create(
        [
            ApiKey(
                id=number,
                practitioner_id=who.practitioner_id,
                name=plain,
                key_hash=hashlib.sha256(token.encode()).digest(),
                scopes=[scope for scope in SCOPES if scope in scopes],
                made_at=now,
                expires_at=now + timedelta(days=days),
            )
        ]
    )
    put_on_record(who, "make_api_key", now, f"{number} {' '.join(scopes)} {days} days")
    return token


def of(who: Who, *, now: datetime) -> list[KeyLine]:
    """Return the asker's keys, the newest first."""
    return _lines(ApiKey.objects.filter(practitioner_id=who.practitioner_id).order_by("-made_at")[:200], now)


def everybodys(who: Who, *, now: datetime) -> list[KeyLine]:
    """Return every key that opens something today, for an administrator."""
    administrator_only(who)
    rows = ApiKey.objects.filter(revoked_at=None, expires_at__gt=now).order_by("expires_at")[:500]
    return _lines(rows, now)


def _lines(rows: object, now: datetime) -> list[KeyLine]:
    found: list[ApiKey] = list(rows)  # type: ignore[call-overload]  # a slice of a queryset
    names = practitioner_names([row.practitioner_id for row in found])
    return [
        KeyLine(
            row.id,
            row.name,
            names.get(row.practitioner_id, ""),
            tuple(SCOPES.get(scope, scope) for scope in row.scopes),
            row.made_at,
            row.expires_at,
            row.last_used_on,
            "revoked" if row.revoked_at else "expired" if row.expires_at <= now else "open",
        )
        for row in found
    ]


def revoke(who: Who, key_id: UUID, *, now: datetime) -> None:
    """The key opens nothing from now on; its owner may do it, and an administrator. Raises NoSuchCase."""
    rows = ApiKey.objects.filter(id=key_id, revoked_at=None)
    if not who.is_administrator:
        rows = rows.filter(practitioner_id=who.practitioner_id)
    if not rows.update(revoked_at=now, revoked_by=who.practitioner_id):
        raise NoSuchCase
    put_on_record(who, "revoke_api_key", now, str(key_id))


def revoke_all_of(practitioner_id: UUID, *, now: datetime, by: UUID) -> int:
    """No key of somebody who leaves opens anything; returns how many were open."""
    return ApiKey.objects.filter(practitioner_id=practitioner_id, revoked_at=None).update(
        revoked_at=now, revoked_by=by
    )
