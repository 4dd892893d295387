"""Open a document of a case for somebody who may see it, and write down that it was opened."""

from __future__ import annotations

from uuid import UUID

from evenhand.casework import looks
from evenhand.casework.attach import Upload, read_document
from evenhand.gate import ledger
from evenhand.gate.entry import Who
from evenhand.gate.standing import NoSuchCase, standing
from evenhand.outside.keystore import KeyGone
from evenhand.records.evidence import Document


def open_document(case_id: UUID, document_id: UUID, who: Who) -> Upload:
    """Return a kept file; raises NoSuchCase where there is none for whoever asks, after erasure too, and KeptForPeople
    where their own key must be open first."""
    found = standing(case_id, who)
    row = Document.objects.filter(id=document_id, case_id=case_id).first()
    if row is None or found.journey.places[found.place].identity == "hidden":
        raise NoSuchCase
    try:
        kept = read_document(row)
    except (KeyGone, FileNotFoundError) as error:
        raise NoSuchCase from error
    line = ledger.entry(
        actor=who.practitioner_id,
        verb="open_document",
        case=found.reference,
        at=found.now,
        detail=str(document_id),
    )
    ledger.write(case_id, [line], kept=found.kept(who))
    looks.note(case_id, looks.DOCUMENT, looks.EMERGENCY if found.glass_until else "")
    return kept
