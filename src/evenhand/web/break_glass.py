"""Open a case in an emergency, review what others opened, and say why an account is held."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework import break_glass as glass
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.standing import standing
from evenhand.web.entry import role, signed_in
from evenhand.web.fresh import fresh_to_change
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor


@require_http_methods(["GET", "HEAD", "POST"])
@role(glass.ROLE)
@fresh_to_change
def show(request: HttpRequest) -> HttpResponseBase:
    """Reason first: then the case is open for an hour, and others know."""
    given = {name: request.POST.get(name, "").strip() for name in ("reference", "reason", "known")}
    errors: dict[str, str] = {}
    if request.method == "POST":
        if len(given["reason"]) < glass.LEAST_WORDS:
            errors["reason"] = _("Say in a sentence what the emergency is and why you need this case.")
        if not given["reference"]:
            errors["reference"] = _("Write the reference of the case.")
        if not given["known"]:
            errors["known"] = _("Say that you know who is told.")
        try:
            if not errors:
                found = glass.break_glass(given["reference"], given["reason"], visitor(request))
                _say_what_is_open(request, found)
                return HttpResponseRedirect(reverse("case", args=[found]))
        except Invalid as invalid:
            errors = {name: _(sentence) for name, sentence in invalid.errors.items()}
        except NoSuchCase:
            errors["reference"] = _("There is nothing to open under this reference.")
    context = {"given": given, "errors": errors, "has_errors": bool(errors)}
    return render(request, "break_glass/show.html", context, status=422 if errors else 200)


def _say_what_is_open(request: HttpRequest, case_id: UUID) -> None:
    """Say that the case is open for an hour, or that no glass had to be broken for it and nobody was told."""
    if standing(case_id, visitor(request)).glass_until is None:
        messages.info(
            request,
            _("This case is open to you through your role. Nothing had to be broken, and nobody was told."),
        )
    else:
        messages.success(
            request, _("The case is open to you for an hour. Everything you do in it is marked.")
        )


@require_safe
@role(protects_data=True)
def reviews(request: HttpRequest) -> HttpResponseBase:
    """Emergency openings that wait for a second person."""
    return render(request, "break_glass/reviews.html", {"openings": glass.to_review(visitor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@role(protects_data=True)
@same_when_absent
def review(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """One emergency opening: why, what was done in it, and whether that was in order."""
    who = visitor(request)
    given = {name: request.POST.get(name, "").strip() for name in ("verdict", "words")}
    errors: dict[str, str] = {}
    opening = glass.opening(number, who)
    if request.method == "POST":
        try:
            glass.review(number, given["verdict"], given["words"], who)
            messages.success(request, _("Your review is on record."))
            return HttpResponseRedirect(reverse("break_glass_reviews"))
        except Invalid as invalid:
            errors = {name: _(sentence) for name, sentence in invalid.errors.items()}
    context = {"opening": opening, "given": given, "errors": errors, "has_errors": bool(errors)}
    return render(request, "break_glass/review.html", context, status=422 if errors else 200)


@require_safe
@signed_in
def held(request: HttpRequest) -> HttpResponseBase:
    """Why an account is held; for an account that is not, that it is not."""
    visitor(request)
    return render(request, "break_glass/held.html", {"holds": glass.holds()})
