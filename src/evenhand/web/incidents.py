"""List hate incidents and open one: codes in the list, what was told only behind a reason, as far as the role may see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework import incidents as noun
from evenhand.casework.incident_rules import rules
from evenhand.casework.keep_incident import forget, keep, step_back
from evenhand.casework.match_incidents import suggested
from evenhand.casework.told_incident import FORM
from evenhand.gate.act import Invalid
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack
from evenhand.web.entry import role
from evenhand.web.grounds import choices, ground_today, keep_ground
from evenhand.web.jinja import show_date
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor

ROLES = ("incident_recorder", "hate_crime_coordinator", "responder")
RECORDERS = ("incident_recorder", "hate_crime_coordinator")
COORDINATOR = "hate_crime_coordinator"
MOST_PAGE = 100_000


def label_of(list_code: str, code: str) -> str:
    """Return how a code of a list is called."""
    lists = pack().lists
    return (
        lists[list_code].codes[code].label if list_code in lists and code in lists[list_code].codes else code
    )


def page_number(request: HttpRequest) -> int:
    """Return which page of a list is asked for."""
    text = request.GET.get("page", "1")
    return min(max(1, int(text)), MOST_PAGE) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@require_safe
@role(*ROLES)
def show(request: HttpRequest) -> HttpResponseBase:
    """The incidents open to whoever asks, newest first; filters are about places, days and strands, never persons."""
    who = visitor(request)
    review = request.GET.get("review") == "yes" and COORDINATOR in who.roles
    today = pack().calendar.local_day(now())
    wanted = noun.Wanted(
        area=request.GET.get("area", "")[:80],
        strand=request.GET.get("strand", "")[:60],
        since=_day(request.GET.get("since", "")),
        until=today if review else _day(request.GET.get("until", "")),
        kind=request.GET.get("kind", ""),
        review=review,
        page=page_number(request),
    )
    lines, more = noun.incidents(wanted)
    kept = {k: v for k, v in request.GET.items() if k != "page" and v}
    context = {
        "lines": [(line, _words(line)) for line in lines],
        "more": more,
        "wanted": wanted,
        "given": {name: request.GET.get(name, "") for name in ("area", "strand", "since", "until", "kind")},
        "filtered": bool(kept),
        "address": "?" + urlencode({**kept, "page": ""}),
        "areas": [(p.code, f"{p.label} ({p.within})" if p.within else p.label) for p in noun.every_place()],
        "strands": _strand_choices(),
        "may_record": bool(who.roles.intersection(RECORDERS)),
        "may_review": COORDINATOR in who.roles,
    }
    return render(request, "incidents/list.html", context)


def _strand_choices() -> list[tuple[str, str]]:
    lists = pack().lists
    found = [(code, c.label) for code, c in lists["strands"].codes.items()] if "strands" in lists else []
    if "religions" in lists:
        found += [(f"religion.{code}", _("Target: %(religion)s") % {"religion": c.label}) for code, c in lists["religions"].codes.items()]  # fmt: skip
    return found


def _words(line: noun.Line) -> dict[str, str]:
    strands = ", ".join(label_of("strands", code) for code in line.strands)
    religions = ", ".join(label_of("religions", code) for code in line.religions)
    return {
        "strands": f"{strands} ({religions})" if religions else strands,
        "what": label_of("offence_groups", line.offence_group) if line.crime else _("No crime"),
        "source": label_of("incident_sources", line.source),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@role(*ROLES)
@same_when_absent
def one(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """One incident, after the reason for looking was given today; a coordinator keeps or forgets it here."""
    who = visitor(request)
    if request.method == "POST" and request.POST.get("doing") == "ground":
        keep_ground(request, number, request.POST.get("ground", ""), request.POST.get("words", ""))
        return HttpResponseRedirect(reverse("incident", args=[number]))
    given_today = ground_today(request, number)
    if given_today is None:
        # Asked before anything is known of the incident: the page is the same whether there is one or not.
        return render(request, "incidents/ground.html", {"number": number, "grounds": choices()})
    ground = ": ".join(part for part in given_today if part)
    errors: dict[str, str] = {}
    given = {
        n: request.POST.get(n, "")
        for n in ("doing", "reason", "until-day", "until-month", "until-year", "whom")
    }
    if request.method == "POST":
        try:
            said = _act(request, number, given)
            messages.success(request, said)
            return HttpResponseRedirect(reverse("incidents" if given["doing"] == "step_back" else "incident", args=[] if given["doing"] == "step_back" else [number]))  # fmt: skip
        except Invalid as invalid:
            errors = {
                f"{given['doing']}-{code}" if code else "": text for code, text in invalid.errors.items()
            }
    found = noun.look(number, who, now=now(), ground=ground)
    pairs, _more = suggested(only=number) if who.roles.intersection(RECORDERS) else ([], False)
    rule = next((r for r in rules(pack()) if r.code == found.row.rule), None)
    context = {
        "found": found,
        "row": found.row,
        "rows": _rows(found),
        "told": _told(found),
        "withheld": [_field(code) for code in found.withheld],
        "rule": rule,
        "rule_ended": rule is not None
        and rule.until is not None
        and rule.until < pack().calendar.local_day(now()),
        "pairs": len(pairs),
        "may_decide": COORDINATOR in who.roles and found.row.erased_at is None,
        "near": noun.near(found.row, who, now=now()) if COORDINATOR in who.roles else [],
        "kinds": {c.code: c.label for c in pack().lists["incident_corrections"].codes.values()}
        if "incident_corrections" in pack().lists
        else {},
        "errors": errors,
        "has_errors": bool(errors),
        "given": given,
        "field": _field,
        "earlier": [(e, *_before(e.before)) for e in found.earlier],
    }
    return render(request, "incidents/show.html", context, status=422 if errors else 200)


def _act(request: HttpRequest, number: UUID, given: dict[str, str]) -> str:
    who, moment = visitor(request), now()
    if given["doing"] == "keep":
        parts = [given[f"until-{part}"].strip() for part in ("year", "month", "day")]
        until = _day("-".join(p.zfill(2) for p in parts)) if all(p.isdecimal() for p in parts) else None
        if until is None:
            raise Invalid({"until-day": _("Give a day.")})
        keep(number, until, given["reason"], who, now=moment)
        return _("It is kept until that day.")
    if given["doing"] == "forget":
        forget(number, given["reason"], who, now=moment)
        return _("What was told is forgotten; the incident still counts.")
    if given["doing"] == "keep_out":
        _keep_out(number, given, who, moment)
        return _("They are kept out from now on: for them it does not exist.")
    if given["doing"] == "step_back":
        step_back(number, who.practitioner_id, who, now=moment)
        return _("You have stepped back: it is closed to you from now on.")
    raise Invalid({"": _("Choose what to do.")})


def _keep_out(number: UUID, given: dict[str, str], who: Who, moment: datetime) -> None:
    row = noun.row_of(number)
    known = {str(c.id): c.id for c in noun.near(row, who, now=moment)} if COORDINATOR in who.roles else {}
    errors = {}
    if given["whom"] not in known:
        errors["whom"] = _("Choose a colleague.")
    if not given["reason"].strip():
        errors["reason"] = _("Say why they are kept out.")
    if errors:
        raise Invalid(errors)
    step_back(number, known[given["whom"]], who, reason=given["reason"], now=moment)


def _field(code: str) -> str:
    """Return what a question of the form asks, as the heading of its answer."""
    for field in pack().forms[FORM].fields:
        if field.code == code:
            return field.label
    return code


def _rows(found: noun.Opened) -> list[dict[str, str]]:
    row = found.row
    days = show_date(row.occurred_on)
    if row.occurred_until:
        days += f" – {show_date(row.occurred_until)}"
    shown = [
        (_("Strands, as perceived"), ", ".join(label_of("strands", c) for c in row.strands)),
        (_("Religion that was the target"), ", ".join(label_of("religions", c) for c in row.religions)),
        (_("Crime"), label_of("offence_groups", row.offence_group) if row.crime else _("No crime")),
        (_("Happened"), days),
        (_("Reported"), show_date(row.reported_on)),
        (_("Recorded"), f"{show_date(row.recorded_on)}, {found.agency}"),
        (_("Written here"), f"{show_date(row.written_at)}, {found.written_by or row.system}"),
        (_("Area"), f"{found.area}, {found.within}" if found.within else found.area),
        (_("Kind of place"), label_of("place_kinds", row.place_kind)),
        (_("Who told of it"), label_of("incident_sources", row.source)),
        (_("What the victim wants"), ", ".join(label_of("victim_wishes", c) for c in row.wishes)),
        (_("Happened to them before"), {True: _("Yes"), False: _("No"), None: ""}[row.repeat_victim]),
        (_("Event before it"), found.trigger),
    ]
    return [{"key": key, "value": value} for key, value in shown if value]


def _before(before: Mapping[str, Any]) -> tuple[str, str]:
    """Return the day and the strands of an earlier version, in words."""
    day = _day(str(before.get("occurred_on", "")))
    return show_date(day), ", ".join(label_of("strands", code) for code in before.get("strands", []))


def _told(found: noun.Opened) -> list[tuple[str, str]]:
    return [(_field(code), str(value)) for code, value in found.told.items() if value]
