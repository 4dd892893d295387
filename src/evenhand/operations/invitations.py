"""Invite a practitioner by mail to sign in for the first time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from evenhand.gate import ledger
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import Who
from evenhand.kernels.policy import Reason
from evenhand.operations.accounts import INVITATION_DAYS, invite
from evenhand.operations.letters import post
from evenhand.records.practitioner import Practitioner

SUBJECT = "You are invited to Evenhand"
TEXT = """Hello {name}

{inviter} invites you to sign in to Evenhand, where your partnership works on its cases.

Choose your password here within {days} days:
{link}

The link works once. If you did not expect this, tell your agency's administrator and delete this message.
"""


def send_invitation(who: Who, practitioner_id: UUID, *, link: Callable[[str], str], now: datetime) -> str:
    """The person has an invitation that works once; an earlier one stops working. Returns where it was sent.

    link  turns the invitation's token into the address to send
    """
    if not who.is_administrator:
        raise Refused((Reason("not_your_role", "This is for an administrator of the partnership.", ""),))
    row = Practitioner.objects.filter(id=practitioner_id).first()
    if row is None:
        raise NoSuchCase
    if not row.active:
        raise Invalid({"email": "This person has left. Take them back first."})
    if not row.email:
        raise Invalid({"email": "This person has no email address."})
    token = invite(row.id, row.email)
    line = ledger.entry(actor=who.practitioner_id, verb="invite", case="", at=now, detail=str(row.id))
    ledger.write(None, [line])
    text = TEXT.format(name=row.name, inviter=who.name, days=INVITATION_DAYS, link=link(token))
    post(row.email, SUBJECT, text)
    return row.email
