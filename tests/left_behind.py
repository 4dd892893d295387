"""See that a test leaves its process as it found it: environment, folder, signals, limits, settings, open transactions."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone, translation

SIGNALS = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGCHLD,
    signal.SIGALRM,
    signal.SIGUSR1,
    signal.SIGXFSZ,
)
# Pytest tells the name of the running test in it.
PYTESTS_OWN = "PYTEST_CURRENT_TEST"


def standing() -> dict[str, object]:
    """Return what of this process other tests rely on."""
    found: dict[str, object] = {
        f"${name}": value for name, value in os.environ.items() if name != PYTESTS_OWN
    }
    found |= {f"the handler of {number.name}": signal.getsignal(number) for number in SIGNALS}
    found["the folder it works in"] = Path.cwd()
    # Asking by os.umask would set it, for other threads too.
    found["the umask"] = (
        next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Umask"))
        if Path("/proc/self/status").exists()
        else ""
    )
    found["the largest file it may write"] = resource.getrlimit(resource.RLIMIT_FSIZE)
    found["how many files it may open"] = resource.getrlimit(resource.RLIMIT_NOFILE)
    found["Django's settings"] = id(settings._wrapped)
    found["transactions left open"] = [name for name in connections if connections[name].in_atomic_block]
    found["files it writes to that somebody removed"] = [*removed_stores()]
    return found


def removed_stores() -> Iterator[str]:
    """Yield the key stores that are open here and gone from their folder: what is written to them is lost."""
    try:
        held = os.listdir("/proc/self/fd")
    except OSError:
        return
    for number in held:
        try:
            name = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if name.startswith(str(settings.KEYS_FOLDER)) and name.endswith("(deleted)"):
            yield name


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Begin in the first language, fixtures of a whole module included, whichever an earlier page was asked in."""
    translation.deactivate()
    timezone.deactivate()
    item.stash[BEFORE] = standing()
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail the test that changed something for those after it."""
    ended = yield
    before, now = item.stash[BEFORE], standing()
    changed = [
        f"{what}: was {before.get(what)!r}, is {now.get(what)!r}"
        for what in sorted(before.keys() | now.keys())
        if before.get(what) != now.get(what)
    ]
    assert not changed, "left behind for the tests after it: " + "; ".join(changed)
    return ended


BEFORE = pytest.StashKey[dict[str, object]]()
