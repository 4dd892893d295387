"""Find where the local server's files and its socket live, and under which account it runs."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from evenhand.operations.data_folder import make_data_folder
from evenhand.operations.database.trouble import DatabaseTrouble

FALLBACK = Path("/var/lib/evenhand")
SOCKET_NAME = "/.s.PGSQL.5432"
LONGEST_SOCKET = 107  # bytes of sun_path on Linux, without its closing zero


@dataclass(frozen=True)
class Account:
    """The operating-system account that the server runs under; PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int

    @property
    def borrowed(self) -> bool:
        """Is it another account than ours?"""
        return self.uid != os.geteuid()

    def can(self, flag: str, path: Path) -> bool:
        """Ask the kernel, as that account: `flag` is -x, -r or -w as `test` has them."""
        if not self.borrowed:
            return os.access(path, {"-x": os.X_OK, "-r": os.R_OK, "-w": os.W_OK}[flag])
        asked = subprocess.run(  # noqa: S603 - a fixed program, no shell
            ["/usr/bin/test", flag, str(path)],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
        return asked.returncode == 0


def account() -> Account:
    """Return ourselves, or for root the account `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        uid = os.geteuid()
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            name = str(uid)
        return Account(name, uid, os.getegid())
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise DatabaseTrouble(
        "PostgreSQL does not run as root, and there is neither an account postgres nor nobody"
    )


@dataclass(frozen=True)
class Place:
    """Where one data folder's server lives; remembered, because a fallback must be found again."""

    data: str
    files: str
    socket: str
    binaries: str = ""

    @property
    def memory(self) -> Path:
        """The file that remembers it."""
        return Path(self.data) / "cluster.json"

    def remember(self) -> None:
        """Write it down whole or not at all."""
        make_data_folder(Path(self.data))
        draft = self.memory.with_name(f".cluster.json.{os.getpid()}")
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        draft.replace(self.memory)


def place(data: Path) -> Place:
    """Return the remembered place, or the one that a new server would get."""
    remembered = recall(data)
    if remembered is not None:
        return remembered
    who = account()
    files = data / "postgres"
    if who.borrowed and not _can_enter(who, data):
        files = FALLBACK / _digest(data) / "postgres"
    return Place(data=str(data), files=str(files), socket=str(_socket(files, data)))


def recall(data: Path) -> Place | None:
    """Read what was remembered; a data folder that moved takes its server along, a copy does not."""
    memory = data / "cluster.json"
    try:
        kept = Place(**json.loads(memory.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise DatabaseTrouble(f"{memory} cannot be read: run as the account that made it") from error
    except (OSError, ValueError, TypeError) as error:
        raise DatabaseTrouble(f"{memory} cannot be understood; restore it from the backup") from error
    if kept.data == str(data):
        return kept
    old = Path(kept.data)
    inside = Path(kept.files).is_relative_to(old)
    if not inside and (old / "cluster.json").exists():
        raise DatabaseTrouble(
            f"{data} is a copy of {old}, whose database is in {kept.files}: "
            f"remove {memory} and {data / 'secrets'} to begin a new one"
        )
    files = data / "postgres" if inside else Path(kept.files)
    moved = Place(data=str(data), files=str(files), socket=str(_socket(files, data)), binaries=kept.binaries)
    moved.remember()
    return moved


def _can_enter(who: Account, data: Path) -> bool:
    """May the account pass through every folder on the way? A missing one is made so that it may."""
    on_the_way = data
    while not on_the_way.exists():
        on_the_way = on_the_way.parent
    return who.can("-x", on_the_way)


def _digest(data: Path) -> str:
    return hashlib.sha256(os.fsencode(data)).hexdigest()[:12]


def _socket(files: Path, data: Path) -> Path:
    """Beside the files when the name is short enough for a socket, else in a private folder with a short name."""
    beside = files.parent / "socket"
    if len(os.fsencode(beside)) + len(SOCKET_NAME) <= LONGEST_SOCKET:
        return beside
    if os.geteuid() == 0:
        return Path("/run/evenhand") / _digest(data)
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.access(runtime, os.W_OK):
        return Path(runtime) / f"evenhand-{_digest(data)}"
    # Private by name and by mode, and checked before use: see private_folder.
    return Path("/tmp") / f"evenhand-{os.geteuid()}-{_digest(data)}"  # noqa: S108
