"""Show what is to be done, soonest due first, and why it is there; messages and ringing alarms beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evenhand.casework.alarm import hearers, ringing
from evenhand.casework.break_glass import to_review
from evenhand.casework.notices import notices
from evenhand.casework.partner_work import Asked, asked_of
from evenhand.casework.worklist import Page, Row, worklist
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack, packs
from evenhand.kernels.policy import Pack, Place
from evenhand.web.due import Due, due_words
from evenhand.web.entry import signed_in
from evenhand.web.page import render
from evenhand.web.visitor import visitor
from evenhand.web.wording import Wording

LISTS = ("mine", "teams", "asked")
PARTNERS = {"safeguarding_lead", "social_care_lead", "provider", "deconfliction_officer"}
ASKED_WORDS = {
    "question": "A question to your agency",
    "referral": "A referral offered to your agency",
    "support": "Support that your agency gives",
    "check": "To be checked against live work",
}


@dataclass(frozen=True)
class Work:
    """One case on the list, in words."""

    row: Row
    due: Due
    place: str
    why: str


@dataclass(frozen=True)
class AskedLine:
    """One thing a partner is asked, in words."""

    asked: Asked
    what: str


@require_safe
@signed_in
def show(request: HttpRequest) -> HttpResponseBase:
    """One's own cases, those of one's teams, or what one's agency was asked."""
    who, at = visitor(request), now()
    tabs = [name for name in LISTS if name != "asked" or who.roles & PARTNERS]
    chosen = request.GET.get("list", "")
    if chosen not in tabs:
        chosen = "asked" if who.roles and who.roles <= PARTNERS - {"social_care_lead"} else "mine"
    page = (
        worklist(mine=chosen == "mine", now=at, after=request.GET.get("after", ""))
        if chosen != "asked"
        else None
    )
    asked = asked_of(who) if chosen == "asked" else []
    own = pack()
    context = {
        "tabs": [(name, _label(name), f"{reverse('worklist')}?list={name}") for name in tabs],
        "chosen": chosen,
        "page": page,
        "work": [_work(row, who, own, at) for row in page.rows] if page else [],
        "asked": [AskedLine(a, _(ASKED_WORDS[a.kind])) for a in asked],
        "counted": _counted(page) if page else "",
        "next_href": f"{reverse('worklist')}?{urlencode({'list': chosen, 'after': page.after})}"
        if page and page.after
        else "",
        "later": bool(request.GET.get("after")),
        "first_href": f"{reverse('worklist')}?list={chosen}",
        "to_review": len(to_review(who)),
        "notices": notices(who),
        "alarms": [a for a in ringing() if a.done_at is None] if who.roles & hearers() else [],
    }
    return render(request, "worklist/show.html", context)


def _label(name: str) -> str:
    return {"mine": _("Mine"), "teams": _("My teams"), "asked": _("Asked of us")}[name]


def _counted(page: Page) -> str:
    """Say how much there is, without counting further than a thousand."""
    if page.more_than_count:
        total = _("more than %(count)s cases") % {"count": f"{page.count:,}"}
    else:
        total = _("1 case") if page.count == 1 else _("%(count)s cases") % {"count": page.count}
    if not page.overdue:
        return total
    return _("%(total)s, %(late)s with work overdue") % {"total": total, "late": page.overdue}


def _place(row: Row) -> Place | None:
    for known in packs().values():
        journey = known.journeys.get(row.journey)
        if journey and row.place in journey.places:
            return journey.places[row.place]
    return None


def _work(row: Row, who: Who, own: Pack, at: datetime) -> Work:
    place = _place(row)
    say = Wording(own).say
    if row.owner_id == who.practitioner_id:
        why = _("Yours: you answer for it")
    else:
        roles = {
            role for holdings in (place.see.values() if place else ()) for role, _binding in holdings
        } & who.roles
        held = ", ".join(sorted(say(own.roles[r].label).lower() for r in roles if r in own.roles))
        answers = _("%(name)s answers for it") % {"name": row.owner}
        why = (
            _("%(answers)s; you see it as %(role)s") % {"answers": answers, "role": held} if held else answers
        )
    return Work(row, due_words(row.due_at, at, own.calendar), say(place.label) if place else row.place, why)
