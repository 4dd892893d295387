"""Record an incident or correct one: one form, refused with the policy's own sentence where it must be."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from evenhand.casework.correct_incident import KINDS, ChangedMeanwhile, correct
from evenhand.casework.incident_rules import CRIME, NON_CRIME
from evenhand.casework.incidents import events, look, places
from evenhand.casework.record_incident import RECORDERS, record
from evenhand.casework.told_incident import FORM, Told
from evenhand.gate.act import Invalid, Refused
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.gate.standing import NoSuchCase
from evenhand.kernels.policy import Reason
from evenhand.web.entry import role
from evenhand.web.grounds import ground_today, keep_ground
from evenhand.web.jinja import show_date
from evenhand.web.page import render
from evenhand.web.step_form import ShownForm, Typed, answers, as_typed, typed
from evenhand.web.visitor import same_when_absent, visitor
from evenhand.web.wording import Wording

REFUSED, INVALID, CHANGED = 403, 422, 409
CORRECTING = "correcting a record"


def _shown(sent: Typed, errors: dict[str, str], on: date) -> ShownForm:
    own = pack()
    return ShownForm(
        form=own.forms[FORM],
        lists=own.lists,
        on=on,
        outcomes=((CRIME, _("A crime")), (NON_CRIME, _("No crime"))),
        typed=sent,
        errors=errors,
        last=("trigger", "kind", "reason"),
        say=Wording(own).say,
    )


def _told(sent: Typed) -> Told:
    def one(name: str) -> str:
        values = sent.get(name, ())
        return values[-1] if values else ""

    trigger = one("trigger")
    try:
        event = UUID(trigger) if trigger else None
    except ValueError:
        event = None
    # A question that hangs on the other answer may have been filled in first: it is not asked then.
    kind = one("outcome")
    asked = {f.code for f in pack().forms[FORM].asked(kind)}
    given = {code: value for code, value in answers(pack().forms[FORM], sent).items() if code in asked}
    return Told(kind, one("area"), given, trigger=event)


def _choices() -> dict[str, object]:
    return {
        "areas": [(p.code, f"{p.label} ({p.within})" if p.within else p.label) for p in places()],
        "events": [(str(e.id), f"{e.label}, {show_date(e.happened_on)}") for e in events()],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@role(*RECORDERS)
def show(request: HttpRequest) -> HttpResponseBase:
    """What happened, when, where, why it was perceived as hate; then it is on record with a reference."""
    who, moment = visitor(request), now()
    sent = typed(request.POST)
    errors: dict[str, str] = {}
    reasons: tuple[Reason, ...] = ()
    if request.method == "POST":
        try:
            done = record(_told(sent), who, now=moment)
        except Invalid as invalid:
            errors = dict(invalid.errors)
        except Refused as refused:
            reasons = refused.reasons
        else:
            keep_ground(request, done.id, "", "")
            messages.success(
                request, _("The incident is on record: %(reference)s.") % {"reference": done.reference}
            )
            return HttpResponseRedirect(reverse("incident", args=[done.id]))
    context = _choices() | {
        "shown": _shown(sent, errors, pack().calendar.local_day(moment)),
        "reasons": reasons,
        "has_errors": bool(errors or reasons),
        "own": None,
    }
    return render(
        request, "incidents/record.html", context, status=INVALID if errors else REFUSED if reasons else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@role(*RECORDERS)
@same_when_absent
def mend(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """The same form, filled in with what stands; what it said before stays beside it."""
    who, moment = visitor(request), now()
    ground = ": ".join(part for part in ground_today(request, number) or (CORRECTING, "") if part)
    found = look(number, who, now=moment, ground=ground)
    if found.row.erased_at is not None or not found.may_change:
        raise NoSuchCase
    row = found.row
    standing = {
        **found.told, "source": row.source, "occurred_on": row.occurred_on.isoformat(),
        "occurred_until": row.occurred_until.isoformat() if row.occurred_until else None,
        "reported_on": (row.reported_on or row.recorded_on).isoformat(), "place_kind": row.place_kind,
        "strands": row.strands, "religions": row.religions, "wishes": row.wishes, "repeat_victim": row.repeat_victim,
        "offence_group": row.offence_group, "personal_ground": row.personal_ground,
    }  # fmt: skip
    sent = typed(request.POST)
    errors: dict[str, str] = {}
    reasons: tuple[Reason, ...] = ()
    changed = False
    if request.method == "POST":
        version = request.POST.get("version", "")
        try:
            correct(
                number, _told(sent), who, version=int(version) if version.isdecimal() and len(version) < 10 else -1,
                kind=request.POST.get("kind", ""), reason=request.POST.get("reason", ""), now=moment,
            )  # fmt: skip
        except Invalid as invalid:
            errors = dict(invalid.errors)
        except Refused as refused:
            reasons = refused.reasons
        except ChangedMeanwhile:
            changed = True
        else:
            messages.success(request, _("The correction is on record; what it said before stays beside it."))
            return HttpResponseRedirect(reverse("incident", args=[number]))
    else:
        sent = {
            **as_typed(pack().forms[FORM], {k: v for k, v in standing.items() if v not in (None, "")}),
            "outcome": (CRIME if row.crime else NON_CRIME,), "area": (str(row.area_id),),
            "trigger": (str(row.trigger_id or ""),), "version": (str(row.version),),
        }  # fmt: skip
    shown = _choices()
    known = {code for code, _label in shown["areas"]}  # type: ignore[attr-defined]
    if str(row.area_id) not in known:
        shown["areas"] = [(str(row.area_id), found.area), *shown["areas"]]  # type: ignore[misc]
    context = shown | {
        "shown": _shown(sent, errors, row.recorded_on),
        "reasons": reasons,
        "changed": changed,
        "has_errors": bool(errors or reasons or changed),
        "own": row,
        "kinds": [(c.code, c.label) for c in pack().lists[KINDS].codes_on(pack().calendar.local_day(moment))],
    }
    status = INVALID if errors else REFUSED if reasons else CHANGED if changed else 200
    return render(request, "incidents/record.html", context, status=status)
