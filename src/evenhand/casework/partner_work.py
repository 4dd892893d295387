"""Read what partners are asked: questions put to one's agency, referrals offered to it, sessions and checks to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from evenhand.gate.entry import Who
from evenhand.gate.standing import NoSuchCase, standing
from evenhand.records.case import CasePart
from evenhand.records.clock import Deconfliction
from evenhand.records.sharing import InformationRequest, OnwardReferral
from evenhand.records.support import Commission

MOST = 25
CHECKERS = "deconfliction_officer"


@dataclass(frozen=True)
class Asked:
    """One thing that a partner is asked; they know of the case by it.

    kind  question, referral, support or check
    """

    kind: str
    case_id: UUID
    reference: str
    since: datetime


def asked_of(who: Who) -> list[Asked]:
    """Return what is open for the agencies of whoever asks, the oldest first, at most 25 of each kind."""
    mine = {agency for _, agency in who.holdings} | ({who.agency_id} if who.agency_id else set())
    questions = InformationRequest.objects.filter(agency_id__in=mine, replied_at=None, withdrawn_at=None)
    offered = OnwardReferral.objects.filter(agency_id__in=mine, state="offered")
    commissioned = Commission.objects.filter(agency_id__in=mine, ended_on=None)
    found = [("question", row.case_id, row.asked_at) for row in questions.order_by("asked_at")[:MOST]]
    found += [("referral", row.case_id, row.recorded_at) for row in offered.order_by("recorded_at")[:MOST]]
    found += [
        ("support", row.case_id, row.recorded_at) for row in commissioned.order_by("recorded_at")[:MOST]
    ]
    asked = list(_named(found, who))
    if CHECKERS in who.roles:
        asked += _checks(who)
    return asked


def _named(found: Iterable[tuple[str, UUID, datetime]], who: Who) -> Iterable[Asked]:
    seen: set[tuple[str, UUID]] = set()
    for kind, case_id, since in found:
        if (kind, case_id) in seen:
            continue
        seen.add((kind, case_id))
        try:
            yield Asked(kind, case_id, standing(case_id, who).reference, since)
        except NoSuchCase:
            continue


def _checks(who: Who) -> list[Asked]:
    """Return the cases that nobody has held against live work yet, the oldest first."""
    checked = Deconfliction.objects.filter(case_id=OuterRef("case_id"))
    parts = CasePart.objects.filter(~Exists(checked), part="deconfliction").order_by("id")
    asked = []
    for case_id in parts.values_list("case_id", flat=True)[:MOST]:
        case = standing(case_id, who)
        if not case.closed:
            opened_at = datetime.fromisoformat(case.raw["case"]["opened_at"])
            asked.append(Asked("check", case_id, case.reference, opened_at))
    return asked
