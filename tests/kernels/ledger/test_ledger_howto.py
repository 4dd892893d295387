"""The outsider's walk-through says exactly what happens to somebody who follows it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "howto" / "verify-the-record.md"
STEP = re.compile(r"```sh\n(.*?)```\n```text\n(.*?)```", re.DOTALL)
PYTHON, SOURCE = shlex.quote(sys.executable), shlex.quote(str(ROOT / "src"))
WORDS = f"""
evenhand() {{ PYTHONPATH={SOURCE} {PYTHON} -m evenhand.cli.main "$@"; }}
python3() {{ env -i {PYTHON} -I -S "$@"; }}
"""


def test_each_step_of_the_walk_through_shows_what_the_page_shows(tmp_path: Path) -> None:
    steps = STEP.findall(PAGE.read_text(encoding="utf-8"))
    assert len(steps) >= 8
    for commands, shown in steps:
        ran = subprocess.run(
            ["bash", "-c", WORDS + commands],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ran.stdout == shown, commands
        assert ran.stderr == "", commands
