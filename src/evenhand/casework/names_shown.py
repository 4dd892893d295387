"""Read by which name each of some cases knows its person, for a list of cases."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from evenhand.casework.worklist import known_as
from evenhand.gate.policy import shows_identity
from evenhand.records.identity import Identity


def names_shown(case_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the first name of each case's person, where whoever asks may see it and a human has said who it is."""
    rows = Identity.objects.filter(case_id__in=list(case_ids), superseded=False).select_related("case")
    return {
        row.case_id: known_as(row.case_id, row.sealed)
        for row in rows
        if shows_identity(row.case.journey, row.case.place)
    }
