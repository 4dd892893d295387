"""Show the sites that are protected: their calendar with its gaps, contacts, plan, visits, applications."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from evenhand.casework.protect.choosing import labels
from evenhand.casework.protect.reading import PAGE, site_page, sites
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack
from evenhand.kernels.festivals import FESTIVALS
from evenhand.web.entry import role
from evenhand.web.lists_of_pages import page_number
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor
from evenhand.web.wording import Wording

PROTECTING = ("responder", "protection_planner", "hate_crime_coordinator")
WRITING = frozenset({"responder", "protection_planner"})


def may_write(who: Who) -> bool:
    """Say whether somebody may add to what is shown here."""
    return bool(who.roles & WRITING)


@require_safe
@role(*PROTECTING)
def index(request: HttpRequest) -> HttpResponseBase:
    """The sites of one's areas."""
    number = page_number(request)
    found, count = sites(page=number)
    context = {
        "sites": found,
        "count": count,
        "number": number,
        "more": count > number * PAGE,
        "labels": labels(),
        "words": Wording(pack()),
        "may_write": may_write(visitor(request)),
    }
    return render(request, "sites/index.html", context)


@require_safe
@role(*PROTECTING, "gateway_officer", "duty_officer", "case_officer", "panel_member", "safeguarding_lead")
@same_when_absent
def show(request: HttpRequest, site_id: UUID) -> HttpResponseBase:
    """One site; `print` in the address leaves out what cannot be done on paper."""
    who, at = visitor(request), now()
    page = site_page(site_id, who, now=at, today=pack().calendar.local_day(at))
    context: dict[str, Any] = {
        "page": page,
        "words": Wording(pack()),
        "may_write": may_write(who),
        "festivals": FESTIVALS,
        "now": at,
        "today": pack().calendar.local_day(at),
        "sees_weaknesses": bool(page.weaknesses) or "protection_planner" in who.roles,
    }
    return render(request, "sites/show.html", context)
