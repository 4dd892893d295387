"""Show the answers to rises with their assessments, the week's tension, and the promises that were made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from evenhand.casework.protect.reading import promises, response_page, responses, tension_summaries, wanted
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.web.entry import role
from evenhand.web.page import render
from evenhand.web.sites import PROTECTING, may_write
from evenhand.web.visitor import same_when_absent, visitor
from evenhand.web.wording import Wording


def _common(request: HttpRequest) -> dict[str, Any]:
    return {
        "words": Wording(pack()),
        "may_write": may_write(visitor(request)),
        "today": pack().calendar.local_day(now()),
    }


@require_safe
@role(*PROTECTING)
def index(request: HttpRequest) -> HttpResponseBase:
    """The answers under way, then those that ended."""
    return render(
        request, "responses/index.html", _common(request) | {"responses": responses(), "wanted": wanted()}
    )


@require_safe
@role(*PROTECTING)
@same_when_absent
def show(request: HttpRequest, response_id: UUID) -> HttpResponseBase:
    """One answer: the assessment as it is now, the versions before it, and what was promised."""
    page = response_page(response_id, visitor(request), now=now())
    return render(request, "responses/show.html", _common(request) | {"page": page})


@require_safe
@role(*PROTECTING)
def tension(request: HttpRequest) -> HttpResponseBase:
    """The weekly summaries, the newest first."""
    return render(request, "responses/tension.html", _common(request) | {"summaries": tension_summaries()})


@require_safe
@role(*PROTECTING)
def promised(request: HttpRequest) -> HttpResponseBase:
    """Every promise one sees, those that are open first."""
    return render(request, "responses/promises.html", _common(request) | {"promises": promises()})
