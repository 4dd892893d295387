"""Understand what is told of a hate incident: is it complete, does the rule in force let it stand, and what of it is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from evenhand.casework.incident_rules import (
    CRIME,
    NON_CRIME,
    check_personal_data,
    check_recorded,
    review_day,
    rule_on,
)
from evenhand.kernels.policy import Invalid, Pack, validate
from evenhand.records.incident import TriggerEvent
from evenhand.records.watch import WatchArea

FORM = "record_incident"
SEALED = ("what_happened", "place", "victim_religion", "suspect", "expression", "subject", "personal_reason")


@dataclass(frozen=True)
class Told:
    """What is to be recorded.

    kind      "crime" or "non_crime"
    area      code of the area in which it happened
    answers   to the form `record_incident`
    trigger   the event after which it came, if somebody says so; site   the place of worship or school it was aimed at
    """

    kind: str
    area: str
    answers: Mapping[str, object]
    trigger: UUID | None = None
    site: UUID | None = None
    sealed_more: Mapping[str, object] = field(default_factory=dict)


def checked(told: Told, pack: Pack, day: date) -> dict[str, Any]:
    """Return the columns and what is to be sealed, or say what is wrong; `day` decides which rule holds."""
    errors: dict[str, str] = {}
    if told.kind not in (CRIME, NON_CRIME):
        errors["outcome"] = "Say whether it is a crime."
    known = told.area and "\0" not in told.area
    area = WatchArea.objects.filter(code=told.area, became=None, until=None).first() if known else None
    if area is None:
        errors["area"] = "Choose the area in which it happened."
    if told.trigger and not TriggerEvent.objects.filter(id=told.trigger, withdrawn_at=None).exists():
        errors["trigger"] = "Choose one of the events, or none."
    answers: Mapping[str, Any] = {}
    try:
        answers = validate(pack.forms[FORM], told.answers, outcome=told.kind, lists=pack.lists, on=day)
    except Invalid as invalid:
        errors |= invalid.errors
    errors |= _dates(answers)
    if errors:
        raise Invalid(errors)
    rule = rule_on(pack, day, crime=told.kind == CRIME)
    check_recorded(rule, str(answers.get("left_out", "")))
    ground, reason = str(answers.get("personal_ground", "")), str(answers.get("personal_reason", ""))
    named = bool(answers.get("subject") or answers.get("suspect"))
    check_personal_data(rule, there=named, ground=ground, reason=reason)
    return {
        "source": answers["source"],
        "strands": list(answers["strands"]),
        "religions": list(answers.get("religions", ())),
        "crime": told.kind == CRIME,
        "offence_group": answers.get("offence_group", ""),
        "rule": rule.code,
        "occurred_on": answers["occurred_on"],
        "occurred_until": answers.get("occurred_until"),
        "reported_on": answers["reported_on"],
        "place_kind": answers["place_kind"],
        "online": answers["place_kind"] == "online",
        "wishes": list(answers["wishes"]),
        "repeat_victim": answers.get("repeat_victim"),
        "site_id": told.site,
        "trigger_id": told.trigger,
        "holds_personal_data": named,
        "personal_ground": ground if named else "",
        "review_on": review_day(rule, day),
        "sealed": {**{code: answers[code] for code in SEALED if code in answers}, **told.sealed_more},
    }


def _dates(answers: Mapping[str, Any]) -> dict[str, str]:
    first, last, reported = (answers.get(c) for c in ("occurred_on", "occurred_until", "reported_on"))
    wrong = {}
    if first and last and last < first:
        wrong["occurred_until"] = "The last day lies before the first."
    if first and reported and reported < first:
        wrong["reported_on"] = "It was reported before it happened: check both days."
    return wrong
