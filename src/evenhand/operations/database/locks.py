"""Locks that the kernel lets go when their holder dies, so that nothing stale has to be cleaned up."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evenhand.operations.database.trouble import DatabaseTrouble


def opened(path: Path) -> int:
    """Open a lock file, private to its maker, and never follow a link to somewhere else."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def taken(handle: int, *, shared: bool = False) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Does any process hold the lock?"""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        return not taken(handle)
    finally:
        os.close(handle)


@contextmanager
def alone(path: Path, *, seconds: float) -> Iterator[None]:
    """Do something that no other process does at the same time."""
    handle = opened(path)
    try:
        deadline = time.monotonic() + seconds
        while not taken(handle):
            if time.monotonic() > deadline:
                raise DatabaseTrouble(
                    f"another process has been starting or stopping this database for {seconds:.0f} s"
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)
