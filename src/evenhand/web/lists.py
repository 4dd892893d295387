"""Show the code lists: what may be chosen, since when and until when."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.web.entry import signed_in
from evenhand.web.page import render
from evenhand.web.wording import Wording


@require_safe
@signed_in
def show(request: HttpRequest) -> HttpResponseBase:
    """Every list with its source, each code with its dates."""
    own = pack()
    on = own.calendar.local_day(now())
    context = {
        "own": own,
        "lists": sorted(own.lists.values(), key=lambda known: known.label),
        "on": on,
        "say": Wording(own).say,
    }
    return render(request, "lists/show.html", context)
