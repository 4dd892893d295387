"""Accounts: invitations, first sign-in, leavers; what somebody signs in with, not what they may do."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evenhand.gate.entry import close_sessions_of
from evenhand.records.invitation import Invitation
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


def shut_out(user_id: UUID) -> None:
    """Close the account of somebody who leaves: no sign-in from now on, every open session ended."""
    User.objects.filter(id=user_id).update(is_active=False)
    close_sessions_of(user_id)


def let_back_in(user_id: UUID) -> None:
    """Open the account of somebody who came back."""
    User.objects.filter(id=user_id).update(is_active=True)
