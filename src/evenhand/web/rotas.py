"""Show the rotas of one's areas: who is where and when, what is covered, how good that is, and what is not covered."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evenhand.casework.protect.patrols import STEP, as_visits, question_of, standing_visits, state_of
from evenhand.casework.protect.reading import rota, rotas, site_names
from evenhand.gate.entry import now, practitioner_names
from evenhand.gate.policy import pack
from evenhand.kernels.rota import reckon
from evenhand.web.entry import role
from evenhand.web.page import render
from evenhand.web.sites import PROTECTING, may_write
from evenhand.web.visitor import same_when_absent, visitor
from evenhand.web.wording import Wording

PRIORITIES = {1: "first", 2: "second", 3: "third"}


@require_safe
@role(*PROTECTING)
def index(request: HttpRequest) -> HttpResponseBase:
    """The rotas, the newest first."""
    moment, words = now(), _states()
    rows = [(row, words[state_of(row, moment)]) for row in rotas()]
    return render(request, "rotas/index.html", {"rotas": rows, "may_write": may_write(visitor(request))})


def _states() -> dict[str, str]:
    return {
        "proposed": _("proposed"),
        "agreed": _("agreed"),
        "withdrawn": _("withdrawn"),
        "over": _("over"),
        "lapsed": _("over, nobody had agreed to it"),
    }


@require_safe
@role(*PROTECTING)
@same_when_absent
def show(request: HttpRequest, rota_id: UUID) -> HttpResponseBase:
    """One rota: a table for each day that can be printed and taken along."""
    who = visitor(request)
    moment = now()
    found = rota(rota_id, who, now=moment)
    question = question_of(found.begins_on, found.settings)
    rows = standing_visits(found.id)
    reckoning = reckon(
        question.needs, question.crews, as_visits(rows, question), travel=question.travel, step=STEP
    )
    names = site_names([about["site"] for about in question.about.values()])
    zone = ZoneInfo(pack().calendar.zone)
    days: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        local = row.starts_at.astimezone(zone)
        days[local.date()].append(
            {
                "row": row,
                "clock": f"{local:%H:%M}",
                "until": f"{_later(local, row.minutes):%H:%M}",
                "site": names.get(str(row.site_id), ""),
                "what": question.about.get(row.need, {}).get("what", "") or _("The usual gathering"),
                "crew": row.crew.partition(" · ")[0],
                "due": row.starts_at <= moment,
            }
        )
    words = Wording(pack())
    named_code = {need.code: names.get(need.site, "") for need in question.needs}
    gaps = [
        {
            "when": f"{question.at(gap.need.opens):%a %d %b, %H:%M}",
            "site": names.get(gap.need.site, ""),
            "what": question.about[gap.need.code]["what"],
            "priority": words.code("patrol_priorities", PRIORITIES.get(gap.need.priority, "")),
            "missing": gap.gap,
            "why": _named(gap.why, named_code),
        }
        for gap in sorted(reckoning.gaps, key=lambda g: (g.need.priority, g.need.opens))
    ]
    due = [row for row in rows if row.starts_at <= moment]
    context = {
        "rota": found,
        "state": state_of(found, moment),
        "due": len(due),
        "made": sum(row.took_place is True for row in due),
        "not_made": sum(row.took_place is False for row in due),
        "not_logged": sum(row.done_at is None for row in due),
        "days": dict(sorted(days.items())),
        "proof": [
            {
                **proof,
                "label": words.code("patrol_priorities", PRIORITIES.get(proof["priority"], "")),
                "now": reckoning.minutes.get(proof["priority"], 0),
            }
            for proof in found.proof
        ],
        "gaps": gaps,
        "shifts": question.crews,
        "agreed_by": practitioner_names([found.agreed_by]).get(found.agreed_by, "")
        if found.agreed_by
        else "",
        "made_by": practitioner_names([found.written_by]).get(found.written_by, ""),
        "may_write": may_write(who),
        "changed": any(p["covered"] != reckoning.minutes.get(p["priority"], 0) for p in found.proof),
        "priority_words": lambda number: words.code("patrol_priorities", PRIORITIES.get(number, "")),
        "nothing": _("No visit is planned."),
    }
    return render(request, "rotas/show.html", context)


def _later(moment: datetime, minutes: int) -> datetime:
    return moment + timedelta(minutes=minutes)


def _named(why: str, names: dict[str, str]) -> str:
    """Return a reason with sites in the place of the codes of windows."""
    head, mark, tail = why.partition(": ")
    if not mark:
        return why
    known = dict.fromkeys(names.get(code.strip(" ."), code.strip(" .")) for code in tail.split(","))
    return f"{head}: {', '.join(known)}."
