"""Ask for what one act about a place needs, take it, and show what a change to a rota costs before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from evenhand.casework.protect import ACTS, Done, begin, find_act, take
from evenhand.casework.protect.patrols import Change, understand
from evenhand.casework.protect.reading import standing
from evenhand.casework.protect.warning import send_link
from evenhand.gate.act import Invalid, Refused
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack
from evenhand.kernels.policy import Reason, validate
from evenhand.web.entry import signed_in
from evenhand.web.page import render
from evenhand.web.rotas import PRIORITIES
from evenhand.web.step_form import ShownForm, Typed, answers, as_typed, typed
from evenhand.web.visitor import same_when_absent, visitor
from evenhand.web.wording import Wording

REFUSED, INVALID = 403, 422
# Where an act leads to, by the page that its rows are shown on; what begins something is called off to a list.
LISTS = {
    "site": "sites",
    "rota": "rotas",
    "respond": "responses",
    "tension": "tension",
    "promise": "promises",
}
PREFILLED = ("area", "episode", "trigger", "response", "on_day", "begins_on")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@same_when_absent
def act(request: HttpRequest, code: str, target: UUID | None = None) -> HttpResponseBase:
    """One act about a place: its questions, or what became of them."""
    who = visitor(request)
    found, form = find_act(ACTS, code)
    if request.method != "POST":
        try:
            on = begin(found, target, who)
        except Refused as refused:
            return render(request, "protection/refused.html", {"reasons": refused.reasons}, status=REFUSED)
        given: Typed = {
            **as_typed(form, standing(code, on)),
            **{name: (request.GET[name],) for name in PREFILLED if name in request.GET},
        }
        return _page(request, code, target, who, typed_so_far=given)
    sent, once = typed(request.POST), _once(request)
    try:
        if code == "change-rota" and not request.POST.get("sure"):
            change = _change(form.code, target, sent, who)
            return _page(request, code, target, who, typed_so_far=sent, once=once, change=change)
        done = take(ACTS, code, target, answers(form, sent), who, number=once)
    except Invalid as invalid:
        errors = invalid.errors
        return _page(request, code, target, who, typed_so_far=sent, errors=errors, once=once, status=INVALID)
    except Refused as refused:
        reasons = refused.reasons
        return _page(
            request, code, target, who, typed_so_far=sent, reasons=reasons, once=once, status=REFUSED
        )
    if "token" in done.kept:
        return _warned(request, done)
    messages.success(request, _("Recorded."))
    return HttpResponseRedirect(_after(done))


def _once(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("once", ""))
    except ValueError:
        return uuid4()


def _change(form_code: str, target: UUID | None, sent: Typed, who: Who) -> Change:
    rules, form = pack(), pack().forms[form_code]
    rota = begin(ACTS["change-rota"], target, who)
    today = rules.calendar.local_day(now())
    cleaned = validate(form, answers(form, sent), outcome="", lists=rules.lists, on=today)
    return understand(rota, cleaned)  # type: ignore[arg-type]  # the act's own target is a rota


def _after(done: Done) -> str:
    return reverse(done.page, args=[done.page_id] if done.page_id else None)


def _warned(request: HttpRequest, done: Done) -> HttpResponseBase:
    """The link is shown once, and sent to the contact's address where there is one."""
    link = request.build_absolute_uri(reverse("warning", args=[done.kept["token"]]))
    sent_to = send_link(done.number, link)
    context = {"link": link, "sent_to": sent_to, "site_id": done.page_id}
    return render(request, "protection/warned.html", context)


def _page(
    request: HttpRequest,
    code: str,
    target: UUID | None,
    who: Who,
    *,
    typed_so_far: Typed | None = None,
    errors: Mapping[str, str] | None = None,
    reasons: tuple[Reason, ...] = (),
    once: UUID | None = None,
    change: Change | None = None,
    status: int = 200,
) -> HttpResponseBase:
    found, form = find_act(ACTS, code)
    rules = pack()
    on = begin(found, target, who) if not reasons else None
    shown = ShownForm(
        form=form,
        lists=rules.lists,
        on=rules.calendar.local_day(now()),
        typed=typed_so_far or {},
        errors=errors or {},
        options=found.options(who, on) if not reasons else {},
        say=Wording(rules).say,
    )
    context: dict[str, Any] = {
        "code": code,
        "target": target,
        "title": found.title or form.title,
        "form": form,
        "shown": shown,
        "once": once or uuid4(),
        "reasons": reasons,
        "change": change,
        "has_errors": bool(errors),
        "back": _back(code, on, target),
        "say": shown.say,
        "priorities": {n: Wording(rules).code("patrol_priorities", c) for n, c in PRIORITIES.items()}
        if change
        else {},
        "unverified": [
            rules.lists[q.choices].source
            for q in form.fields
            if q.choices and rules.lists[q.choices].basis == "unverified"
        ],
    }
    return render(request, "protection/act.html", context, status=status)


def _back(code: str, on: Any, target: UUID | None) -> str:
    if on is None:
        return reverse(LISTS.get(code, "sites"))
    if hasattr(on, "site_id"):
        return reverse("site", args=[on.site_id])
    name = {"PatrolRota": "rota", "Response": "response", "Site": "site"}.get(type(on).__name__)
    return reverse(name, args=[target]) if name else reverse("promises")
