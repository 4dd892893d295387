"""Set material apart: which entries, for what, who answers for it outside the case, until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from evenhand.casework.case_file import CaseFile
from evenhand.casework.people import practitioner_named
from evenhand.gate.act import Invalid, Writing
from evenhand.records.case import Case
from evenhand.records.decision import Decision
from evenhand.records.keeping import Restriction
from evenhand.records.wall.build import row_models

HOLD, RESTRICTION = "hold", "restriction"
NEVER_APART = frozenset(
    {
        "decision",
        "clock",
        "task",
        "restriction",
        "access_grant",
        "interest",
        "hold",
        "deconfliction",
        "recipient_notice",
    }
)
NO_HAND_IN_IT = ("keep", "erase", "hold", "restrict", "tell", "correct")


def set_apart(writing: Writing, kind: str) -> None:
    """Put down what is set apart, for whom and until when; raises Invalid with a sentence a field."""
    answers, standing = writing.answers, writing.standing
    owner = practitioner_named(answers["owner"])
    if owner is None:
        raise Invalid({"owner": "Choose the colleague who answers for it."})
    if standing is None or owner == standing.owner_id or _has_decided(writing, owner):
        raise Invalid(
            {"owner": "Choose somebody outside the case: not its owner, nobody who has decided in it."}
        )
    entries = _entries(writing, [str(entry) for entry in answers.get("what", ())])
    if not entries and not standing.closed and kind == RESTRICTION and standing.raw["case"]["apart"]:
        raise Invalid({"what": "Name the entries: this case can be set apart as a whole once it has ended."})
    writing.put(
        Restriction,
        kind=kind,
        cause=answers["cause"],
        entries=entries,
        owner_id=owner,
        until=answers["until"],
        decision_id=writing.decision_id,
        sealed={"material": answers["material"], "reason": answers["reason"]},
    )


def oldest(case_id: UUID, entries: Sequence[object]) -> datetime | None:
    """Return when the oldest of these entries of a case was written; nothing for none, which means the whole case."""
    times: list[datetime] = []
    for model in row_models() if entries else ():
        rows = model._default_manager.filter(case_id=case_id, id__in=[UUID(str(entry)) for entry in entries])
        times += rows.values_list("recorded_at", flat=True)
    return min(times, default=None)


def in_use(rows: QuerySet[Case]) -> QuerySet[Case]:
    """Return the cases that are neither held nor set apart as a whole: those stand on their own list and on no other."""
    whole = Restriction.objects.filter(case_id=OuterRef("id"), lifted_at=None, entries=[])
    return rows.exclude(Exists(whole.filter(kind=RESTRICTION))).exclude(
        Exists(whole), closed_at__isnull=False
    )


def hands_in(file: CaseFile) -> set[str]:
    """Return who cannot answer for what is held or set apart of a case: its owner, and whoever has decided in it."""
    found = {
        str(item.columns["recorded_by"])
        for item in file.of("decision")
        if item.columns["verb"] not in NO_HAND_IN_IT
    }
    return found | {str(file.standing.owner_id)}


def _has_decided(writing: Writing, owner: UUID) -> bool:
    found = Decision.objects.filter(case_id=writing.case_id, recorded_by=owner)
    return found.exclude(verb__in=NO_HAND_IN_IT).exists()


def _entries(writing: Writing, wanted: list[str]) -> list[str]:
    # What is set apart already is not to be seen, and may be held or contested for a second reason all the same.
    standing = Restriction.objects.filter(case_id=writing.case_id, lifted_at=None)
    found = {entry for entries in standing.values_list("entries", flat=True) for entry in entries}
    found &= set(wanted)
    for model in row_models():
        if model._meta.db_table in NEVER_APART:
            continue
        rows = model._default_manager.filter(
            case_id=writing.case_id, id__in=[UUID(entry) for entry in wanted]
        )
        found |= {str(number) for number in rows.values_list("id", flat=True)}
    if found != set(wanted):
        raise Invalid({"what": "Choose from the entries of this case."})
    return sorted(found)
