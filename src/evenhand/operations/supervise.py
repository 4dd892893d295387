"""Run an instance's processes together: restart one that dies, and leave none behind at the end."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
RESTARTS = 5
WITHIN_SECONDS = 60.0
PATIENCE_SECONDS = 10.0
TICK_SECONDS = 0.2
PARENT = "EVENHAND_PARENT"
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in linux/prctl.h


class Stop:
    """Somebody asked us to end: Ctrl-C, SIGTERM, a closed terminal, or a `make` above us that was interrupted."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.times = 0
        self._make = _Make.above()
        self._grace = 0.0
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Stop:
        for number in ENDING:
            self._before[number] = signal.signal(number, self._asked)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal returned

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self.times += 1
        self.event.set()
        if self._grace:
            signal.setitimer(signal.ITIMER_REAL, self._grace)

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Break off what is done inside so long after we were asked to end; what is in a transaction is undone."""
        before = signal.signal(signal.SIGALRM, _break_off)
        self._grace = seconds
        try:
            yield
        except KeyboardInterrupt:
            if not self.event.is_set():
                raise
        finally:
            self._grace = 0.0
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; return whether we were asked to end."""
        if self._make is not None and self._make.is_ending():
            self.event.set()
        return self.event.wait(seconds)


def _break_off(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@dataclass(frozen=True)
class _Make:
    """The `make` that started us. It passes SIGTERM on, but for SIGINT it waits for us without a word."""

    pid: int

    @classmethod
    def above(cls) -> _Make | None:
        make = cls(os.getppid())
        return make if make._status("Name") in {"make", "gmake"} and not make.is_ending() else None

    def is_ending(self) -> bool:
        """Is it gone, or has it laid down its handler for SIGINT, as it does when it was asked to end?"""
        if os.getppid() != self.pid:
            return True
        caught = self._status("SigCgt")
        return bool(caught) and not int(caught, 16) >> (signal.SIGINT - 1) & 1

    def _status(self, key: str) -> str:
        try:
            for line in Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition(":")
                if name == key:
                    return value.strip()
        except OSError:
            pass
        return ""


@dataclass(frozen=True)
class Program:
    """One process to run: its name on the screen, its command, and what its environment has besides ours."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)


def evenhand(*words: str, **environ: str) -> Program:
    """Return the program that runs one of our own command words with this environment's Python."""
    installed = Path(sys.executable).with_name("evenhand")
    command = (str(installed),) if installed.exists() else (sys.executable, "-m", "evenhand.cli.main")
    return Program(words[0], (*command, *words), environ)


class Child:
    """A running program in a process group of its own, so that all it starts can be ended with it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            program.command,
            env={**os.environ, **program.environ, PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def code(self) -> int | None:
        """Return its exit code, None while it lives."""
        return self._process.poll()

    def ask(self) -> None:
        """Ask it to end."""
        if self.code() is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it and everything it started, at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def run_to_end(program: Program, stop: Stop) -> int:
    """Run one program until it ends by itself or we are asked to; return its exit code."""
    child = Child(program)
    while child.code() is None:
        if stop.wait(0.02):
            end([child], stop)
            return 130
    code = child.code()
    child.kill()
    return 0 if code is None else code


def keep_running(programs: Iterable[Program], stop: Stop, *, tick: Callable[[], None]) -> str:
    """Run all until we are asked to end, then end all; one that dies is started again, but not for ever.

    tick     called a few times a second; what it raises ends everything
    returns  an empty string, or the sentence why we gave up
    """
    children = [Child(program) for program in programs]
    deaths: dict[str, deque[float]] = {child.program.name: deque() for child in children}
    try:
        while not stop.wait(TICK_SECONDS):
            tick()
            for place, child in enumerate(children):
                code = child.code()
                if code is None:
                    continue
                child.kill()
                name = child.program.name
                if _too_often(deaths[name]):
                    return (
                        f"{name} ended {RESTARTS} times within {WITHIN_SECONDS:.0f} s (last exit code {code})"
                    )
                sys.stderr.write(f"evenhand: {name} ended (exit code {code}); starting it again\n")
                children[place] = Child(child.program)
        return ""
    finally:
        end(children, stop)


def _too_often(deaths: deque[float]) -> bool:
    now = time.monotonic()
    deaths.append(now)
    while deaths and now - deaths[0] > WITHIN_SECONDS:
        deaths.popleft()
    return len(deaths) >= RESTARTS


def end(children: list[Child], stop: Stop) -> None:
    """Ask all to end, wait a bounded time (a second Ctrl-C shortens it), then end what is left."""
    for child in children:
        child.ask()
    asked = stop.times
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(child.code() is None for child in children):
        if time.monotonic() > deadline or stop.times > asked + 1:
            break
        time.sleep(0.02)
    for child in children:
        child.kill()


def end_with_parent() -> None:
    """When a supervisor started us, end when it is killed; otherwise do nothing."""
    parent = os.environ.get(PARENT, "")
    if parent.isdigit():
        _end_with(int(parent))


def forks_end_with_us() -> None:
    """Let each process that is forked from here on end when we are killed: nobody would end it, and it holds our port."""
    parent = 0

    def remember() -> None:
        nonlocal parent
        parent = os.getpid()

    os.register_at_fork(before=remember, after_in_child=lambda: _end_with(parent))


def _end_with(parent: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:
        # It was killed before we could say so.
        os.kill(os.getpid(), signal.SIGTERM)
