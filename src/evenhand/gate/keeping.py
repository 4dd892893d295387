"""Say how long a case is to be kept: what its rules need, worked out from the record, and the next day to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from evenhand.gate import keys
from evenhand.gate.policy import journey_of, packs
from evenhand.kernels.policy import Group, Kept, Review, keeping_groups, keeping_reviews, next_review
from evenhand.records.case import Case
from evenhand.records.decision import Decision
from evenhand.records.identity import Identity
from evenhand.records.keeping import KeepingReview

FOLLOW_UP, FOLLOW_UPS = "follow_up", 2


@dataclass(frozen=True)
class Keeping:
    """What is to be decided about keeping one case, and when."""

    case_id: UUID
    reference: str
    next: Review | None
    all: tuple[Review, ...]
    reporter_wrote_at: datetime | None

    @property
    def group(self) -> str:
        return self.next.group.code if self.next else ""


def keeping_of(case_id: UUID) -> Keeping:
    """Return the days to decide for one case, as far as whoever asks sees what they rest on."""
    case = Case.objects.get(id=case_id)
    with connection.cursor() as cursor:
        cursor.execute("select wall.reporter_wrote(%s)", [case_id])
        wrote = cursor.fetchone()[0]
    return keeping_of_row(case, reporter_wrote_at=wrote)


def keeping_of_row(case: Case, *, reporter_wrote_at: datetime | None = None) -> Keeping:
    """Return the days to decide for a case that is at hand."""
    pack = packs()[case.pack]
    groups = keeping_groups(pack)
    if case.closed_at is None:
        return Keeping(case.id, case.reference, None, (), reporter_wrote_at)
    kept = _kept(case)
    decided = KeepingReview.objects.filter(case_id=case.id, result="keep").order_by("-recorded_at").first()
    found = next_review(
        groups,
        kept,
        decided_on=pack.calendar.local_day(decided.recorded_at) if decided else None,
        keep_until=decided.review_on if decided else None,
    )
    return Keeping(case.id, case.reference, found, keeping_reviews(groups, kept), reporter_wrote_at)


def _kept(case: Case) -> Kept:
    pack = packs()[case.pack]
    journey = journey_of(case.pack, case.journey, case.edition)
    decisions = list(
        Decision.objects.filter(case_id=case.id)
        .order_by("recorded_at")
        .values_list("step", "from_place", "to_place", "recorded_at")
    )
    reached = next(
        (
            before
            for _, before, after, _ in reversed(decisions)
            if after == case.place and before not in {"", after}
        ),
        "",
    )
    if reached and journey.places[reached].final:
        reached = ""
    follow_ups = [when for step, _, _, when in decisions if step == FOLLOW_UP]
    events: Mapping[str, date] = (
        {"twelve_month_follow_up": pack.calendar.local_day(follow_ups[-1])}
        if len(follow_ups) >= FOLLOW_UPS
        else {}
    )
    identity = Identity.objects.filter(case_id=case.id, superseded=False).order_by("-recorded_at").first()
    born = str(keys.open_(case.id, identity.sealed).get("born_on") or "") if identity else ""
    closed = case.closed_at or case.changed_at
    return Kept(
        journey=case.journey,
        place=case.place,
        ended_on=pack.calendar.local_day(closed),
        opened_on=pack.calendar.local_day(case.opened_at),
        reached=reached,
        born=born,
        events=events,
    )


def group_of(pack_code: str, code: str) -> Group | None:
    """Return one rule of keeping by its code."""
    return next((group for group in keeping_groups(packs()[pack_code]) if group.code == code), None)
