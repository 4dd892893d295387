"""Run a real worker that stops dead in the middle of something, and kill it there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.faults.attacks import as_superuser

ROOT = Path(__file__).resolve().parents[2]
AS_WORKER = """
import os, sys, time
os.environ["EVENHAND_PROCESS"] = "worker"
os.environ["DJANGO_SETTINGS_MODULE"] = "evenhand.settings.instance"
import django
django.setup()
"""


def killed_in(program: str, *, at: str) -> None:
    """Run a program as the worker, kill it when it prints a word, and wait until its sessions have ended with it."""
    stuck = subprocess.Popen(
        [sys.executable, "-c", AS_WORKER + program], stdout=subprocess.PIPE, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "EVENHAND_DATA": str(settings.DATA)},
    )  # fmt: skip
    try:
        assert stuck.stdout is not None
        assert stuck.stdout.readline() == f"{at}\n".encode()
        stuck.send_signal(signal.SIGKILL)
    finally:
        stuck.kill()
        stuck.communicate()
    as_superuser(
        "select pg_terminate_backend(pid, 2000) from pg_stat_activity where usename = 'evenhand_worker' and state <> 'idle'"
    )
