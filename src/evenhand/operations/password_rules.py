"""Refuse passwords that somebody would try first here: words of this house, and those known from break-ins elsewhere."""

from __future__ import annotations

import os
import re
from hashlib import sha1
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

WORDS = (
    "evenhand", "administrator", "admin", "analyst", "case", "casework", "channel", "chair", "community", "concern",
    "council", "coordinator", "force", "gateway", "handler", "intervention", "officer", "panel", "partnership",
    "password", "police", "prevent", "provider", "referral", "safeguarding", "supervisor", "welcome",
)  # fmt: skip
"""What a stranger knows about this house: its name, its roles and its work. An instance adds its own names."""
FEWEST_LEFT = 6
LONGEST_LINE = 128


class HouseWords:
    """A password is more than the house's own words, with figures and signs round them."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError when fewer than six letters are left without those words."""
        names = {part for host in settings.ALLOWED_HOSTS for part in host.lower().split(".") if len(part) > 3}
        left = whole = password.lower()
        for word in sorted({*WORDS, *names, *settings.PASSWORD_WORDS}, key=len, reverse=True):
            left = left.replace(word, " ")
        if left != whole and len(re.findall(r"[^\W\d_]", left)) < FEWEST_LEFT:
            raise ValidationError(self.get_help_text(), code="house_words")

    def get_help_text(self) -> str:
        """Say the rule."""
        return _(
            "Choose a password that is more than names and words of this service and the work done with it."
        )


class KnownPasswords:
    """A password is not in the list of broken-into ones that the operator named, where there is one.

    The list is a text file as Have I Been Pwned gives it: a line for each, the SHA-1 in capitals, a colon and a count,
    in order of the hashes. It is looked at here and asked of nobody.
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError when the list has it; OSError when there should be a list and is none."""
        if not settings.KNOWN_PASSWORDS_FILE:
            return
        wanted = sha1(password.encode()).hexdigest().upper().encode()  # noqa: S324 - what the list is made of
        with Path(settings.KNOWN_PASSWORDS_FILE).open("rb") as file:
            low, high = 0, file.seek(0, os.SEEK_END)
            while low < high:
                middle = (low + high) // 2
                file.seek(middle)
                if middle:
                    file.readline(LONGEST_LINE)
                line = file.readline(LONGEST_LINE)
                if not line or line[:40] > wanted:
                    high = middle
                elif line[:40] < wanted:
                    low = middle + 1
                else:
                    raise ValidationError(self.get_help_text(), code="known_password")
            file.seek(0)
            if file.readline(LONGEST_LINE)[:40] == wanted:
                raise ValidationError(self.get_help_text(), code="known_password")

    def get_help_text(self) -> str:
        """Say the rule."""
        return _("Choose another password: this one is known from a break-in somewhere.")
