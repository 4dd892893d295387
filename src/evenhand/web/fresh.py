"""Ask for a fresh sign-in before an act that does lasting harm in the wrong hands: exports, keys, roles, break-glass."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from evenhand.web import errors
from evenhand.web.entry import ask_to_sign_in, end_entry

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def fresh_sign_in(view: View[P]) -> View[P]:
    """The view is reached only by somebody who showed within the last minutes that they still sit there.

    A password, a passkey or a code counts; for whoever comes by their agency's single sign-on, a new sign-in there.
    What was typed stays on the page: the library's own way would put it into the session table in clear.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return not_fresh(request) or view(request, *args, **kwargs)

    return guarded


def fresh_to_change(view: View[P]) -> View[P]:
    """The page may be read as it is; what it changes needs a fresh sign-in."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        asked = None if request.method in {"GET", "HEAD"} else not_fresh(request)
        return asked or view(request, *args, **kwargs)

    return guarded


def not_fresh(request: HttpRequest) -> HttpResponseBase | None:
    """Return the page that asks for a fresh sign-in, or nothing when there has just been one."""
    if not request.user.is_authenticated:
        return ask_to_sign_in(request)
    if is_fresh(request):
        return None
    if not get_adapter(request).get_reauthentication_methods(request.user):
        # Whoever comes by their agency's sign-in alone shows it there again.
        end_entry(request)
        logout(request)
        return ask_to_sign_in(request)
    if request.method in {"GET", "HEAD"}:
        again = reverse("account_reauthenticate")
        return HttpResponseRedirect(f"{again}?{urlencode({'next': request.get_full_path()})}")
    return errors.password_again(request)


def is_fresh(request: HttpRequest) -> bool:
    """Say whether whoever is signed in showed, within the time that the settings give, that it is they."""
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return (
        bool(records) and time.time() - float(records[-1]["at"]) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    )
