"""Give pooled connections back empty: no cursor, temporary object or setting of the last user survives."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection


def wipe(connection: Connection[Any]) -> None:
    """Forget everything that the last user left in this session."""
    autocommit = connection.autocommit
    if not autocommit:
        connection.autocommit = True
    connection.execute("DISCARD ALL")
    if not autocommit:
        connection.autocommit = False


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with `DISCARD ALL` on the way back into the pool."""

    def get_connection_params(self) -> dict[str, Any]:
        """Hand our wiping function to the pool; psycopg calls it on every return."""
        params: dict[str, Any] = super().get_connection_params()
        pool = self.settings_dict["OPTIONS"].get("pool")
        if isinstance(pool, dict):
            pool.setdefault("reset", wipe)
        return params
