"""Let somebody in whom their agency's provider vouches for: known by its own number for them, with the roles it gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from evenhand.gate import ledger
from evenhand.gate.policy import packs
from evenhand.operations.single_sign_on import Provider
from evenhand.records.user import User


class NotOurs(Exception):
    """The provider vouches for nobody who works at its agency."""


def expected(provider: Provider, claims: Mapping[str, Any]) -> User:
    """Return the account of whom the provider vouches for at their first arrival; raises NotOurs.

    An address counts only when the provider says that it has checked it, and only for somebody of the provider's own
    agency: what one agency's provider says about an address of another's is no proof of anything.
    """
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        raise NotOurs
    with connections["signin"].cursor() as cursor:
        cursor.execute("select wall.somebody_of(%s, %s)", [provider.agency, email.strip().lower()])
        number: UUID | None = cursor.fetchone()[0]
    if number is None:
        raise NotOurs
    known = User.objects.filter(id=number).first()
    if known is None:
        known = User(id=number, email=email.strip().lower())
        known.set_unusable_password()
        known.save(force_insert=True)
    return known


def still_of(provider: Provider, user_id: UUID) -> bool:
    """Say whether somebody works at the provider's agency today."""
    with connections["signin"].cursor() as cursor:
        cursor.execute("select wall.works_at(%s, %s)", [user_id, provider.agency])
        return bool(cursor.fetchone()[0])


def give_roles(provider: Provider, user_id: UUID, claims: Mapping[str, Any]) -> list[str]:
    """The roles that the provider's groups give hold until their day, and those of groups left have ended.

    Only roles of the pack, only at the provider's own agency, never one that an administrator gave or ended by hand.
    returns  what changed, a line each, for the record
    """
    known = {code for pack in packs().values() for code in pack.roles}
    wanted = {role: given.days for role, given in provider.roles_of(claims).items() if role in known}
    with connections["signin"].cursor() as cursor:
        cursor.execute(
            "select wall.roles_by_group(%s, %s, %s::jsonb)", [user_id, provider.agency, json.dumps(wanted)]
        )
        changed: list[str] = cursor.fetchone()[0] or []
    return changed


def put_on_record(user_id: UUID, provider: Provider, changed: list[str], *, at: datetime) -> None:
    """What the provider's groups changed stands in the ledger; inside an entry of the person it is about."""
    lines = [
        ledger.entry(actor=user_id, verb="role_by_group", case="", at=at, detail=f"{provider.agency} {line}")
        for line in changed
    ]
    if lines:
        ledger.write(None, lines)
