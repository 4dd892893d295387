"""The time that a barred case takes to answer beside one that does not exist, door by door, in pairs drawn by lot."""

import json
import os
import subprocess
import sys
from pathlib import Path


def measure(quick):
    """Knock 1,000 (quick) or 10,000 times for each of the two at the six most telling doors, a twentieth of that at the rest,
    in an instance of its own that is gone after; about twelve minutes, each door's figures as soon as it is done.

    EVENHAND_BENCH_TRIES names another number. A door that is slow stops after 110 seconds and says how often it was tried.
    """
    tries = int(os.environ.get("EVENHAND_BENCH_TRIES", "") or (1_000 if quick else 10_000))
    here = Path(__file__)
    environ = dict(
        os.environ, PYTHONPATH=os.pathsep.join([str(here.parents[1]), os.environ.get("PYTHONPATH", "")])
    )
    with subprocess.Popen(
        [sys.executable, str(here.with_name("_timing.py")), str(tries)], stdout=subprocess.PIPE, text=True, env=environ
    ) as process:  # fmt: skip
        for line in process.stdout:
            if line.startswith("{"):
                yield json.loads(line)
    if process.returncode:
        raise SystemExit(f"measuring ended with {process.returncode}")
