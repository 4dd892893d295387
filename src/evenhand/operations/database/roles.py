"""Make the roles of an instance, each with no more than it needs, and put back what a role did to itself."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from evenhand.operations.database.address import Address
from evenhand.operations.database.addresses import APP, EQUALITY, OWNER, SESSIONS, SIGNIN, WORKER, Addresses
from evenhand.operations.database.trouble import DatabaseTrouble

NOTHING = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"


@dataclass(frozen=True)
class Role:
    """One role: what it may be, whose rights it has besides its own, and how it is signed in to."""

    name: str
    attributes: str
    part: str = ""
    member_of: tuple[str, ...] = ()
    address: Address | None = None


def wanted(addresses: Addresses) -> list[Role]:
    """Return the roles: five of fixed names, which grants and policies name, and a login of another name if chosen.

    The owner owns every object, and nobody signs in as it: administrators take its role. Row security holds for it
    too, so a definer function sees only what a policy gives the owner. The application is never a member of it.
    """
    roles = [Role(OWNER, f"NOLOGIN NOINHERIT NOBYPASSRLS {NOTHING}")]
    # The worker inherits what the application may do; the others have their own grants only.
    for part, name, attributes, member_of in (
        ("app", APP, "NOINHERIT", ()),
        ("signin", SIGNIN, "NOINHERIT", ()),
        ("worker", WORKER, "INHERIT", (APP,)),
        ("equality", EQUALITY, "NOINHERIT", ()),
    ):
        address: Address = getattr(addresses, part)
        if address.user == name:
            roles.append(Role(name, f"LOGIN NOBYPASSRLS {attributes} {NOTHING}", part, member_of, address))
            continue
        roles.append(Role(name, f"NOLOGIN NOBYPASSRLS {attributes} {NOTHING}", part, member_of))
        roles.append(Role(address.user, f"LOGIN NOBYPASSRLS INHERIT {NOTHING}", part, (name,), address))
    return roles


def make_roles(connection: Connection, addresses: Addresses) -> None:
    """Make every role, or bring it back to what it should be: attributes, password, memberships, settings.

    raises   DatabaseTrouble when a chosen login could pass the wall
    """
    roles = wanted(addresses)
    for role in roles:
        _refuse_power(connection, role)
    for role in roles:
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name]).fetchone()
        verb = SQL("ALTER ROLE {} ") if exists else SQL("CREATE ROLE {} ")
        connection.execute(verb.format(Identifier(role.name)) + SQL(role.attributes))
    for role in roles:
        _set_password(connection, role)
        _set_memberships(connection, role)
        _set_session(connection, role)


def _refuse_power(connection: Connection, role: Role) -> None:
    powerful = connection.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = %s AND (rolsuper OR rolname = current_user)",
        [role.name],
    ).fetchone()
    if powerful:
        raise DatabaseTrouble(
            f"{role.name} is a superuser or the administrator itself, and would see past every wall: "
            f"name another role for {role.part or 'it'}"
        )


def _set_password(connection: Connection, role: Role) -> None:
    if role.address is None or not role.address.password:
        return
    # Only the verifier travels, so that no log or activity view can show the password.
    verifier = connection.pgconn.encrypt_password(
        role.address.password.encode(), role.name.encode(), b"scram-sha-256"
    )
    connection.execute(
        SQL("ALTER ROLE {} PASSWORD {} VALID UNTIL 'infinity'").format(
            Identifier(role.name), Literal(verifier.decode("ascii"))
        )
    )


def _set_memberships(connection: Connection, role: Role) -> None:
    held = {
        str(row[0])
        for row in connection.execute(
            "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s::regrole", [f'"{role.name}"']
        )
    }
    for group in role.member_of:
        connection.execute(SQL("GRANT {} TO {}").format(Identifier(group), Identifier(role.name)))
    for group in held - set(role.member_of):
        connection.execute(
            SQL("REVOKE {} FROM {}").format(Identifier(group.strip('"')), Identifier(role.name))
        )


def _set_session(connection: Connection, role: Role) -> None:
    """Forget the defaults that a role may have given itself, in every database, and set ours."""
    databases = connection.execute(
        "SELECT d.datname FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase "
        "WHERE s.setrole = %s::regrole",
        [f'"{role.name}"'],
    ).fetchall()
    for (database,) in databases:
        where = SQL("IN DATABASE {} ").format(Identifier(database)) if database else SQL("")
        connection.execute(SQL("ALTER ROLE {} {}RESET ALL").format(Identifier(role.name), where))
    for name, value in SESSIONS.get(role.part, ()):
        connection.execute(set_for(role.name, name, value))


def set_for(role: str, name: str, value: str, *, database: str = "") -> Composed:
    """Return the statement that gives a role a default of its own."""
    where = SQL("IN DATABASE {} ").format(Identifier(database)) if database else SQL("")
    values = SQL(", ").join(Literal(part.strip()) for part in value.split(","))
    return SQL("ALTER ROLE {} {}SET {} TO {}").format(Identifier(role), where, Identifier(name), values)
