"""What goes wrong outside (a pipe, a disk, a file, the database) is one line and a number, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from evenhand.cli import policy as word
from evenhand.cli._process import one_line
from evenhand.cli.main import CommandError, main
from evenhand.gate.entry import DatabaseAway, StoreAway
from evenhand.gate.policy import pack

COMMAND = [sys.executable, "-m", "evenhand.cli.main"]


def start(*words: str, **over: object) -> subprocess.CompletedProcess[str]:
    options: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60} | over
    return subprocess.run([*COMMAND, *words], check=False, text=True, **options)  # type: ignore[call-overload]


def test_a_closed_pipe_is_no_success_and_says_nothing():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        found = start("--help", stdout=writing)
    finally:
        os.close(writing)
    assert (found.returncode, found.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_full_disk_under_what_is_printed_is_said_in_one_line():
    with open("/dev/full", "w", encoding="utf-8") as full:
        found = start("policy", "list", stdout=full)
    assert (found.returncode, found.stderr) == (2, "evenhand policy: no space left on device\n")


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (PermissionError(13, "Permission denied", "/srv/x"), "/srv/x: permission denied"),
        (MemoryError(), "there is not enough memory for this"),
        (RecursionError("deep"), "what was given is nested too deep"),
        (CommandError("wrong\n\x1b[2Jscreen"), "wrong \\x1b[2Jscreen"),
        (CommandError("[" * 5000), "[" * (1000 - len("evenhand policy: ")) + " …"),
    ],
)
def test_trouble_from_outside_is_one_line_in_which_nothing_moves(monkeypatch, capsys, trouble, said):
    def fails(arguments):
        raise trouble

    monkeypatch.setattr(word, "run", fails)
    assert main(["policy", "list"]) == 2
    assert capsys.readouterr().err == f"evenhand policy: {said}\n"


def test_a_mistake_of_ours_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(word, "run", lambda arguments: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        main(["policy", "list"])


@pytest.mark.parametrize("words", [["watch", "scan", "x"], ["ledger"], ["policy", "check", "a", "b"]])
def test_what_was_asked_wrongly_is_one_line_too(capsys, words):
    assert main(words) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--help` says more" in told


@pytest.mark.parametrize(
    ("away", "said"), [(DatabaseAway, "the database"), (StoreAway, "the keys or the files")]
)
def test_a_database_or_a_store_that_is_away_is_said(away, said):
    with pytest.raises(CommandError, match=said), one_line():
        raise away


def test_a_policy_pack_that_is_not_there_is_named_beside_those_that_are():
    with pytest.raises(ImproperlyConfigured, match=r"'nope'; there are: .*gb-eaw"):
        pack("nope")
    with override_settings(PACK="nope"), pytest.raises(ImproperlyConfigured, match="'nope'"):
        pack()
