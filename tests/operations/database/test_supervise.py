"""Processes that run together are brought back when one dies, and none is left at the end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from evenhand.operations import supervise
from evenhand.operations.supervise import Program, Stop, keep_running, run_to_end

SOURCE = str(Path(__file__).parents[3] / "src")
# Starts a process of its own and ignores what would end it politely.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
inner = subprocess.Popen([sys.executable, "-c", "import signal,time; signal.signal(15,1); time.sleep(60)"])
open(sys.argv[1], "a").write(f"{os.getpid()} {inner.pid}\\n")
time.sleep(60)
"""
POLITE = "import sys, time; open(sys.argv[1], 'a').write('here\\n'); time.sleep(60)"


def program(name: str, code: str, *words: object, **environ: str) -> Program:
    return Program(name, (sys.executable, "-c", code, *(str(word) for word in words)), environ)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def gone(pids: list[str], seconds: float = 20.0) -> bool:
    """Wait until processes have ended, whoever started them; says whether all have."""
    end = time.monotonic() + seconds
    for pid in pids:
        try:
            watched = os.pidfd_open(int(pid))
        except ProcessLookupError:
            continue
        try:
            if not select.select([watched], [], [], max(0.0, end - time.monotonic()))[0]:
                return False
        finally:
            os.close(watched)
    return True


def told(path: Path, seconds: float = 20.0) -> str:
    """Wait until a process writes a line into a pipe with a name, made before it was started."""
    with open(os.open(path, os.O_RDWR), closefd=True) as pipe:
        assert select.select([pipe], [], [], seconds)[0], "nothing was written"
        return pipe.readline().strip()


@pytest.fixture
def hurry(monkeypatch):
    monkeypatch.setattr(supervise, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(supervise, "TICK_SECONDS", 0.02)


def test_what_does_not_end_politely_is_ended_with_all_it_started(tmp_path, hurry):
    notes = tmp_path / "notes"

    def tick() -> None:
        if lines(notes):
            signal.raise_signal(signal.SIGTERM)

    with Stop() as stop:
        assert keep_running([program("stubborn", STUBBORN, notes)], stop, tick=tick) == ""
    assert gone(lines(notes)[0].split())


def test_one_that_is_killed_is_started_again_with_nothing_left_of_the_first(tmp_path, hurry, capfd):
    notes = tmp_path / "notes"
    killed: list[int] = []

    def tick() -> None:
        if len(lines(notes)) == 1 and not killed:
            killed.append(int(lines(notes)[0].split()[0]))
            os.kill(killed[0], signal.SIGKILL)
        if len(lines(notes)) == 2:
            signal.raise_signal(signal.SIGINT)

    with Stop() as stop:
        assert keep_running([program("stubborn", STUBBORN, notes)], stop, tick=tick) == ""
    assert gone([pid for line in lines(notes) for pid in line.split()])
    assert "stubborn ended (exit code -9); starting it again" in capfd.readouterr().err


def test_one_that_always_dies_is_given_up_and_the_others_ended(tmp_path, hurry):
    notes = tmp_path / "notes"
    programs = [program("polite", POLITE, notes), program("broken", "raise SystemExit(3)")]
    with Stop() as stop:
        sentence = keep_running(programs, stop, tick=lambda: None)
    assert sentence == "broken ended 5 times within 60 s (last exit code 3)"


def test_trouble_in_the_tick_ends_everything(tmp_path, hurry):
    notes = tmp_path / "notes"

    def tick() -> None:
        if lines(notes):
            raise RuntimeError("the database is gone")

    with Stop() as stop, pytest.raises(RuntimeError):
        keep_running([program("stubborn", STUBBORN, notes)], stop, tick=tick)
    assert gone(lines(notes)[0].split())


def test_a_single_run_says_how_it_ended_and_can_be_interrupted(tmp_path, hurry):
    with Stop() as stop:
        assert run_to_end(program("ok", "pass"), stop) == 0
        assert run_to_end(program("no", "raise SystemExit(7)"), stop) == 7
        signal.raise_signal(signal.SIGINT)
        assert run_to_end(program("polite", POLITE, tmp_path / "notes"), stop) == 130


def test_signals_mean_again_what_they_meant_before():
    before = signal.getsignal(signal.SIGTERM)
    with Stop():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_long_work_is_broken_off_soon_after_the_end_is_asked_and_short_work_is_not():
    with Stop() as stop:
        with stop.at_most(0.1):
            signal.raise_signal(signal.SIGTERM)
            ended = time.monotonic() + 10
            while time.monotonic() < ended:
                pass
        assert time.monotonic() < ended
        with stop.at_most(10):
            signal.raise_signal(signal.SIGTERM)
            done = True
        assert done
    with pytest.raises(KeyboardInterrupt), Stop() as stop, stop.at_most(0.1):
        raise KeyboardInterrupt


def test_a_child_ends_when_its_supervisor_is_killed(tmp_path):
    notes = tmp_path / "notes"
    os.mkfifo(notes)
    child = (
        "import os, sys, time; from evenhand.operations.supervise import end_with_parent; end_with_parent(); "
        "open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"
    )
    code = textwrap.dedent(
        """
        import sys, time
        from evenhand.operations.supervise import Child, Program
        Child(Program("child", (sys.executable, "-c", sys.argv[1], sys.argv[2])))
        time.sleep(60)
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, child, str(notes)], env={**os.environ, "PYTHONPATH": SOURCE}
    )
    child_pid = told(notes)
    parent.kill()
    parent.wait()
    assert gone([child_pid])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_make_that_alone_is_told_to_end_takes_everything_with_it(tmp_path, number):
    notes = tmp_path / "notes"
    os.mkfifo(notes)
    code = textwrap.dedent(
        """
        import sys
        from evenhand.operations.supervise import Program, Stop, keep_running
        inner = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\\\n'); time.sleep(60)"
        with Stop() as stop:
            keep_running([Program("inner", (sys.executable, "-c", inner, sys.argv[1]))], stop, tick=lambda: None)
        """
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {sys.executable} {script} {notes}\n")
    # A run in the background passes an ignored Ctrl-C on to whatever it starts; somebody at a keyboard does not.
    make = subprocess.Popen(
        ["env", "--default-signal=INT", "make", "-C", str(tmp_path), "run"],
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    inner_pid = told(notes)
    make.send_signal(number)
    assert make.wait(timeout=90) != 0
    assert gone([inner_pid])


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a process that the one above it has ended")
def test_a_forked_process_ends_when_the_one_above_it_is_killed():
    script = (
        "import os, signal\nfrom evenhand.operations.supervise import forks_end_with_us\nforks_end_with_us()\n"
        "if not os.fork():\n    print('up', flush=True)\nwhile True:\n    signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": SOURCE}
    ) as above:
        assert above.stdout is not None
        assert above.stdout.readline() == b"up\n"
        above.kill()
        # The forked one holds the other end as long as it lives.
        assert above.communicate(timeout=20)[0] == b""
