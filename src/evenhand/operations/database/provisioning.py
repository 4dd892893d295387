"""Turn a server into Evenhand's: roles, database, extension, and everything closed that could stay open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from evenhand.operations.database.address import Address
from evenhand.operations.database.addresses import ADMIN, APP, EQUALITY, OWNER, SIGNIN, WORKER, Addresses
from evenhand.operations.database.binaries import OLDEST
from evenhand.operations.database.closing import close_catalogue, close_database
from evenhand.operations.database.roles import make_roles, set_for, wanted
from evenhand.operations.database.trouble import DatabaseTrouble

# One number for "provisioning is going on", so that two processes starting at once do it one after the other.
PROVISIONING = 0x45564E48
USERS = (APP, SIGNIN, WORKER, EQUALITY)


def provision(admin: Address, addresses: Addresses) -> None:
    """Make the roles and the database that the addresses name, and close what is open; again changes nothing.

    admin    a superuser of the server: catalogue functions belong to superusers, who alone can revoke them;
             one called evenhand_admin says that the whole server is ours, and its other databases are closed too
    raises   DatabaseTrouble in one line
    """
    database = addresses.app.dbname
    ours_alone = admin.user == ADMIN
    try:
        with _connected(_maintenance(admin)) as connection:
            _refuse_unfit(connection)
            connection.execute("SELECT pg_advisory_lock(%s)", [PROVISIONING])
            make_roles(connection, addresses)
            _make_database(connection, database)
            logins = [role.name for role in wanted(addresses) if role.address is not None]
            close_database(connection, database, logins)
            if ours_alone:
                _close_neighbours(connection)
                # Objects made over this login belong to the owner, whichever door the administrator came by.
                connection.execute(set_for(ADMIN, "role", OWNER, database=database))
            # Inside the lock still: it is this connection's.
            for name in (database, "template1") if ours_alone else (database,):
                with _connected(admin.named(name)) as inside:
                    _furnish(inside)
    except psycopg.Error as error:
        raise DatabaseTrouble(f"the database cannot be set up: {_first_line(error)}") from error


def drop(admin: Address, database: str) -> None:
    """Remove a database with everything in it, ending the sessions that are in it."""
    try:
        with _connected(_maintenance(admin)) as connection:
            connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(database)))
    except psycopg.Error as error:
        raise DatabaseTrouble(f"the database {database} cannot be removed: {_first_line(error)}") from error


def _maintenance(admin: Address) -> Address:
    """Return a database to stand in while ours is made: `postgres`, else the one that the address names."""
    try:
        with _connected(admin.named("postgres")):
            return admin.named("postgres")
    except psycopg.OperationalError:
        return admin


@contextmanager
def _connected(address: Address) -> Iterator[Connection]:
    with psycopg.connect(address.as_itself().conninfo(), autocommit=True) as connection:
        yield connection


def _refuse_unfit(connection: Connection) -> None:
    if connection.info.server_version // 10_000 < OLDEST:
        raise DatabaseTrouble(
            f"the server is PostgreSQL {connection.info.server_version // 10_000}; {OLDEST} or later is needed"
        )
    row = connection.execute("SELECT rolsuper, rolname FROM pg_roles WHERE rolname = current_user").fetchone()
    if row is None or not row[0]:
        name = row[1] if row else "the administrator"
        raise DatabaseTrouble(
            f"{name} is no superuser of the server: only a superuser can close PostgreSQL's own functions to others"
        )


def _make_database(connection: Connection, database: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        known = connection.execute("SELECT datctype FROM pg_database WHERE datname = 'template0'").fetchone()
        character_type = str(known[0]) if known else "C"
        connection.execute(
            SQL(
                "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE {}"
            ).format(Identifier(database), Identifier(OWNER), character_type)
        )
    connection.execute(SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(database), Identifier(OWNER)))
    connection.execute(SQL("ALTER DATABASE {} SET timezone TO 'UTC'").format(Identifier(database)))


def _close_neighbours(connection: Connection) -> None:
    """On a server of our own nobody enters the other databases: their catalogues are not closed."""
    for name in ("postgres", "template1"):
        connection.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(Identifier(name)))


def _furnish(connection: Connection) -> None:
    """Close one database from the inside and put in what migrations rely on."""
    with connection.transaction():
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
        close_catalogue(connection)
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        users = SQL(", ").join(Identifier(name) for name in USERS)
        connection.execute(SQL("GRANT USAGE ON SCHEMA public TO {}").format(users))
        connection.execute(SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(Identifier(OWNER)))
        connection.execute(
            SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC").format(
                Identifier(OWNER)
            )
        )


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
