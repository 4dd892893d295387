"""Worklist, case file, search and a saved step on up to three million cases, with the wall and without it."""

import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (100_000, 1_000_000, 3_000_000)
QUICK = (10_000, 100_000)
PAGES = ("worklist", "case file", "search by name", "search by reference", "save a step")


def measure(quick):
    """Load each size into an instance of its own under EVENHAND_BENCH_DATA (kept there) and measure every page.

    EVENHAND_BENCH_SIZES names other sizes, as in 100000,1000000.
    """
    named = os.environ.get("EVENHAND_BENCH_SIZES", "")
    sizes = tuple(int(size) for size in named.split(",")) if named else QUICK if quick else SIZES
    folder = Path(os.environ.get("EVENHAND_BENCH_DATA") or Path(tempfile.gettempdir()) / "evenhand-bench")
    found = {}
    for size in sizes:
        home = folder / str(size)
        home.mkdir(parents=True, exist_ok=True)
        with subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("_measure.py")), str(size), str(home)],
            stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            for line in process.stdout:
                result = json.loads(line)
                found[result["name"]] = result["value"]
                yield result
        if process.returncode:
            raise SystemExit(f"measuring {size:,} cases ended with {process.returncode}")
    if len(sizes) > 1:
        least, most = min(sizes), max(sizes)
        for page in PAGES:
            for viewer in ("all", "some", "nothing"):
                pair = [found[f"{size:,} {page}, sees {viewer}: CPU"] for size in (least, most)]
                yield {
                    "name": f"{page}, sees {viewer}: growth exponent",
                    "value": round(math.log(pair[1] / pair[0]) / math.log(most / least), 3),
                    "unit": "",
                    "how": f"CPU grows as cases to this power from {least:,} to {most:,}",
                }
