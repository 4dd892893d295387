"""Kill sealer, web, witness and database at random under load: no acknowledged act missing, none doubled, all proofs hold."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS, QUICK = 600, 60


def measure(quick):
    """Run one instance for ten minutes (one with --quick) and count at the end."""
    with tempfile.TemporaryDirectory(prefix="evenhand-soak-") as folder:
        Path(folder).chmod(0o711)
        command = [
            sys.executable,
            str(Path(__file__).with_name("_soaking.py")),
            folder,
            str(QUICK if quick else SECONDS),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
        if process.returncode:
            raise SystemExit(
                f"the soak ended with {process.returncode}: something was lost, doubled or does not hold"
            )
