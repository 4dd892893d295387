"""Give every role its way in: to the server that the settings name, else to the local one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from evenhand.operations.data_folder import data_folder
from evenhand.operations.database.address import Address, parse_url
from evenhand.operations.database.place import place
from evenhand.operations.secrets import secret

DATABASE = "evenhand"
PORT = 5432
APP = "evenhand_app"
SIGNIN = "evenhand_signin"
WORKER = "evenhand_worker"
EQUALITY = "evenhand_equality"
OWNER = "evenhand_owner"
ADMIN = "evenhand_admin"

# Sent by the client at connection, so that a role which altered its own defaults gains nothing by it.
_EVERY = (("timezone", "UTC"), ("search_path", "public,pg_temp"))
SESSIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "app": (
        *_EVERY,
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ),
    "signin": (
        *_EVERY,
        ("statement_timeout", "10s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ),
    "worker": (
        *_EVERY,
        ("statement_timeout", "15min"),
        ("lock_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "15min"),
    ),
    "equality": (
        *_EVERY,
        ("statement_timeout", "60s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ),
    "admin": (*_EVERY, ("role", OWNER)),
}


@dataclass(frozen=True)
class Addresses:
    """The five ways in: web and api, sign-in, worker, the sealed equality store, migrations."""

    app: Address
    signin: Address
    worker: Address
    equality: Address
    admin: Address

    def in_database(self, dbname: str) -> Addresses:
        """Return the same five for another database of the same server (a test's, a restore's)."""
        return replace(self, **{part.name: getattr(self, part.name).named(dbname) for part in fields(self)})


def is_local(environ: Mapping[str, str]) -> bool:
    """Is the server our own, because no setting names another?"""
    return not environ.get("EVENHAND_DATABASE_URL", "").strip()


def has_admin(environ: Mapping[str, str]) -> bool:
    """Can this process migrate and provision?"""
    return is_local(environ) or bool(environ.get("EVENHAND_ADMIN_DATABASE_URL", "").strip())


def addresses(environ: Mapping[str, str]) -> Addresses:
    """Return the way in for each role, to the database that is named apart when one is.

    EVENHAND_DATABASE_NAME is set by a restore, which works in a database of another name until its doors may open.
    raises   DatabaseTrouble or SecretTrouble, in one line
    """
    found = _addresses(environ)
    named = environ.get("EVENHAND_DATABASE_NAME", "").strip()
    return found.in_database(named) if named else found


def _addresses(environ: Mapping[str, str]) -> Addresses:
    """Return the way in for each role.

    EVENHAND_DATABASE_URL names the server, the database and the application role; the others are on the same
    server, with passwords from the secrets folder, unless EVENHAND_SIGNIN_DATABASE_URL (…WORKER…, …EQUALITY…,
    …ADMIN…) says otherwise; the database is the application's for all. Without it: the local server's socket.
    raises   DatabaseTrouble or SecretTrouble, in one line
    """
    if is_local(environ):
        socket = place(data_folder(environ)).socket
        base = Address(socket, PORT, DATABASE, APP, "")
        ours = {"app": APP, "signin": SIGNIN, "worker": WORKER, "equality": EQUALITY, "admin": ADMIN}
        return Addresses(
            **{
                part: replace(
                    base,
                    user=user,
                    password=secret(f"database-{part}", environ=environ),
                    session=SESSIONS[part],
                )
                for part, user in ours.items()
            }
        )
    app = parse_url(environ["EVENHAND_DATABASE_URL"], setting="EVENHAND_DATABASE_URL")
    return Addresses(
        app=replace(app, session=SESSIONS["app"]),
        signin=_beside(app, "signin", SIGNIN, environ),
        worker=_beside(app, "worker", WORKER, environ),
        equality=_beside(app, "equality", EQUALITY, environ),
        admin=_beside(app, "admin", ADMIN, environ),
    )


def _beside(app: Address, part: str, user: str, environ: Mapping[str, str]) -> Address:
    setting = f"EVENHAND_{part.upper()}_DATABASE_URL"
    if url := environ.get(setting, "").strip():
        # Whatever database an administrator's URL names to come in by, the tables belong where the application is.
        return replace(parse_url(url, setting=setting), dbname=app.dbname, session=SESSIONS[part])
    # Without its setting nobody is the administrator: no secret is made up for a role that is not ours.
    password = "" if part == "admin" else secret(f"database-{part}", environ=environ)
    return replace(app, user=user, password=password, session=SESSIONS[part])
