"""Take a backup: the database as of one moment, the sealed files, the secrets; never the keys."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from evenhand.operations.backup import archive, noting
from evenhand.operations.backup.envelope import Sealed, seal
from evenhand.operations.backup.manifest import Manifest, file_of, new_cover, write_manifest
from evenhand.operations.backup.programs import dump, programs
from evenhand.operations.backup.trouble import BackupTrouble, from_os
from evenhand.operations.data_folder import data_folder
from evenhand.operations.database import Cluster, addresses, has_admin, is_local
from evenhand.operations.database.address import Address
from evenhand.operations.secrets import secrets_folder

OWN_PASSWORDS = "database-"  # made anew by whoever restores: they open nothing elsewhere


def administrator(environ: Mapping[str, str]) -> Address:
    """Return the way in that sees past the wall; raises BackupTrouble when this process has none."""
    if not has_admin(environ):
        raise BackupTrouble(
            "EVENHAND_ADMIN_DATABASE_URL is not set: the whole database is an administrator's to read"
        )
    if is_local(environ):
        return Cluster(data_folder(environ), environ=environ).address()
    return addresses(environ).admin


def take(environ: Mapping[str, str], out: Path, passphrase: bytes, *, now: datetime) -> Manifest:
    """Write a backup into a new folder, whole or not at all. The server must be running.

    raises   BackupTrouble in one line, and then there is no such folder
    """
    data = data_folder(environ)
    _refuse_place(out, data)
    draft = out.with_name(f"{out.name}.part")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        master = new_cover(draft, passphrase)
        manifest = _write(environ, draft, master, now)
        write_manifest(draft, master, manifest)
        draft.rename(out)
    except OSError as error:
        raise from_os(error, what="the backup") from error
    except psycopg.Error as error:
        raise BackupTrouble(f"the database cannot be read: {str(error).splitlines()[0]}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    noting.note(environ, noting.BACKUP, now=now)
    return manifest


def _refuse_place(out: Path, data: Path) -> None:
    if out.exists():
        raise BackupTrouble(f"{out} is there already: name a folder that is not")
    if out.absolute().is_relative_to(data):
        raise BackupTrouble(f"{out} is inside the data folder {data}: a backup belongs on another disk")


def _write(environ: Mapping[str, str], folder: Path, master: bytes, now: datetime) -> Manifest:
    data = data_folder(environ)
    name = addresses(environ).app.dbname
    way = administrator(environ).named(name).as_itself()
    with psycopg.connect(way.conninfo()) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        # What the manifest counts and what pg_dump writes are the same moment.
        snapshot = str(_one(connection, "select pg_export_snapshot()"))
        version = connection.info.server_version // 10_000
        manifest = _described(connection, name, version, now)
        dumped = seal(
            file_of(folder, "database"),
            "database",
            master,
            dump(programs(environ, server=version), way, snapshot),
        )
    # After the database: a file that one of its rows names is there by then.
    files = seal(file_of(folder, "files"), "files", master, archive.packed(data / "files", _whole))
    held = seal(
        file_of(folder, "secrets"), "secrets", master, archive.packed(secrets_folder(environ), _ours(environ))
    )
    parts = {"database": dumped, "files": files, "secrets": held}
    return replace(manifest, parts={part: _as_dict(found) for part, found in parts.items()})


def _whole(path: Path) -> bool:
    """A file that is still being written has a name of its own."""
    return not path.name.startswith(".")


def _ours(environ: Mapping[str, str]) -> Any:
    wrapping = environ.get("EVENHAND_WRAPPING_KEY_FILE", "").strip()

    def wanted(path: Path) -> bool:
        """Keys and database are never in one place, wherever somebody has put the wrapping key."""
        is_key = path.name == "wrapping.key" or (wrapping and path.resolve() == Path(wrapping).resolve())
        return not path.name.startswith((".", OWN_PASSWORDS)) and not is_key

    return wanted


def _as_dict(found: Sealed) -> dict[str, Any]:
    return {"length": found.length, "sha256": found.sha256}


def _one(connection: Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def _described(connection: Connection, name: str, version: int, now: datetime) -> Manifest:
    if _one(connection, "select to_regclass('wall.raised')") is None:
        raise BackupTrouble(f"there is nothing to back up: {name} has not been migrated yet")
    return Manifest(
        taken_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        database=name,
        server=version,
        size=int(_one(connection, "select pg_database_size(current_database())")),
        rows=rows_of(connection),
        lines=int(_one(connection, "select count(*) from ledger_entry")),
        fingerprint=str(_one(connection, "select fingerprint from wall.raised")),
        migrations=[
            f"{app} {migration}"
            for app, migration in connection.execute(
                "select app, name from django_migrations order by app, name"
            )
        ],
    )


def rows_of(connection: Connection) -> dict[str, int]:
    """Count the rows of every table that a dump holds."""
    tables = connection.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname in ('public', 'wall') order by 1, 2"
    ).fetchall()
    return {
        f"{schema}.{table}": int(
            connection.execute(
                SQL("select count(*) from {}.{}").format(Identifier(schema), Identifier(table))
            ).fetchone()[0]  # type: ignore[index]  # a count is always there
        )
        for schema, table in tables
    }
