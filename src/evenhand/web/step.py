"""Ask for what one step needs, take it through the gate, and say plainly why when it cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from evenhand.casework.attach import Upload
from evenhand.casework.case_file import CaseFile
from evenhand.casework.earlier import earlier
from evenhand.casework.partnership import agencies
from evenhand.casework.rehearse import refusals, rehearse
from evenhand.casework.steps import take
from evenhand.gate.act import Act, ChangedMeanwhile, Done, Invalid, NoSuchCase, Refused
from evenhand.gate.standing import Standing, standing
from evenhand.kernels.policy import Form, Offer, Reason, Step, validate
from evenhand.web import case_sections as sections
from evenhand.web.apart_words import set_apart_now
from evenhand.web.case import opened
from evenhand.web.entry import signed_in
from evenhand.web.errors import kept
from evenhand.web.page import render
from evenhand.web.step_choices import alikes_for, choices_for
from evenhand.web.step_form import ShownForm, Typed, answers, as_typed, typed
from evenhand.web.visitor import same_when_absent, visitor
from evenhand.web.wording import Wording, day_words

REFUSED, CHANGED, INVALID = 403, 409, 422
TEXTS = {"text", "long_text", "person_names", "address"}


@dataclass
class Sent:
    """What was sent to a step's page."""

    outcome: str
    answers: dict[str, object]
    reason: str
    seen: int | None
    once: UUID
    happened_at: datetime | None
    uploads: dict[UUID, Upload] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def act(self, step: str) -> Act:
        """Return the act as the gate takes it."""
        return Act(
            step=step,
            outcome=self.outcome,
            answers=self.answers,
            reason=self.reason,
            seen=self.seen,
            once=self.once,
            happened_at=self.happened_at,
        )


@dataclass(frozen=True)
class Again:
    """Why the page is shown again: what was typed, what has to be put right, what changed meanwhile."""

    typed: Typed = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    changed: tuple[tuple[str, str, datetime], ...] = ()
    once: UUID = field(default_factory=uuid4)
    status: int = 200


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@same_when_absent
def show(request: HttpRequest, case_id: UUID, step: str) -> HttpResponseBase:
    """One step of one case: its questions, or what became of them."""
    found = standing(case_id, visitor(request))
    known = found.journey.steps.get(step)
    if known is None:
        raise Http404
    if request.method != "POST":
        return _page(request, case_id, known, Again())
    form = found.pack.forms[known.form]
    sent = _sent(request, known, form, ZoneInfo(found.pack.calendar.zone))
    again = Again(typed=typed(request.POST), once=sent.once, status=INVALID)
    try:
        if sent.errors:
            raise Invalid(_all_that_is_wrong(found, known, form, sent))
        if _asks_first(request, known, sent):
            rehearse(case_id, sent.act(step), visitor(request))
            return _confirm(request, case_id, known, sent)
        done = take(case_id, sent.act(step), visitor(request), uploads=sent.uploads)
    except Invalid as invalid:
        errors = dict(invalid.errors)
        if sent.uploads:
            files = [q.code for q in form.fields if q.kind == "file"]
            errors |= {
                code: _("Add the files again: they could not be kept.")
                for code in files
                if code not in errors
            }
        return _page(request, case_id, known, _with(again, errors=errors))
    except Refused as refused:
        return _page(request, case_id, known, _with(again, reasons=refused.reasons, status=REFUSED))
    except ChangedMeanwhile as changed:
        return _page(request, case_id, known, _with(again, changed=changed.since, status=CHANGED))
    return _after(request, known, sent, done)


def _all_that_is_wrong(found: Standing, step: Step, form: Form, sent: Sent) -> dict[str, str]:
    """Return what has to be put right besides the outcome and the time, so that nobody is sent back twice."""
    outcome = sent.outcome if sent.outcome in step.outcomes else ""
    on = found.pack.calendar.local_day(found.now)
    try:
        validate(form, sent.answers, outcome=outcome, lists=found.pack.lists, on=on)
    except Invalid as invalid:
        return invalid.errors | sent.errors
    return sent.errors


def _with(again: Again, **changes: Any) -> Again:
    return Again(**{**vars(again), **changes})


def _asks_first(request: HttpRequest, step: Step, sent: Sent) -> bool:
    """A step that ends the case is confirmed on a page of its own."""
    outcome = step.outcomes.get(sent.outcome)
    return bool(outcome and outcome.closes and not sent.uploads and request.POST.get("confirmed") != "yes")


def _confirm(request: HttpRequest, case_id: UUID, step: Step, sent: Sent) -> HttpResponseBase:
    found = standing(case_id, visitor(request))
    context = {
        "case_id": case_id,
        "reference": found.reference,
        "step": step,
        "outcome": step.outcomes[sent.outcome],
        "place": found.journey.places.get(step.outcomes[sent.outcome].to),
        "kept": [field for field in kept(request) if field.name != "confirmed"],
        "reason": sent.answers.get("reason") or sent.reason,
        "say": Wording(found.pack).say,
    }
    return render(request, "step/confirm.html", context)


def _after(request: HttpRequest, step: Step, sent: Sent, done: Done) -> HttpResponseBase:
    label = step.outcomes[sent.outcome].label if len(step.outcomes) > 1 else ""
    said = f"{step.label}: {label}" if label else step.label
    if done.already:
        messages.info(request, _("This was recorded already, and is recorded once."))
        return HttpResponseRedirect(reverse("case", args=[done.case_id]))
    try:
        standing(done.case_id, visitor(request))
    except NoSuchCase:
        messages.success(request, _("Recorded: %(said)s. Case %(reference)s is no longer open to you.") % {
            "said": said, "reference": done.reference})  # fmt: skip
        return HttpResponseRedirect(reverse("worklist"))
    messages.success(request, _("Recorded: %(said)s.") % {"said": said})
    return HttpResponseRedirect(reverse("case", args=[done.case_id]))


def _sent(request: HttpRequest, step: Step, form: Form, zone: ZoneInfo) -> Sent:
    post = request.POST
    outcome = post.get("outcome", "") or (next(iter(step.outcomes)) if len(step.outcomes) == 1 else "")
    errors: dict[str, str] = {}
    if outcome not in step.outcomes:
        errors["outcome"] = _("Choose what the outcome is.")
    given = answers(form, typed(post))
    uploads: dict[UUID, Upload] = {}
    for question in form.fields:
        if question.kind != "file":
            continue
        files = [file for file in request.FILES.getlist(f"{question.code}-file") if file.name]
        fresh = {uuid4(): Upload(str(file.name), file.read()) for file in files}
        uploads |= fresh
        # Only what comes with this very form is taken: an id from elsewhere names no file of this act.
        given.pop(question.code, None)
        if fresh:
            given[question.code] = tuple(str(number) for number in fresh)
    happened_at = None
    try:
        happened_at = _happened(typed(post), zone)
    except (ValueError, OverflowError):
        errors["happened"] = _("Give the day and the time it happened, for example 27 3 2026 and 14:30.")
    return Sent(
        outcome=outcome,
        answers=given,
        reason=post.get("reason", "").strip(),
        seen=int(post["seen"]) if post.get("seen", "").isdecimal() and len(post["seen"]) < 10 else None,
        once=_uuid(post.get("once", "")),
        happened_at=happened_at,
        uploads=uploads,
        errors=errors,
    )


def _happened(sent: Typed, zone: ZoneInfo) -> datetime | None:
    """Return when it happened, where the page says that it was before now."""
    day, month, year, clock = (
        (sent.get(f"happened-{part}") or ("",))[-1].strip() for part in ("day", "month", "year", "clock")
    )
    if not (day or month or year or clock):
        return None
    hour, _colon, minute = (clock or "12:00").replace(".", ":").partition(":")
    moment = datetime(int(year), int(month), int(day), tzinfo=zone)
    return datetime.combine(moment.date(), time(int(hour), int(minute or 0)), zone)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _page(request: HttpRequest, case_id: UUID, step: Step, again: Again) -> HttpResponseBase:
    file = opened(request, case_id)
    if file is None:
        return HttpResponseRedirect(reverse("case", args=[case_id]))
    offer = next((o for o in file.offers if o.step == step.code), None)
    words = sections.wording_of(file, {str(a.id): a.name for a in agencies()})
    context: dict[str, Any] = {
        "case_id": case_id,
        "reference": file.standing.reference,
        "known_as": sections.known_as(file),
        "step": step,
        "words": words,
        "say": words.say,
    }
    if offer is None or not offer.allowed:
        reasons = again.reasons or (offer.reasons if offer else _why_not(file, step))
        written = {q.code for q in words.pack.forms[step.form].fields if q.kind in TEXTS} | {"reason"}
        context |= {
            "reasons": reasons,
            "kept": [f for f in kept(request) if f.value.strip()],
            "written": written,
        }
        return render(request, "step/refused.html", context, status=REFUSED)
    return render(
        request,
        "step/show.html",
        context | _asked(request, file, step, offer, words=words, again=again),
        status=again.status,
    )


def _why_not(file: CaseFile, step: Step) -> tuple[Reason, ...]:
    """Return why a step is not offered: the policy's own reason, where it has one for whoever asks."""
    found = refusals(file.standing, step.code, next(iter(step.outcomes)))
    if found:
        return found
    sentence = _("“%(step)s” is not a step from “%(place)s”.") % {
        "step": step.label,
        "place": file.place_label,
    }
    return (Reason("not_from_here", sentence, step.clause),)


def _asked(
    request: HttpRequest, file: CaseFile, step: Step, offer: Offer, *, words: Wording, again: Again
) -> dict[str, Any]:
    found = file.standing
    form = words.pack.forms[step.form]
    alikes = alikes_for(file, step)
    possible = [step.outcomes[code] for code in offer.outcomes]
    has_reason = any(question.code == "reason" for question in form.fields)
    shown = ShownForm(
        form=form,
        lists=words.pack.lists,
        on=words.pack.calendar.local_day(found.now),
        outcomes=tuple((o.code, words.say(o.label)) for o in possible),
        typed=again.typed or _beforehand(file, form, request.GET.get("which", "")),
        errors=again.errors,
        options=choices_for(file, step, visitor(request), words, alikes),
        say=words.say,
    )
    return {
        "form": form,
        "shown": shown,
        "only_outcome": possible[0] if len(possible) == 1 else None,
        "one_of_several": len(step.outcomes) > 1,
        "has_reason": has_reason,
        "reasons": again.reasons,
        "changed": again.changed,
        "seen": found.version,
        "once": again.once,
        "alikes": alikes,
        "impossible": [
            (words.say(outcome.label), refusals(found, step.code, outcome.code))
            for outcome in step.outcomes.values()
            if outcome.code not in offer.outcomes
        ],
        "earlier": earlier(found) if "cumulative_addressed" in form.supplies() else [],
        "evidence": file.of("evidence"),
        "evidence_words": sections.evidence_words,
        "panel": sections.panel(file) if step.verb == "convene" else [],
        "before": _assessed_before(file, words) if form.factors else None,
        "has_errors": bool(again.errors),
        "day_words": day_words,
        "full": sections.is_full(file),
    }


def _beforehand(file: CaseFile, form: Form, asked: str = "") -> Typed:
    """Return what the case already knows, so that nobody types it again."""
    codes = {question.code for question in form.fields}
    known: dict[str, object] = {}
    if form.code == "identify" and not file.identity:
        known = {code: file.report.get(code) for code in ("names", "born", "address") if code in codes}
    open_items = [item for item in file.of("agenda_item") if not item.columns.get("decision_id")]
    apart = [str(item.id) for item in set_apart_now(file)]
    if "which" in codes and (asked in apart or len(apart) == 1):
        known["which"] = [asked if asked in apart else apart[0]]
    if "meeting" in codes and open_items:
        known["meeting"] = str(open_items[-1].columns["meeting_id"])
    return as_typed(form, known)


def _assessed_before(file: CaseFile, words: Wording) -> sections.Entry | None:
    entries = [e for e in sections.chronology(file, words) if e.factors]
    return entries[0] if entries else None
