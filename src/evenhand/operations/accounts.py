"""Accounts: invitations, first sign-in, leavers; what somebody signs in with, not what they may do."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from evenhand.gate.entry import close_sessions_of, open_session
from evenhand.records.agency import Agency
from evenhand.records.invitation import Invitation
from evenhand.records.practitioner import Practitioner, RoleHolding
from evenhand.records.user import User

INVITATION_DAYS = 7


class InvitationRefused(Exception):
    """The invitation cannot be used; says why in a sentence for the person who tried."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite(practitioner_id: UUID, email: str) -> str:
    """Return the token of a new invitation; earlier ones for the same person stop working."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic(using="signin"):
        Invitation.objects.filter(practitioner_id=practitioner_id, used_at=None).delete()
        Invitation.objects.create(
            token_hash=_hash(token),
            practitioner_id=practitioner_id,
            email=email.lower(),
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
    return token


def first_administrator(email: str, name: str, agency: str) -> str:
    """Make the first administrator of a new instance, through the operator's way in; returns an invitation token.

    raises  InvitationRefused, when there is an administrator already: they invite everybody else
    """
    today = timezone.localdate()
    with transaction.atomic(using="admin"):
        held = RoleHolding.objects.using("admin").filter(role="administrator").exclude(to_date__lt=today)
        if held.exists():
            raise InvitationRefused("There is an administrator already; they can invite others.")
        code = slugify(agency)[:40] or "first"
        body, _ = Agency.objects.using("admin").get_or_create(
            code=code, defaults={"name": agency, "kind": "police"}
        )
        person = Practitioner.objects.using("admin").create(name=name, agency=body, email=email.lower())
        RoleHolding.objects.using("admin").create(
            practitioner=person, role="administrator", agency=body, from_date=today
        )
    return invite(person.id, email)


def token_for(email: str, hours: int) -> str:
    """Return a token for the machine door that acts as this user and ends after some hours; raises InvitationRefused."""
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user is None:
        raise InvitationRefused("There is no such account.")
    return open_session(user.id, seconds=hours * 3600)


def accept_invitation(token: str, name: str, password: str) -> User:
    """Make the account that an invitation promises; raises InvitationRefused, and then nothing was made."""
    with transaction.atomic(using="signin"):
        found = Invitation.objects.select_for_update().filter(token_hash=_hash(token)).first()
        if found is None or found.used_at is not None or found.expires_at < timezone.now():
            raise InvitationRefused("This invitation has been used or has run out. Ask for a new one.")
        if User.objects.filter(email=found.email).exclude(id=found.practitioner_id).exists():
            raise InvitationRefused("This invitation has been used or has run out. Ask for a new one.")
        user = User.objects.filter(id=found.practitioner_id).first() or User(
            id=found.practitioner_id, email=found.email
        )
        user.email = found.email
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise InvitationRefused(" ".join(error.messages)) from error
        user.set_password(password)
        user.is_active = True
        user.save()
        found.used_at = timezone.now()
        found.save(update_fields=["used_at"])
    return user


def forget_second_step(user_id: UUID) -> int:
    """Somebody's phone and passkeys are lost: none of them opens anything, every session is ended; returns how many."""
    with transaction.atomic(using="signin"):
        gone = Authenticator.objects.filter(user_id=user_id).delete()[0]
    close_sessions_of(user_id)
    return int(gone)


def shut_out(user_id: UUID) -> None:
    """Close the account of somebody who leaves: no sign-in from now on, every open session ended."""
    User.objects.filter(id=user_id).update(is_active=False)
    close_sessions_of(user_id)


def let_back_in(user_id: UUID) -> None:
    """Open the account of somebody who came back."""
    User.objects.filter(id=user_id).update(is_active=True)
