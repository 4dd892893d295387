"""Accept: the receiver of an onward referral or a transfer takes it on, or returns it."""

from __future__ import annotations

from evenhand.gate.act import Invalid, Writing
from evenhand.records.sharing import OnwardReferral


def write(writing: Writing) -> None:
    """Answer the oldest open offer made to an agency of whoever answers; a transfer needs no more than the move."""
    if "transfer" in writing.decision.step:
        return
    agencies = [agency for _, agency in writing.who.holdings]
    rows = OnwardReferral.objects.filter(case_id=writing.case_id, state="offered").order_by("recorded_at")
    row = rows.filter(agency_id__in=agencies).first() or rows.first()
    if row is None:
        raise Invalid({"reason": "There is no open onward referral on this case."})
    row.state = "accepted" if writing.decision.outcome.startswith("accepted") else "returned"
    row.save(update_fields=["state"])
