"""Correct: say what was wrong in an entry and what is right; nothing that was written is edited away."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from evenhand.casework.apart import oldest
from evenhand.casework.recipients import CORRECTED, tell
from evenhand.gate.act import Invalid, Writing
from evenhand.records.case_row import CaseRow
from evenhand.records.correction import Correction
from evenhand.records.decision import Decision
from evenhand.records.evidence import Document, Evidence, Note
from evenhand.records.identity import ForeignReference, Identity
from evenhand.records.support import Need, ProviderSession

CORRECTABLE: tuple[type[CaseRow], ...] = (
    Evidence,
    Note,
    Document,
    Decision,
    Identity,
    ForeignReference,
    Need,
    ProviderSession,
)


def write(writing: Writing) -> None:
    """Put one correction on each entry that is named; raises Invalid when one is not of this case."""
    answers = writing.answers
    found = dict(_entries(writing, answers["what"]))
    for entry in answers["what"]:
        if entry not in found:
            raise Invalid({"what": "Choose from the entries of this case."})
        writing.put(
            Correction,
            decision_id=writing.decision_id,
            of_kind=found[entry],
            of_id=UUID(entry),
            kind=answers["kind"],
            sealed={"right": answers["right"], "reason": answers["reason"]},
        )
    since = oldest(writing.case_id, answers["what"])
    tell(writing, CORRECTED, since=since, not_told=answers.get("not_told", ()))


def _entries(writing: Writing, wanted: Iterable[str]) -> Iterable[tuple[str, str]]:
    try:
        numbers = [UUID(entry) for entry in wanted]
    except ValueError as error:
        raise Invalid({"what": "Choose from the entries of this case."}) from error
    for model in CORRECTABLE:
        for number in model._default_manager.filter(case_id=writing.case_id, id__in=numbers).values_list(
            "id", flat=True
        ):
            yield str(number), model._meta.db_table
