"""Say what went wrong in plain words, tell nothing else, and keep what was typed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

SECRET_FIELDS = {
    "csrfmiddlewaretoken",
    "password",
    "password1",
    "password2",
    "oldpassword",
    "code",
    "passphrase",
    "again",
    "credential",
}
READABLE = {400, 403, 404, 405, 413, 429, 500, 503}
MACHINE = "/api/"
# A machine is told in the form in which its door tells everything; not translated, as its other answers are not.
TOLD = {
    400: "The request cannot be read.",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request is larger than this instance takes.",
    429: "Too many requests. Try again in a few minutes.",
    500: "Something of ours failed. Nothing was written.",
    503: "The database does not answer. Nothing was written; try again.",
}


@dataclass(frozen=True)
class Kept:
    """One field as it was typed; `shown` when it is long enough that somebody would not want to type it again."""

    name: str
    value: str

    @property
    def shown(self) -> bool:
        return len(self.value) > 60 or "\n" in self.value


def kept(request: HttpRequest) -> tuple[Kept, ...]:
    """Return the fields of this request that may be shown again: everything but secrets and files."""
    if request.method != "POST":
        return ()
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except (RawPostDataException, RequestDataTooBig, OSError):
        return ()
    return tuple(Kept(name, str(value)) for name, value in fields if name not in SECRET_FIELDS)


def _had_files(request: HttpRequest) -> bool:
    try:
        return bool(request.FILES)
    except (RawPostDataException, RequestDataTooBig, OSError):
        return False


def page(request: HttpRequest, status: int, template: str = "", **context: object) -> HttpResponse:
    """Return the page for a status; when even that cannot be drawn, the plainest page there is."""
    if request.path.startswith(MACHINE):
        return JsonResponse(
            {"message": TOLD.get(status, TOLD[400]), "errors": {}, "reasons": []}, status=status
        )
    name = template or f"errors/{status}.html"
    try:
        body = str(render_to_string(name, {"error_page": True, **context}, request))
    except Exception:
        body = _bare(status)
    response = HttpResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _bare(status: int) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sorry</title></head><body>'
        f"<h1>Sorry, there is a problem ({status})</h1><p>Try again in a few minutes.</p>"
        "<p>If somebody is in danger now, call 999.</p></body></html>"
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What was sent cannot be read, or is larger than this instance takes."""
    return page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The person may not do this."""
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is no such page, or none that this person may know of: the two look the same."""
    return page(request, 404)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Too many tries in a short time."""
    return page(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something of ours failed; a lost database is said as such."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return database_away(request)
    return page(request, 500, kept=kept(request), had_files=_had_files(request))


def database_away(request: HttpRequest) -> HttpResponse:
    """The records cannot be reached: nothing was saved, and what was typed can be sent again."""
    response = page(request, 503, kept=kept(request), had_files=_had_files(request))
    response["Retry-After"] = "30"
    return response


def signed_out(request: HttpRequest) -> HttpResponse:
    """The sign-in ran out while somebody was typing: nothing was saved, nothing typed is lost."""
    again = kept(request) if _from_here(request) else ()
    return page(request, 403, "errors/signed_out.html", kept=again, had_files=_had_files(request))


def password_again(request: HttpRequest) -> HttpResponse:
    """The act needs a fresh password: nothing was done, nothing typed is lost."""
    again = kept(request) if _from_here(request) else ()
    return page(request, 403, "errors/password_again.html", kept=again, had_files=_had_files(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was too old or came from elsewhere; only what was typed on our own page is offered again."""
    again = kept(request) if _from_here(request) else ()
    return page(request, 403, "errors/csrf.html", kept=again, had_files=_had_files(request))


def _from_here(request: HttpRequest) -> bool:
    """Say whether the browser itself vouches that the form stood on a page of this instance."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.get_host()


def _for_a_machine(request: HttpRequest, response: HttpResponseBase) -> bool:
    return request.path.startswith(MACHINE) and "json" not in response.get("Content-Type", "")


class ErrorPages:
    """Responses that say no with an empty body get the page for their status, and machines get JSON."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            response.status_code in READABLE
            and not response.streaming
            and (not getattr(response, "content", b"") or _for_a_machine(request, response))
        ):
            drawn = page(request, response.status_code)
            for name, value in response.items():
                if name.lower() not in {"content-length", "content-type"}:
                    drawn[name] = value
            drawn.cookies = response.cookies
            return drawn
        return response
