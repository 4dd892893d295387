"""The FBI's incidents of two years brought in, watched from the first day, and one more day: how long each takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

Result = dict[str, object]


def measure(quick: bool) -> Iterator[Result]:
    """Yield seconds and CPU seconds of each step, in an instance of its own that is gone after; quick takes one row in eight."""
    here = Path(__file__)
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
        environ = dict(
            os.environ, PYTHONPATH=os.pathsep.join([str(here.parents[1]), os.environ.get("PYTHONPATH", "")]),
            EVENHAND_DATA=folder, EVENHAND_MODE="demo", EVENHAND_PROCESS="operator",
            DJANGO_SETTINGS_MODULE="evenhand.settings.instance",
        )  # fmt: skip
        with subprocess.Popen(
            [sys.executable, str(here.with_name("_bringing.py")), "8" if quick else "1"],
            stdout=subprocess.PIPE, text=True, env=environ,
        ) as process:  # fmt: skip
            for line in process.stdout or ():
                if line.startswith("{"):
                    yield json.loads(line)
        if process.returncode:
            raise SystemExit(f"measuring ended with {process.returncode}")
