"""Keep agencies, areas and teams on pages of our own; every change is on record."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework.partnership import agencies, areas
from evenhand.gate.act import Invalid, Refused
from evenhand.gate.entry import Who, now
from evenhand.operations import partnership
from evenhand.web.entry import role
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor

KIND_WORDS = {
    "police": "Police force",
    "council": "Council",
    "school": "School or college",
    "health": "Health",
    "probation": "Probation",
    "social_care": "Social care",
    "community": "Community or provider",
    "faith": "Faith community",
    "provider": "Provider of support",
    "table": "Table",
    "other": "Other",
}


@require_safe
@role("administrator")
def index(request: HttpRequest) -> HttpResponseBase:
    """What an administrator keeps."""
    return render(request, "administration/index.html", {})


@require_http_methods(["GET", "HEAD", "POST"])
@role("administrator")
@same_when_absent
def agency_pages(request: HttpRequest) -> HttpResponseBase:
    """The agencies that take part, the areas they answer for, and their teams."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            messages.success(request, _change(request, visitor(request)))
            return HttpResponseRedirect(reverse("administration_agencies"))
        except Invalid as invalid:
            errors = dict(invalid.errors)
        except Refused as refused:
            errors = {"": " ".join(reason.sentence for reason in refused.reasons)}
    found = agencies()
    context = {
        "agencies": [
            {"agency": a, "kind": _(KIND_WORDS.get(a.kind, a.kind)), "teams": partnership.teams(a.id)}
            for a in found
        ],
        "areas": areas(),
        "kinds": [(kind, _(KIND_WORDS[kind])) for kind in partnership.KINDS],
        "forces": [a for a in found if a.kind == "police"],
        "errors": errors,
        "has_errors": bool(errors),
        "given": request.POST,
    }
    return render(request, "administration/agencies.html", context, status=422 if errors else 200)


def _change(request: HttpRequest, who: Who) -> str:
    post, at = request.POST, now()
    doing = post.get("doing", "")
    if doing == "agency":
        partnership.add_agency(who, name=post.get("name", ""), kind=post.get("kind", ""), now=at)
        return _("The agency takes part.")
    if doing == "team":
        agency = uuid_of(post.get("agency", ""))
        if agency is None:
            raise Invalid({"agency": _("Choose an agency from the list.")})
        partnership.add_team(who, agency, name=post.get("team", ""), now=at)
        return _("The team is there.")
    if doing == "area":
        answers = uuid_of(post.get("answers", ""))
        if answers is None:
            raise Invalid({"answers": _("Choose the council or table that answers for the area.")})
        partnership.add_area(
            who, label=post.get("label", ""), answers=answers, force=uuid_of(post.get("force", "")), now=at
        )
        return _("The area is there.")
    if doing == "leaves":
        agency = uuid_of(post.get("agency", ""))
        if agency is not None:
            partnership.set_agency_active(who, agency, active=False, now=at)
        return _("The agency no longer takes part.")
    raise Invalid({"": _("Choose what to change.")})


def uuid_of(text: str) -> UUID | None:
    """Return the id that a form sent, or nothing."""
    try:
        return UUID(text)
    except ValueError:
        return None
