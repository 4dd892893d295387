"""Write lines of the ledger: commitments in clear, openings under the case's key."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from evenhand.gate import keys
from evenhand.kernels.ledger.entry import compose


def write(case_id: UUID | None, entries: Sequence[Mapping[str, str]]) -> None:
    """Append entries about a case (or about the house, when there is none) in this transaction."""
    owner = case_id or keys.HOUSE_KEY
    if case_id is None:
        keys.make_key(owner)
    composed = [compose(entry, random_bytes=os.urandom) for entry in entries]
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.append(%s, %s, %s)",
            [case_id, [c.line for c in composed], [keys.close_bytes(owner, c.openings) for c in composed]],
        )


def entry(
    *, actor: UUID, verb: str, case: str, at: datetime, step: str = "", ground: str = "", detail: str = ""
) -> dict[str, str]:
    """Return the contents of one line in the standard names."""
    contents = {"actor": str(actor), "verb": verb, "step": step, "case": case, "at": at.isoformat()}
    return {name: text for name, text in {**contents, "ground": ground, "detail": detail}.items() if text}
