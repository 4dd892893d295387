"""A backup comes back whole, proved and with every erasure done again, or nothing of it does and one line says why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from evenhand.gate import keys
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house
from evenhand.operations import sealing
from evenhand.operations.backup import taking
from evenhand.operations.backup.manifest import COVER
from evenhand.operations.backup.taking import take
from evenhand.operations.backup.trouble import BackupTrouble
from evenhand.operations.database import Cluster
from evenhand.operations.erasure import erase
from evenhand.operations.sealing.log_key import log_folder
from evenhand.operations.sealing.publish import publish
from tests.world import World, raw

SOURCE = str(Path(__file__).parents[3] / "src")
NOW = datetime.now(UTC)
TOLD = {"by": None, "group": "not_proceeding", "clause": "Local default of this pack"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A place for backups and instances that the server's account may pass through."""
    made = Path(tempfile.mkdtemp(prefix="evenhand-"))
    made.chmod(0o711)
    (made / "passphrase").write_text("correct horse battery staple")
    (made / "passphrase").chmod(0o600)
    (made / "wrong").write_text("incorrect horse battery staple")
    (made / "wrong").chmod(0o600)
    yield made
    for data in made.iterdir():
        if data.is_dir() and (data / "cluster.json").exists():
            Cluster(data).stop()
    shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True)
class Taken:
    """A backup of the tests' own database, with a case that stays and one that is erased after it."""

    backup: Path
    sealing: Path
    stays: UUID
    erased: UUID


def back_up(to: Path) -> None:
    """Back the tests' database up as a true instance has it: each case has its key, or is on record as erased."""
    with as_worker():
        with enter_house():
            cases = [row[0] for row in raw("select id from case_file")]
            keyless = [case for case in cases if not keys.has_key(case)]
        for case in keyless:  # other tests destroy keys alone
            erase(case, TOLD)
    connections.close_all()
    take(os.environ, to, b"correct horse battery staple", now=NOW)


def grow_old() -> None:
    """Use up transaction numbers, so that those of a new server are far behind those on record."""
    raw(
        "do $$ begin for n in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$",
        alias="admin",
    )


@pytest.fixture(scope="module")
def taken(database: None, folder: Path) -> Taken:
    world = World.make()
    stays, erased = world.refer(names="Stays Here").case_id, world.refer(names="Goes Away").case_id
    files = Path(settings.FILES_FOLDER) / "backed-up"
    files.mkdir(parents=True, exist_ok=True)
    (files / "letter").write_bytes(b"sealed bytes of a letter")
    grow_old()
    world.refer()
    with as_worker():
        sealing.seal_round()
    back_up(folder / "backup")
    shutil.copytree(settings.SEALING_FOLDER, folder / "sealing")
    with as_worker():
        assert erase(erased, TOLD)
    connections.close_all()
    return Taken(folder / "backup", folder / "sealing", stays, erased)


def instance(folder: Path, name: str, *, with_keys: bool = True) -> Path:
    """A data folder as an operator has it after a disaster: the keys are back, nothing else."""
    data = folder / name
    data.mkdir(mode=0o711)
    if with_keys:
        copied_keys(data / "keys")
    return data


def copied_keys(to: Path) -> None:
    """The keys folder is copied, its store by SQLite itself.

    A plain copy opens and closes the store in this process, which gives up the locks that this process has on it; the
    next process to close the store then takes itself for the last one and removes what is being written to here.
    """
    shutil.copytree(settings.KEYS_FOLDER, to, ignore=shutil.ignore_patterns("keys.sqlite3*"))
    with keys.store().at_work() as store:
        store.execute("VACUUM INTO ?", (str(to / "keys.sqlite3"),))
    (to / "keys.sqlite3").chmod(0o600)


def run(data: Path, *words: str, passphrase: str = "passphrase") -> subprocess.CompletedProcess[str]:
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("EVENHAND_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "evenhand.cli.main", *words, "--passphrase-file", str(data.parent / passphrase)],
        env={**environ, "PYTHONPATH": SOURCE, "EVENHAND_DATA": str(data), "EVENHAND_MODE": "demo"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def refused(ended: subprocess.CompletedProcess[str], said: str) -> None:
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def databases(data: Path) -> set[str]:
    cluster = Cluster(data)
    try:
        with psycopg.connect(cluster.ensure().conninfo()) as connection:
            return {str(name) for (name,) in connection.execute("select datname from pg_database")}
    finally:
        cluster.release()


def ask(data: Path, query: str) -> list[tuple[object, ...]]:
    cluster = Cluster(data)
    try:
        with psycopg.connect(cluster.ensure().named("evenhand").conninfo()) as connection:
            return list(connection.execute(query.encode()).fetchall())
    finally:
        cluster.release()


def test_what_was_erased_since_the_backup_does_not_come_back(taken, folder):
    data = instance(folder, "restored")
    shutil.copytree(taken.sealing, data / "sealing")
    ended = run(data, "restore", str(taken.backup))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "erased cases had come back with the backup, and are erased again" in ended.stdout
    assert "the doors may open" in ended.stdout
    cases = {row[0] for row in ask(data, "select id from case_file")}
    assert taken.stays in cases
    assert taken.erased not in cases
    assert (data / "files" / "backed-up" / "letter").read_bytes() == b"sealed bytes of a letter"
    assert (data / "secrets" / "django_secret_key").read_text() == (
        Path(settings.DATA) / "secrets" / "django_secret_key"
    ).read_text()
    assert not (data / "restoring").exists()
    # The numbers of transactions begin again, so the ledger's order goes on under a new epoch.
    before = raw("select coalesce(max(number), 1) from ledger_epoch", alias="admin")[0][0]
    assert ask(data, "select max(number) from ledger_epoch")[0][0] > before
    assert databases(data) >= {"evenhand"}
    refused(run(data, "restore", str(taken.backup)), "is not empty, and nothing is overwritten")


def test_without_the_keys_nothing_is_restored(taken, folder):
    data = instance(folder, "keyless", with_keys=False)
    refused(run(data, "restore", str(taken.backup)), "put them back first (`evenhand keys restore FILE`)")
    assert not (data / "postgres").exists()


def test_the_wrong_passphrase_opens_nothing_and_touches_nothing(taken, folder):
    data = instance(folder, "stranger")
    refused(
        run(data, "restore", str(taken.backup), passphrase="wrong"), "the passphrase does not open the backup"
    )
    refused(
        run(data, "backup", "--check", str(taken.backup), passphrase="wrong"), "the passphrase does not open"
    )
    assert sorted(path.name for path in data.iterdir()) == ["keys"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("database.sealed changed", "was altered or cut short"),
        ("database.sealed cut", "was altered or cut short"),
        ("files.sealed gone", "is missing: the backup is not whole"),
        ("manifest.sealed gone", "is missing: the backup is not whole"),
        ("manifest.sealed changed", "was altered or cut short"),
        (f"{COVER} changed", "was altered"),
        (f"{COVER} gone", "holds no backup"),
        ("files.sealed secrets.sealed swapped", "was altered or cut short"),
        ("stranger added", "holds what the backup did not write"),
    ],
)
def test_a_backup_that_is_not_as_it_was_written_is_refused_before_anything_is_made(
    taken, folder, tmp_path, what, said
):
    spoilt = tmp_path / "backup"
    shutil.copytree(taken.backup, spoilt)
    *names, how = what.split()
    path = spoilt / names[0]
    if how == "changed":
        content = bytearray(path.read_bytes())
        content[-40] ^= 1
        path.write_bytes(bytes(content))
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif how == "gone":
        path.unlink()
    elif how == "added":
        path.write_bytes(b"x")
    else:
        one, other = path.read_bytes(), (spoilt / names[1]).read_bytes()
        path.write_bytes(other)
        (spoilt / names[1]).write_bytes(one)
    from evenhand.operations.backup.restoring import opened

    with pytest.raises(BackupTrouble, match=said) as trouble:
        opened(spoilt, b"correct horse battery staple")
    assert "\n" not in str(trouble.value)


def test_a_drill_proves_everything_and_leaves_nothing(taken, folder):
    data = instance(folder, "drilled")
    (folder / "scratch").mkdir(mode=0o711)
    ended = run(data, "restore", "--drill", str(taken.backup), "--scratch", str(folder / "scratch"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "lines of the record hold" in ended.stdout
    assert "has left nothing behind" in ended.stdout
    assert not list((folder / "scratch").iterdir())
    assert sorted(path.name for path in data.iterdir()) == ["backups.json", "keys"]
    assert "drill" in json.loads((data / "backups.json").read_text())


def test_a_restore_that_was_broken_off_begins_anew_and_one_that_fails_leaves_nothing(
    taken, folder, monkeypatch
):
    from evenhand.operations.backup import restoring

    filled = partial(restoring.filled, say=lambda _: None)
    data = instance(folder, "broken")
    cluster = Cluster(data)
    environ = {"EVENHAND_DATA": str(data), "EVENHAND_MODE": "demo"}
    cluster.ensure()
    try:
        # What a killed restore leaves: the mark, half of the files, a database under another name.
        (data / "restoring").write_text("")
        (data / "files").mkdir()
        (data / "files" / "half").write_text("x")
        with psycopg.connect(cluster.address().conninfo(), autocommit=True) as connection:
            connection.execute("create database evenhand_restoring")
        backup = restoring.opened(taken.backup, b"correct horse battery staple")
        with (
            pytest.raises(RuntimeError, match="killed") as killed,
            filled(environ, backup),
        ):
            raise RuntimeError("killed", {path.name for path in (data / "files").iterdir()})
        assert "backed-up" in killed.value.args[1]
        assert "half" not in killed.value.args[1]
        assert not (data / "files").exists()
        assert databases(data) == {"postgres", "template0", "template1"}
        monkeypatch.setattr(restoring.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
        with (
            pytest.raises(BackupTrouble, match="the disk is full"),
            filled(environ, backup),
        ):
            pass
        monkeypatch.undo()
        (data / "files").mkdir()
        (data / "files" / "theirs").write_text("x")
        with (
            pytest.raises(BackupTrouble, match="is not empty"),
            filled(environ, backup),
        ):
            pass
        assert (data / "files" / "theirs").exists()
    finally:
        cluster.stop()


def test_yesterdays_backup_is_refused_until_somebody_says_why_a_new_log_begins(database, folder):
    world = World.make()
    world.refer()
    with as_worker():
        sealing.seal_round()  # the first makes the log's key
        key = log_folder().key()
        assert key is not None
        publish(log_folder(), key, every_seconds=600, lines=4, force=True)
    back_up(folder / "yesterday")
    world.refer()
    with as_worker():
        sealing.seal_all()
        publish(log_folder(), key, every_seconds=600, lines=4, force=True)
    connections.close_all()
    data = instance(folder, "older")
    shutil.copytree(settings.SEALING_FOLDER, data / "sealing")
    refused(run(data, "restore", str(folder / "yesterday")), "--begin-anew REASON")
    assert databases(data) == {"postgres", "template0", "template1"}
    ended = run(data, "restore", str(folder / "yesterday"), "--begin-anew", "the disk died on Monday")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "give its key to every witness and say why" in ended.stdout
    logs = [str(key) for (key,) in ask(data, "select key from ledger_log order by 1")]
    assert any("/ledger/2" in key for key in logs)


def test_a_backup_is_written_whole_or_not_at_all(database, folder, monkeypatch):
    def full(*_: object, **__: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(taking, "seal", full)
    with pytest.raises(BackupTrouble, match="the disk is full"):
        take(os.environ, folder / "full", b"correct horse battery staple", now=NOW)
    monkeypatch.undo()
    monkeypatch.setattr(
        taking, "dump", lambda *_: (_ for _ in ()).throw(BackupTrouble("the database cannot be read"))
    )
    with pytest.raises(BackupTrouble, match="cannot be read"):
        take(os.environ, folder / "full", b"correct horse battery staple", now=NOW)
    monkeypatch.undo()
    assert not [path for path in folder.iterdir() if path.name.startswith("full")]
    (folder / "there").mkdir()
    with pytest.raises(BackupTrouble, match="is there already"):
        take(os.environ, folder / "there", b"correct horse battery staple", now=NOW)
    with pytest.raises(BackupTrouble, match="inside the data folder"):
        take(os.environ, Path(settings.DATA) / "backup", b"correct horse battery staple", now=NOW)


def test_no_key_and_no_content_is_in_a_backup(taken, folder):
    """With the passphrase alone, without the keys: sealed bytes, codes and times."""
    from evenhand.operations.backup.restoring import opened

    backup = opened(taken.backup, b"correct horse battery staple")
    others = [
        path for path in Path(settings.KEYS_FOLDER).iterdir() if not path.name.startswith("keys.sqlite3")
    ]
    secret = [path.read_bytes() for path in others if 20 < path.stat().st_size < 2000]
    assert secret
    for part in ("secrets", "files"):
        content = b"".join(backup.part(part))
        assert not [one for one in secret if one.strip() in content]
        assert b"database-" not in content
    assert b"Stays Here" not in b"".join(backup.part("database"))
    for path in taken.backup.iterdir():
        assert b"Stays Here" not in path.read_bytes()
