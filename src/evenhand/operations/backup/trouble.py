"""The one error that backup and restore raise."""

from __future__ import annotations

import errno


class BackupTrouble(Exception):
    """Says in one line why a backup cannot be taken or brought back, and what to do about it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(" ".join(sentence.split()))


def from_os(error: OSError, *, what: str) -> BackupTrouble:
    """Return the line for what the file system refused."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return BackupTrouble(f"the disk is full: {what} was not finished; nothing of it was kept")
    said = (error.strerror or str(error)).lower()
    return BackupTrouble(f"{error.filename or what}: {said}")
