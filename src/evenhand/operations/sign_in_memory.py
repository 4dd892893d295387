"""Django's cache in a table of the sign-in role: in a process's own memory a used code would be new to the next."""

from __future__ import annotations

import hmac
import json
import time
from typing import Any

from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connections

LONGEST_SECONDS = 24 * 60 * 60


class Memory(BaseCache):
    """What is remembered is JSON, under a keyed hash of its name, until its time; a day at most."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _name(self, key: str, version: int | None) -> str:
        whole = self.make_and_validate_key(key, version=version)
        return hmac.new(settings.SECRET_KEY.encode(), whole.encode(), "sha256").hexdigest()

    def _until(self, timeout: float | None) -> float:
        until = self.get_backend_timeout(timeout)
        longest = time.time() + LONGEST_SECONDS
        return longest if until is None else min(float(until), longest)

    def _ask(self, statement: str, values: list[str | float]) -> tuple[Any, ...] | None:
        with connections["signin"].cursor() as cursor:
            cursor.execute(statement, values)
            found: tuple[Any, ...] | None = cursor.fetchone()
            return found

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return what is remembered, or the default."""
        found = self._ask(
            "select value::text from sign_in_memory where key_hash = %s and expires_at > to_timestamp(%s)",
            [self._name(key, version), time.time()],
        )
        return json.loads(found[0]) if found else default

    def set(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """It is remembered, whatever was before."""
        self._ask(
            "insert into sign_in_memory as m (key_hash, value, expires_at) values (%s, %s::jsonb, to_timestamp(%s))"
            " on conflict (key_hash) do update set value = excluded.value, expires_at = excluded.expires_at"
            " returning ''",
            [self._name(key, version), json.dumps(value), self._until(timeout)],
        )

    def add(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """It is remembered unless something is already; of two at once one is told yes."""
        return bool(
            self._ask(
                "insert into sign_in_memory as m (key_hash, value, expires_at) values (%s, %s::jsonb, to_timestamp(%s))"
                " on conflict (key_hash) do update set value = excluded.value, expires_at = excluded.expires_at"
                " where m.expires_at <= to_timestamp(%s) returning ''",
                [self._name(key, version), json.dumps(value), self._until(timeout), time.time()],
            )
        )

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """It is remembered for longer, if it still is."""
        return bool(
            self._ask(
                "update sign_in_memory set expires_at = to_timestamp(%s)"
                " where key_hash = %s and expires_at > to_timestamp(%s) returning ''",
                [self._until(timeout), self._name(key, version), time.time()],
            )
        )

    def forget(self, key: str, version: int | None = None) -> bool:
        """It is forgotten."""
        return bool(
            self._ask(
                "delete from sign_in_memory where key_hash = %s returning ''", [self._name(key, version)]
            )
        )

    delete = forget  # the framework's name for it

    def clear(self) -> None:
        """All of it is forgotten."""
        with connections["signin"].cursor() as cursor:
            cursor.execute("delete from sign_in_memory")
