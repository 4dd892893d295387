"""Mark messages as read."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST

from evenhand.casework.notices import mark_read
from evenhand.gate.entry import now
from evenhand.web.entry import signed_in
from evenhand.web.visitor import visitor


@require_POST
@signed_in
def read(request: HttpRequest) -> HttpResponseBase:
    """The messages that were on the page are read; others that came meanwhile are not."""
    numbers = []
    for text in request.POST.getlist("notice")[:100]:
        try:
            numbers.append(UUID(text))
        except ValueError:
            continue
    mark_read(numbers, visitor(request), now=now())
    return HttpResponseRedirect(reverse("worklist"))
