"""Write lines of the ledger: commitments in clear, openings under the case's key."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from evenhand.gate import keys
from evenhand.kernels.ledger.entry import compose

PADDED_TO = 512


def write(case_id: UUID | None, entries: Sequence[Mapping[str, str]]) -> None:
    """Append entries about a case (or about the house, when there is none) in this transaction."""
    owner = case_id or keys.HOUSE_KEY
    if case_id is not None and not keys.has_key(case_id):
        # The case was erased. What is done with its shell still leaves a trace, readable by the house.
        case_id, owner = None, keys.HOUSE_KEY
    if case_id is None:
        keys.make_key(owner)
    pairs = [composed(owner, entry) for entry in entries]
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.append(%s, %s, %s)",
            [case_id, [line for line, _ in pairs], [opening for _, opening in pairs]],
        )


def composed(owner: UUID, contents: Mapping[str, str]) -> tuple[bytes, bytes]:
    """Return a line, and its openings sealed under a key and padded, so that their length does not tell the act."""
    made = compose(contents, random_bytes=os.urandom)
    size = 4 + len(made.openings)
    padding = b"\0" * (-size % PADDED_TO)
    return made.line, keys.close_bytes(owner, len(made.openings).to_bytes(4, "big") + made.openings + padding)


def opened(owner: UUID, sealed: bytes) -> bytes:
    """Return the openings that `composed` sealed."""
    padded = keys.open_bytes(owner, sealed)
    return padded[4 : 4 + int.from_bytes(padded[:4], "big")]


def entry(
    *, actor: UUID, verb: str, case: str, at: datetime, step: str = "", ground: str = "", detail: str = ""
) -> dict[str, str]:
    """Return the contents of one line in the standard names."""
    contents = {"actor": str(actor), "verb": verb, "step": step, "case": case, "at": at.isoformat()}
    return {name: text for name, text in {**contents, "ground": ground, "detail": detail}.items() if text}
