"""Find a case by a name or a reference; every search is written down."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from evenhand.casework.find import MOST, find
from evenhand.gate.entry import now
from evenhand.gate.policy import packs
from evenhand.web.entry import signed_in
from evenhand.web.page import render
from evenhand.web.visitor import visitor
from evenhand.web.wording import Wording

LONGEST = 200


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def show(request: HttpRequest) -> HttpResponseBase:
    """One box for a name or a reference; what is searched for never stands in an address."""
    asked = request.POST.get("asked", "").strip()[:LONGEST]
    searched = request.method == "POST"
    at = now()
    enough = len(asked.replace(" ", "")) > 1
    found = find(asked, visitor(request), now=at) if searched and enough else []
    labels = {
        code: Wording(pack).say(place.label)
        for pack in reversed(packs().values())
        for journey in pack.journeys.values()
        for code, place in journey.places.items()
    }
    context = {
        "asked": asked,
        "searched": searched and enough,
        "error": searched and not enough,
        "has_errors": searched and not enough,
        "found": found,
        "labels": labels,
        "capped": len(found) >= MOST,
        "most": MOST,
    }
    return render(request, "search/show.html", context, status=422 if searched and not enough else 200)
