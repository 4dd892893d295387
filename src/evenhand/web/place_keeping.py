"""Show what of places, answers, summaries and promises is past its day, for a person to keep or forget, and what was forgotten."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evenhand.casework.protect.keeping import due, forgotten
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.web.entry import role
from evenhand.web.page import render
from evenhand.web.sites import PROTECTING, may_write
from evenhand.web.visitor import visitor

ACTS = {"site": "site", "response": "response", "tension_summary": "tension", "commitment": "promise"}


@require_safe
@role(*PROTECTING)
def show(request: HttpRequest) -> HttpResponseBase:
    """What is past its day among what one sees; nothing goes by itself."""
    context = {
        "due": due(pack().calendar.local_day(now())),
        "forgotten": forgotten(),
        "acts": ACTS,
        "kinds": {
            "site": _("Site"),
            "response": _("Answer to a rise"),
            "tension_summary": _("Tension summary"),
            "commitment": _("Promise"),
        },
        "may_write": may_write(visitor(request)),
    }
    return render(request, "sites/keeping.html", context)
