"""Run pg_dump and pg_restore of the version that fits the server, with the password in no list of processes."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from evenhand.operations.backup.trouble import BackupTrouble
from evenhand.operations.data_folder import data_folder
from evenhand.operations.database import Address, is_local
from evenhand.operations.database.binaries import Binaries, binaries, candidates
from evenhand.operations.database.place import place

PIECE = 256 * 1024
# Rights on PostgreSQL's own functions differ from version to version, and provisioning closes them itself.
LEFT_OUT = re.compile(
    r"\b(ACL|DEFAULT ACL|COMMENT|EXTENSION)\b.*\b(pg_catalog|information_schema|EXTENSION|pg_trgm)\b"
)
FULL = "no space left on device"


def programs(environ: Mapping[str, str], *, server: int) -> Binaries:
    """Return the programs that can read or fill a server of this major version.

    raises   BackupTrouble that says what to install
    """
    if is_local(environ):
        where = place(data_folder(environ))
        return binaries(Path(where.files), where.binaries, environ)
    for found in candidates("", environ):
        if found.version >= server and Path(found.program("pg_dump")).exists():
            return found
    raise BackupTrouble(
        f"pg_dump of PostgreSQL {server} or later is not here: apt-get install postgresql-client-{server}"
    )


def dump(with_: Binaries, address: Address, snapshot: str) -> Iterator[bytes]:
    """Yield the database as pg_dump's custom format, as it was at a snapshot; derived data is left out."""
    command = [
        with_.program("pg_dump"), "--format=custom", "--compress=1", "--no-unlogged-table-data",
        f"--snapshot={snapshot}", "--lock-wait-timeout=60s", f"--dbname={_without_password(address)}",
    ]  # fmt: skip
    with TemporaryFile() as said:
        process = _start(command, address, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)
        assert process.stdout is not None  # noqa: S101 - asked for with PIPE
        try:
            while piece := process.stdout.read(PIECE):
                yield piece
            if process.wait():
                raise BackupTrouble(f"the database cannot be read: {_last(said)}")
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def restore(with_: Binaries, address: Address, chunks: Callable[[], Iterable[bytes]]) -> None:
    """Fill an empty database in one transaction: all of it, or nothing.

    chunks   begins to read the dump anew at each call
    raises   BackupTrouble in one line
    """
    with TemporaryFile("w+b", prefix="evenhand-") as wanted:
        wanted.write(_contents(with_, chunks()))
        wanted.flush()
        command = [
            with_.program("pg_restore"), "--single-transaction", "--exit-on-error", "--no-password",
            f"--use-list=/proc/self/fd/{wanted.fileno()}", f"--dbname={_without_password(address)}",
        ]  # fmt: skip
        wanted.seek(0)
        with TemporaryFile() as said:
            process = _start(
                command, address, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, keep=wanted.fileno()
            )  # fmt: skip
            try:
                whole = _feed(process, chunks())
                if process.wait() or not whole:
                    raise BackupTrouble(_why_not(said))
            finally:
                process.kill()
                process.wait()


def _contents(with_: Binaries, chunks: Iterable[bytes]) -> bytes:
    """Return the dump's own list of contents, without what the new server has already."""
    with TemporaryFile() as said, TemporaryFile() as listed:
        process = subprocess.Popen(  # noqa: S603 - a program just found, no shell
            [with_.program("pg_restore"), "--list"], stdin=subprocess.PIPE, stdout=listed, stderr=said, cwd="/"
        )  # fmt: skip
        try:
            _feed(process, chunks)
            if process.wait():
                raise BackupTrouble(_why_not(said))
        finally:
            process.kill()
            process.wait()
        listed.seek(0)
        lines = listed.read().splitlines(keepends=True)
    return b"".join(line for line in lines if not LEFT_OUT.search(line.decode("utf-8", "replace")))


def _feed(process: subprocess.Popen[bytes], chunks: Iterable[bytes]) -> bool:
    """Write all chunks; return whether the program took them all."""
    assert process.stdin is not None  # noqa: S101 - asked for with PIPE
    try:
        for chunk in chunks:
            process.stdin.write(chunk)
        process.stdin.close()
    except BrokenPipeError:
        # It has what it needs, or it has ended with an error that `wait` tells.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        return False
    return True


def _start(
    command: list[str], address: Address, *, stdin: int, stdout: int, stderr: IO[bytes], keep: int | None = None
) -> subprocess.Popen[bytes]:  # fmt: skip
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "PGPASSWORD": address.password}
    try:
        return subprocess.Popen(  # noqa: S603 - a program just found, no shell
            command, stdin=stdin, stdout=stdout, stderr=stderr, cwd="/", env=environ,
            pass_fds=() if keep is None else (keep,),
        )  # fmt: skip
    except OSError as error:
        raise BackupTrouble(f"{command[0]} cannot be run: {error.strerror or error}") from error


def _without_password(address: Address) -> str:
    return replace(address.as_itself(), password="").conninfo()


def _why_not(said: IO[bytes]) -> str:
    text = _last(said)
    if FULL in text.lower():
        return "the disk is full: the database was not restored, and nothing of it was kept"
    return f"the database cannot be restored: {text}"


def _last(said: IO[bytes]) -> str:
    said.seek(0)
    lines = [line for line in said.read().decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no reason was given"])[0].strip()
