"""The settings of a running instance, from environment variables and the data folder's secrets."""

from __future__ import annotations

import os
from typing import Any

from evenhand.operations.database import Address, addresses, data_folder
from evenhand.operations.secrets import secret
from evenhand.operations.single_sign_on import library_settings
from evenhand.operations.single_sign_on import read as read_providers
from evenhand.settings.base import *  # noqa: F403 - settings are one flat namespace
from evenhand.settings.cookies import cookies
from evenhand.settings.numbers import positive_number

MODE = os.environ.get("EVENHAND_MODE", "production")
PROCESS = os.environ.get("EVENHAND_PROCESS", "operator")
DEMO = MODE == "demo"
DATA = data_folder(os.environ)
DEBUG = False

_hosts = os.environ.get("EVENHAND_HOSTS", "localhost,127.0.0.1,[::1]")
ALLOWED_HOSTS = [host.strip() for host in _hosts.split(",") if host.strip()]
_port = os.environ.get("EVENHAND_PORT", "8000")
_behind_tls = os.environ.get("EVENHAND_TLS", "0" if DEMO else "1") == "1"
_scheme = "https" if _behind_tls else "http"
CSRF_TRUSTED_ORIGINS = [f"{_scheme}://{host}" for host in ALLOWED_HOSTS] + [
    f"http://{host}:{_port}" for host in ALLOWED_HOSTS if not _behind_tls
]
globals().update(cookies(behind_tls=_behind_tls))
if _behind_tls:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # One proxy stands in front: without this everybody would share its address, and one could lock all out.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
    AXES_IPWARE_PROXY_COUNT = 1
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True

SINGLE_SIGN_ON = read_providers(os.environ.get("EVENHAND_SINGLE_SIGN_ON", ""))
SOCIALACCOUNT_PROVIDERS = library_settings(SINGLE_SIGN_ON)
# The browser follows a form's answer to the provider only where the page says so.
CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] = [  # noqa: F405 - from the base
    "'self'",
    *(origin for provider in SINGLE_SIGN_ON for origin in provider.form_origins),
]
SECOND_STEP_WANTED = os.environ.get("EVENHAND_SECOND_STEP", "0" if DEMO else "1") == "1"
KNOWN_PASSWORDS_FILE = os.environ.get("EVENHAND_KNOWN_PASSWORDS", "")
PASSWORD_WORDS = tuple(
    word.strip().lower() for word in os.environ.get("EVENHAND_PASSWORD_WORDS", "").split(",") if word.strip()
)
IDLE_SECONDS = 60 * int(os.environ.get("EVENHAND_IDLE_MINUTES", "30"))

SECRET_KEY = secret("django_secret_key", length=50)
KEYS_FOLDER = DATA / "keys"
FILES_FOLDER = DATA / "files"
MAIL_FOLDER = DATA / "mail"
WRAPPING_KEY_FILE = os.environ.get("EVENHAND_WRAPPING_KEY_FILE", "")
WRAPPING_COMMAND = os.environ.get("EVENHAND_WRAPPING_COMMAND", "")
WRAPPING_PASSPHRASE_FILE = os.environ.get("EVENHAND_WRAPPING_PASSPHRASE_FILE", "")
SEALING_FOLDER = DATA / "sealing"
LOG_KEY_FILE = os.environ.get("EVENHAND_LOG_KEY_FILE", "")
LOG_ORIGIN = os.environ.get("EVENHAND_LOG_ORIGIN", "")
CHECKPOINT_SECONDS = positive_number(os.environ, "EVENHAND_CHECKPOINT_SECONDS", 60 if DEMO else 600)
CHECKPOINT_LINES = positive_number(os.environ, "EVENHAND_CHECKPOINT_LINES", 16 if DEMO else 64)
WITNESSES = os.environ.get("EVENHAND_WITNESSES", "")
CLAMD_SOCKET = os.environ.get("EVENHAND_CLAMD", "")
EMAIL_URL = os.environ.get("EVENHAND_EMAIL_URL", "")
EMAIL_FROM = os.environ.get("EVENHAND_EMAIL_FROM", "evenhand@localhost")
SITE_PACKS = os.environ.get("EVENHAND_PACKS", "")
PACK = os.environ.get("EVENHAND_PACK", "").strip() or "gb-eaw"


def _alias(address: Address, *, pool: bool) -> dict[str, Any]:
    where = address.django()
    options: dict[str, Any] = {**dict(where.pop("OPTIONS")), "server_side_binding": True}  # type: ignore[call-overload]
    if pool:
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
    return {
        "ENGINE": "evenhand.records.engine",
        **where,
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": not pool,
        "ATOMIC_REQUESTS": False,
    }


_addresses = addresses(os.environ)
DATABASES = {
    "default": _alias(
        _addresses.worker if PROCESS == "worker" else _addresses.app, pool=PROCESS != "operator"
    ),
    "signin": _alias(_addresses.signin, pool=PROCESS == "web"),
    "equality": _alias(_addresses.equality, pool=False),
}
if PROCESS == "operator":
    DATABASES["admin"] = _alias(_addresses.admin, pool=False)
    DATABASES["worker"] = _alias(_addresses.worker, pool=False)
