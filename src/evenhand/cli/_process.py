"""Set up Django for one kind of process: web, worker or operator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from evenhand.cli.main import CommandError
from evenhand.operations.database import DatabaseTrouble
from evenhand.operations.secrets import SecretTrouble

NOT_MIGRATED = {"3F000", "42501", "42703", "42883", "42P01"}
"""What PostgreSQL says of a schema, right, column, function or table that is not there."""


def become(process: str) -> None:
    """Name the process, which decides its database roles, and load the settings."""
    os.environ["EVENHAND_PROCESS"] = process
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings.instance")
    import django

    django.setup()


@contextmanager
def one_line() -> Iterator[None]:
    """Turn what is wrong with the database, the secrets or the settings into the command's one line."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError, InterfaceError, OperationalError

    told = (DatabaseTrouble, SecretTrouble, ImproperlyConfigured, OperationalError, InterfaceError)
    try:
        yield
    except told as trouble:
        raise CommandError(str(trouble)) from trouble
    except DatabaseError as trouble:
        if getattr(trouble.__cause__, "sqlstate", "") not in NOT_MIGRATED:
            raise
        raise CommandError(
            "the database is not as this version needs it: run `evenhand migrate`"
        ) from trouble
    except Exception as trouble:
        said = _away(trouble)
        if said is None:
            raise
        raise CommandError(said) from trouble


def _away(trouble: Exception) -> str | None:
    """Say that database, keys or files were not to be had, when it is that."""
    from django.apps import apps

    if not apps.ready:
        return None
    from evenhand.gate.entry import DatabaseAway, StoreAway

    if isinstance(trouble, StoreAway):
        return "the keys or the files cannot be read or written; what was begun is undone"
    if isinstance(trouble, DatabaseAway):
        return "the database does not answer; what was begun is undone"
    return None


def port() -> int:
    """Return EVENHAND_PORT, 8000 when it is not set."""
    named = os.environ.get("EVENHAND_PORT", "").strip() or "8000"
    if not (named.isascii() and named.isdigit()) or not 0 < int(named) < 65536:
        raise CommandError(f"EVENHAND_PORT must be a number from 1 to 65535, not {named!r}")
    return int(named)


def host() -> str:
    """Return EVENHAND_BIND, this machine alone when it is not set."""
    return os.environ.get("EVENHAND_BIND", "").strip() or "127.0.0.1"


def refuse_busy_port(address: str, number: int) -> None:
    """Say in one line that the port is taken, before anything is started."""
    import socket

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, number))
            trial.listen(1)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise CommandError(
                f"port {number} on {address} cannot be used ({reason}): end what uses it, or set EVENHAND_PORT to another"
            ) from error
