"""The door for machines: a token in, JSON out, errors that name the field and tell nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import Field

from evenhand.gate.act import ChangedMeanwhile, Invalid, NoSuchCase, Refused
from evenhand.gate.entry import (
    KEY_PREFIX,
    DatabaseAway,
    EntryRefused,
    StoreAway,
    Who,
    enter,
    enter_by_key,
    now,
)
from evenhand.operations.partnership import put_on_record


class Trouble(Schema):
    """Why something was not done: sentences by field, or reasons with their clauses."""

    message: str
    errors: dict[str, str] = {}
    reasons: list[dict[str, str]] = []


class Act(Schema):
    """A step to take. `once` makes a repeated request the same act; `seen` is the version last read."""

    outcome: str = Field(max_length=60)
    answers: dict[str, Any] = {}
    reason: str = Field("", max_length=4000)
    seen: int | None = Field(None, ge=0, le=2**31 - 1)
    once: UUID = Field(default_factory=uuid4)


class Written(Schema):
    """An act that is on record."""

    case: UUID
    reference: str
    decision: UUID
    place: str
    already: bool


class Token(HttpBearer):
    """A token that `evenhand account token` made; it opens what its owner may see, and ends by itself."""

    def authenticate(self, request: HttpRequest, token: str) -> str:
        return token


api = NinjaAPI(
    title="Evenhand",
    version="1",
    description="Referral in, worklist and case out. Everything passes the same gate and wall as the pages.",
    auth=Token(),
    urls_namespace="api",
    docs_url=None,
)
TROUBLE: dict[int, Any] = dict.fromkeys((400, 401, 404, 409, 413, 422, 503), Trouble)


@contextmanager
def entered(request: HttpRequest, scope: str = "") -> Iterator[Who]:
    """Come in with the request's key or token, for the one transaction of the request.

    scope  what a key must be good for; an address that names none is closed to keys
    """
    token = str(getattr(request, "auth", ""))
    if not token.startswith(KEY_PREFIX):
        with enter(token) as who:
            yield who
        return
    with enter_by_key(token, scope) as (who, key_id):
        put_on_record(who, "use_api_key", now(), f"{key_id} {scope}")
        yield who


def _say(request: HttpRequest, status: int, trouble: Trouble) -> HttpResponse:
    return api.create_response(request, trouble, status=status)


@api.exception_handler(EntryRefused)
def _stranger(request: HttpRequest, error: Exception) -> HttpResponse:
    return _say(request, 401, Trouble(message="This token opens nothing."))


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    status = error.status_code if isinstance(error, HttpError) else 400
    return _say(request, status, Trouble(message="The request cannot be read."))


@api.exception_handler(NoSuchCase)
def _absent(request: HttpRequest, error: Exception) -> HttpResponse:
    return _say(request, 404, Trouble(message="There is no such case."))


@api.exception_handler(Invalid)
def _invalid(request: HttpRequest, error: Exception) -> HttpResponse:
    errors = error.errors if isinstance(error, Invalid) else {}
    return _say(request, 422, Trouble(message="Some answers cannot be taken.", errors=errors))


@api.exception_handler(ValidationError)
def _wrong_type(request: HttpRequest, error: Exception) -> HttpResponse:
    found = error.errors if isinstance(error, ValidationError) else []
    errors = {".".join(str(part) for part in e["loc"][2:] or e["loc"]): str(e["msg"]) for e in found}
    return _say(request, 422, Trouble(message="The request is not as described.", errors=errors))


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Exception) -> HttpResponse:
    reasons = error.reasons if isinstance(error, Refused) else ()
    said = [{"code": r.code, "sentence": r.sentence, "clause": r.clause} for r in reasons]
    return _say(request, 409, Trouble(message="The policy does not allow this now.", reasons=said))


@api.exception_handler(ChangedMeanwhile)
def _changed(request: HttpRequest, error: Exception) -> HttpResponse:
    since = error.since if isinstance(error, ChangedMeanwhile) else ()
    said = [{"by": by, "step": step, "at": at.isoformat()} for by, step, at in since]
    return _say(request, 409, Trouble(message="The case has changed since you read it.", reasons=said))


@api.exception_handler(DatabaseAway)
def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, StoreAway):
        return _say(
            request, 503, Trouble(message="There is no room to write. Nothing was written; try again.")
        )
    return _say(
        request, 503, Trouble(message="The database does not answer. Nothing was written; try again.")
    )
