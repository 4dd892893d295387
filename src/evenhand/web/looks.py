"""Show who that does not own a case opened it: to its owner, and to data protection officers for a stated purpose."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework.looks import looks_across, looks_of, purposes
from evenhand.casework.partnership import people_at
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack
from evenhand.web.entry import role, signed_in
from evenhand.web.grounds import keep_purpose, purpose_today
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor
from evenhand.web.wording import Wording


@require_safe
@signed_in
@same_when_absent
def of_case(request: HttpRequest, case_id: UUID) -> HttpResponseBase:
    """Who that does not own this case opened it, the newest first."""
    everybody = request.GET.get("all") == "1"
    found = looks_of(
        case_id, visitor(request), others_only=not everybody, before=request.GET.get("before", "")
    )
    here = reverse("case_looks", args=[case_id])
    kept = {"all": "1"} if everybody else {}
    context = {
        "say": Wording(pack()).say,
        "case_id": case_id,
        "found": found,
        "everybody": everybody,
        "here": here,
        "next_href": f"{here}?{urlencode(kept | {'before': found.before})}" if found.before else "",
        "later": bool(request.GET.get("before")),
    }
    return render(request, "looks/case.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role(protects_data=True)
def across(request: HttpRequest) -> HttpResponseBase:
    """The log of looks across cases, once its purpose is stated for the day."""
    who = visitor(request)
    listed = purposes(pack(), now())
    errors: dict[str, str] = {}
    given = {"purpose": "", "words": ""}
    if request.method == "POST":
        given = {name: request.POST.get(name, "").strip() for name in given}
        if given["purpose"] not in listed:
            errors["purpose"] = _("Choose what the log is read for.")
        if len(given["words"]) < 10:
            errors["words"] = _("Say in a sentence what you want to find out.")
        if not errors:
            keep_purpose(request, given["purpose"], given["words"])
            return HttpResponseRedirect(reverse("looks"))
    stated = purpose_today(request)
    if stated is None or errors or request.GET.get("purpose") == "again":
        context = {
            "say": Wording(pack()).say,
            "purposes": listed,
            "given": given,
            "errors": errors,
            "has_errors": bool(errors),
        }
        return render(request, "looks/purpose.html", context, status=422 if errors else 200)
    colleague = _colleague(request, who)
    found = looks_across(
        who, purpose=stated[0], words=stated[1], by=colleague, before=request.GET.get("before", "")
    )
    kept = {"by": str(colleague)} if colleague else {}
    context = {
        "say": Wording(pack()).say,
        "found": found,
        "purpose": listed[stated[0]],
        "words": stated[1],
        "colleagues": people_at({agency for held, agency in who.holdings}),
        "by": str(colleague or ""),
        "next_href": f"{reverse('looks')}?{urlencode(kept | {'before': found.before})}"
        if found.before
        else "",
        "later": bool(request.GET.get("before")),
    }
    return render(request, "looks/across.html", context)


def _colleague(request: HttpRequest, who: Who) -> UUID | None:
    try:
        return UUID(request.GET.get("by", ""))
    except ValueError:
        return None
