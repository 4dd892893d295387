"""The words of make are those that the documents promise, and what they install is pinned by hash."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = ("setup", "demo", "test", "check", "bench", "journey", "lock", "clean")


def make(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory", *words], capture_output=True, text=True, check=False
    )


def test_make_alone_prints_every_word_and_does_nothing_else():
    said = make()
    assert said.returncode == 0
    for word in WORDS:
        assert re.search(rf"^  make {word} +\S", said.stdout, re.M), word


@pytest.mark.parametrize("word", WORDS)
def test_each_word_is_a_target(word):
    planned = make("--dry-run", word)
    assert planned.returncode == 0, planned.stderr


def test_only_hashed_parts_are_installed_and_the_package_brings_none_itself():
    planned = make("--dry-run", "--always-make", "setup").stdout
    installs = [line for line in planned.splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps" in installs[1]
    assert "--no-build-isolation" in installs[1]


def test_the_lock_has_a_hash_for_every_part_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock
    parts = re.findall(r"^([A-Za-z0-9._-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", lock, re.M)
    assert len(parts) == len(re.findall(r"^[A-Za-z0-9]", lock, re.M))


def test_everything_the_package_asks_for_is_locked():
    lock = (ROOT / "requirements.lock").read_text().lower()
    for name in ("run.in", "check.in"):
        for line in (ROOT / "requirements" / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                part = re.split(r"[\[<>=~ ]", line)[0].lower()
                assert re.search(rf"^{re.escape(part)}==", lock, re.M), part


def test_the_checks_that_run_are_those_that_are_promised():
    planned = make("--dry-run", "check").stdout
    for tool in ("ruff format --check", "ruff check", "mypy", "lint-imports"):
        assert tool in planned


def test_a_missing_python_is_one_line_that_says_what_to_install():
    said = subprocess.run(
        [str(ROOT / "bin" / "find-python"), "no-such-python"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "apt-get install python3" in said.stderr


def test_a_python_that_cannot_make_environments_is_one_line_that_says_what_to_install(tmp_path):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexit 0\n')
    python.chmod(0o755)
    said = subprocess.run(
        [str(ROOT / "bin" / "find-python"), str(python)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "apt-get install python3-venv" in said.stderr


def test_a_python_that_is_too_old_is_one_line(tmp_path):
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\ncase "$2" in *version_info*) exit 1;; esac\n[ "$1" = --version ] && echo Python 3.9.1\nexit 0\n'
    )
    python.chmod(0o755)
    said = subprocess.run(
        [str(ROOT / "bin" / "find-python"), str(python)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "Python 3.9.1 is too old" in said.stderr


def test_the_machine_that_checks_every_change_runs_the_documented_words():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    commands = [line for line in text.splitlines() if line.startswith("make ")]
    assert commands == ["make setup", "make check", "make test"]
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_the_parts_of_the_house_agree_on_where_the_environment_is():
    assert re.search(r"^\.venv/$", (ROOT / ".gitignore").read_text(), re.M)
    assert re.search(r"^var/$", (ROOT / ".gitignore").read_text(), re.M)
    assert re.search(r"^VENV := \.venv$", (ROOT / "Makefile").read_text(), re.M)
