"""Link: two cases are about one human being; decided by a human, with every relation listed, and undone the same way."""

from __future__ import annotations

from uuid import UUID

from evenhand.gate.act import Invalid, Writing
from evenhand.records.case import Case
from evenhand.records.identity import PersonMerge


def write(writing: Writing) -> None:
    """Move this case to the other case's person, or back to the one it came from."""
    found = writing.standing
    if found is None or found.person_id is None:
        raise Invalid({"other": "Say first who this case is about."})
    if "unlink" in writing.decision.step:
        merge = (
            PersonMerge.objects.filter(case_id=writing.case_id, undone_by=None)
            .order_by("-recorded_at")
            .first()
        )
        if merge is None:
            raise Invalid({"other": "This case has not been linked."})
        merge.undone_by_id = writing.decision_id
        merge.save(update_fields=["undone_by"])
        writing.settle["person"] = str(merge.from_person_id)
        return
    other = Case.objects.filter(id=_uuid(writing.answers["other"])).exclude(id=writing.case_id).first()
    if other is None or other.person_id is None:
        raise Invalid({"other": "Choose one from the list."})
    if other.person_id == found.person_id:
        raise Invalid({"other": "These two cases are already about the same person."})
    writing.put(
        PersonMerge,
        decision_id=writing.decision_id,
        from_person_id=found.person_id,
        to_person_id=other.person_id,
        moved=[str(writing.case_id)],
    )
    writing.settle["person"] = str(other.person_id)


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise Invalid({"other": "Choose one from the list."}) from error
