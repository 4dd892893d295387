"""Read who a case is about: as told in the report, and as recorded since."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from evenhand.gate import keys
from evenhand.records.identity import Identity
from evenhand.records.report import Report


def told(case_id: UUID) -> dict[str, Any]:
    """Return what the report says of the person: names, birth date, address, as told."""
    report = Report.objects.filter(case_id=case_id).order_by("recorded_at").first()
    answers = keys.open_(case_id, report.sealed) if report else {}
    return {
        "names": answers.get("names", []),
        "born_on": answers.get("born"),
        "adult": answers.get("age_statement"),
        "address": answers.get("address", []),
        "language_needs": answers.get("language_needs", ""),
    }


def identity_of(case_id: UUID) -> dict[str, Any]:
    """Return who the case is about, as recorded now; empty before they are identified."""
    row = Identity.objects.filter(case_id=case_id, superseded=False).order_by("-recorded_at").first()
    return dict(keys.open_(case_id, row.sealed)) if row else {}
