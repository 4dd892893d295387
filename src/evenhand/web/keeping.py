"""Show what is held, what is erased, and what one's agency has still to erase and answer for."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from evenhand.casework import kept_apart
from evenhand.gate.act import Invalid
from evenhand.gate.entry import now
from evenhand.gate.policy import protectors
from evenhand.web.entry import signed_in
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor
from evenhand.web.wording import day_words


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@same_when_absent
def show(request: HttpRequest) -> HttpResponseBase:
    """Everything about keeping that is for whoever looks; an answer to an erasure is taken here."""
    who, at = visitor(request), now()
    errors: dict[str, str] = {}
    given = {name: str(value) for name, value in request.POST.items()}
    if request.method == "POST":
        try:
            number = UUID(given.get("number", ""))
            kept_apart.answer(number, given.get("answer", ""), given.get("why", ""), who, now=at)
            messages.success(request, _("Thank you. The answer is on record."))
            return HttpResponseRedirect(reverse("keeping"))
        except ValueError:
            errors = {"": _("Choose one from the list.")}
        except Invalid as invalid:
            errors = dict(invalid.errors)
    told = kept_apart.to_erase()
    context = {
        "apart": kept_apart.set_apart(who, now=at),
        "to_erase": [row for row in told if row.answered_at is None and row.reference],
        "became": kept_apart.told_to_us(),
        "became_words": {
            "corrected": _("This has been corrected"),
            "set_apart": _("This is set apart: do not use it for now"),
            "back": _("This may be used again"),
        },
        "way_back": bool(who.roles & protectors()),
        "stones": kept_apart.stones(),
        "day_words": day_words,
        "answers": kept_apart.answers(),
        "refusals": kept_apart.refusals(),
        "given": given,
        "errors": errors,
        "has_errors": bool(errors),
        "at": at,
    }
    return render(request, "keeping/show.html", context, status=422 if errors else 200)
