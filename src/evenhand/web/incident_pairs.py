"""Show records side by side that may be one incident told twice, and let a person decide."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework.incidents import look
from evenhand.casework.match_incidents import both, decide, suggested
from evenhand.gate.act import Invalid
from evenhand.gate.entry import now
from evenhand.web.entry import role
from evenhand.web.incidents import RECORDERS, _rows, _told, page_number
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor

GROUND = "setting two records side by side"


@require_safe
@role(*RECORDERS)
def show(request: HttpRequest) -> HttpResponseBase:
    """Pairs that nobody has decided about yet, newest first."""
    page = page_number(request)
    pairs, more = suggested(page=page)
    return render(request, "incidents/pairs.html", {"pairs": pairs, "more": more, "page_number": page})


@require_http_methods(["GET", "HEAD", "POST"])
@role(*RECORDERS)
@same_when_absent
def one(request: HttpRequest, first: UUID, second: UUID) -> HttpResponseBase:
    """Two records side by side, with what is alike; the looks are written down."""
    who, moment = visitor(request), now()
    pair = both(first, second)
    errors: dict[str, str] = {}
    given = {name: request.POST.get(name, "") for name in ("same", "reason")}
    if request.method == "POST":
        keep = {"first": pair.first.id, "second": pair.second.id}.get(given["same"])
        try:
            if given["same"] not in ("two", "first", "second"):
                missing = {} if given["reason"].strip() else {"reason": _("Say what shows it.")}
                raise Invalid({"same": _("Choose what they are.")} | missing)
            decide(
                first, second, same=given["same"] != "two", keep=keep, reason=given["reason"], who=who, now=moment
            )  # fmt: skip
        except Invalid as invalid:
            errors = dict(invalid.errors)
        else:
            messages.success(request, _("Your decision is on record."))
            return HttpResponseRedirect(reverse("incident_pairs"))
    sides = []
    for row in (pair.first, pair.second):
        found = look(row.id, who, now=moment, ground=GROUND)
        sides.append((found.row, _rows(found), _told(found)))
    context = {"pair": pair, "sides": sides, "errors": errors, "has_errors": bool(errors), "given": given}
    return render(request, "incidents/pair.html", context, status=422 if errors else 200)
