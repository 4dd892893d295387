"""Make the server's folders: private to its account, and never one that somebody else laid out."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from pathlib import Path

from evenhand.operations.data_folder import make_data_folder
from evenhand.operations.database.place import FALLBACK, Account, Place
from evenhand.operations.database.trouble import DatabaseTrouble

LEAST_FREE = 200 * 1024 * 1024  # bytes: a new cluster with its first log segments


def lay_out(where: Place, who: Account) -> None:
    """Make the parents of the server's files and the socket's private folder.

    raises   DatabaseTrouble when a folder cannot be made, or is not ours
    """
    files, socket = Path(where.files), Path(where.socket)
    try:
        make_data_folder(Path(where.data))
        for parent in dict.fromkeys((files.parent, socket.parent)):
            if not parent.exists():
                _pass_through(parent)
        private_folder(socket, who)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DatabaseTrouble(f"{error.filename or files} cannot be made: {reason}") from error


def _pass_through(folder: Path) -> None:
    """Make a folder that others may pass through but not list."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    if folder.is_relative_to(FALLBACK):
        FALLBACK.chmod(0o755)


def private_folder(folder: Path, who: Account) -> None:
    """Make the folder for that account alone, or make sure that the one there is: no link, no stranger's.

    raises   DatabaseTrouble when somebody else owns it
    """
    try:
        folder.mkdir(mode=0o700)
        if who.borrowed:
            os.chown(folder, who.uid, who.gid)
    except FileExistsError:
        pass
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise DatabaseTrouble(f"{folder} should be a folder and is not")
    if found.st_uid != who.uid:
        raise DatabaseTrouble(
            f"{folder} belongs to {owner_name(found.st_uid)}, but the server would run as {who.name}: "
            "run as the account that made it, or choose another EVENHAND_DATA"
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def owner_name(uid: int) -> str:
    """Return an account's name, or its number when it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def refuse_when_full(folder: Path) -> None:
    """Refuse to begin a new cluster on a disk that could not hold it."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise DatabaseTrouble(
            f"the disk is full: {free // 1024**2} MB are free in {folder}, a new database needs "
            f"{LEAST_FREE // 1024**2} MB"
        )
