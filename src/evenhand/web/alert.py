"""Take one line about danger now from anybody, and let duty officers answer it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.casework.alarm import ring, ringing, take, write_up
from evenhand.gate.act import Invalid
from evenhand.gate.entry import now
from evenhand.web.entry import role
from evenhand.web.page import render
from evenhand.web.refer import entered
from evenhand.web.untraced import render_untraced
from evenhand.web.visitor import same_when_absent, visitor, visitor_if_any


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponseBase:
    """999 first; then one line, and where: it is on disk before the next page shows."""
    what, where = request.POST.get("what", ""), request.POST.get("where", "")
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            with entered(request) as who:
                ring(what, where, who, now=now())
            return HttpResponseRedirect(reverse("alert_told"))
        except Invalid as invalid:
            errors = dict(invalid.errors)
    context = {
        "public_door": visitor_if_any(request) is None,
        "what": what,
        "where": where,
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render_untraced(request, "alert/show.html", context, status=422 if errors else 200)


@require_safe
def told(request: HttpRequest) -> HttpResponseBase:
    """Every duty officer has been told."""
    return render(request, "alert/told.html", {"public_door": visitor_if_any(request) is None})


@require_safe
@role("duty_officer")
def duty(request: HttpRequest) -> HttpResponseBase:
    """What rings, what somebody has taken, and what was done."""
    found = ringing()
    context = {
        "open": [alarm for alarm in found if alarm.done_at is None],
        "answered": [alarm for alarm in found if alarm.done_at is not None],
        "mine": visitor(request).name,
    }
    return render(request, "alert/duty.html", context)


@require_POST
@role("duty_officer")
@same_when_absent
def taken(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """One duty officer has it; whoever was second is told so."""
    who = visitor(request)
    take(number, who, now=now())
    has_it = next((alarm.taken_by for alarm in ringing() if alarm.id == number), "")
    if has_it == who.name:
        messages.success(request, _("You have it. Act first, then write down here what was done."))
    else:
        messages.info(request, _("%(name)s has it already.") % {"name": has_it})
    return HttpResponseRedirect(reverse("alert_duty"))


@require_http_methods(["GET", "HEAD", "POST"])
@role("duty_officer")
@same_when_absent
def written_up(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """What was done in danger is written down."""
    done = request.POST.get("done", "")
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            write_up(number, done, visitor(request), now=now())
            messages.success(request, _("Recorded."))
            return HttpResponseRedirect(reverse("alert_duty"))
        except Invalid as invalid:
            errors = dict(invalid.errors)
    alarm = next((alarm for alarm in ringing() if alarm.id == number), None)
    context = {"alarm": alarm, "number": number, "done": done, "errors": errors, "has_errors": bool(errors)}
    return render(request, "alert/write_up.html", context, status=422 if errors else 200)
