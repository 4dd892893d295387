"""Say who is asking, in the gate's own words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from evenhand.gate.entry import Who
from evenhand.gate.standing import NoSuchCase

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def visitor_if_any(request: HttpRequest) -> Who | None:
    """Return the signed-in practitioner, or nothing for a stranger."""
    found = getattr(request, "who", None)
    return found if isinstance(found, Who) else None


def visitor(request: HttpRequest) -> Who:
    """Return the signed-in practitioner; a stranger is refused."""
    found = visitor_if_any(request)
    if found is None:
        raise PermissionDenied
    return found


def same_when_absent(view: View[P]) -> View[P]:
    """The view gives the same 404 for a case that does not exist and for one that is closed to whoever asks."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NoSuchCase as absent:
            raise Http404 from absent

    return guarded
