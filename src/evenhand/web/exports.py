"""Ask for an export, approve somebody else's, take it out once."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.casework import exporting
from evenhand.gate.act import Invalid
from evenhand.gate.entry import now
from evenhand.web.entry import signed_in
from evenhand.web.fresh import fresh_to_change
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor


@require_safe
@signed_in
def index(request: HttpRequest) -> HttpResponseBase:
    """One's own exports, and those that wait for one's word."""
    found = exporting.exports(visitor(request), now=now())
    context = {
        "mine": [export for export in found if export.mine],
        "others": [export for export in found if not export.mine],
    }
    return render(request, "exports/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@fresh_to_change
def ask(request: HttpRequest) -> HttpResponseBase:
    """An export is asked for: what, for what, how much."""
    given = {name: str(value) for name, value in request.POST.items()}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            number = exporting.ask(given, visitor(request), now=now())
            messages.success(request, _("Asked. Somebody else at your agency approves it."))
            return HttpResponseRedirect(reverse("export", args=[number]))
        except Invalid as invalid:
            errors = dict(invalid.errors)
    context = {
        "given": given,
        "errors": errors,
        "has_errors": bool(errors),
        "what": list(exporting.WHAT.items()),
        "most": exporting.MOST_ROWS,
    }
    return render(request, "exports/ask.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@fresh_to_change
@same_when_absent
def show(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """One export: its state, and a word on it by somebody else."""
    who, at = visitor(request), now()
    export = exporting.export_of(number, who, now=at)
    given = {name: str(value) for name, value in request.POST.items() if name != "phrase"}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            if given.get("agreed") not in {"yes", "no"}:
                raise Invalid({"agreed": _("Choose to approve or to refuse.")})
            exporting.approve(
                number,
                who,
                agreed=given.get("agreed") == "yes",
                reason=given.get("reason", ""),
                phrase=request.POST.get("phrase", ""),
                now=at,
            )
            messages.success(request, _("Your word is on record."))
            return HttpResponseRedirect(reverse("exports"))
        except Invalid as invalid:
            errors = dict(invalid.errors)
    context = {
        "export": export,
        "given": given,
        "errors": errors,
        "has_errors": bool(errors),
        "whole": export.what == exporting.WHOLE,
        "waits": export.state in {"asked", "half"},
    }
    return render(request, "exports/show.html", context, status=422 if errors else 200)


@require_POST
@signed_in
@fresh_to_change
@same_when_absent
def take(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """The export as a file, once."""
    try:
        contents = exporting.take_out(number, visitor(request), now=now())
    except Invalid as invalid:
        messages.error(request, next(iter(invalid.errors.values())))
        return HttpResponseRedirect(reverse("export", args=[number]))
    response = HttpResponse(contents, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="evenhand-{str(number)[:8]}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
