"""Show anybody what was promised and whether it was done, and let a contact say that they have read a warning."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework.protect.reading import PAGE, public_promises
from evenhand.casework.protect.warning import acknowledge, open_warning
from evenhand.gate.act import Invalid
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.web.lists_of_pages import page_number
from evenhand.web.page import render
from evenhand.web.refer import entered
from evenhand.web.untraced import render_untraced
from evenhand.web.unusual import figure_tables
from evenhand.web.visitor import same_when_absent


@require_safe
def show(request: HttpRequest) -> HttpResponseBase:
    """Every public promise: what, by whom, by when, and what became of it."""
    number = page_number(request)
    with entered(request):
        found, count = public_promises(page=number)
        tables = figure_tables()
        today = pack().calendar.local_day(now())
    context = {
        "promises": found,
        "count": count,
        "number": number,
        "more": count > number * PAGE,
        "today": today,
        "tables": tables,
        "rule": pack().counts,
    }
    return render(request, "commitments/show.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@same_when_absent
def warning(request: HttpRequest, token: str) -> HttpResponseBase:
    """One warning, and the word that it was read; a link that is wrong or old leads nowhere."""
    errors: dict[str, str] = {}
    answer = request.POST.get("answer", "")
    with entered(request):
        if request.method == "POST":
            try:
                acknowledge(token, answer)
                return HttpResponseRedirect(reverse("warning", args=[token]))
            except Invalid as invalid:
                errors = dict(invalid.errors)
        found = open_warning(token)
    context = {
        "warned": found,
        "answer": answer,
        "errors": errors,
        "has_errors": bool(errors),
        "token": token,
    }
    return render_untraced(request, "commitments/warning.html", context, status=422 if errors else 200)
