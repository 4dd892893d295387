"""Keep people: their roles with dates, cover for absence, invitations, leavers, and the work they hand over."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework.hand_over import hand_over, hand_over_all, owned_by
from evenhand.casework.partnership import agencies, people_at
from evenhand.gate.act import Invalid, Refused
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack
from evenhand.operations import partnership, roles
from evenhand.operations.invitations import send_invitation
from evenhand.web.administration import uuid_of
from evenhand.web.entry import role
from evenhand.web.fresh import fresh_to_change
from evenhand.web.lists_of_pages import page_number
from evenhand.web.page import render
from evenhand.web.step_form import DATE_PARTS
from evenhand.web.visitor import same_when_absent, visitor

REASSIGNERS = (
    "administrator",
    "gateway_officer",
    "gateway_supervisor",
    "case_officer",
    "panel_chair",
    "panel_coordinator",
)


@require_safe
@role("administrator")
def people(request: HttpRequest) -> HttpResponseBase:
    """Everybody who works here, by name."""
    name, agency = request.GET.get("name", ""), uuid_of(request.GET.get("agency", ""))
    number = min(page_number(request), 1000)
    found, more = partnership.people(name=name, agency=agency, page=number)
    context = {
        "people": found,
        "more": more,
        "page": number,
        "name": name,
        "agency": str(agency or ""),
        "agencies": agencies(),
    }
    return render(request, "administration/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role("administrator")
@fresh_to_change
def add_person(request: HttpRequest) -> HttpResponseBase:
    """Somebody new, invited by mail when asked for."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        who, at, post = visitor(request), now(), request.POST
        try:
            number = partnership.add_person(
                who,
                name=post.get("name", ""),
                agency=uuid_of(post.get("agency", "")),
                email=post.get("email", ""),
                now=at,
            )
        except Invalid as invalid:
            errors = dict(invalid.errors)
        else:
            messages.success(
                request, _("%(name)s works here now. Give a role, then invite.") % {"name": post["name"]}
            )
            return HttpResponseRedirect(reverse("administration_person", args=[number]))
    context = {"agencies": agencies(), "given": request.POST, "errors": errors, "has_errors": bool(errors)}
    return render(request, "administration/add_person.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@role("administrator")
@fresh_to_change
@same_when_absent
def person(request: HttpRequest, practitioner_id: UUID) -> HttpResponseBase:
    """One person: the roles they hold, held and are to hold; and what can be changed."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            messages.success(request, _change(request, practitioner_id, visitor(request)))
            return HttpResponseRedirect(reverse("administration_person", args=[practitioner_id]))
        except Invalid as invalid:
            errors = dict(invalid.errors)
        except Refused as refused:
            errors = {"": " ".join(reason.sentence for reason in refused.reasons)}
    today = pack().calendar.local_day(now())
    shown = partnership.person(practitioner_id, on=today)
    labels = {code: known.label for code, known in pack().roles.items()}
    context = {
        "shown": shown,
        "labels": labels,
        "roles": sorted(labels.items(), key=lambda pair: pair[1]),
        "agencies": agencies(),
        "colleagues": [p for p in people_at([shown.agency_id]) if p.id != practitioner_id],
        "today": today,
        "oneself": practitioner_id == visitor(request).practitioner_id,
        "errors": errors,
        "has_errors": bool(errors),
        "given": request.POST,
    }
    return render(request, "administration/person.html", context, status=422 if errors else 200)


def _change(request: HttpRequest, practitioner_id: UUID, who: Who) -> str:
    post, at = request.POST, now()
    today = pack().calendar.local_day(at)
    doing = post.get("doing", "")
    if doing == "role":
        roles.give_role(
            who,
            practitioner_id,
            role=post.get("role", ""),
            agency=uuid_of(post.get("agency", "")),
            from_date=_day(request, "from"),
            to_date=_day(request, "to"),
            now=at,
        )
        return _("The role is given.")
    if doing == "end":
        holding = uuid_of(post.get("holding", ""))
        if holding is not None:
            handed = roles.end_role(who, holding, on=today - timedelta(days=1), now=at)
            return " ".join((_("The role has ended."), _handed(handed))).strip()
        return _("The role has ended.")
    if doing == "cover":
        count = roles.cover(
            who,
            practitioner_id,
            uuid_of(post.get("stand_in", "")),
            from_date=_day(request, "cover_from"),
            to_date=_day(request, "cover_to"),
            now=at,
        )
        return _("Covered: %(count)s roles for those days.") % {"count": count}
    if doing == "invite":
        sent_to = send_invitation(
            who,
            practitioner_id,
            link=lambda token: request.build_absolute_uri(reverse("invitation", args=[token])),
            now=at,
        )
        return _("The invitation went to %(address)s.") % {"address": sent_to}
    if doing == "leave":
        handed = roles.leave(who, practitioner_id, on=today, now=at)
        return " ".join((_("They have left: no role, no sign-in, no key."), _handed(handed))).strip()
    if doing == "sign_out":
        roles.sign_out(who, practitioner_id, now=at)
        return _("They are signed out everywhere.")
    if doing == "lost":
        roles.lost_second_step(who, practitioner_id, now=at)
        return _("Their second step is forgotten. They set up another when they sign in.")
    if doing == "back":
        roles.come_back(who, practitioner_id, now=at)
        return _("They work here again. Give them their roles.")
    raise Invalid({"": _("Choose what to change.")})


def _handed(handed: roles.HandedOver) -> str:
    said = []
    if handed.done:
        said.append(_("Handed over: %(count)s.") % {"count": handed.done})
    if handed.waiting:
        said.append(
            _("%(count)s cases wait: nobody else holds the role that owns them. Hand them over by hand.")
            % {"count": handed.waiting}
        )
    return " ".join(said)


def _day(request: HttpRequest, name: str) -> date | None:
    parts = [request.POST.get(f"{name}-{part}", "").strip() for part in DATE_PARTS]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts)
        return date(year, month, day)
    except (ValueError, OverflowError) as error:
        raise Invalid({name: _("Give the day with day, month and year, for example 27 3 2027.")}) from error


@require_http_methods(["GET", "HEAD", "POST"])
@role(*REASSIGNERS)
def work(request: HttpRequest) -> HttpResponseBase:
    """The open cases of a colleague, to hand over many at once; each is a recorded step of its own."""
    who = visitor(request)
    near = people_at({str(agency) for _role, agency in who.holdings} | {str(who.agency_id)})
    owner = uuid_of(request.POST.get("owner") or request.GET.get("owner", ""))
    errors: dict[str, str] = {}
    left: list[object] = []
    if request.method == "POST":
        everything = request.POST.get("everything") == "yes" and who.is_administrator
        cases = [n for n in (uuid_of(text) for text in request.POST.getlist("case")) if n is not None]
        to, reason = uuid_of(request.POST.get("to", "")), request.POST.get("reason", "").strip()
        ground = request.POST.get("ground", "")
        if not cases and not everything:
            errors["case"] = _("Choose at least one case.")
        if to is None:
            errors["to"] = _("Choose who takes them on.")
        if not reason:
            errors["reason"] = _("Say why, in a sentence or two.")
        if not errors and everything and owner is not None and to is not None:
            done, waiting = hand_over_all(owner, to, who, ground=ground, reason=reason)
            messages.success(request, _("Handed over: %(count)s.") % {"count": done})
            if waiting:
                messages.warning(
                    request,
                    _("%(count)s not handed over: choose a colleague who holds the role that owns them.")
                    % {"count": waiting},
                )
            return HttpResponseRedirect(reverse("administration_work"))
        if not errors and to is not None:
            done, refused = hand_over(cases, to, who, ground=ground, reason=reason)
            left = list(refused)
            if done:
                messages.success(request, _("Handed over: %(count)s.") % {"count": done})
            if not left:
                return HttpResponseRedirect(reverse("administration_work"))
    grounds = pack().lists.get("assign_reasons")
    context = {
        "people": [(str(p.id), f"{p.name}, {p.agency}") for p in near],
        "owner": str(owner or ""),
        "owned": owned_by(owner) if owner else [],
        "left": left,
        "grounds": [(c.code, c.label) for c in grounds.codes_on(pack().calendar.local_day(now()))]
        if grounds
        else [],
        "administrator": who.is_administrator,
        "given": request.POST,
        "picked": request.POST.getlist("case"),
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render(request, "administration/work.html", context, status=422 if errors or left else 200)
