"""Run a measuring script in a process and a folder of its own, and hand on the figures that it prints."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def figures(script, *words, ill):
    """Yield the JSON objects that `bench/SCRIPT FOLDER WORDS…` prints; the folder is gone afterwards.

    ill  what it means when the script does not end with 0
    """
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
        Path(folder).chmod(0o711)
        command = [sys.executable, str(Path(__file__).with_name(script)), folder, *map(str, words)]
        environ = {**os.environ, "EVENHAND_PARENT": str(os.getpid())}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
        if process.returncode:
            raise SystemExit(f"{ill} (ended with {process.returncode})")
