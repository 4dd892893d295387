"""The application's roles are refused everything that tells of other people's sessions, rows and volumes."""

from __future__ import annotations

import threading
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from evenhand.operations.database import DatabaseTrouble, provision
from evenhand.operations.database.examining import examine_database

ROLES = ("app", "signin", "worker", "equality")

REFUSED = {
    "other sessions' statements": "select query from pg_stat_activity",
    "other sessions' statements by function": "select * from pg_stat_get_activity(null)",
    "one backend's statement": "select pg_stat_get_backend_activity(1)",
    "row counts of tables": "select n_live_tup from pg_stat_user_tables",
    "row counts by function": "select pg_stat_get_live_tuples('pg_class'::regclass)",
    "estimated rows": "select reltuples from pg_class",
    "pages": "select relpages from pg_class where relname = 'pg_class'",
    "everything of pg_class": "select * from pg_class",
    "values of columns": "select most_common_vals from pg_stats",
    "raw statistics": "select 1 from pg_statistic",
    "extended statistics": "select 1 from pg_stats_ext",
    "size of a table": "select pg_relation_size('pg_class')",
    "size with indexes": "select pg_total_relation_size('pg_class')",
    "size of the database": "select pg_database_size(current_database())",
    "locks of others": "select 1 from pg_locks",
    "who waits for whom": "select pg_blocking_pids(1)",
    "how much is written": "select pg_current_wal_lsn()",
    "last value of a sequence": "select 1 from pg_sequences",
    "ending a session": "select pg_terminate_backend(pg_backend_pid())",
    "cancelling a statement": "select pg_cancel_backend(pg_backend_pid())",
    "a word to another session": "select pg_notify('a', 'b')",
    "a message in the log of changes": "select pg_logical_emit_message(false, 'a', 'b')",
    "making a large object": "select lo_create(0)",
    "making one from bytes": "select lo_from_bytea(0, 'a'::bytea)",
    "opening one": "select lo_open(1, 131072)",
    "listing large objects": "select 1 from pg_largeobject_metadata",
    "reading large objects": "select 1 from pg_largeobject",
    "a temporary table": "create temporary table own (one int)",
    "a temporary view": "create temporary view own as select 1",
    "a table": "create table public.own (one int)",
    "a schema": "create schema own",
    "an extension": "create extension hstore",
    "a function": "create function public.own() returns int language sql as 'select 1'",
    "an anonymous block": "do 'begin end'",
    "a role": "create role own",
    "more rights": "alter role current_user superuser",
    "the owner's role": "set role evenhand_owner",
    "the administrator's role": "set role evenhand_admin",
    "another user's session": "set session authorization evenhand_admin",
    "passwords": "select 1 from pg_authid",
    "a file of the server": "select pg_read_file('PG_VERSION')",
    "a program of the server": "copy (select 1) to program 'true'",
    "a setting of the server": "alter system set fsync = off",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_serves_people_is_refused_what_tells_of_others(provisioned, role):
    allowed = []
    with psycopg.connect(getattr(provisioned.ways, role).conninfo(), autocommit=True) as connection:
        for what, statement in REFUSED.items():
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                continue
            except psycopg.Error as error:
                allowed.append(f"{what}: {error}")
            else:
                allowed.append(what)
    assert allowed == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_no_role_enters_a_database_whose_catalogue_is_open(provisioned, role, database):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(getattr(provisioned.ways, role).named(database).conninfo())


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_no_power_and_belongs_to_nobody_it_should_not(provisioned, role):
    with psycopg.connect(getattr(provisioned.ways, role).conninfo()) as connection:
        powers = connection.execute(
            "select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication from pg_roles "
            "where rolname = current_user"
        ).fetchone()
        groups = connection.execute(
            "select roleid::regrole::text from pg_auth_members where member = current_user::regrole"
        ).fetchall()
    assert powers == (False,)
    assert groups == ([("evenhand_app",)] if role == "worker" else [])


def test_the_owner_cannot_sign_in_and_row_security_holds_for_it(provisioned):
    with psycopg.connect(provisioned.admin.conninfo()) as connection:
        owner = connection.execute(
            "select rolcanlogin, rolbypassrls, rolsuper from pg_roles where rolname = 'evenhand_owner'"
        ).fetchone()
    assert owner == (False, False, False)


def test_what_the_administrator_makes_belongs_to_the_owner(provisioned):
    for address in (provisioned.ways.admin, replace(provisioned.ways.admin, session=())):
        with psycopg.connect(address.conninfo()) as connection:
            assert connection.execute("select current_user, session_user").fetchone() == (
                "evenhand_owner",
                "evenhand_admin",
            )


def test_a_function_of_the_owner_is_nobodys_until_it_is_granted(provisioned):
    with psycopg.connect(provisioned.ways.admin.conninfo()) as connection:
        connection.execute("create function public.mine() returns int language sql as 'select 1'")
        may = connection.execute(
            "select has_function_privilege('evenhand_app', 'public.mine()', 'execute')"
        ).fetchone()
        connection.rollback()
    assert may == (False,)


def test_the_owners_functions_can_wake_the_worker(provisioned):
    with psycopg.connect(provisioned.ways.admin.conninfo()) as connection:
        connection.execute("select pg_notify('duty', '')")


@pytest.mark.parametrize("role", ROLES)
def test_a_session_is_in_utc_finds_only_our_schema_and_cannot_hang(provisioned, role):
    # Without the client's settings: those of the role alone.
    with psycopg.connect(replace(getattr(provisioned.ways, role), session=()).conninfo()) as connection:
        shown = connection.execute(
            "select current_setting('timezone'), current_setting('search_path'), current_setting('statement_timeout')"
        ).fetchone()
    assert shown is not None
    assert shown[:2] == ("UTC", "public, pg_temp")
    assert shown[2] != "0"


def test_defaults_that_a_role_gave_itself_do_not_reach_the_next_session(provisioned):
    app = provisioned.ways.app
    with psycopg.connect(app.conninfo(), autocommit=True) as connection:
        connection.execute("alter role evenhand_app set search_path = trap, public")
        connection.execute("alter role evenhand_app in database evenhand set statement_timeout = '1ms'")
    with psycopg.connect(app.conninfo()) as connection:
        shown = connection.execute(
            "select current_setting('search_path'), current_setting('statement_timeout')"
        )
        assert shown.fetchone() == ("public,pg_temp", "30s")


def test_provisioning_puts_back_what_a_role_did_to_itself(provisioned):
    app = provisioned.ways.app
    with psycopg.connect(app.conninfo(), autocommit=True) as connection:
        connection.execute("alter role evenhand_app set work_mem = '1GB'")
        connection.execute("alter role evenhand_app in database evenhand set search_path = trap")
        connection.execute("alter role evenhand_app password 'stolen'")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(app.conninfo())
    provision(provisioned.admin, provisioned.ways)
    with psycopg.connect(replace(app, session=()).conninfo()) as connection:
        shown = connection.execute(
            "select current_setting('search_path'), current_setting('work_mem')"
        ).fetchone()
    assert shown is not None
    assert shown[0] == "public, pg_temp"
    assert shown[1] != "1GB"


def test_provisioning_takes_away_rights_that_were_added(provisioned):
    with psycopg.connect(provisioned.admin.named("evenhand").conninfo(), autocommit=True) as connection:
        connection.execute("grant evenhand_owner to evenhand_app")
        connection.execute("alter role evenhand_app bypassrls createdb")
        connection.execute("grant execute on function pg_cancel_backend(int) to public")
        connection.execute("grant temporary, create on database evenhand to public")
        connection.execute("grant select on pg_class to public")
    provision(provisioned.admin, provisioned.ways)
    findings = list(examine_database(provisioned.ways, admin=provisioned.admin))
    ill = [finding for finding in findings if not finding.well and finding.what != "durability"]
    assert ill == []


def test_the_examination_sees_what_was_opened(provisioned):
    with psycopg.connect(provisioned.admin.named("evenhand").conninfo(), autocommit=True) as connection:
        connection.execute("grant evenhand_owner to evenhand_signin")
        connection.execute("grant select on pg_stats to public")
        connection.execute("grant connect on database postgres to public")
        connection.execute("create table open_to_all (one int)")
        connection.execute("grant select on open_to_all to evenhand_app")
    findings = {
        finding.what: finding for finding in examine_database(provisioned.ways, admin=provisioned.admin)
    }
    ill = {what for what, finding in findings.items() if not finding.well}
    with psycopg.connect(provisioned.admin.named("evenhand").conninfo(), autocommit=True) as connection:
        connection.execute("drop table open_to_all")
    provision(provisioned.admin, provisioned.ways)
    assert {"powers", "catalogue", "neighbours", "row security", "role app"} <= ill
    assert "evenhand_signin" in findings["powers"].said
    assert "open_to_all" in findings["row security"].said


def test_provisioning_again_changes_no_right(provisioned):
    query = (
        "select (select md5(string_agg(oid::text || xmin::text, ',' order by oid)) from pg_proc), "
        "(select md5(string_agg(oid::text || xmin::text, ',' order by oid)) from pg_class "
        " where relnamespace = 'pg_catalog'::regnamespace and relname ~ '^pg_stat|^pg_locks')"
    )
    with psycopg.connect(provisioned.admin.named("evenhand").conninfo(), autocommit=True) as connection:
        provision(provisioned.admin, provisioned.ways)
        before = connection.execute(query).fetchone()
        provision(provisioned.admin, provisioned.ways)
        after = connection.execute(query).fetchone()
    assert before == after


def test_two_processes_can_provision_at_once(provisioned):
    troubles: list[Exception] = []

    def once() -> None:
        try:
            provision(provisioned.admin, provisioned.ways)
        except Exception as error:
            troubles.append(error)

    threads = [threading.Thread(target=once) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []


def test_another_database_of_the_same_server_is_closed_in_the_same_way(provisioned):
    ways = provisioned.ways.in_database("another")
    provision(provisioned.admin, ways)
    with psycopg.connect(ways.app.conninfo()) as inside, pytest.raises(psycopg.errors.InsufficientPrivilege):
        inside.execute("select 1 from pg_stat_activity")
    with psycopg.connect(provisioned.admin.conninfo(), autocommit=True) as connection:
        connection.execute("drop database another")


def test_a_database_made_from_the_template_is_born_closed(provisioned):
    with psycopg.connect(provisioned.admin.conninfo(), autocommit=True) as connection:
        connection.execute("create database born")
        connection.execute("grant connect on database born to evenhand_app")
    born = provisioned.ways.app.named("born")
    with psycopg.connect(born.conninfo()) as inside, pytest.raises(psycopg.errors.InsufficientPrivilege):
        inside.execute("select 1 from pg_stat_activity")
    with psycopg.connect(provisioned.admin.conninfo(), autocommit=True) as connection:
        connection.execute("drop database born")


def test_names_can_be_searched_by_likeness_in_any_script(provisioned):
    with psycopg.connect(provisioned.ways.app.conninfo()) as connection:
        row = connection.execute("select similarity('Ławrynowicz', 'Lawrynowicz'), lower('ŁÉЖ')").fetchone()
    assert row is not None
    assert row[0] > 0.3
    assert row[1] == "łéж"


def test_a_superuser_cannot_be_the_application(provisioned):
    ways = replace(provisioned.ways, app=replace(provisioned.ways.app, user="evenhand_admin"))
    with pytest.raises(DatabaseTrouble, match="would see past every wall"):
        provision(provisioned.admin, ways)


def test_only_a_superuser_can_provision(provisioned):
    with pytest.raises(DatabaseTrouble, match="no superuser"):
        provision(provisioned.ways.app, provisioned.ways)


def test_a_login_of_another_name_has_the_applications_rights_and_no_more(provisioned):
    chosen = replace(provisioned.ways.app, user="council-web", password="its own password")
    ways = replace(provisioned.ways, app=chosen)
    provision(provisioned.admin, ways)
    with psycopg.connect(chosen.conninfo()) as connection:
        row = connection.execute("select pg_has_role('evenhand_app', 'usage'), current_user").fetchone()
        assert row == (True, "council-web")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select 1 from pg_stat_activity")
    provision(provisioned.admin, provisioned.ways)
    with psycopg.connect(provisioned.admin.conninfo(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("revoke all on database evenhand from {}").format(sql.Identifier("council-web"))
        )
        connection.execute('drop role "council-web"')


def test_no_password_and_no_failed_statement_is_in_the_servers_log(provisioned):
    with (
        psycopg.connect(provisioned.ways.app.conninfo()) as connection,
        pytest.raises(psycopg.errors.DivisionByZero),
    ):
        connection.execute("select 1 / 0 as what_somebody_reported")
    log = (provisioned.cluster.data / "postgres.log").read_text()
    assert "division by zero" in log
    assert "what_somebody_reported" not in log
    assert provisioned.ways.app.password not in log
    assert provisioned.admin.password not in log
