"""Let people make a key of their own and open it for a sitting: half of what opens it is theirs alone, in a cookie."""

from __future__ import annotations

import time

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from evenhand.gate.act import Invalid
from evenhand.gate.entry import now
from evenhand.operations import own_keys
from evenhand.web.entry import signed_in
from evenhand.web.fresh import not_fresh
from evenhand.web.held_key import forget, held, keep
from evenhand.web.page import render
from evenhand.web.visitor import visitor

MOST_TRIES = 5
TRIES_SECONDS = 300


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("passphrase", "again")
@signed_in
def show(request: HttpRequest) -> HttpResponseBase:
    """Make a key of one's own, open it for this sitting, close it, or begin anew when the passphrase is forgotten."""
    who = visitor(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        doing = request.POST.get("doing", "")
        if doing == "close":
            response = HttpResponseRedirect(reverse("own_key"))
            forget(request, response)
            return response
        try:
            if doing == "open":
                _count_try(request)
                opened = own_keys.open_(who, request.POST.get("passphrase", ""))
                request.session.pop("own_key_tries", None)
            else:
                if (asked := not_fresh(request)) is not None:
                    return asked
                given = request.POST
                opened = own_keys.make(who, given.get("passphrase", ""), given.get("again", ""), now=now())
                messages.success(
                    request, _("Your key is made. Nobody can give you the passphrase again: keep it safe.")
                )
            own_keys.hand_on(who, opened)
            response = HttpResponseRedirect(_next(request))
            keep(request, response, opened)
            return response
        except Invalid as invalid:
            errors = dict(invalid.errors)
    context = {
        "mine": own_keys.mine(who),
        "open": held(request) is not None,
        "anew": request.POST.get("doing", request.GET.get("doing")) == "make",
        "next": request.POST.get("next", request.GET.get("next", "")),
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render(request, "own_key/show.html", context, status=422 if errors else 200)


def _count_try(request: HttpRequest) -> None:
    tries = [at for at in request.session.get("own_key_tries", []) if at > time.time() - TRIES_SECONDS]
    if len(tries) >= MOST_TRIES:
        raise Invalid(
            {"passphrase": _("There have been too many tries. Wait a few minutes, then try again.")}
        )
    request.session["own_key_tries"] = [*tries, time.time()]


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("own_key")
