"""Lines sealed a second through PostgreSQL while eight writers act, what an act's lines cost it, proofs, and growth."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (100_000, 1_000_000)
QUICK = (20_000, 100_000)


def measure(quick):
    """Run each part in an instance of its own with a durable server; EVENHAND_BENCH_SIZES=10000000 names other sizes."""
    import os

    named = os.environ.get("EVENHAND_BENCH_SIZES", "")
    sizes = tuple(int(size) for size in named.split(",")) if named else QUICK if quick else SIZES
    with tempfile.TemporaryDirectory(prefix="evenhand-seal-") as folder:
        Path(folder).chmod(0o711)
        command = [
            sys.executable,
            str(Path(__file__).with_name("_sealing.py")),
            folder,
            "5" if quick else "20",
            *map(str, sizes),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
        if process.returncode:
            raise SystemExit(f"measuring ended with {process.returncode}")
