"""Show the case file: who it is about, what was said and done, what may be done now, and why not."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework import looks
from evenhand.casework.case_file import CaseFile, look, who_may_see
from evenhand.casework.document import open_document
from evenhand.casework.earlier import earlier
from evenhand.casework.partnership import agencies
from evenhand.gate.entry import Who
from evenhand.gate.own_keys import LOCKED, KeptForPeople
from evenhand.gate.policy import pack
from evenhand.gate.standing import Standing, standing
from evenhand.web import case_sections as sections
from evenhand.web.apart_words import apart_words, heard, set_apart_now
from evenhand.web.entry import signed_in
from evenhand.web.grounds import choices, ground_today, keep_ground
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor
from evenhand.web.wording import Wording, day_words


def opened(request: HttpRequest, case_id: UUID, *, kind: str = looks.OPENED) -> CaseFile | None:
    """Return the case file under the ground of today; nothing when the ground has to be asked first."""
    who = visitor(request)
    given = ground_today(request, case_id)
    if given is None:
        found = standing(case_id, who)
        if "file" in found.parts and not _own_work(found, who):
            return None
        given = looks.OWN_WORK, ""
    return look(case_id, who, ground=given[0], words=given[1], kind=kind)


def _own_work(found: Standing, who: Who) -> bool:
    """Say whether somebody comes for their own work, and so need not be asked why: the owner, whoever has taken a step in
    the case, a partner who sees only what they were asked, and whoever has just given the reason of an emergency."""
    mine = str(who.practitioner_id)
    acted = any(mine in takers for takers in found.done_by.values())
    return found.owner_id == who.practitioner_id or acted or found.glass_until is not None


@require_safe
@signed_in
@same_when_absent
def show(request: HttpRequest, case_id: UUID, *, printed: bool = False) -> HttpResponseBase:
    """The case file, or the question why it is opened."""
    file = opened(request, case_id, kind=looks.PRINTED if printed else looks.OPENED)
    if file is None:
        context = {
            "case_id": case_id,
            "grounds": choices(),
            "chosen": looks.OWN_WORK,
            "say": Wording(pack()).say,
        }
        return render(request, "case/ground.html", context)
    return render(request, "case/show.html", page_of(request, file) | {"printed": printed})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@same_when_absent
def ground(request: HttpRequest, case_id: UUID) -> HttpResponseBase:
    """Why somebody opens the case today: asked once, and changed here."""
    standing(case_id, visitor(request))
    if request.method == "POST":
        keep_ground(request, case_id, request.POST.get("ground", ""), request.POST.get("words", ""))
        return HttpResponseRedirect(reverse("case", args=[case_id]))
    chosen, words = ground_today(request, case_id) or (looks.OWN_WORK, "")
    context = {
        "case_id": case_id,
        "grounds": choices(),
        "chosen": chosen,
        "words": words,
        "say": Wording(pack()).say,
    }
    return render(request, "case/ground.html", context)


@require_safe
@signed_in
@same_when_absent
def document(request: HttpRequest, case_id: UUID, document_id: UUID) -> HttpResponseBase:
    """A document of the case, as a file to keep and never as a page."""
    try:
        kept = open_document(case_id, document_id, visitor(request))
    except KeptForPeople:
        here = urlencode({"next": reverse("case", args=[case_id])})
        return HttpResponseRedirect(f"{reverse('own_key')}?{here}")
    response = HttpResponse(kept.contents, content_type="application/octet-stream")
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in kept.name)
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(kept.name)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store"
    return response


def page_of(request: HttpRequest, file: CaseFile) -> dict[str, Any]:
    """Return everything the page of a case shows."""
    found = file.standing
    full = sections.is_full(file)
    closed = {item.part for item in file.items if item.contents.get(LOCKED)}
    words = sections.wording_of(file, {str(a.id): a.name for a in agencies()})
    moving, keeping, refused = sections.ways(file, words)
    return {
        "file": file,
        "case_id": found.case_id,
        "reference": found.reference,
        "full": full,
        "words": words,
        "known_as": sections.known_as(file),
        "identified": bool(file.identity),
        "journey": words.say(found.journey.label),
        "place": words.say(file.place_label),
        "place_explained": words.say(found.journey.places[found.place].explain),
        "moving": moving,
        "keeping": keeping,
        "refused": refused,
        "danger_href": sections.urgent_way(file),
        "clocks": sections.clock_lines(file),
        "apart": [apart_words(file, item) for item in set_apart_now(file)] if full else [],
        "heard": heard(file) if full else [],
        "hold": sections.hold_words(file),
        "about": sections.about(file, words) if full else [],
        "report": sections.report_lines(file, words) if file.report else [],
        "received": file.of("report")[0] if file.of("report") else None,
        "evidence": file.of("evidence"),
        "chronology": sections.chronology(file, words) if full else [],
        "requests": sections.requests(file, words),
        "onward": sections.onward(file, words),
        "support": sections.support(file, words),
        "panel": sections.panel(file),
        "tellings": file.of("telling"),
        "alerts": file.of("alert"),
        "documents": file.of("document"),
        "notes": file.of("note"),
        "references": file.of("foreign_reference"),
        "reporter": file.of("reporter"),
        "kept_for_people": bool(closed - {"reporter"}),
        "kept_reporter": "reporter" in closed,
        "checks": sections.checks(file),
        "earlier": earlier(found) if full else [],
        "sights": who_may_see(found.case_id, found) if full else [],
        "ground": _ground_words(request, file),
        "glass_until": found.glass_until,
        "looks_href": reverse("case_looks", args=[found.case_id])
        if found.owner_id == visitor(request).practitioner_id
        else "",
        "kept_out": sections.kept_out(file, words) if full else [],
        "evidence_words": sections.evidence_words,
        "day_words": day_words,
    }


def _ground_words(request: HttpRequest, file: CaseFile) -> str:
    """Say why the case is open, in the pack's words and those of whoever opens it."""
    found = file.standing
    code, words = ground_today(request, found.case_id) or (looks.OWN_WORK, "")
    if found.glass_until is not None:
        code = looks.EMERGENCY
    said = looks.ground_words(found.pack, code)
    return f"{said}: {words}" if words else said
