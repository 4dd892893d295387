"""Come in: exchange a token for the wall's context, for one transaction; sign-in makes and ends tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    InternalError,
    OperationalError,
    connections,
    transaction,
)

from evenhand.records.practitioner import Practitioner

KEY_PREFIX = "evh_"
"""What a key of the machine door begins with, so that one that strays into a file is found by whoever looks."""
HOUSE = UUID("00000000-0000-4000-8000-000000000001")
DOOR = UUID("00000000-0000-4000-8000-000000000002")


class EntryRefused(Exception):
    """The token is missing, unknown or has run out."""


class DatabaseAway(Exception):
    """The database does not answer; nothing was written."""


class StoreAway(DatabaseAway):
    """The keys or the files cannot be read or written (a full disk, a lost file); nothing was written."""


@dataclass(frozen=True)
class Who:
    """Who has come in, for one transaction."""

    practitioner_id: UUID
    name: str
    agency_id: UUID | None
    agency_name: str
    holdings: frozenset[tuple[str, UUID]]

    @property
    def roles(self) -> frozenset[str]:
        """Return the codes of the roles held today, at whatever agency."""
        return frozenset(role for role, _ in self.holdings)

    @property
    def is_administrator(self) -> bool:
        """Say whether they may change the partnership's people and roles."""
        return "administrator" in self.roles


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def bound(token: str, to: str) -> str:
    """Return what a token says at the gate when it is good in one place alone; as it is, where it is bound to nothing."""
    return f"{token}.{hashlib.sha256(to.encode()).hexdigest()}" if to else token


def open_session(user_id: UUID, *, seconds: int | None = None, to: str = "") -> str:
    """Return a new token for somebody who has just signed in; the database keeps only its hash, for a day at most.

    to  what the token is bound to (the sitting and its browser): elsewhere it opens nothing
    """
    token = secrets.token_urlsafe(32)
    with connections["signin"].cursor() as cursor:
        cursor.execute(
            "select wall.open_session(%s, %s, %s)",
            [user_id, _hash(bound(token, to)), seconds or settings.SESSION_COOKIE_AGE],
        )
    return token


def close_session(token: str) -> None:
    """End a token: whoever holds it from now on is a stranger."""
    with connections["signin"].cursor() as cursor:
        cursor.execute("select wall.close_session(%s)", [_hash(token)])


def still_here(token: str, *, seconds: int) -> None:
    """Something was done in this sitting: it does not end for want of it before so many seconds have passed."""
    with connections["signin"].cursor() as cursor:
        cursor.execute("select wall.still_here(%s, %s)", [_hash(token), seconds])


def close_sessions_of(user_id: UUID) -> None:
    """End every token of somebody who leaves or whose password was changed."""
    with connections["signin"].cursor() as cursor:
        cursor.execute("select wall.close_sessions_of(%s)", [user_id])


@contextmanager
def _transaction() -> Iterator[None]:
    if connections[DEFAULT_DB_ALIAS].in_atomic_block:
        yield
        return
    try:
        connections[DEFAULT_DB_ALIAS].ensure_connection()
        block = transaction.atomic()
        block.__enter__()
    except (OperationalError, InterfaceError) as error:
        raise DatabaseAway from error
    try:
        yield
    except BaseException as error:
        # Asked before the block ends: its end opens a new connection, or fails because there is no server to open one to.
        lost = _connection_lost()
        try:
            block.__exit__(type(error), error, error.__traceback__)
        except (OperationalError, InterfaceError) as away:
            raise DatabaseAway from away
        if lost and isinstance(error, Exception):
            raise DatabaseAway from error
        raise
    try:
        block.__exit__(None, None, None)
    except (OperationalError, InterfaceError) as error:
        raise DatabaseAway from error


def _connection_lost() -> bool:
    held = connections[DEFAULT_DB_ALIAS].connection
    return held is None or held.closed or held.broken


@contextmanager
def enter(token: str) -> Iterator[Who]:
    """Open the one transaction of a request and the wall's context in it; raises EntryRefused or DatabaseAway."""
    if "\0" in token:
        raise EntryRefused  # PostgreSQL takes no such text, and no token of ours holds one
    with _transaction():
        _ask_the_wall("select wall.enter(%s)", token)
        yield whoami()


@contextmanager
def enter_by_key(token: str, scope: str) -> Iterator[tuple[Who, UUID]]:
    """Come in by a key of the machine door that has this scope, and say which key it was; raises EntryRefused."""
    if "\0" in token or not scope:
        raise EntryRefused
    with _transaction():
        key_id: UUID = _ask_the_wall("select wall.enter_key(%s, %s)", token, scope)
        yield whoami(), key_id


def _ask_the_wall(statement: str, *values: str) -> Any:
    """Return the wall's answer to a token; it refuses with SQLSTATE 28000, or with an error of its own kind."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(statement, values)
                return cursor.fetchone()[0]
        except (InternalError, OperationalError) as error:
            if _connection_lost():
                raise
            raise EntryRefused from error
        except Exception as error:
            if getattr(error.__cause__, "sqlstate", "") == "28000":
                raise EntryRefused from error
            raise


@contextmanager
def enter_door() -> Iterator[Who]:
    """Come in through the public door: something may be put in, nothing can be seen."""
    with _transaction():
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("select wall.enter_door()")
        yield Who(DOOR, "", None, "", frozenset())


@contextmanager
def enter_house() -> Iterator[Who]:
    """Come in as the house itself, for duties and clocks; only the worker's database role can."""
    with _transaction():
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("select wall.enter_house()")
        yield Who(HOUSE, "Evenhand", None, "", frozenset())


def whoami() -> Who:
    """Say who has come in, in one statement."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "select p.id, p.name, p.agency_id, a.name,"
            " array(select h.role || '|' || h.agency_id from wall.holdings() h)"
            " from practitioner p join agency a on a.id = p.agency_id where p.id = (select wall.who())"
        )
        row = cursor.fetchone()
    if row is None:
        raise EntryRefused
    pairs = (text.split("|") for text in row[4])
    return Who(row[0], row[1], row[2], row[3], frozenset((role, UUID(agency)) for role, agency in pairs))


def now() -> datetime:
    """Return the time as the record will write it (a demo instance may set it while it makes its past)."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("select wall.now()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def today() -> date:
    """Return the local day as the wall counts it: by it roles begin and end, and what lasts until a day."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("select wall.today()")
        day: date = cursor.fetchone()[0]
    return day


def practitioner_names(ids: list[UUID]) -> dict[UUID, str]:
    """Return the names of practitioners by id."""
    return dict(Practitioner.objects.filter(id__in=ids).values_list("id", "name"))
