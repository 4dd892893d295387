"""Let a request in: one database transaction as one person, or as a stranger who sees the public pages alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from secrets import token_urlsafe
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user, logout
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from evenhand.casework.break_glass import holds
from evenhand.gate.entry import (
    DatabaseAway,
    EntryRefused,
    Who,
    bound,
    close_session,
    enter,
    open_session,
    still_here,
)
from evenhand.gate.own_keys import at_hand
from evenhand.gate.policy import protectors
from evenhand.web import cookies, device, errors, held_key, second_step

COOKIE = "evenhand_entry"
SEEN_SECONDS = 60

# A stranger may open these and nothing else. The test of the url conf holds the same list of names,
# so that a page can become public only by being written in both places.
PUBLIC_NAMES = frozenset(
    {
        "home",
        "danger",
        "privacy",
        "accessibility",
        "cookies",
        "what_happens",
        "contact",
        "other_language",
        "choose_language",
        "healthz",
        "releases",
        "release",
        "release_file",
        "commitments",
        "warning",
        "readyz",
        "record",
        "ledger_checkpoint",
        "ledger_key",
        "ledger_tile",
        "ledger_entries",
        "invitation",
        "account_login",
        "account_logout",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "openid_connect_login",
        "openid_connect_callback",
    }
)
# The public door's own pages: a report by somebody who is not signed in, and the word to a duty officer.
PUBLIC_PREFIXES = ("/refer/", "/alert/", "/report/")
# These answer without a browser's cookie: each has its own way of knowing who asks.
WITHOUT_COOKIE = ("/api/", "/healthz", "/readyz", "/ledger/", "/static/")

# What somebody whose account is held may still open.
HELD_NAMES = frozenset(
    {"held", "account_logout", "danger", "home", "choose_language", "accessibility", "privacy"}
)

AWAY = (DatabaseAway, OperationalError, InterfaceError)
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class Passing(HttpRequest):
    """A request on its way through the entry, and what is noted on it there; only the checker of types makes one."""

    who: Who | None
    _close_entry: bool
    _ran_out: bool
    _held: bool
    _was_here: str
    _without_database: bool
    _failed: bool
    _entry_opened: str
    _known_device: str
    _to_close: str


class _Undo(Exception):
    """Leaves the transaction without keeping it, and carries the page that says what happened."""

    def __init__(self, response: HttpResponseBase) -> None:
        self.response = response


def is_public(request: HttpRequest) -> bool:
    """Say whether a stranger may open this page; asks the url conf, so it holds once the page is known."""
    match = request.resolver_match
    if match is not None and not match.namespaces and match.url_name in PUBLIC_NAMES:
        return True
    return request.path.startswith(PUBLIC_PREFIXES) or request.path.startswith(WITHOUT_COOKIE)


def may_open_held(request: HttpRequest) -> bool:
    """Say whether a held account may open this page: why it is held, the way out, and what to do in danger."""
    match = request.resolver_match
    return (match is not None and match.url_name in HELD_NAMES) or request.path.startswith("/alert/")


class EntryMiddleware:
    """Everything a signed-in request does happens inside one entry through the gate, kept whole or not at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Passing) -> HttpResponseBase:
        request.who = None  # what every page asks first
        if request.path.startswith(WITHOUT_COOKIE):
            return self.get_response(request)
        try:
            response = self._entered(request)
        except AWAY as away:
            response = self._away(request, away)
        self._cookie(request, response)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    def _entered(self, request: Passing) -> HttpResponseBase:
        token = cookies.read(request, COOKIE)
        self._still_here(request, token)
        # Looked up now, and no longer a lazy stand-in: the database router asks an object for its class.
        request.user = get_user(request)
        if not request.user.is_authenticated:
            if token:
                request._close_entry = True
                request._ran_out = True
            return self.get_response(request)
        if not token:
            return self._signed_out(request)
        try:
            with enter(bound(token, sitting(request))) as who:
                if who.practitioner_id != request.user.pk:
                    raise EntryRefused
                request.who = who
                # Whoever holds nothing may be held: asked only then.
                request._held = not who.holdings and bool(holds())
                with at_hand(held_key.held(request)):
                    response = _whole(self.get_response(request))
                if here := getattr(request, "_was_here", ""):
                    still_here(here, seconds=settings.IDLE_SECONDS)
                if getattr(request, "_failed", False) or response.status_code >= 500:
                    raise _Undo(response)
            return response
        except _Undo as undo:
            return undo.response
        except EntryRefused:
            return self._signed_out(request)

    def _still_here(self, request: Passing, token: str) -> None:
        """The sitting goes on; written down once a minute at most."""
        session = request.session
        if token and "sitting" in session and time.time() - session.get("seen", 0) > SEEN_SECONDS:
            session["seen"] = time.time()
            request._was_here = bound(token, sitting(request))

    def _signed_out(self, request: Passing) -> HttpResponseBase:
        """Nobody is signed in any more: public pages go on, others ask for a new sign-in and lose nothing typed."""
        end_entry(request)
        logout(request)
        request.who = None
        request._close_entry = True
        request._ran_out = True
        return self.get_response(request)

    def _away(self, request: Passing, away: BaseException) -> HttpResponseBase:
        """The database is away: public reading goes on, anything else is told so and keeps what was typed."""
        request.who = None
        if request.method in {"GET", "HEAD"} and not getattr(request, "_without_database", False):
            request.user = AnonymousUser()
            request._without_database = True
            response = self.get_response(request)
            if not getattr(request, "_failed", False):
                return response
        return errors.database_away(request)

    def process_view(
        self, request: Passing, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """A stranger is refused every page that is not on the list; a held account is told why, and nothing else."""
        if getattr(request, "_held", False) and not may_open_held(request):
            return HttpResponseRedirect(reverse("held"))
        if request.who is not None and (
            first := second_step.wanted_first(request, public=is_public(request))
        ):
            return first
        if request.who is not None or is_public(request):
            return None
        if getattr(request, "_without_database", False):
            return errors.database_away(request)
        return ask_to_sign_in(request)

    def process_exception(self, request: Passing, exception: Exception) -> HttpResponseBase | None:
        """A view that failed keeps nothing; a lost database is told apart from a fault of ours."""
        request._failed = True
        if isinstance(exception, AWAY):
            return errors.database_away(request)
        return None

    def _cookie(self, request: Passing, response: HttpResponseBase) -> None:
        opened = getattr(request, "_entry_opened", "")
        if opened:
            cookies.give(response, COOKIE, opened)
            if known := getattr(request, "_known_device", ""):
                device.remember(response, known)
        elif getattr(request, "_close_entry", False):
            token = cookies.read(request, COOKIE)
            if token:
                try:
                    close_session(getattr(request, "_to_close", "") or bound(token, sitting(request)))
                except AWAY:
                    return  # the cookie stays, so that the next request closes it
            cookies.take_back(response, COOKIE)
            cookies.take_back(response, held_key.COOKIE, samesite="Strict")


def _whole(response: HttpResponseBase) -> HttpResponseBase:
    """Read a stream to its end now: what it reads later would find the transaction closed, and be empty."""
    if not response.streaming:
        return response
    whole = HttpResponse(b"".join(iter(response)), status=response.status_code)
    for name, value in response.items():
        whole[name] = value
    whole.cookies = response.cookies
    response.close()
    return whole


def ask_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send a stranger to sign-in; what they had typed is kept on a page of its own."""
    if getattr(request, "_ran_out", False):
        messages.info(request, _("You have been signed out. Sign in again to go on."))
    address = reverse("account_login")
    if request.method in {"GET", "HEAD"}:
        return HttpResponseRedirect(f"{address}?{urlencode({'next': request.get_full_path()})}")
    return errors.signed_out(request)


def signed_in(view: View[P]) -> View[P]:
    """The view is reached only by somebody who is signed in; says so where the view is written."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if getattr(request, "who", None) is None:
            return ask_to_sign_in(request)
        return view(request, *args, **kwargs)

    return guarded


def role(*codes: str, protects_data: bool = False) -> Callable[[View[P]], View[P]]:
    """The view is reached only by somebody who holds one of these roles today.

    protects_data  the roles that the policy packs say answer for people's rights in their data, as well
    """

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            who = getattr(request, "who", None)
            if who is None:
                return ask_to_sign_in(request)
            wanted = {*codes, *protectors()} if protects_data else codes
            if not who.roles.intersection(wanted) and not ("administrator" in codes and who.is_administrator):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard


def sitting(request: HttpRequest) -> str:
    """Return what this request's entry is bound to: its session and its browser; nothing where none was begun here."""
    mark = request.session.get("sitting", "")
    return f"{mark}|{request.headers.get('User-Agent', '')}" if mark else ""


def begin_entry(request: HttpRequest, user_id: UUID) -> str:
    """Somebody has an entry that is good in this session and this browser alone; the response carries its token.

    returns  what the token says at the gate in this sitting
    """
    request.session["sitting"] = token_urlsafe(16)
    token = open_session(user_id, to=sitting(request))
    still_here(bound(token, sitting(request)), seconds=settings.IDLE_SECONDS)
    cast(Passing, request)._entry_opened = token
    return bound(token, sitting(request))


def end_entry(request: HttpRequest) -> None:
    """The entry of this request ends with it, and its token opens nothing more."""
    passing = cast(Passing, request)
    passing._to_close = bound(cookies.read(request, COOKIE), sitting(request))
    passing._close_entry = True
