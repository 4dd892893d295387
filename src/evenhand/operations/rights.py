"""Say to officers that a decision waits for their second look, or that the day has come to decide anew."""

from __future__ import annotations

from django.db.models import Q

from evenhand.casework.rights import KEEPS_BACK
from evenhand.gate.entry import enter_house, now
from evenhand.gate.policy import pack, protectors
from evenhand.records.duty import Notice
from evenhand.records.practitioner import RoleHolding
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
                holders = RoleHolding.objects.filter(
                    Q(to_date=None) | Q(to_date__gte=today),
                    agency_id=request.agency_id,
                    role__in=protectors(),
                    from_date__lte=today,
                    practitioner__active=True,
                )
                to = set(holders.values_list("practitioner_id", flat=True))
                text = "the day has come to decide anew what was kept back"
            made = request.decided_at.date() if request.decided_at else today
            Notice.objects.bulk_create(
                [
                    Notice(
                        practitioner_id=whom,
                        case_id=None,
                        kind="rights",
                        text=f"{request.reference}: {text}",
                        made_at=moment,
                        once=f"rights:{request.id}:{made}:{request.review_on}:{whom}"[-120:],
                    )
                    for whom in to
                ],
                ignore_conflicts=True,
            )
    return len(waiting)
