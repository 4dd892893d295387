"""Django's mail (password resets) goes out by the same way as ours, null twin included."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from evenhand.outside.notify import NotSent, send


class Backend(BaseEmailBackend):
    """Hands each message to `notify.send`, one receiver at a time."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Return how many messages went out; a server that refuses is an error only where the caller wants one."""
        sent = 0
        for message in email_messages:
            try:
                for receiver in message.recipients():
                    send(receiver, str(message.subject), str(message.body))
            except NotSent:
                if not self.fail_silently:
                    raise
                continue
            sent += 1
        return sent
