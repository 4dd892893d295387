"""What the charter's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def settings_mail_folder() -> Path:
    """Where the null twin of the mail server puts messages."""
    from django.conf import settings

    return Path(settings.MAIL_FOLDER)
