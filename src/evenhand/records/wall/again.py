"""Raise the wall anew over a database that has one, so that a new version's functions and policies reach it."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection, errors
from psycopg.sql import SQL, Identifier

from evenhand.records.wall.build import row_models, statements
from evenhand.records.wall.stands import stands

# Shorter than the server's deadlock_timeout: when an act and we wait for each other, it is we who give way.
LOCK_TIMEOUT = "500ms"
TRIES = 40
PAUSE_SECONDS = 0.25
SERVED = ("evenhand_app", "evenhand_signin", "evenhand_worker", "evenhand_equality")
# Everything with content stays; everything without is taken down and put up again from the script.
KEPT = (
    (r"\bcreate (unlogged )?table (?!if )", r"create \1table if not exists "),
    (r"\badd column (?!if )", "add column if not exists "),
    (r"\bcreate (unique )?index (?!on\b|if )", r"create \1index if not exists "),
    (r"\bcreate schema (?!if )", "create schema if not exists "),
    (r"\bcreate view ", "create or replace view "),
    (
        r"\balter table (\S+) add constraint (\w+)",
        r"alter table \1 drop constraint if exists \2;\nalter table \1 add constraint \2",
    ),
)
NAMELESS = re.compile(r"\bcreate (unique )?index on (\w+\.)?(\w+)( using \w+)? \(([^;]*?)\)", re.IGNORECASE)
INSERT = re.compile(r"^insert into [^;$]*?(?=;)", re.IGNORECASE | re.MULTILINE)


class WallBusy(Exception):
    """The tables were in use all the time; nothing was changed."""


def expected() -> str:
    """Return the fingerprint of the wall that this version builds, for all its tables."""
    return hashlib.sha256(_script().encode()).hexdigest()


def why_raise(raw: Connection) -> str:
    """Say why the wall in the database must be put up anew, in a few words; empty when it stands as this version built it."""
    if raw.execute("select to_regclass('wall.raised')").fetchone() == (None,):
        return "there is none yet"
    noted = raw.execute("select fingerprint, stands from wall.raised").fetchone()
    if noted is None:
        return "there is none yet"
    if noted[0] != expected():
        return "another version raised it"
    return "" if noted[1] == stands(raw) else "a policy, function, trigger or right was changed since"


def raise_again(connection: BaseDatabaseWrapper, *, sign_in_tables: list[str]) -> None:
    """Put the wall up anew in one transaction: whoever acts meanwhile waits for it, or it waits for them.

    raises   WallBusy when somebody holds a table for longer than all tries together
    """
    with connection.cursor() as cursor:
        raw: Connection = cursor.connection
    for _ in range(TRIES):
        try:
            with raw.transaction():
                raw.execute(SQL("set local lock_timeout = {}").format(LOCK_TIMEOUT))
                _take_down(raw)
                raw.execute(again(_script()).encode())
                for table in sign_in_tables:
                    grant_sign_in(raw, table)
                raw.execute(
                    "insert into wall.raised (fingerprint, stands) values (%s, %s) on conflict (one) do update"
                    " set fingerprint = excluded.fingerprint, stands = excluded.stands, raised_at = now()",
                    [expected(), stands(raw)],
                )
            return
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            time.sleep(PAUSE_SECONDS)
    raise WallBusy(
        "the tables are in use all the time: stop web and worker, then run `evenhand migrate` again"
    )


def grant_sign_in(raw: Connection, table: str) -> None:
    """Give one table of sign-in to the role that serves it, and to nobody else."""
    if raw.execute("select to_regclass(%s)", [f'public."{table}"']).fetchone() == (None,):
        return
    name = Identifier(table)
    raw.execute(SQL("revoke all on {} from public, evenhand_app, evenhand_equality").format(name))
    raw.execute(SQL("grant select, insert, update, delete on {} to evenhand_signin").format(name))


def again(script: str) -> str:
    """Return the script in a form that leaves alone what has content: tables, columns, indexes, first rows."""
    return "".join(piece if inside else _leaving_alone(piece) for piece, inside in _pieces(script))


def _leaving_alone(text: str) -> str:
    for pattern, instead in KEPT:
        text = re.sub(pattern, instead, text, flags=re.IGNORECASE)
    text = NAMELESS.sub(_named, text)
    return INSERT.sub(lambda found: f"{found.group()} on conflict do nothing", text)


def _named(found: re.Match[str]) -> str:
    """Name an index as PostgreSQL itself would have."""
    unique, schema, table, using, columns = found.groups("")
    name = "_".join([table, *re.findall(r"^\w+|(?<=, )\w+", columns), "idx"])
    return f"create {unique}index if not exists {name} on {schema}{table}{using} ({columns})"


def _pieces(script: str) -> Iterator[tuple[str, bool]]:
    """Yield the script in pieces, and whether each is the body of a function."""
    inside = False
    for piece in re.split(r"(\$\$)", script):
        if piece == "$$":
            inside = not inside
            yield piece, True
        else:
            yield piece, inside


def _script() -> str:
    return statements([model._meta.db_table for model in row_models()])


def _take_down(raw: Connection) -> None:
    """Drop every policy, trigger and function of ours, and what was granted; a transaction later they stand again."""
    for (table,) in raw.execute(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and n.nspname in ('public', 'wall') order by 1"
    ).fetchall():
        raw.execute(f"lock table {table} in access exclusive mode".encode())
        # The script's first rows go in before its policies; nobody else sees the table before the end.
        raw.execute(f"alter table {table} disable row level security, no force row level security".encode())
    for policy, table in raw.execute(
        "select p.polname, p.polrelid::regclass::text from pg_policy p"
    ).fetchall():
        raw.execute(f'drop policy "{policy}" on {table}'.encode())
    for trigger, table in raw.execute(
        "select t.tgname, t.tgrelid::regclass::text from pg_trigger t where not t.tgisinternal"
    ).fetchall():
        raw.execute(f'drop trigger "{trigger}" on {table}'.encode())
    # Without CASCADE: what still hangs on a function (a default, an index) is a mistake to be told of.
    ours = raw.execute(
        "select string_agg(p.oid::regprocedure::text, ', ') from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where n.nspname in ('public', 'wall') and p.prokind = 'f'"
        " and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')"
    ).fetchone()
    if ours and ours[0]:
        raw.execute(f"drop function {ours[0]}".encode())
    roles = ", ".join(SERVED)
    for schema in ("public", "wall"):
        for kind in ("tables", "sequences"):
            raw.execute(f"revoke all on all {kind} in schema {schema} from {roles}".encode())
