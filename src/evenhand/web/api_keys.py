"""Let people make and revoke keys of the machine door, and administrators see every key there is."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from evenhand.gate.act import Invalid
from evenhand.gate.entry import now
from evenhand.operations import api_keys
from evenhand.web.administration import uuid_of
from evenhand.web.entry import role, signed_in
from evenhand.web.fresh import fresh_to_change
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor

DAYS = 90


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@fresh_to_change
@same_when_absent
def mine(request: HttpRequest) -> HttpResponseBase:
    """One's own keys: make one, seen once; revoke one."""
    who, moment = visitor(request), now()
    errors: dict[str, str] = {}
    made = ""
    if request.method == "POST":
        if request.POST.get("doing") == "revoke":
            return _revoked(request, "api_keys")
        days = request.POST.get("days", "").strip()
        try:
            made = api_keys.make(
                who,
                name=request.POST.get("name", ""),
                scopes=request.POST.getlist("scopes"),
                days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else None,
                now=moment,
            )
        except Invalid as invalid:
            errors = dict(invalid.errors)
    context = {
        "keys": api_keys.of(who, now=moment),
        "scopes": list(api_keys.SCOPES.items()),
        "made": made,
        "given": request.POST if errors else {"days": str(DAYS)},
        "picked": request.POST.getlist("scopes") if errors else [],
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render(request, "api_keys/mine.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@role("administrator")
@fresh_to_change
@same_when_absent
def everybodys(request: HttpRequest) -> HttpResponseBase:
    """Every key that opens something today, with its owner; an administrator revokes any."""
    if request.method == "POST":
        return _revoked(request, "administration_api_keys")
    keys = api_keys.everybodys(visitor(request), now=now())
    return render(request, "api_keys/everybodys.html", {"keys": keys})


def _revoked(request: HttpRequest, back: str) -> HttpResponseBase:
    number = uuid_of(request.POST.get("key", ""))
    if number is not None:
        api_keys.revoke(visitor(request), number, now=now())
        messages.success(request, _("The key is revoked: it opens nothing any more."))
    return HttpResponseRedirect(reverse(back))
