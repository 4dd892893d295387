"""Warn a contact by a link that opens one message and nothing else, and hear that they have read it."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from evenhand.casework.protect.acting import Doing, Done
from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import DOOR, now
from evenhand.outside.notify import NotSent, send
from evenhand.records.site import SiteWarning

OPEN_DAYS = 14
SUBJECT = "A message about your site"
# Mail is read over shoulders: the message itself stands behind the link.
TEXT = """There is a message for you about the site you answer for.

Read it here, within {days} days, and say that you have read it:
{link}

If you did not expect this, ring your local police on 101 and ask.
"""
MOST_ANSWER = 1000
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Warned:
    """What the link shows: the message, from whom, since when, and whether it was acknowledged."""

    text: str
    site: str
    officer: str
    agency: str
    sent_at: datetime
    acknowledged_at: datetime | None


def _hash(token: str) -> bytes:
    if not TOKEN.fullmatch(token):
        raise NoSuchCase
    return hashlib.sha256(token.encode()).digest()


def warn(doing: Doing) -> Done:
    """The warning stands under a new link, which is shown to whoever wrote it, once."""
    a, site = doing.answers, doing.target
    token = secrets.token_urlsafe(32)
    row = SiteWarning(
        **doing.common(),
        site_id=site.id,
        contact_id=a["contact"],
        officer_id=a["officer"],
        token_hash=_hash(token),
        expires_at=doing.now + timedelta(days=OPEN_DAYS),
        sealed=doing.seal(site.id, "warning", site=str(keys.open_(site.id, site.sealed).get("name", ""))),
    )
    SiteWarning.objects.bulk_create([row])
    return Done(doing.number, "site", site.id, {"token": token})


def send_link(warning_id: UUID, link: str) -> str:
    """The link has gone to the contact's address; returns it, or nothing where there is none or no mail went out."""
    row = SiteWarning.objects.select_related("contact").filter(id=warning_id).first()
    address = str(keys.open_(row.site_id, row.contact.sealed).get("email", "")) if row else ""
    if not address:
        return ""
    try:
        send(address, SUBJECT, TEXT.format(link=link, days=OPEN_DAYS), number=warning_id)
    except NotSent:
        return ""
    return address


def withdraw(doing: Doing) -> Done:
    """The link opens nothing any more."""
    warning = doing.target
    SiteWarning.objects.filter(id=warning.id, withdrawn_at=None).update(withdrawn_at=doing.now)
    return Done(warning.id, "site", warning.site_id)


def open_warning(token: str) -> Warned:
    """Return what a link shows; raises NoSuchCase for one that is wrong, withdrawn or has run out, all alike."""
    found = _row(token)
    said = keys.open_(found[1], found[2])
    return Warned(
        text=str(said.get("warning", "")),
        site=str(said.get("site", "")),
        officer=found[5],
        agency=found[6],
        sent_at=found[3],
        acknowledged_at=found[4],
    )


def acknowledge(token: str, answer: str) -> None:
    """The contact has read it; what they add is for the named officer, and is in no index and no report."""
    if len(answer) > MOST_ANSWER:
        raise Invalid(
            {"answer": f"Shorten this to {MOST_ANSWER:,} characters or fewer, or ring the officer."}
        )
    found = _row(token)
    sealed = keys.close(found[1], {"answer": answer.strip()}) if answer.strip() else None
    with connection.cursor() as cursor:
        cursor.execute("select wall.acknowledge_warning(%s, %s)", [_hash(token), sealed])
    # The day is enough: whoever answers for a site keeps their hours to themselves.
    day = now().replace(hour=0, minute=0, second=0, microsecond=0)
    ledger.write(
        None, [ledger.entry(actor=DOOR, verb="acknowledge_warning", case="", at=day, detail=str(found[0]))]
    )


def _row(token: str) -> tuple[UUID, UUID, bytes, datetime, datetime | None, str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, site_id, sealed, sent_at, acknowledged_at, officer, agency from wall.open_warning(%s)",
            [_hash(token)],
        )
        row = cursor.fetchone()
    if row is None:
        raise NoSuchCase
    return row[0], row[1], bytes(row[2]), row[3], row[4], row[5], row[6]
