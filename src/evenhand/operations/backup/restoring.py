"""Bring a backup back, whole or not at all: under another name first, proved, and only then with its doors open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from evenhand.operations.backup import archive
from evenhand.operations.backup.envelope import Broken, unseal
from evenhand.operations.backup.manifest import Manifest, check, file_of, master_of, read_manifest
from evenhand.operations.backup.programs import programs, restore
from evenhand.operations.backup.taking import administrator, rows_of
from evenhand.operations.backup.trouble import BackupTrouble, from_os
from evenhand.operations.data_folder import data_folder
from evenhand.operations.database import Address, DatabaseTrouble, addresses, provision
from evenhand.operations.database.provisioning import drop
from evenhand.operations.secrets import secrets_folder

NAME = "EVENHAND_DATABASE_NAME"
SUFFIX = "_restoring"
MARK = "restoring"
LEAST_FREE = 300 * 1024 * 1024
Say = Callable[[str], None]


@dataclass(frozen=True)
class Opened:
    """A backup that was read through and found whole."""

    folder: Path
    master: bytes
    manifest: Manifest

    def part(self, name: str) -> Iterator[bytes]:
        """Yield a part's plain bytes; raises BackupTrouble."""
        try:
            yield from unseal(file_of(self.folder, name), name, self.master)
        except Broken as error:
            raise BackupTrouble(f"{file_of(self.folder, name)} {error}") from error


def opened(folder: Path, passphrase: bytes) -> Opened:
    """Read a whole backup and compare it with its manifest, byte by byte; raises BackupTrouble."""
    if not folder.is_dir():
        raise BackupTrouble(f"{folder} is no folder with a backup")
    master = master_of(folder, passphrase)
    manifest = read_manifest(folder, master)
    check(folder, master, manifest)
    return Opened(folder, master, manifest)


@contextmanager
def filled(environ: Mapping[str, str], backup: Opened, *, say: Say) -> Iterator[str]:
    """Fill a database beside the place of the real one, and yield its name; it is gone again unless `open_doors` took it.

    The server must be running.
    raises   BackupTrouble when the target is not empty, or when anything else stands in the way
    """
    data, name = data_folder(environ), addresses(_plain(environ)).app.dbname
    beside = f"{name}{SUFFIX}"
    admin = administrator(_plain(environ))
    mark, files = data / MARK, data / "files"
    _forget_unfinished(admin, beside, mark, files)
    _refuse_target(admin, name, files)
    _refuse_full(data, backup.manifest)
    finished = False
    try:
        mark.write_text(
            "a restore is under way, or was broken off; the next one begins anew\n", encoding="ascii"
        )
        kept = _put_secrets(environ, backup)
        if kept:
            say(f"kept as they are here, although the backup has others: {', '.join(kept)}")
        provision(admin, addresses({**environ, NAME: beside}))
        _fill(environ, admin.named(beside), backup)
        names = archive.unpack(backup.part("files"), files)
        say(
            f"{sum(backup.manifest.rows.values()):,} rows and {len(names):,} files are back, under a name that no door knows"
        )
        yield beside
        finished = not _exists(admin, beside)
    except OSError as error:
        raise from_os(error, what="the restore") from error
    except psycopg.Error as error:
        raise BackupTrouble(f"the database cannot be restored: {str(error).splitlines()[0]}") from error
    finally:
        if not finished:
            _forget_unfinished(admin, beside, mark, files)


def open_doors(environ: Mapping[str, str], beside: str) -> None:
    """Give the database its name, which is the moment from which it is there for everybody."""
    admin, name = administrator(_plain(environ)), addresses(_plain(environ)).app.dbname
    with psycopg.connect(admin.named("postgres").as_itself().conninfo(), autocommit=True) as connection:
        connection.execute(
            SQL("select pg_terminate_backend(pid) from pg_stat_activity where datname = {}").format(beside)
        )
        connection.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(beside), Identifier(name)))
    (data_folder(environ) / MARK).unlink(missing_ok=True)


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in environ.items() if key != NAME}


def _exists(admin: Address, name: str) -> bool:
    with psycopg.connect(admin.named("postgres").as_itself().conninfo(), autocommit=True) as connection:
        return (
            connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None
        )


def _forget_unfinished(admin: Address, beside: str, mark: Path, files: Path) -> None:
    """Remove what a restore that was broken off has left: it is known by its mark and by its name."""
    drop(admin, beside)
    if mark.exists():
        shutil.rmtree(files, ignore_errors=True)
        mark.unlink(missing_ok=True)


def _refuse_target(admin: Address, name: str, files: Path) -> None:
    if _exists(admin, name):
        with psycopg.connect(admin.named(name).as_itself().conninfo()) as connection:
            tables = connection.execute(
                "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where c.relkind = 'r' and n.nspname in ('public', 'wall')"
            ).fetchone()
        if tables and tables[0]:
            raise BackupTrouble(
                f"the database {name} is not empty, and nothing is overwritten: put it aside first "
                f"(ALTER DATABASE {name} RENAME TO {name}_before), or restore into another EVENHAND_DATA"
            )
        drop(admin, name)
    if files.is_dir() and any(files.iterdir()):
        raise BackupTrouble(f"{files} is not empty, and nothing is overwritten: put it aside first")


def _refuse_full(data: Path, manifest: Manifest) -> None:
    needed = manifest.size + int(manifest.parts["files"]["length"]) + LEAST_FREE
    free = shutil.disk_usage(data).free
    if free < needed:
        raise BackupTrouble(
            f"the disk is full: {needed // 1024**2} MB are needed, {free // 1024**2} MB are free in {data}"
        )


def _put_secrets(environ: Mapping[str, str], backup: Opened) -> list[str]:
    """Put the secrets that are missing; return those that differ and stay, because the machine works with them."""
    folder = secrets_folder(environ)
    scratch = folder.with_name(f".{folder.name}.restoring")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        differing = []
        for name in archive.unpack(backup.part("secrets"), scratch):
            ours, theirs = folder / name, scratch / name
            if not ours.exists():
                ours.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.link(theirs, ours)
            elif ours.read_bytes() != theirs.read_bytes():
                differing.append(name)
        return differing
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _fill(environ: Mapping[str, str], admin: Address, backup: Opened) -> None:
    with psycopg.connect(admin.as_itself().conninfo()) as connection:
        version = connection.info.server_version // 10_000
    if version < backup.manifest.server:
        raise BackupTrouble(
            f"the backup is of PostgreSQL {backup.manifest.server}, and this server is {version}: "
            "restore on one that is no older"
        )
    restore(programs(_plain(environ), server=version), admin, lambda: backup.part("database"))
    with psycopg.connect(admin.as_itself().conninfo()) as connection:
        found = rows_of(connection)
    wrong = sorted(
        table for table in found | backup.manifest.rows if found.get(table) != backup.manifest.rows.get(table)
    )
    if wrong:
        raise BackupTrouble(f"not every row came back: {', '.join(wrong)} differ from the manifest")


__all__ = ["DatabaseTrouble", "Opened", "filled", "open_doors", "opened"]
