"""Kill sealer, web, witness and database at random under load: no acknowledged act missing, none doubled, all proofs hold."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _apart import figures

SECONDS, QUICK = 600, 60


def measure(quick):
    """Run one instance for ten minutes (one with --quick) and count at the end."""
    ill = "something was lost, doubled or does not hold"
    yield from figures("_soaking.py", QUICK if quick else SECONDS, ill=ill)
