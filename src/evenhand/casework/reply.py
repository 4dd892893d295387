"""Reply: a partner answers the question it was asked, or says why not."""

from __future__ import annotations

from evenhand.gate.act import Invalid, Writing
from evenhand.records.sharing import InformationRequest


def write(writing: Writing) -> None:
    """Answer the oldest open question put to an agency of whoever replies."""
    agencies = {agency for _, agency in writing.who.holdings} | {writing.who.agency_id}
    rows = InformationRequest.objects.filter(case_id=writing.case_id, replied_at=None, withdrawn_at=None)
    mine = rows.filter(agency_id__in=[a for a in agencies if a]).order_by("asked_at").first()
    row = mine or rows.order_by("asked_at").first()
    if row is None:
        raise Invalid({"answer": "There is no open question on this case."})
    answers = writing.answers
    contents = {
        name: answers[name] for name in ("answer", "known_since", "ground", "remarks") if name in answers
    }
    row.sealed_reply = writing.seal({**contents, "outcome": writing.decision.outcome})
    row.replied_at = writing.now
    row.save(update_fields=["sealed_reply", "replied_at"])
