"""Say to officers that a decision waits for their second look, or that the day has come to decide anew."""

from __future__ import annotations

from django.db.models import Q

from evenhand.casework.rights import KEEPS_BACK
from evenhand.gate.entry import enter_house, now
from evenhand.gate.policy import pack, protectors
from evenhand.operations import notices
from evenhand.records.rights import RightsRequest

AT_ONCE = 500


def remind() -> int:
    """Leave each of them one message for each decision and day; returns how many requests wait."""
    with enter_house():
        moment = now()
        today = pack().calendar.local_day(moment)
        open_look = Q(second_said="", answered_at=None) & ~Q(second=None)
        waiting = list(
            RightsRequest.objects.filter(decision__in=KEEPS_BACK).filter(open_look | Q(review_on__lte=today))[
                :AT_ONCE
            ]
        )
        for request in waiting:
            if request.second_said == "" and request.answered_at is None and request.second_id is not None:
                to, text = (
                    {request.second_id},
                    "a decision about somebody’s data waits for your independent look",
                )
            else:
                to = notices.holders(request.agency_id, protectors(), on=today)
                text = "the day has come to decide anew what was kept back"
            made = request.decided_at.date() if request.decided_at else today
            notices.leave(
                to,
                kind="rights",
                text=f"{request.reference}: {text}",
                at=moment,
                once=f"rights:{request.id}:{made}:{request.review_on}",
            )
    return len(waiting)
