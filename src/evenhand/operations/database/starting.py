"""Make a new cluster, start its server, and say in one line why that failed."""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
from pathlib import Path

from evenhand.operations.database.addresses import ADMIN, PORT
from evenhand.operations.database.binaries import Binaries
from evenhand.operations.database.folders import private_folder, refuse_when_full
from evenhand.operations.database.place import Account, Place
from evenhand.operations.database.trouble import DatabaseTrouble
from evenhand.operations.database.tuning import memory_bytes, settings

LONGEST_LOG = 10 * 1024 * 1024
INITDB_SECONDS = 300

# What PostgreSQL says, and the one line that somebody can act on. {files} and {log} are filled in.
REASONS = (
    ("no space left on device", "the disk is full: free some space where {files} is, then start again"),
    ("already exists", "the folder {files} is in use by another server"),
    (
        "pre-existing shared memory block",
        "the folder {files} is in use by another server that lost its parent",
    ),
    ("wrong ownership", "{files} belongs to another account: run as the one that made it"),
    ("has invalid permissions", "{files} is open to others: chmod -R go= {files}"),
    ("incompatible with server", "{files} was made by another version of PostgreSQL"),
    ("permission denied", "the server's account may not enter {files}; see {log}"),
    ("cannot allocate memory", "there is too little memory to start PostgreSQL"),
    ("could not resize shared memory", "the machine's shared memory (/dev/shm) is too small"),
    ("cannot execute", "PostgreSQL's programs cannot run on this machine; see {log}"),
)


def initialise(where: Place, with_: Binaries, who: Account, password: str) -> None:
    """Make a new cluster beside its final name and move it there whole, so that half of one is never taken for one."""
    files = Path(where.files)
    draft = files.with_name("postgres.new")
    refuse_when_full(files.parent)
    shutil.rmtree(draft, ignore_errors=True)
    private_folder(draft, who)
    key = files.with_name("postgres.password")
    key.unlink(missing_ok=True)
    handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, password.encode("ascii"))
        os.fchown(handle, who.uid, who.gid)
        made = _as(
            who,
            [
                with_.program("initdb"),
                f"--pgdata={draft}",
                f"--username={ADMIN}",
                f"--pwfile={key}",
                "--auth-local=scram-sha-256",
                "--auth-host=reject",
                "--encoding=UTF8",
                "--lc-collate=C",
                f"--lc-ctype={character_type()}",
                "--lc-messages=C",
                "--data-checksums",
                "--no-instructions",
            ],
        )
        if made.returncode != 0:
            said = made.stderr + made.stdout
            raise DatabaseTrouble(
                reason(said, files=draft, log="") or f"initdb failed: {_last_line(made.stderr)}"
            )
        draft.rename(files)
    except OSError as error:
        raise DatabaseTrouble(
            f"a new database cannot be made in {files}: {error.strerror or error}"
        ) from error
    finally:
        os.close(handle)
        key.unlink(missing_ok=True)
        shutil.rmtree(draft, ignore_errors=True)


def character_type() -> str:
    """Return a locale that knows letters beyond English; sorting stays bytewise, so a new libc breaks no index."""
    kept = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_GB.UTF-8", "en_US.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, kept)
    return "C"


def launch(
    where: Place, with_: Binaries, who: Account, *, lock: int, durable: bool
) -> subprocess.Popen[bytes]:
    """Start the server; it inherits the lock and so holds it for as long as any of its processes lives."""
    chosen = settings(
        socket=where.socket,
        port=PORT,
        durable=durable,
        memory_bytes=memory_bytes(),
        processors=len(os.sched_getaffinity(0)),
    )
    command = [with_.program("postgres"), "-D", where.files]
    for name, value in chosen.items():
        command += ["-c", f"{name}={value}"]
    log = open_log(Path(where.data) / "postgres.log")
    try:
        return subprocess.Popen(  # noqa: S603 - a program just found, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_environment(),
            pass_fds=(lock,),
            # Its own session: Ctrl-C on the terminal reaches whoever started it, who then stops it in order.
            start_new_session=True,
            user=who.uid if who.borrowed else None,
            group=who.gid if who.borrowed else None,
            extra_groups=[] if who.borrowed else None,
        )
    except OSError as error:
        raise DatabaseTrouble(f"PostgreSQL cannot be started: {error.strerror or error}") from error
    finally:
        os.close(log)


def open_log(path: Path) -> int:
    """Open the server's log for appending; one older log is kept when it has grown long."""
    if path.exists() and path.stat().st_size > LONGEST_LOG:
        path.replace(path.with_suffix(".log.old"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def reason(said: str, *, files: Path, log: str) -> str:
    """Return the sentence for what the server said, empty when it is none we know."""
    lowered = said.lower()
    for sign, sentence in REASONS:
        if sign in lowered:
            return sentence.format(files=files, log=log)
    return ""


def why_not(where: Place, since: int) -> str:
    """Say why the server did not start, from what its log gained since then."""
    log = Path(where.data) / "postgres.log"
    try:
        with log.open("rb") as opened:
            opened.seek(since)
            said = opened.read(200_000).decode("utf-8", "replace")
    except OSError:
        said = ""
    known = reason(said, files=Path(where.files), log=str(log))
    return known or f"PostgreSQL did not start: {_last_line(said) or 'it said nothing'} (see {log})"


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (fatal or lines or [""])[-1].strip()


def _as(who: Account, command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - a program just found, no shell
            command,
            capture_output=True,
            text=True,
            timeout=INITDB_SECONDS,
            check=False,
            cwd="/",
            env=_environment(),
            user=who.uid if who.borrowed else None,
            group=who.gid if who.borrowed else None,
            extra_groups=[] if who.borrowed else None,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DatabaseTrouble(f"{command[0]} cannot be run: {error}") from error


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
