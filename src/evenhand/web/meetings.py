"""Call meetings of a panel, keep their agenda and attendance, and minute what each agency thought."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework import meetings as panel
from evenhand.casework.names_shown import names_shown
from evenhand.casework.partnership import agencies, panel_candidates
from evenhand.gate.act import Invalid, Refused
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack
from evenhand.kernels.policy import NoDecision, PanelView, Tally, panel_decision
from evenhand.web.case_sections import VIEW_WORDS
from evenhand.web.entry import signed_in
from evenhand.web.page import render
from evenhand.web.step_form import DATE_PARTS
from evenhand.web.visitor import same_when_absent, visitor


def _panels(who: Who) -> list[tuple[str, str]]:
    """Return the agencies whose panel somebody may call together."""
    mine = {agency for role, agency in who.holdings if role in panel.CALLERS}
    return [(str(agency.id), agency.name) for agency in agencies() if agency.id in mine]


@require_safe
@signed_in
def index(request: HttpRequest) -> HttpResponseBase:
    """The meetings of one's panels: those to come, then those that were."""
    at, found = now(), panel.meetings()
    today = pack().calendar.local_day(at)
    context = {
        "coming": [m for m in reversed(found) if pack().calendar.local_day(m.starts_at) >= today],
        "past": [m for m in found if pack().calendar.local_day(m.starts_at) < today],
        "may_call": bool(_panels(visitor(request))),
    }
    return render(request, "meetings/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def call(request: HttpRequest) -> HttpResponseBase:
    """A meeting is called: which panel, when, where, and who comes."""
    who, at = visitor(request), now()
    panels = _panels(who)
    chosen = request.POST.get("agency") or request.GET.get("agency") or (panels[0][0] if panels else "")
    known = dict(panels)
    people = panel_candidates(UUID(chosen), at) if chosen in known else []
    errors: dict[str, str] = {}
    if request.method == "POST":
        starts_at = _starts_at(request, errors)
        members = [p.id for p in people if str(p.id) in request.POST.getlist("members")]
        if chosen not in known:
            errors["agency"] = _("Choose the panel.")
        if not members:
            errors["members"] = _("Choose who comes.")
        if not errors and starts_at is not None:
            try:
                number = panel.call(
                    who,
                    agency=UUID(chosen),
                    starts_at=starts_at,
                    where=request.POST.get("where", "").strip(),
                    members=members,
                    now=at,
                )
                messages.success(request, _("The meeting is called."))
                return HttpResponseRedirect(reverse("meeting", args=[number]))
            except Invalid as invalid:
                errors |= invalid.errors
            except Refused as refused:
                errors[""] = " ".join(reason.sentence for reason in refused.reasons)
    context = {
        "panels": panels,
        "chosen": chosen,
        "people": [(str(p.id), f"{p.name}, {p.agency}") for p in people],
        "picked": request.POST.getlist("members") or [str(p.id) for p in people],
        "given": {
            name: request.POST.get(name, "")
            for name in ("day-day", "day-month", "day-year", "clock", "where")
        },
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render(request, "meetings/call.html", context, status=422 if errors else 200)


def _starts_at(request: HttpRequest, errors: dict[str, str]) -> datetime | None:
    day, month, year = (request.POST.get(f"day-{part}", "").strip() for part in DATE_PARTS)
    zone = ZoneInfo(pack().calendar.zone)
    found: date | None = None
    try:
        found = date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        errors["day-day"] = _("Give the day of the meeting, for example 27 3 2027.")
    try:
        hour, _colon, minute = request.POST.get("clock", "").strip().replace(".", ":").partition(":")
        clock = time(int(hour), int(minute or 0))
    except (ValueError, OverflowError):
        errors["clock"] = _("Give the time, for example 14:30.")
        return None
    return datetime.combine(found, clock, zone) if found else None


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@same_when_absent
def show(request: HttpRequest, meeting_id: UUID) -> HttpResponseBase:
    """One meeting: who came, the cases on its agenda, what each agency thought, what was decided."""
    who = visitor(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        doing: Callable[[], str] | None = {
            "attendance": lambda: _attendance(request, meeting_id, who),
            "agenda": lambda: _agenda(request, meeting_id, who),
            "view": lambda: _view(request, who),
        }.get(request.POST.get("doing", ""))
        try:
            if doing is not None:
                messages.success(request, doing())
                return HttpResponseRedirect(reverse("meeting", args=[meeting_id]))
        except Invalid as invalid:
            errors = dict(invalid.errors)
        except Refused as refused:
            errors = {"": " ".join(reason.sentence for reason in refused.reasons)}
    return render(
        request,
        "meetings/show.html",
        _shown(meeting_id, who, page_of_waiting=_number(request.GET.get("waiting", "")))
        | {"errors": errors, "has_errors": bool(errors), "given": request.POST},
        status=422 if errors else 200,
    )


@require_safe
@signed_in
@same_when_absent
def minutes(request: HttpRequest, meeting_id: UUID) -> HttpResponseBase:
    """The minutes, to print: attendance, views, decisions and dissent, as far as whoever asks may see."""
    return render(request, "meetings/minutes.html", _shown(meeting_id, visitor(request)))


def _attendance(request: HttpRequest, meeting_id: UUID, who: Who) -> str:
    panel.take_attendance(meeting_id, _uuids(request.POST.getlist("present")), who, now=now())
    return _("Attendance is recorded.")


def _agenda(request: HttpRequest, meeting_id: UUID, who: Who) -> str:
    chosen = _uuids([request.POST.get("case", "")])
    if not chosen:
        raise Invalid({"case": _("Choose a case.")})
    panel.put_on_agenda(meeting_id, chosen[0], who)
    return _("The case is on the agenda.")


def _view(request: HttpRequest, who: Who) -> str:
    item, person = _uuids([request.POST.get("item", "")]), _uuids([request.POST.get("practitioner", "")])
    if not item or not person:
        raise Invalid({"practitioner": _("Choose whose view it is.")})
    panel.give_view(item[0], person[0], request.POST.get("view", ""), request.POST.get("words", ""), who)
    return _("The view is minuted.")


def _uuids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _shown(meeting_id: UUID, who: Who, *, page_of_waiting: int = 1) -> dict[str, Any]:
    page = panel.meeting_page(meeting_id, who)
    journey_steps = {j.code: j for j in pack().journeys.values()}
    names = names_shown([item.case_id for item in page.items])
    items = []
    for item in page.items:
        latest = {view.agency_id: (view, said) for view, said in page.views[item.id]}
        tally = _tally(page, latest)
        journey = journey_steps.get(item.case.journey)
        decided = None
        if item.decision and journey:
            step = journey.steps.get(item.decision.step)
            outcome = step.outcomes.get(item.decision.outcome) if step else None
            decided = outcome.label if outcome else item.decision.outcome
        items.append(
            {
                "item": item,
                "known_as": names.get(item.case_id, ""),
                "views": [
                    {
                        "agency": view.agency.name,
                        "who": view.practitioner.name,
                        "view": _(VIEW_WORDS.get(view.view, view.view)),
                        "words": said.get("words", ""),
                        "dissent": tally is not None and view.view != tally.outcome,
                    }
                    for view, said in latest.values()
                ],
                "tally": tally,
                "tally_words": _tally_words(tally) if tally else "",
                "decided": decided,
                "convene": next((s.code for s in journey.steps.values() if s.verb == "convene"), "")
                if journey
                else "",
            }
        )
    offered = panel.Waiting((), 0, 0)
    if page.may_run:
        offered = panel.waiting(who, but=[item.case_id for item in page.items], page=page_of_waiting)
    waiting_names = names_shown([case.id for case in offered.cases])
    last = offered.first + len(offered.cases)
    return {
        "page": page,
        "meeting": page.meeting,
        "items": items,
        "waiting": [
            (str(c.id), f"{waiting_names.get(c.id, '')} · {c.reference}".strip(" ·")) for c in offered.cases
        ],
        "offered": {
            "first": offered.first + 1,
            "last": last,
            "total": offered.total,
            "page": offered.first // panel.A_PAGE + 1,
            "more": last < offered.total,
        },
        "present": [seat for seat in page.seats if seat.attended],
        "me": who,
        "views": [(code, _(VIEW_WORDS[code])) for code in panel.VIEWS],
        "taken": any(seat.attended is not None for seat in page.seats),
    }


def _tally(page: panel.MeetingPage, latest: dict[UUID, Any]) -> Tally | None:
    """Return what the views come to by the panel's rule, or nothing while they decide nothing."""
    chair = next((v.view for v, _said in latest.values() if v.practitioner_id == page.meeting.chair_id), None)
    try:
        return panel_decision([PanelView(str(a), v.view) for a, (v, _said) in latest.items()], chair=chair)
    except NoDecision:
        return None


def _tally_words(tally: Tally) -> str:
    rule = {
        "unanimous": _("all agree"),
        "majority": _("by majority"),
        "chair": _("no majority, so the chair decides"),
    }[tally.rule]
    return f"{_(VIEW_WORDS.get(tally.outcome, tally.outcome))} ({rule})"
