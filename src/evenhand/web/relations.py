"""Declare line managers and relatives among colleagues, and end what is over."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from evenhand.casework import relations
from evenhand.casework.partnership import agencies, people_at
from evenhand.gate.act import Invalid
from evenhand.gate.entry import now
from evenhand.web.entry import signed_in
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def show(request: HttpRequest) -> HttpResponseBase:
    """One's own relations to colleagues; an administrator keeps line managers."""
    who, at = visitor(request), now()
    given = {name: request.POST.get(name, "") for name in ("of", "other", "kind")}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            relations.declare(given["of"], given["other"], given["kind"], who, now=at)
            messages.success(request, _("It is declared."))
            return HttpResponseRedirect(reverse("relations"))
        except Invalid as invalid:
            errors = {name: _(sentence) for name, sentence in invalid.errors.items()}
    context = {
        "shown": relations.relations(who, now=at),
        "colleagues": people_at([agency.id for agency in agencies()]),
        "kinds": relations.KINDS,
        "given": given,
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render(request, "relations/show.html", context, status=422 if errors else 200)


@require_POST
@signed_in
@same_when_absent
def end(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """A relation is over from today."""
    relations.end(number, visitor(request), now=now())
    messages.success(request, _("It is over from today."))
    return HttpResponseRedirect(reverse("relations"))
