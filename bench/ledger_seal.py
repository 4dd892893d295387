"""Lines sealed a second through PostgreSQL while eight writers act, what an act's lines cost it, proofs, and growth."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _apart import figures

SIZES = (100_000, 1_000_000)
QUICK = (20_000, 100_000)


def measure(quick):
    """Run each part in an instance of its own with a durable server; EVENHAND_BENCH_SIZES=10000000 names other sizes."""
    named = os.environ.get("EVENHAND_BENCH_SIZES", "")
    sizes = tuple(int(size) for size in named.split(",")) if named else QUICK if quick else SIZES
    yield from figures("_sealing.py", 5 if quick else 20, *sizes, ill="sealing could not be measured")
