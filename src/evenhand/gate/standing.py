"""Where a case stands, as far as whoever asks may know: its place, who did what, and the facts conditions may use."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from evenhand.gate import keys
from evenhand.gate.entry import HOUSE, Who
from evenhand.gate.own_keys import Kept
from evenhand.gate.policy import journey_of, packs
from evenhand.kernels.policy import (
    Actor,
    FactValue,
    Journey,
    NoDecision,
    Offer,
    Pack,
    PanelView,
    Refused,
    offers,
    panel_decision,
)

ADULT_YEARS = 18
NOT_YOUR_ROLE = "not_your_role"
ADOPT = "adopt"


class NoSuchCase(Exception):
    """There is no such case for whoever asks; the same answer whether it is absent or barred."""


@dataclass(frozen=True)
class Standing:
    """One case at one moment, for one asker."""

    raw: Mapping[str, Any]
    pack: Pack
    journey: Journey
    actor: Actor
    facts: Mapping[str, FactValue]
    now: datetime

    @property
    def case_id(self) -> UUID:
        return UUID(self.raw["case"]["id"])

    @property
    def reference(self) -> str:
        return str(self.raw["case"]["reference"])

    @property
    def place(self) -> str:
        return str(self.raw["case"]["place"])

    @property
    def version(self) -> int:
        return int(self.raw["case"]["version"])

    @property
    def owner_id(self) -> UUID:
        return UUID(self.raw["case"]["owner_id"])

    @property
    def person_id(self) -> UUID | None:
        found = self.raw["case"]["person_id"]
        return UUID(found) if found else None

    @property
    def bindings(self) -> dict[str, list[str]]:
        return dict(self.raw["case"]["bindings"])

    def kept(self, who: Who) -> Kept:
        """Say to whom the journey has contents of this case sealed, when this person seals them."""
        return Kept(self.journey, self.bindings, who.practitioner_id)

    @property
    def done_by(self) -> dict[str, list[str]]:
        """Return who took each step, everybody who did."""
        return {step: list(takers) for step, takers in self.raw["done_by"].items()}

    @property
    def glass_until(self) -> datetime | None:
        """Return until when whoever asks has the case open in an emergency, or nothing."""
        found = self.raw.get("glass")
        return datetime.fromisoformat(found) if found else None

    @property
    def parts(self) -> frozenset[str]:
        """Return the parts of the case that the asker may see."""
        return frozenset(self.raw["parts"])

    @property
    def closed(self) -> bool:
        return self.raw["case"]["closed_at"] is not None

    def offers(self) -> tuple[Offer, ...]:
        """Return what the policy allows now, and for what it does not, why; those outside the file hear of their own steps."""
        found = offers(
            self.pack,
            self.journey,
            place=self.place,
            actor=self.actor,
            facts=self.facts,
            done_by=self.done_by,
            now=self.now,
        )
        if "file" in self.parts:
            return found
        return tuple(offer for offer in found if not any(r.code == NOT_YOUR_ROLE for r in offer.reasons))

    def refusal(self, refused: Refused) -> Refused:
        """Return a refusal as whoever asked may read it: why others must wait is in the file, and not for those outside it."""
        mine = tuple(reason for reason in refused.reasons if reason.code == NOT_YOUR_ROLE)
        return Refused(mine) if mine and "file" not in self.parts else refused


def standing(case_id: UUID, who: Who, *, lock: bool = False, once: UUID | None = None) -> Standing:
    """Return where a case stands, locked for an act when asked; raises NoSuchCase."""
    with connection.cursor() as cursor:
        cursor.execute("select wall.standing(%s, %s, %s)", [case_id, lock, once])
        found = cursor.fetchone()[0]
    if found is None:
        raise NoSuchCase
    raw = json.loads(found) if isinstance(found, str) else found
    case = raw["case"]
    pack = packs()[case["pack"]]
    now = datetime.fromisoformat(raw["now"])
    return Standing(
        raw=raw,
        pack=pack,
        journey=journey_of(case["pack"], case["journey"], case["edition"]),
        actor=actor_of(who, case["bindings"], conflicted=raw["conflicted"]),
        facts=facts_of(
            raw,
            now=now,
            on=pack.calendar.local_day(now),
            adults=journey_of(case["pack"], case["journey"], case["edition"]).adults,
        ),
        now=now,
    )


def actor_of(who: Who, bindings: Mapping[str, list[str]], *, conflicted: bool = False) -> Actor:
    """Say which (role, binding) pairs somebody holds at the agencies of a case."""
    named = {(binding, agency) for binding, agencies in bindings.items() for agency in agencies}
    held = {(role, binding) for role, agency in who.holdings for binding, at in named if at == str(agency)}
    # A role held at an agency outside the case counts only where the policy asks for the role alone.
    held |= {(role, "elsewhere") for role, _ in who.holdings}
    if who.practitioner_id == HOUSE:
        held = set()
    return Actor(id=str(who.practitioner_id), holdings=frozenset(held), conflicted=conflicted)


def age_on(born_on: str | None, on: date) -> int | None:
    """Return whole years of age; for a birth date known to the month or year, the youngest it can be."""
    if not born_on:
        return None
    parts = [int(part) for part in born_on.split("-")]
    year, month, day = parts[0], parts[1] if len(parts) > 1 else 12, parts[2] if len(parts) > 2 else 31
    return on.year - year - ((on.month, on.day) < (month, day))


def facts_of(
    raw: Mapping[str, Any], *, now: datetime, on: date, adults: bool = False
) -> dict[str, FactValue]:
    """Return every fact that a condition may use, from what the wall let through."""
    case = raw["case"]
    identity: dict[str, Any] = {}
    if raw["identity"]:
        identity = keys.open_(UUID(case["id"]), base64.b64decode(raw["identity"]))
    age = age_on(identity.get("born_on"), on)
    if age is None and identity.get("adult") is not None:
        age = ADULT_YEARS if identity["adult"] else 0
    child = not adults if age is None else age < ADULT_YEARS
    consent, by = _consent(raw["consents"], child=child)
    not_before = raw["not_before"]
    waiting = raw["deconfliction"] == "wait" and (not not_before or date.fromisoformat(str(not_before)) > on)
    telling = raw["telling"] or {}
    review_on = date.fromisoformat(telling["review_on"]) if telling.get("review_on") else None
    kept_back = bool(telling) and not telling["told"]
    assessed, refused = raw["last_assessed"], raw["last_refused"]
    heard = raw["item"] or {}
    item = {} if heard.get("decided") else heard
    present = set(item.get("present", []))
    bindings = case["bindings"]
    own = next((c for c in raw["consents"] if c["by"] == "self"), None)
    return {
        "place": case["place"],
        "came_from": raw["came_from"],
        "days_in_place": (now - datetime.fromisoformat(case["place_since"])) // timedelta(days=1),
        "age_known": age is not None,
        "is_child": child,
        "consent": consent,
        "consent_by": by,
        "own_refusal": bool(own and own["state"] in {"refused", "withdrawn"}),
        "parent_may_endanger": raw["outcomes"].get("judge_asking_parent") == "may_endanger",
        "deconfliction": "none" if raw["deconfliction"] is None else "wait" if waiting else "proceed",
        "prior_closed_referrals": raw["prior_closed"],
        "cumulative_addressed": False,
        "evidence_count": raw["evidence"],
        "evidence_before_refusal": raw["evidence_before_refusal"],
        # Asking again does not wipe a no away; only a yes does.
        "refused_or_withdrawn": bool(refused) and (not raw["last_given"] or refused > raw["last_given"]),
        "assessed_since_refusal": bool(assessed and refused and assessed > refused),
        "open_information_requests": raw["open_requests"],
        "needs_recorded": raw["needs"],
        "needs_unanswered": raw["needs_open"],
        "plan_exists": raw["plans"] > 0,
        "assessment_exists": assessed is not None,
        "assessment_days_old": (now - datetime.fromisoformat(assessed)) // timedelta(days=1)
        if assessed
        else 0,
        "panel_decision": _panel(item, bindings),
        "panel_police_of_home_force_present": bool(present & set(bindings.get("force", []))),
        "panel_council_present": bool(present & set(bindings.get("council", []) + bindings.get("table", []))),
        "deferrals": raw["deferrals"],
        "sessions_commissioned": raw["commissioned"],
        "sessions_delivered": raw["delivered"],
        "exit_proposed": case["place"] == "closing",
        "follow_ups_done": raw["follow_ups"],
        "open_onward_referrals": raw["open_onward"],
        "onward_referrals_accepted": raw["accepted_onward"],
        "person_told": bool(telling.get("told")),
        "not_telling_reviewed": kept_back and review_on is not None and review_on >= on,
        "not_telling_overdue": kept_back and (review_on is None or review_on < on),
        "identified": raw["identities"] > 0 and case["person_id"] is not None,
        "urgent_open": raw["urgent"] > 0,
        "held": bool(raw["held"]),
        "restricted": bool(raw["restricted"]),
        "answer_waits": bool(raw["answer_waits"]),
        "erasure_open": raw["erasure"] is not None,
        "table_agreed": _panel(heard, bindings) == ADOPT,
    }


def _consent(answers: list[dict[str, Any]], *, child: bool) -> tuple[str, str]:
    """Say what the consent that the law asks for is now: a parent's for a child, one's own for an adult."""
    latest = {answer["by"]: answer for answer in answers}
    own, parent = latest.get("self"), latest.get("parent")
    counts: dict[str, Any] | None
    if (
        child
        and own is not None
        and own["state"] in {"refused", "withdrawn"}
        and (parent is None or own["at"] > parent["at"])
    ):
        counts, by = own, "self"
    elif child:
        counts, by = parent, "parent"
    else:
        counts, by = own, "self"
    if counts is not None:
        return str(counts["state"]), by
    if not child and parent is not None:
        # A parent's consent ends on the eighteenth birthday; the grown person is asked.
        return ("lapsed" if parent["state"] == "given" else str(parent["state"])), "parent"
    return "none", "none"


def _panel(item: Mapping[str, Any], bindings: Mapping[str, list[str]]) -> str:
    if not item:
        return "none"
    present = set(item["present"])
    views = {agency: view for agency, view, _ in item["views"] if agency in present}
    chair = next((view for _, view, who in item["views"] if who == item["chair"]), None)
    try:
        return panel_decision(
            [PanelView(agency, views.get(agency)) for agency in sorted(present)], chair=chair
        ).outcome
    except NoDecision:
        return "none"
