"""Decide what a person asked: what is done by a step, what is kept back by two people, and when the answer has gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from evenhand.casework.people import Colleague, colleagues
from evenhand.casework.rights import (
    AGREED,
    DECISIONS,
    DONE,
    FULL,
    KEEPS_BACK,
    NOT_AGREED,
    OTHER_DECISIONS,
    Asked,
    NoSuchRequest,
    cases_of,
    request_of,
    rules_of,
    write_line,
)
from evenhand.gate import keys
from evenhand.gate.act import Invalid
from evenhand.gate.entry import Who
from evenhand.gate.policy import journey_of, pack
from evenhand.records.agency import Agency
from evenhand.records.case import Case
from evenhand.records.decision import Decision
from evenhand.records.keeping import Disclosure, RecipientNotice
from evenhand.records.rights import RightsRequest


def decide(number: UUID, told: Mapping[str, str], who: Who, *, now: datetime) -> None:
    """Decide a request, with the reason. Raises Invalid.

    What is not told or not done needs its ground, a day to look again, and a colleague who looks at it independently;
    on that day somebody else decides anew. What is done has been done: by a step, on each of their cases.
    """
    asked, today = request_of(number), pack().calendar.local_day(now)
    if asked.answered_at is not None and not asked.look_again(today):
        raise Invalid({"decision": "This request has been answered."})
    if asked.answered_at is not None and asked.decided_by_id == who.practitioner_id:
        raise Invalid({"decision": "Somebody else decides anew: you decided the last time."})
    errors: dict[str, str] = {}
    decision = told.get("decision", "")
    if decision not in DECISIONS.get(asked.kind.code, OTHER_DECISIONS):
        errors["decision"] = "Choose what is decided."
    elif decision in {FULL, DONE} and (missing := not_done(asked, decision)):
        errors["decision"] = missing
    if not told.get("reason", "").strip():
        errors["reason"] = "Say why, in a sentence or two."
    review_on: date | None = None
    second: UUID | None = None
    if decision in KEEPS_BACK:
        if told.get("ground") not in pack().lists["reasons_not_telling"].codes:
            errors["ground"] = "Choose why not everything is told or done."
        try:
            review_on = date.fromisoformat(told.get("review_on", ""))
            if review_on <= today:
                raise ValueError
        except ValueError:
            errors["review_on"] = "Give the day to look at this again."
        second = next((c.id for c in seconds(number, who, now=now) if str(c.id) == told.get("second")), None)
        if second is None:
            errors["second"] = "Choose who looks at this independently."
    if errors:
        raise Invalid(errors)
    reasons: dict[str, object] = {name: told.get(name, "").strip()[:4000] for name in ("reason", "ground")}
    if decision == DONE and told.get("recipients") == "yes":
        # Written down now: of a case that is erased nobody can say later whom it had been disclosed to.
        reasons["recipients"] = sorted({one.agency for one in recipients(asked)})
    RightsRequest.objects.filter(id=number).update(
        decision=decision,
        review_on=review_on,
        second_id=second,
        answered_at=None,
        sealed_decision=keys.close(number, reasons),
    )
    write_line(who, "decide_request", number, now)


def not_done(asked: Asked, decision: str) -> str:
    """Say what keeps a request from being answered with a yes; nothing when it may be."""
    cases = cases_of(asked.id)
    if not cases and (decision == FULL or asked.kind.steps):
        return "Nothing is linked. Where nothing is held, the answer has the same words as where it may not be told."
    left = [work for work in work_of(asked) if work.done_at is None] if decision == DONE else []
    if left:
        steps = " or ".join(label for _, label in left[0].steps)
        return f"{left[0].reference}: nothing has been done there since the request came. Take the step first: {steps}."
    return ""


def seconds(number: UUID, who: Who, *, now: datetime) -> list[Colleague]:
    """Return who may look independently: in a role that the policy names, and with no hand in any of the cases."""
    rule = next((r for r in rules_of("rule") if r.get("code") == "restrict_telling"), {})
    agencies = [str(agency) for agency in Agency.objects.values_list("id", flat=True)]
    cases = cases_of(number)
    hands = set(Decision.objects.filter(case_id__in=cases).values_list("recorded_by", flat=True))
    hands |= set(Case.objects.filter(id__in=cases).values_list("owner_id", flat=True))
    found = [c for role in rule.get("second", ()) for c in colleagues(str(role), agencies, now)]
    free = {c.id: c for c in found if c.id != who.practitioner_id and c.id not in hands}
    return sorted(free.values(), key=lambda c: (c.agency, c.name))


def say_second(number: UUID, said: str, reason: str, who: Who, *, now: datetime) -> None:
    """Somebody independent agrees that something is kept back, or does not; then it is decided anew. Raises Invalid."""
    asked = request_of(number)
    if asked.second_id != who.practitioner_id or asked.second_said or asked.answered_at is not None:
        raise NoSuchRequest
    errors = {}
    if said not in {AGREED, NOT_AGREED}:
        errors["said"] = "Say whether you agree."
    if not reason.strip():
        errors["why"] = "Say why, in a sentence or two."
    if errors:
        raise Invalid(errors)
    RightsRequest.objects.filter(id=number, second_said="").update(
        second_said=said, sealed_second=keys.close(number, {"reason": reason.strip()[:4000]})
    )
    write_line(who, "second_look_request", number, now)


@dataclass(frozen=True)
class Work:
    """What a request asks to be done on one case: the steps of the policy that do it, and whether one was taken."""

    case_id: UUID
    reference: str
    steps: tuple[tuple[str, str], ...]
    done_at: datetime | None


def work_of(asked: Asked) -> list[Work]:
    """Return what is to be done on each case for a request that asks for more than an answer."""
    if not asked.kind.steps:
        return []
    found = []
    for case in Case.objects.filter(id__in=cases_of(asked.id)).order_by("opened_at"):
        journey = journey_of(case.pack, case.journey, case.edition)
        steps = tuple((s, journey.steps[s].label) for s in asked.kind.steps if s in journey.steps)
        taken = Decision.objects.filter(
            case_id=case.id, step__in=asked.kind.steps, recorded_at__gte=asked.recorded_at
        )
        last = taken.order_by("-recorded_at").values_list("recorded_at", flat=True).first()
        found.append(Work(case.id, case.reference, steps, last))
    return found


@dataclass(frozen=True)
class Recipient:
    """An agency that had been told something and has heard what became of it; `on` is None where it will when that is erased."""

    reference: str
    agency: str
    what: str
    on: date | None


ERASED = "erased"


def recipients(asked: Asked) -> list[Recipient]:
    """Return who has heard, or will, that something was corrected, set apart or erased since the person asked."""
    cases = dict(Case.objects.filter(id__in=cases_of(asked.id)).values_list("id", "reference"))
    heard = RecipientNotice.objects.filter(case_id__in=cases, recorded_at__gte=asked.recorded_at)
    calendar = pack().calendar
    found = [
        Recipient(cases[row.case_id], row.agency.name, row.what, calendar.local_day(row.recorded_at))
        for row in heard.select_related("agency").order_by("recorded_at")
    ]
    if asked.kind.code == "erase":
        told = Disclosure.objects.filter(case_id__in=cases).select_related("agency")
        will = sorted({(cases[row.case_id], row.agency.name) for row in told})
        found += [Recipient(reference, agency, ERASED, None) for reference, agency in will]
    return found


def mark_answered(number: UUID, who: Who, *, now: datetime) -> None:
    """The answer has gone to the person; from now on the request is closed. Raises Invalid before it is decided."""
    asked = request_of(number)
    if not asked.decision:
        raise Invalid({"decision": "Decide first."})
    if not asked.settled:
        raise Invalid({"decision": "Somebody independent looks at this first, and has not agreed yet."})
    RightsRequest.objects.filter(id=number, answered_at=None).update(answered_at=now)
    write_line(who, "answer_request", number, now)
