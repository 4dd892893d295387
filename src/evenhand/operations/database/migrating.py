"""Bring a database to what this version needs: roles, tables, and the sign-in role's rights to the tables it serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import psycopg

from evenhand.gate.policy import packs
from evenhand.operations.data_folder import data_folder
from evenhand.operations.database.address import Address
from evenhand.operations.database.addresses import (
    OWNER,
    addresses,
    has_admin,
    is_local,
)
from evenhand.operations.database.cluster import Cluster
from evenhand.operations.database.provisioning import provision
from evenhand.operations.database.trouble import DatabaseTrouble
from evenhand.records.wall.rules import fill

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


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
    refuse_strays(admin.named(ways.app.dbname))
    try:
        bring_wall_up_to_date(connections["admin"])
    finally:
        connections["admin"].close()
    tell_the_wall(admin.named(ways.app.dbname))


def tell_the_wall(admin: Address) -> None:
    """Give the database what it must know of the policy packs of this instance."""
    with psycopg.connect(admin.as_itself().conninfo(), autocommit=True) as connection:
        fill(connection, packs().values())


def bring_wall_up_to_date(connection: BaseDatabaseWrapper) -> bool:
    """Put this version's wall up when the database has another's; return whether that was done.

    raises   DatabaseTrouble when the tables are in use all the time
    """
    from evenhand.records.wall import again

    with connection.cursor() as cursor:
        if not again.why_raise(cursor.connection):
            return False
    try:
        again.raise_again(connection, sign_in_tables=sign_in_tables())
    except again.WallBusy as busy:
        raise DatabaseTrouble(str(busy)) from busy
    return True


def refuse_strays(admin: Address) -> None:
    """Refuse a database in which something is not the owner's: no wall would stand around it."""
    with psycopg.connect(admin.as_itself().conninfo(), autocommit=True) as connection:
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
