"""However the command is started, what was asked wrongly is said in one line."""

from __future__ import annotations

import subprocess
import sys


def test_started_as_a_module_a_wrong_question_gets_one_line_and_no_traceback():
    found = subprocess.run(
        [sys.executable, "-m", "evenhand.cli.main", "policy", "check", "no-such-pack"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert found.returncode == 2
    assert found.stderr.startswith("evenhand policy: ")
    assert "Traceback" not in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
