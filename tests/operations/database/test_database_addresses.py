"""Every role's way in comes from the settings or from the local server, and no password is shown."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from evenhand.operations.data_folder import data_folder
from evenhand.operations.database import DatabaseTrouble, addresses, has_admin, is_local
from evenhand.operations.database.address import Address, parse_url
from evenhand.operations.secrets import SecretTrouble, secret

URL = "postgresql://evenhand_app:p%40ss@db.example:5433/evenhand"
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), min_size=1, max_size=12)


def test_without_a_setting_the_local_socket_serves_every_role(tmp_path):
    environ = {"EVENHAND_DATA": str(tmp_path)}
    ways = addresses(environ)
    assert is_local(environ)
    assert has_admin(environ)
    assert {ways.app.user, ways.signin.user, ways.worker.user, ways.equality.user} == {
        "evenhand_app",
        "evenhand_signin",
        "evenhand_worker",
        "evenhand_equality",
    }
    assert len({way.password for way in (ways.app, ways.signin, ways.worker, ways.equality, ways.admin)}) == 5
    assert addresses(environ) == ways


def test_a_url_names_the_server_for_every_role(tmp_path):
    environ = {
        "EVENHAND_DATA": str(tmp_path),
        "EVENHAND_DATABASE_URL": URL,
        "EVENHAND_SIGNIN_DATABASE_URL": "postgresql://other:x@elsewhere/evenhand",
    }
    ways = addresses(environ)
    assert (ways.app.host, ways.app.port, ways.app.password) == ("db.example", 5433, "p@ss")
    assert (ways.worker.host, ways.worker.user, ways.worker.dbname) == (
        "db.example",
        "evenhand_worker",
        "evenhand",
    )
    assert (ways.signin.host, ways.signin.user) == ("elsewhere", "other")
    assert not is_local(environ)
    assert not has_admin(environ)
    assert ways.admin.password == ""
    assert not (tmp_path / "secrets" / "database-admin").exists()


def test_an_administrator_comes_to_the_applications_database_whichever_its_url_names(tmp_path):
    ways = addresses(
        {
            "EVENHAND_DATA": str(tmp_path),
            "EVENHAND_DATABASE_URL": URL,
            "EVENHAND_ADMIN_DATABASE_URL": "postgresql://boss:x@db.example/postgres",
        }
    )
    assert (ways.admin.user, ways.admin.dbname) == ("boss", "evenhand")


def test_a_socket_folder_can_be_named_in_a_url():
    address = parse_url("postgresql://me@/evenhand?host=/run/postgresql&sslmode=disable", setting="X")
    assert (address.host, address.port, address.sslmode) == ("/run/postgresql", 5432, "disable")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://a:hidden@b/c", "must start with postgresql://"),
        ("postgresql://a:hidden@b:port/c", "not a database URL"),
        ("postgresql://a:hidden@b/", "must name a user and a database"),
        ("postgresql:///c?password=hidden", "must name a user and a database"),
        ("postgresql://a:hidden@b/c?sslmod=require", "not understood: sslmod"),
        ("postgresql://a:hidden@/c?port=x", "a port that is not a number"),
        ("hidden", "must start with"),
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_without_its_password(url, sentence):
    with pytest.raises(DatabaseTrouble, match=sentence) as trouble:
        parse_url(url, setting="EVENHAND_DATABASE_URL")
    assert "EVENHAND_DATABASE_URL" in str(trouble.value)
    assert "hidden" not in str(trouble.value)
    assert "\n" not in str(trouble.value)


@given(user=words, password=words, dbname=words)
def test_any_name_and_password_survive_a_url_and_a_connection_string(user, password, dbname):
    url = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@db.example:1/{quote(dbname, safe='')}"
    address = parse_url(url, setting="X")
    assert (address.user, address.password, address.dbname) == (user, password, dbname)
    back = conninfo_to_dict(address.conninfo())
    assert (back["user"], back["password"], back["dbname"]) == (user, password, dbname)


def test_django_gets_the_session_settings_with_the_address(tmp_path):
    way = addresses({"EVENHAND_DATA": str(tmp_path)}).app
    shown = way.django()
    assert set(shown) == {"NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS"}
    assert "statement_timeout=30s" in str(shown["OPTIONS"])


def test_no_password_is_in_what_is_printed():
    address = Address("db.example", 5432, "evenhand", "me", "hidden")
    assert "hidden" not in repr(address)
    assert "hidden" not in address.without_password()


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    environ = {"EVENHAND_DATA": str(tmp_path / "new")}
    made = secret("key", length=48, environ=environ)
    assert len(made) == 48
    assert secret("key", environ=environ) == made
    path = tmp_path / "new" / "secrets" / "key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_all_who_ask_at_once_get_the_same_secret(tmp_path):
    environ = {"EVENHAND_DATA": str(tmp_path)}
    got: list[str] = []
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        got.append(secret("shared", environ=environ))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["shared"]


@pytest.mark.parametrize("name", ["", "../key", "a/b", ".hidden", "a b"])
def test_a_secret_cannot_be_named_into_another_folder(tmp_path, name):
    with pytest.raises(SecretTrouble):
        secret(name, environ={"EVENHAND_DATA": str(tmp_path)})


def test_an_empty_secret_is_not_taken_for_one(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("")
    with pytest.raises(SecretTrouble, match="is empty"):
        secret("key", environ={"EVENHAND_DATA": str(tmp_path)})


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SecretTrouble, match="not a directory"):
        secret("key", environ={"EVENHAND_DATA": str(tmp_path / "file")})


def test_the_data_folder_is_beside_the_makefile_unless_it_is_named(tmp_path):
    assert data_folder({}) == Path(__file__).parents[3] / "var"
    assert data_folder({"EVENHAND_DATA": str(tmp_path)}) == tmp_path
    assert data_folder({"EVENHAND_DATA": "relative"}).is_absolute()
