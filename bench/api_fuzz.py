"""Send the machine door many made-up requests as somebody of every role, and count what it answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

Result = dict[str, object]
TOP = Path(__file__).resolve().parents[1]
LONGEST_SECONDS = 3600


def measure(quick: bool) -> Iterator[Result]:
    """Yield how many requests were sent, how many faults and undocumented statuses were found, and the statuses seen."""
    examples, began = (4 if quick else 60), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "reached.json"
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "tests/api/test_fuzz.py", "-q", "-p", "no:cacheprovider", "--show-capture=no"],
            cwd=TOP, check=False, capture_output=True, text=True, timeout=LONGEST_SECONDS,
            env={**os.environ, "EVENHAND_FUZZ_EXAMPLES": str(examples), "EVENHAND_FUZZ_SEED": "0", "EVENHAND_FUZZ_TOLD": str(told)},
        )  # fmt: skip
        reached: dict[str, int] = json.loads(told.read_text()) if told.exists() else {}
    seconds = time.monotonic() - began
    how = f"schemathesis and hypothesis, {examples} examples for each operation and role, fresh seed, {seconds:.0f} s"
    statuses: dict[str, int] = {}
    for key, count in reached.items():
        status = key.rsplit(" ", 1)[1]
        statuses[status] = statuses.get(status, 0) + count
    yield {"name": "requests sent", "value": sum(reached.values()), "unit": "requests", "how": how}
    yield {
        "name": "tests that found a fault or an undocumented status",
        "value": ended.stdout.count("FAILED "),
        "unit": "tests",
        "how": ended.stdout.strip().splitlines()[-1] if ended.stdout.strip() else ended.stderr[-200:],
    }
    for status, count in sorted(statuses.items()):
        yield {"name": f"answers with {status}", "value": count, "unit": "answers", "how": how}
