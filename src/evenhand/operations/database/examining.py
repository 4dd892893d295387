"""Examine a database as each of its roles: what they can reach, and what must stay out of their reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

import psycopg
from psycopg import Connection
from psycopg.sql import SQL

from evenhand.operations.database.address import Address
from evenhand.operations.database.addresses import SESSIONS, Addresses
from evenhand.operations.database.binaries import OLDEST
from evenhand.operations.database.closing import COUNTING, FUNCTIONS, VIEWS
from evenhand.operations.database.finding import Finding
from evenhand.records.wall.stands import stands

USERS = ("app", "signin", "worker", "equality")
# Statements that must be refused to every role that serves people; each would tell or do something behind the wall.
REFUSED = (
    "SELECT 1 FROM pg_stat_activity",
    "SELECT reltuples FROM pg_class",
    "SELECT 1 FROM pg_stats",
    "CREATE TEMPORARY TABLE own (one int)",
    "CREATE TABLE public.own (one int)",
    "CREATE SCHEMA own",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT lo_create(0)",
    "SELECT pg_notify('own', '')",
    "DO 'begin end'",
    "CREATE ROLE own",
)


def examine_database(addresses: Addresses, *, admin: Address | None) -> Iterator[Finding]:
    """Yield a finding for each role, and with an administrator's address for the whole server."""
    for part in USERS:
        yield _signs_in(part, getattr(addresses, part))
    if admin is None:
        yield Finding(
            "administrator", True, "EVENHAND_ADMIN_DATABASE_URL is not set, so the server is not examined"
        )
        return
    try:
        with psycopg.connect(
            admin.named(addresses.app.dbname).as_itself().conninfo(), autocommit=True
        ) as connection:
            yield _version(connection)
            yield _durable(connection)
            yield _powers(connection, addresses)
            yield _neighbours(connection, addresses)
            yield _defaults(connection, addresses)
            yield _catalogue(connection)
            yield _row_security(connection, addresses)
            yield _wall(connection)
    except psycopg.OperationalError as error:
        yield Finding("administrator", False, _line(error))


def _signs_in(part: str, address: Address) -> Finding:
    what = f"role {part}"
    try:
        with psycopg.connect(address.conninfo()) as connection:
            allowed = [statement for statement in REFUSED if _is_allowed(connection, statement)]
    except psycopg.Error as error:
        return Finding(what, False, f"{address.without_password()}: {_line(error)}")
    if allowed:
        return Finding(what, False, f"{address.user} may: {'; '.join(allowed)}: run `evenhand migrate`")
    return Finding(
        what, True, f"{address.user} signs in, and is refused {len(REFUSED)} things it must not do"
    )


def _is_allowed(connection: Connection, statement: str) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(SQL(statement))
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def _version(connection: Connection) -> Finding:
    major = connection.info.server_version // 10_000
    return Finding("PostgreSQL", major >= OLDEST, f"version {major}, {OLDEST} or later is needed")


def _durable(connection: Connection) -> Finding:
    off = [
        name
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if _one(connection, f"SELECT current_setting('{name}')") == "off"
    ]
    said = f"off: {', '.join(off)}" if off else "what is acknowledged is on disk"
    return Finding("durability", not off, said)


def _powers(connection: Connection, addresses: Addresses) -> Finding:
    names = [getattr(addresses, part).user for part in USERS]
    rows = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s) AND "
        "(rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication) "
        "UNION SELECT u.rolname FROM pg_roles u, pg_roles g WHERE u.rolname = ANY (%s) AND g.rolname <> u.rolname "
        "AND (g.rolsuper OR g.rolbypassrls OR g.rolname LIKE 'pg\\_%%' OR g.rolname = 'evenhand_owner') "
        "AND pg_has_role(u.oid, g.oid, 'MEMBER') AND g.rolname <> 'pg_database_owner'",
        [names, names],
    ).fetchall()
    said = f"can pass the wall: {_list(rows)}" if rows else "no role that serves people can pass row security"
    return Finding("powers", not rows, said)


def _neighbours(connection: Connection, addresses: Addresses) -> Finding:
    rows = connection.execute(
        "SELECT DISTINCT d.datname FROM pg_database d, pg_roles r WHERE r.rolname = ANY (%s) AND d.datallowconn "
        "AND d.datname <> current_database() AND d.datdba <> 'evenhand_owner'::regrole "
        "AND has_database_privilege(r.oid, d.oid, 'CONNECT')",
        [[getattr(addresses, part).user for part in USERS]],
    ).fetchall()
    # The server's pg_hba.conf may refuse what the catalogue would allow, so the door itself is tried.
    rows = [
        row for row in rows if any(_enters(getattr(addresses, part).named(str(row[0]))) for part in USERS)
    ]
    said = (
        f"can be entered by Evenhand's roles, and their catalogues are open: {_list(rows)}"
        if rows
        else "no other database of the server lets Evenhand's roles in"
    )
    return Finding("neighbours", not rows, said)


def _enters(address: Address) -> bool:
    try:
        psycopg.connect(address.conninfo()).close()
    except psycopg.OperationalError:
        return False
    return True


def _defaults(connection: Connection, addresses: Addresses) -> Finding:
    names = [getattr(addresses, part.name).user for part in fields(addresses) if part.name in USERS]
    rows = connection.execute(
        "SELECT r.rolname, split_part(c, '=', 1) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, "
        "unnest(s.setconfig) c WHERE r.rolname = ANY (%s)",
        [names],
    ).fetchall()
    ours = {name.lower() for settings in SESSIONS.values() for name, _ in settings}
    strange = [(f"{role}: {name}",) for role, name in rows if str(name).lower() not in ours]
    said = (
        f"a role gave itself defaults: {_list(strange)}; run `evenhand migrate`" if strange else "as set up"
    )
    return Finding("defaults", not strange, said)


def _catalogue(connection: Connection) -> Finding:
    open_functions = _one(
        connection,
        "SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ %s "
        "AND has_function_privilege('public', p.oid, 'EXECUTE')",
        ["|".join(FUNCTIONS)],
    )
    open_views = _one(
        connection,
        "SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname ~ %s "
        "AND has_table_privilege('public', c.oid, 'SELECT')",
        ["|".join(VIEWS)],
    )
    open_columns = _one(
        connection,
        "SELECT count(*) FROM pg_attribute a WHERE a.attrelid = 'pg_class'::regclass AND a.attname = ANY (%s) "
        "AND has_column_privilege('public', a.attrelid, a.attnum, 'SELECT')",
        [list(COUNTING)],
    )
    still_open = (
        f"{open_functions} functions, {open_views} views and {open_columns} counting columns are open to all"
    )
    return Finding("catalogue", still_open.startswith("0 functions, 0 views and 0 "), still_open)


def _row_security(connection: Connection, addresses: Addresses) -> Finding:
    """Every table that the application, the worker or the equality role can read is behind the wall."""
    rows = connection.execute(
        "SELECT DISTINCT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, "
        "pg_roles r WHERE r.rolname = ANY (%s) AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' "
        "AND n.nspname <> 'information_schema' AND NOT c.relrowsecurity "
        "AND has_any_column_privilege(r.oid, c.oid, 'SELECT')",
        [[addresses.app.user, addresses.worker.user, addresses.equality.user]],
    ).fetchall()
    said = f"without it: {_list(rows)}" if rows else "stands before every table that the application can read"
    return Finding("row security", not rows, said)


def _wall(connection: Connection) -> Finding:
    """The wall is the one that `migrate` put up; whether it is this version's, /readyz says."""
    there = _one(connection, "SELECT to_regclass('wall.raised')::text")
    if there is None:
        return Finding("wall", True, "not put up yet: `evenhand migrate` does")
    row = connection.execute("SELECT stands FROM wall.raised").fetchone()
    same = row is not None and row[0] == stands(connection)
    return Finding(
        "wall",
        same,
        "every policy, function, trigger and right is as `evenhand migrate` put it up"
        if same
        else "a policy, function, trigger or right was changed since: run `evenhand migrate`, and find out who did it",
    )


def _one(connection: Connection, query: str, parameters: list[object] | None = None) -> object:
    row = connection.execute(SQL(query), parameters).fetchone()
    return None if row is None else row[0]


def _list(rows: Sequence[tuple[object, ...]]) -> str:
    return ", ".join(sorted(str(row[0]) for row in rows))


def _line(error: psycopg.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__
