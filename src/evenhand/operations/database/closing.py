"""Take from everybody what would tell the application role about other people's sessions, rows and volumes."""

from __future__ import annotations

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from evenhand.operations.database.addresses import OWNER

# Each line: the functions (a regular expression over names in pg_catalog) and what they would tell or do.
FUNCTIONS = (
    r"^pg_stat_",  # other sessions' statements; how many rows a table has, and when they change
    r"^pg_(terminate|cancel)_backend$",  # ends other people's work
    r"^pg_notify$|^pg_notification_queue_usage$|^pg_listening_channels$",  # a channel between two people's sessions
    r"^lo_|^loread$|^lowrite$",  # large objects stand outside row security
    r"^pg_(relation|table|indexes|total_relation|database|tablespace)_size$",  # volume
    r"^pg_sequence_last_value$",  # volume
    r"^pg_lock_status$|^pg_(safe_snapshot_)?blocking_pids$|^pg_prepared_xact$",  # who works on what
    r"^pg_current_wal_|^pg_last_wal_|^pg_last_committed_xact$|^pg_xact_commit_timestamp",  # how much is written, when
    r"^pg_logical_emit_message$|^pg_control_|^pg_get_replication_slots$|^pg_get_aios$",
)

# Relations of pg_catalog that nobody but the administrator reads.
VIEWS = (
    r"^pg_stat_|^pg_statio_|^pg_stats",
    r"^pg_locks$|^pg_prepared_xacts$|^pg_sequences$",
    r"^pg_largeobject",
    r"^pg_replication_slots$|^pg_aios$",
)

# Columns of pg_class that count: rows, pages, age.
COUNTING = ("reltuples", "relpages", "relallvisible", "relallfrozen", "relfrozenxid", "relminmxid")


def close_catalogue(connection: Connection) -> None:
    """Revoke, in the connected database, every right of PUBLIC that FUNCTIONS, VIEWS and COUNTING name.

    Only what PUBLIC still has is touched, so doing it again changes nothing.
    """
    functions = connection.execute(
        """
        SELECT DISTINCT p.oid::regprocedure::text
          FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
         WHERE p.pronamespace = 'pg_catalog'::regnamespace AND a.grantee = 0 AND p.proname ~ %s
        """,
        ["|".join(FUNCTIONS)],
    ).fetchall()
    for (signature,) in functions:
        connection.execute(SQL("REVOKE ALL ON FUNCTION pg_catalog.{} FROM PUBLIC").format(SQL(signature)))
    views = connection.execute(
        """
        SELECT DISTINCT c.relname
          FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
         WHERE c.relnamespace = 'pg_catalog'::regnamespace AND a.grantee = 0 AND c.relname ~ %s
        """,
        ["|".join(VIEWS)],
    ).fetchall()
    for (name,) in views:
        connection.execute(SQL("REVOKE ALL ON pg_catalog.{} FROM PUBLIC").format(Identifier(name)))
    _close_counting_columns(connection)
    _close_languages(connection)
    _give_owner(connection)


def _give_owner(connection: Connection) -> None:
    """The owner's definer functions may wake the worker, and its migrations may read the catalogue."""
    row = connection.execute(
        "SELECT has_function_privilege(%(owner)s, 'pg_notify(text, text)', 'EXECUTE'), "
        "has_table_privilege(%(owner)s, 'pg_class', 'SELECT')",
        {"owner": OWNER},
    ).fetchone()
    if row != (True, True):
        owner = Identifier(OWNER)
        connection.execute(SQL("GRANT EXECUTE ON FUNCTION pg_notify(text, text) TO {}").format(owner))
        connection.execute(SQL("GRANT SELECT ON pg_catalog.pg_class TO {}").format(owner))


def _close_counting_columns(connection: Connection) -> None:
    whole = connection.execute(
        "SELECT 1 FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a "
        "WHERE c.oid = 'pg_catalog.pg_class'::regclass AND a.grantee = 0"
    ).fetchone()
    if not whole:
        return
    harmless = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'pg_catalog.pg_class'::regclass AND attnum > 0 "
        "AND NOT attisdropped AND attname <> ALL (%s) ORDER BY attnum",
        [list(COUNTING)],
    ).fetchall()
    columns = SQL(", ").join(Identifier(name) for (name,) in harmless)
    connection.execute("REVOKE ALL ON pg_catalog.pg_class FROM PUBLIC")
    connection.execute(SQL("GRANT SELECT ({}) ON pg_catalog.pg_class TO PUBLIC").format(columns))


def _close_languages(connection: Connection) -> None:
    """No DO block and no function of one's own: an injection then has single statements only."""
    for language in ("plpgsql", "sql"):
        connection.execute(SQL("REVOKE ALL ON LANGUAGE {} FROM PUBLIC").format(Identifier(language)))
        connection.execute(
            SQL("GRANT USAGE ON LANGUAGE {} TO {}").format(Identifier(language), Identifier(OWNER))
        )


def close_database(connection: Connection, database: str, allowed: list[str]) -> None:
    """Let PUBLIC not connect and nobody of ours make temporary tables or schemas; an operator's own grants stay."""
    name = Identifier(database)
    connection.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role in allowed:
        connection.execute(SQL("REVOKE ALL ON DATABASE {} FROM {}").format(name, Identifier(role)))
        connection.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, Identifier(role)))
