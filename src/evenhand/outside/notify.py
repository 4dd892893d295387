"""Send a message by e-mail; without a mail server a null twin keeps it in a folder and says so loudly."""

from __future__ import annotations

import logging
import smtplib
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from django.conf import settings

log = logging.getLogger("evenhand.outside")
SECONDS = 20


class NotSent(Exception):
    """The mail server did not take the message."""


def send(to: str, subject: str, text: str, *, number: UUID | None = None) -> str:
    """Send one message; it may name no person. Returns how it went out; raises NotSent.

    number  the same for the same message: one that goes out again, because nobody knows whether it went, is known again
    """
    number = number or uuid4()
    message = EmailMessage()
    message["Message-ID"] = f"<{number}@{settings.EMAIL_FROM.rpartition('@')[2] or 'evenhand'}>"
    message["To"] = to
    message["From"] = settings.EMAIL_FROM
    message["Subject"] = subject
    message.set_content(text)
    if not settings.EMAIL_URL:
        folder = Path(settings.MAIL_FOLDER)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / f"{number}.eml").write_bytes(bytes(message))
        log.warning("NO MAIL SERVER: EVENHAND_EMAIL_URL is not set; the message was put into the mail folder")
        return "folder"
    where = urlsplit(settings.EMAIL_URL)
    secure = where.scheme == "smtps"
    kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
    try:
        with kind(
            where.hostname or "localhost", where.port or (465 if secure else 25), timeout=SECONDS
        ) as server:
            if where.scheme == "smtp+starttls":
                server.starttls()
            if where.username:
                server.login(unquote(where.username), unquote(where.password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent("the mail server did not take the message") from error
    return "mail"
