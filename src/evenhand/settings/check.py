"""Settings for type checking and document building: no database, no secrets."""

from __future__ import annotations

from pathlib import Path

from evenhand.settings.base import *  # noqa: F403 - settings are one flat namespace

SECRET_KEY = "only-for-checking-types"  # noqa: S105 - opens nothing
MODE = "check"
DEMO = False
DATA = Path("var")
KEYS_FOLDER = DATA / "keys"
FILES_FOLDER = DATA / "files"
MAIL_FOLDER = DATA / "mail"
SEALING_FOLDER = DATA / "sealing"
LOG_KEY_FILE = LOG_ORIGIN = WITNESSES = ""
CHECKPOINT_SECONDS = 600
CHECKPOINT_LINES = 64
EMAIL_URL = ""
EMAIL_FROM = "evenhand@localhost"
SITE_PACKS = ""
PACK = "gb-eaw"
COOKIE_PREFIX = "__Host-"
ENTRY_COOKIE_SECURE = True
DATABASES = {
    alias: {"ENGINE": "evenhand.records.engine", "NAME": "none"}
    for alias in ("default", "signin", "equality", "admin")
}
