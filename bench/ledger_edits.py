"""A thousand edits of each kind to the tables of a sealed record, made past every right: each is found and named."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _apart import figures


def measure(quick):
    """Alter the tables of one fresh instance in each way, ask what is wrong, put them back."""
    ill = "an edit was not found, or something was named that was not touched"
    yield from figures("_editing.py", 100 if quick else 1000, ill=ill)
