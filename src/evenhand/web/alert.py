"""Take one line about danger now from anybody, and let duty officers answer it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.casework.alarm import hearers, ring, ringing, say, take, write_up
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import Who, now
from evenhand.web.entry import signed_in
from evenhand.web.page import render
from evenhand.web.refer import entered
from evenhand.web.untraced import render_untraced
from evenhand.web.visitor import same_when_absent, visitor, visitor_if_any

DUTY_OFFICER = "duty_officer"


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponseBase:
    """999 first; then one line, and where: it is on disk before the next page shows."""
    what, where, names = (request.POST.get(name, "") for name in ("what", "where", "names"))
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            with entered(request) as who:
                ring(what, where, who, now=now(), names=names.split(","))
            return HttpResponseRedirect(reverse("alert_told"))
        except Invalid as invalid:
            errors = dict(invalid.errors)
    context = {
        "public_door": visitor_if_any(request) is None,
        "what": what,
        "where": where,
        "names": names,
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render_untraced(request, "alert/show.html", context, status=422 if errors else 200)


@require_safe
def told(request: HttpRequest) -> HttpResponseBase:
    """Every duty officer has been told."""
    return render(request, "alert/told.html", {"public_door": visitor_if_any(request) is None})


@require_safe
@signed_in
def duty(request: HttpRequest) -> HttpResponseBase:
    """What rings, what somebody has taken, and what was done; a handler says whom a call means."""
    who = _hearer(request)
    found = ringing(handles=bool(who.roles & (hearers() - {DUTY_OFFICER})))
    context = {
        "open": [alarm for alarm in found if alarm.done_at is None],
        "answered": [alarm for alarm in found if alarm.done_at is not None],
        "mine": who.name,
    }
    return render(request, "alert/duty.html", context)


@require_POST
@signed_in
@same_when_absent
def taken(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """One duty officer has it; whoever was second is told so."""
    who = _hearer(request)
    take(number, who, now=now())
    has_it = next((alarm.taken_by for alarm in ringing() if alarm.id == number), "")
    if has_it == who.name:
        messages.success(request, _("You have it. Act first, then write down here what was done."))
    else:
        messages.info(request, _("%(name)s has it already.") % {"name": has_it})
    return HttpResponseRedirect(reverse("alert_duty"))


@require_POST
@signed_in
@same_when_absent
def said(request: HttpRequest, number: UUID, whom: UUID) -> HttpResponseBase:
    """A handler has said whether a call means a colleague."""
    meant = request.POST.get("meant") == "yes"
    say(number, whom, _hearer(request), meant=meant, now=now())
    messages.success(request, _("It stays closed to them.") if meant else _("They hear it now."))
    return HttpResponseRedirect(reverse("alert_duty"))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@same_when_absent
def written_up(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """What was done in danger is written down."""
    who = _hearer(request)
    done = request.POST.get("done", "")
    errors: dict[str, str] = {}
    alarm = next((alarm for alarm in ringing() if alarm.id == number), None)
    if alarm is None:
        raise NoSuchCase
    if request.method == "POST":
        try:
            write_up(number, done, who, now=now())
            messages.success(request, _("Recorded."))
            return HttpResponseRedirect(reverse("alert_duty"))
        except Invalid as invalid:
            errors = dict(invalid.errors)
    context = {"alarm": alarm, "number": number, "done": done, "errors": errors, "has_errors": bool(errors)}
    return render(request, "alert/write_up.html", context, status=422 if errors else 200)


def _hearer(request: HttpRequest) -> Who:
    """Return who asks, where they hold a role that may hear of danger; which calls it hears, the wall says."""
    who = visitor(request)
    if not who.roles & hearers():
        raise PermissionDenied
    return who
