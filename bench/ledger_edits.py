"""A thousand edits of each kind to the tables of a sealed record, made past every right: each is found and named."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def measure(quick):
    """Alter the tables of one fresh instance in each way, ask what is wrong, put them back."""
    with tempfile.TemporaryDirectory(prefix="evenhand-edits-") as folder:
        Path(folder).chmod(0o711)
        command = [
            sys.executable,
            str(Path(__file__).with_name("_editing.py")),
            folder,
            "100" if quick else "1000",
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
        if process.returncode:
            raise SystemExit("an edit was not found, or something was named that was not touched")
