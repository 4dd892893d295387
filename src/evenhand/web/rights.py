"""Answer people who ask about their own data: requests, their cases, what is taken out, the decision, the letter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.casework import rights, rights_answer
from evenhand.casework.disclosing import register
from evenhand.casework.letters import answer_letter, elsewhere, end_letter
from evenhand.casework.subject_access import choose, entries, pack_up, unseen
from evenhand.gate.act import Invalid, Refused
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.web.days import typed_day
from evenhand.web.entry import role, signed_in
from evenhand.web.fresh import fresh_to_change
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor

REFUSED = 409
DECISIONS = {
    "full": "Give everything",
    "part": "Give part of it",
    "neutral": "Answer in the neutral words",
    "done": "Do what was asked",
    "refused": "Do not do what was asked",
}


def _decisions(asked: rights.Asked) -> list[tuple[str, str]]:
    codes = rights.DECISIONS.get(asked.kind.code, rights.OTHER_DECISIONS)
    return [(code, _(DECISIONS[code])) for code in codes]


@require_safe
@role(protects_data=True)
def index(request: HttpRequest) -> HttpResponseBase:
    """Requests, open ones first."""
    found = rights.requests()
    context = {
        "open": [asked for asked in found if asked.answered_at is None],
        "answered": [asked for asked in found if asked.answered_at is not None],
        "today": pack().calendar.local_day(now()),
        "me": visitor(request).practitioner_id,
        "decisions": DECISIONS,
    }
    return render(request, "rights/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role(protects_data=True)
def take(request: HttpRequest) -> HttpResponseBase:
    """A request is put on record."""
    given = {name: str(value) for name, value in request.POST.items()}
    errors: dict[str, str] = {}
    if request.method == "POST":
        told = given | {"received_on": typed_day(given, "received_on")}
        try:
            number = rights.take_request(told, visitor(request), now=now())
            messages.success(request, _("The request is on record."))
            return HttpResponseRedirect(reverse("rights_request", args=[number]))
        except Invalid as invalid:
            errors = dict(invalid.errors)
    context = {
        "given": given,
        "errors": errors,
        "has_errors": bool(errors),
        "kinds": rights.kinds(),
        "elsewhere": elsewhere(),
    }
    return render(request, "rights/take.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@role(protects_data=True)
@same_when_absent
def show(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """One request: whose cases, what is decided, and what is left to do."""
    who, at = visitor(request), now()
    asked = rights.request_of(number)
    given = {name: str(value) for name, value in request.POST.items()}
    errors: dict[str, str] = {}
    found = None
    doing = given.get("doing", "")
    if request.method == "POST":
        try:
            if doing == "find":
                if len(given.get("words", "").strip()) < 2:
                    raise Invalid({"words": _("Write at least two letters of a name.")})
                found = rights.matches(number, given["words"][:200], who, now=at)
            elif doing == "link":
                rights.say_it_is_theirs(number, _number(given.get("case", "")), who, now=at)
                messages.success(request, _("Linked. Its owner is told that a request reached it."))
                return HttpResponseRedirect(reverse("rights_request", args=[number]))
            elif doing == "decide":
                told = given | {"review_on": typed_day(given, "review_on")}
                rights_answer.decide(number, told, who, now=at)
                messages.success(request, _("Decided."))
                return HttpResponseRedirect(reverse("rights_request", args=[number]))
            elif doing == "second":
                rights_answer.say_second(number, given.get("said", ""), given.get("why", ""), who, now=at)
                messages.success(request, _("Thank you. Your look is on record."))
                return HttpResponseRedirect(reverse("rights"))
            elif doing == "answered":
                rights_answer.mark_answered(number, who, now=at)
                messages.success(request, _("Closed: the answer has gone to the person."))
                return HttpResponseRedirect(reverse("rights"))
        except Invalid as invalid:
            errors = dict(invalid.errors)
    about = entries(number, who) if rights.cases_of(number) else []
    linked, today = rights.cases_of(number), pack().calendar.local_day(at)
    mine = asked.second_id == who.practitioner_id and not asked.second_said and asked.answered_at is None
    again = asked.answered_at is not None and asked.look_again(today)
    context: dict[str, Any] = {
        "asked": asked,
        "linked": linked,
        "closed_to_me": len(linked) - len({entry.case_id for entry in about}) if linked else 0,
        "work": rights_answer.work_of(asked),
        "heard": rights_answer.recipients(asked),
        "seconds": rights_answer.seconds(number, who, now=at),
        "mine_to_look": mine,
        "again": again,
        "decides": not mine
        and (asked.answered_at is None or (again and asked.decided_by_id != who.practitioner_id)),
        "elsewhere": elsewhere(),
        "given": given,
        "errors": errors,
        "has_errors": bool(errors),
        "found": found,
        "about": about,
        "references": list(dict.fromkeys(entry.reference for entry in about)),
        "unseen": unseen(about),
        "decisions": _decisions(asked),
        "decided": DECISIONS.get(asked.decision, ""),
        "grounds": [(c.code, c.label) for c in pack().lists["reasons_not_telling"].codes_on(at.date())],
        "today": today,
        "gives": asked.decision in {rights.FULL, rights.PART},
    }
    return render(request, "rights/show.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@role(protects_data=True)
@same_when_absent
def entry(request: HttpRequest, number: UUID, entry_id: UUID) -> HttpResponseBase:
    """One entry: what is suggested to take out, and what a human takes out."""
    who, at = visitor(request), now()
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            choose(
                number,
                entry_id,
                who,
                masks=request.POST.getlist("masks"),
                also=request.POST.get("also", ""),
                withheld=request.POST.get("withheld") == "yes",
                why=request.POST.get("why", ""),
                now=at,
            )
            left = [e for e in entries(number, who) if not e.seen]
            if left:
                return HttpResponseRedirect(reverse("rights_entry", args=[number, left[0].id]))
            messages.success(request, _("Every entry has been looked at."))
            return HttpResponseRedirect(reverse("rights_request", args=[number]))
        except Invalid as invalid:
            errors = dict(invalid.errors)
    found = entries(number, who)
    one = next((e for e in found if e.id == entry_id), None)
    if one is None:
        raise Http404
    picked = request.POST.getlist("masks") if request.method == "POST" else None
    context = {
        "asked": rights.request_of(number),
        "entry": one,
        "left": unseen(found),
        "masks": _masks(one),
        "picked": picked if picked is not None else [f"{m.start}-{m.end}" for m in one.chosen],
        "also": request.POST.get("also", ""),
        "why": request.POST.get("why", one.why),
        "withheld": request.POST.get("withheld") == "yes" if request.method == "POST" else one.withheld,
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render(request, "rights/entry.html", context, status=422 if errors else 200)


def _masks(one: Any) -> list[tuple[str, str, str]]:
    """Return each place that can be taken out, with a few words round it so that it can be told from the others."""
    every = sorted({*one.suggested, *one.chosen})
    return [
        (
            f"{m.start}-{m.end}",
            one.text[m.start : m.end],
            f"…{one.text[max(0, m.start - 20) : m.start]}[{one.text[m.start : m.end]}]{one.text[m.end : m.end + 20]}…",
        )
        for m in every
    ]


@require_POST
@role(protects_data=True)
@fresh_to_change
@same_when_absent
def take_pack(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """The pack for the person, as a file."""
    try:
        contents = pack_up(number, visitor(request), now=now())
    except Invalid as invalid:
        messages.error(request, next(iter(invalid.errors.values())))
        return HttpResponseRedirect(reverse("rights_request", args=[number]))
    response = HttpResponse(contents, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="your-data.zip"'
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@role(protects_data=True)
@same_when_absent
def letter(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """The answer, to be printed and sent by a human."""
    asked = rights.request_of(number)
    if not asked.settled:
        messages.error(
            request, _("Somebody independent looks first.") if asked.decision else _("Decide first.")
        )
        return HttpResponseRedirect(reverse("rights_request", args=[number]))
    shown = answer_letter(asked, on=pack().calendar.local_day(now()))
    return render(
        request, "rights/letter.html", {"letter": shown, "back": reverse("rights_request", args=[number])}
    )


@require_safe
@signed_in
@same_when_absent
def end(request: HttpRequest, case_id: UUID) -> HttpResponseBase:
    """The letter at a clean end of a case."""
    back = reverse("case", args=[case_id])
    try:
        shown = end_letter(case_id, visitor(request))
    except Refused as refused:
        context = {"reasons": refused.reasons, "back": back}
        return render(request, "rights/no_letter.html", context, status=REFUSED)
    return render(request, "rights/letter.html", {"letter": shown, "back": back})


@require_safe
@role(protects_data=True)
def disclosures(request: HttpRequest) -> HttpResponseBase:
    """The register: who was told what, for what, on which basis, and why no less."""
    lists = pack().lists
    labels = {
        code.code: code.label
        for name in ("share_purposes", "legal_bases")
        if name in lists
        for code in lists[name].codes.values()
    }
    found = register(visitor(request), now=now())
    return render(request, "rights/disclosures.html", {"lines": found, "labels": labels})


def _number(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
