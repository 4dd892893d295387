"""Run a statement as an injection into somebody's request would, and say what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import DatabaseError, transaction

from evenhand.gate.standing import NOT_YOUR_ROLE
from evenhand.operations.database import Cluster
from tests.world import World, raw

__all__ = ["NOT_YOUR_ROLE", "admin", "as_superuser", "ask_health", "attack", "version"]


def attack(statement: str, parameters: list[Any] | None = None) -> tuple[str, Any]:
    """Return ("refused", the error's state) or ("done", what came back); the request itself goes on."""
    try:
        with transaction.atomic():
            return "done", raw(statement, parameters)
    except DatabaseError as error:
        return "refused", getattr(error.__cause__, "sqlstate", "")


def admin(statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Return what is really there."""
    return raw(statement, parameters, alias="admin")


def as_superuser(statement: str, parameters: list[Any] | None = None) -> None:
    """Do to the server what only whoever runs it can."""
    with psycopg.connect(
        Cluster(Path(settings.DATA), durable=False).ensure().conninfo(), autocommit=True
    ) as server:
        server.execute(statement, parameters)


def version(case_id: UUID) -> int:
    """Return the version of a case, which an attacker can guess by counting."""
    return int(admin("select version from case_file where id = %s", [case_id])[0][0])


def ask_health(world: World, case_id: UUID) -> None:
    """Ask the health body one question about a case that is at the gateway."""
    question = {
        "whom": world.agency("health"),
        "fact": "Did he attend?",
        "basis": world.code("legal_bases"),
    }
    world.take(case_id, "gateway_officer@force", "ask", "asked", question)
