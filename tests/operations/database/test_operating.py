"""What an operator types: a port in use, a server to start and stop, an instance to examine."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from evenhand.cli import _process
from evenhand.cli.main import CommandError, main
from evenhand.operations.database import Cluster, addresses, provision
from evenhand.operations.doctor import examine

SOURCE = str(Path(__file__).parents[3] / "src")


@pytest.fixture
def instance(made, monkeypatch):
    """A data folder of our own, and no setting of the one who tests."""
    for name in [name for name in os.environ if name.startswith("EVENHAND_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EVENHAND_DATA", str(made))
    return made


def findings(*, deploy: bool = False) -> dict[str, tuple[bool, str]]:
    return {one.what: (one.well, one.said) for one in examine(os.environ, deploy=deploy)}


def test_a_port_in_use_is_one_line_before_anything_starts(data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        number = taken.getsockname()[1]
        ended = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from evenhand.cli.main import main; sys.exit(main(['demo']))",
            ],
            env={
                **os.environ,
                "PYTHONPATH": SOURCE,
                "EVENHAND_DATA": str(data),
                "EVENHAND_PORT": str(number),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1
    assert f"port {number}" in ended.stderr
    assert not (data / "postgres").exists()


@pytest.mark.parametrize("port", ["", "8000"])
def test_the_port_is_8000_unless_it_is_named(monkeypatch, port):
    monkeypatch.setenv("EVENHAND_PORT", port)
    assert _process.port() == 8000


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80.5", "٨٠"])
def test_a_port_that_is_none_is_refused(monkeypatch, port):
    monkeypatch.setenv("EVENHAND_PORT", port)
    with pytest.raises(CommandError, match="EVENHAND_PORT must be a number"):
        _process.port()


def test_the_local_server_starts_stays_and_stops_by_word(instance, capsys):
    assert main(["database", "status"]) == 1
    assert main(["database", "start"]) == 0
    assert main(["database", "status"]) == 0
    assert main(["database", "url"]) == 0
    assert main(["database", "stop"]) == 0
    assert main(["database", "status"]) == 1
    said = capsys.readouterr().out
    assert "started:" in said
    assert "postgresql://evenhand_app@/evenhand?host=" in said
    assert said.strip().endswith("not running")
    for path in (instance / "secrets").iterdir():
        assert path.read_text() not in said


def test_a_named_server_is_not_ours_to_start(instance, monkeypatch, capsys):
    monkeypatch.setenv("EVENHAND_DATABASE_URL", "postgresql://evenhand_app:hidden@db.example/evenhand")
    assert main(["database", "start"]) == 2
    assert main(["migrate"]) == 2
    said = capsys.readouterr().err
    assert "start and stop it where it lives" in said
    assert "EVENHAND_ADMIN_DATABASE_URL is not set" in said


def test_the_doctor_finds_nothing_as_set_up_and_then_what_is_open_or_wrong(instance, monkeypatch):
    assert main(["database", "start"]) == 0
    assert {what: said for what, (well, said) in findings().items() if not well} == {}
    (instance / "secrets" / "database-app").chmod(0o644)
    monkeypatch.setenv("EVENHAND_PORT", "http")
    monkeypatch.setenv("EVENHAND_MODE", "holiday")
    found = findings()
    assert not found["secret database-app"][0]
    assert "chmod 600" in found["secret database-app"][1]
    assert not found["EVENHAND_PORT"][0]
    assert not found["EVENHAND_MODE"][0]


def test_a_demo_is_not_for_people(instance, monkeypatch):
    # No server answers here; what the settings say is said all the same.
    monkeypatch.setenv("EVENHAND_DATABASE_URL", "postgresql://evenhand_app:hidden@127.0.0.1:9/evenhand")
    monkeypatch.setenv("EVENHAND_MODE", "demo")
    found = findings(deploy=True)
    assert not found["mode"][0]
    assert not found["EVENHAND_HOSTS"][0]
    monkeypatch.setenv("EVENHAND_MODE", "production")
    monkeypatch.setenv("EVENHAND_HOSTS", "cases.example.org")
    monkeypatch.setenv("EVENHAND_EMAIL_URL", "smtp://mail.example.org")
    found = findings(deploy=True)
    assert all(found[what][0] for what in ("mode", "EVENHAND_HOSTS", "EVENHAND_TLS", "EVENHAND_EMAIL_URL"))


def test_a_named_server_is_provisioned_and_its_other_databases_left_alone(instance, monkeypatch):
    other = Cluster(instance, durable=False)
    with psycopg.connect(other.ensure().conninfo(), autocommit=True) as connection:
        connection.execute("create role boss superuser login password 'b'")
        connection.execute("create database neighbour")
    socket_folder = other.place.socket
    monkeypatch.setenv("EVENHAND_DATABASE_URL", f"postgresql://evenhand_app:a@/cases?host={socket_folder}")
    monkeypatch.setenv("EVENHAND_ADMIN_DATABASE_URL", f"postgresql://boss:b@/postgres?host={socket_folder}")
    ways = addresses(os.environ)
    provision(ways.admin, ways)
    found = findings()
    assert all(found[f"role {part}"][0] for part in ("app", "signin", "worker", "equality"))
    assert found["catalogue"][0]
    # Somebody else's databases are theirs to close; the doctor says so.
    assert not found["neighbours"][0]
    assert "neighbour" in found["neighbours"][1]
    with psycopg.connect(ways.admin.conninfo()) as connection:
        row = connection.execute("select current_database(), current_user, session_user").fetchone()
    assert row == ("cases", "evenhand_owner", "boss")


def test_a_server_that_cannot_be_reached_is_a_finding_and_no_traceback(instance, monkeypatch, capsys):
    monkeypatch.setenv("EVENHAND_DATABASE_URL", "postgresql://evenhand_app:hidden@127.0.0.1:9/evenhand")
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "ILL   role app" in said
    assert "hidden" not in said


def test_every_setting_is_written_down():
    root = Path(__file__).parents[3]
    # Set by one process for another, never by an operator.
    internal = {"EVENHAND_PROCESS", "EVENHAND_PARENT"}
    named = {
        name
        for path in (root / "src").rglob("*.py")
        for name in re.findall(r"\bEVENHAND_[A-Z]+(?:_[A-Z]+)*\b", path.read_text(encoding="utf-8"))
    }
    written = (root / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert {name for name in named - internal if f"`{name}`" not in written} == set()
