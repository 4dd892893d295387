"""Bring a database to what this version needs: roles, tables, and the sign-in role's rights to the tables it serves."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg.sql import SQL, Identifier

from evenhand.operations.data_folder import data_folder
from evenhand.operations.database.address import Address
from evenhand.operations.database.addresses import (
    APP,
    EQUALITY,
    OWNER,
    SIGNIN,
    addresses,
    has_admin,
    is_local,
)
from evenhand.operations.database.cluster import Cluster
from evenhand.operations.database.provisioning import provision
from evenhand.operations.database.trouble import DatabaseTrouble


def migrate(environ: Mapping[str, str], *, verbosity: int = 1) -> None:
    """Provision, migrate and grant; again changes nothing. The server must be running, Django be set up.

    raises   DatabaseTrouble in one line
    """
    if not has_admin(environ):
        raise DatabaseTrouble(
            "EVENHAND_ADMIN_DATABASE_URL is not set: migrations need an administrator of the server"
        )
    ways = addresses(environ)
    admin = Cluster(data_folder(environ), environ=environ).address() if is_local(environ) else ways.admin
    provision(admin, ways)

    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", database="admin", verbosity=verbosity, interactive=False)
    connections["admin"].close()
    after_migrate(admin.named(ways.app.dbname))


def after_migrate(admin: Address) -> None:
    """Do what a migration cannot, because the tables of other libraries come after it.

    Each table that the router sends to the sign-in role is that role's alone; every object is the owner's.
    """
    with psycopg.connect(admin.as_itself().conninfo(), autocommit=True) as connection:
        for table in sign_in_tables():
            name = Identifier(table)
            if connection.execute("SELECT to_regclass(%s)", [f'public."{table}"']).fetchone() == (None,):
                continue
            connection.execute(
                SQL("REVOKE ALL ON {} FROM PUBLIC, {}, {}").format(
                    name, Identifier(APP), Identifier(EQUALITY)
                )
            )
            connection.execute(
                SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(name, Identifier(SIGNIN))
            )
        strays = connection.execute(
            """
            SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
               AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relowner <> %s::regrole
               AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
            """,
            [OWNER],
        ).fetchall()
    if strays:
        names = ", ".join(str(name) for (name,) in strays)
        raise DatabaseTrouble(f"not owned by {OWNER}, so no wall stands around: {names}")


def sign_in_tables() -> list[str]:
    """Return the tables that the router gives to the sign-in role."""
    from django.apps import apps
    from django.db import router

    return sorted(
        {
            model._meta.db_table
            for model in apps.get_models(include_auto_created=True)
            if model._meta.managed and router.db_for_write(model) == "signin"
        }
    )
