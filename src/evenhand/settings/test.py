"""Settings for tests: an instance of its own in a temporary folder, one for each process that tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
_folder = Path(tempfile.gettempdir()) / f"evenhand-test-{os.getuid()}-{os.getppid()}-{_worker}"
# Not a default: the process that hands out the tests has named its own before it starts the others.
os.environ["EVENHAND_DATA"] = str(_folder)
os.environ["EVENHAND_MODE"] = "demo"
os.environ["EVENHAND_PROCESS"] = "operator"

from evenhand.settings.instance import *  # noqa: E402, F403 - the folder must be named first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
