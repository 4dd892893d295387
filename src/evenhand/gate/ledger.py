"""Write lines of the ledger: commitments in clear, openings under the case's key."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from evenhand.gate import keys
from evenhand.gate.own_keys import Holder, Kept
from evenhand.gate.policy import journey_of
from evenhand.kernels.ledger.entry import compose
from evenhand.records.case import Case

PADDED_TO = 512
PART = "file"


def write(case_id: UUID | None, entries: Sequence[Mapping[str, str]], *, kept: Kept | None = None) -> None:
    """Append entries about a case (or about the house, when there is none) in this transaction.

    kept  to whom the case's contents are sealed, where whoever calls knows; else it is looked up
    """
    owner = case_id or keys.HOUSE_KEY
    if case_id is not None and not keys.has_key(case_id):
        # The case was erased. What is done with its shell still leaves a trace, readable by the house.
        case_id, owner = None, keys.HOUSE_KEY
    if case_id is None:
        keys.make_key(owner)
    kept = (kept or _kept(case_id, entries)) if case_id is not None else None
    to = kept.holders(owner, PART) if kept else []
    pairs = [composed(owner, entry, to=to, by=kept.by if kept else owner) for entry in entries]
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.append(%s, %s, %s)",
            [case_id, [line for line, _ in pairs], [opening for _, opening in pairs]],
        )


def _kept(case_id: UUID, entries: Sequence[Mapping[str, str]]) -> Kept | None:
    row = Case.objects.filter(id=case_id).values_list("pack", "journey", "edition", "bindings").first()
    if row is None or not entries:
        return None
    return Kept(journey_of(row[0], row[1], row[2]), row[3], UUID(entries[0]["actor"]))


def composed(
    owner: UUID, contents: Mapping[str, str], *, to: Sequence[Holder] = (), by: UUID = keys.HOUSE_KEY
) -> tuple[bytes, bytes]:
    """Return a line, and its openings sealed and padded, so that their length does not tell the act.

    to  the people to whose own keys the openings are sealed, under the owner's key as well
    """
    made = compose(contents, random_bytes=os.urandom)
    size = 4 + len(made.openings)
    padding = b"\0" * (-size % PADDED_TO)
    padded = len(made.openings).to_bytes(4, "big") + made.openings + padding
    return made.line, keys.close_bytes_to(owner, PART, padded, to, by=by)


def opened(owner: UUID, sealed: bytes) -> bytes:
    """Return the openings that `composed` sealed; raises KeptForPeople where no key at hand opens them."""
    padded = keys.open_bytes(owner, sealed)
    return padded[4 : 4 + int.from_bytes(padded[:4], "big")]


def entry(
    *, actor: UUID, verb: str, case: str, at: datetime, step: str = "", ground: str = "", detail: str = ""
) -> dict[str, str]:
    """Return the contents of one line in the standard names."""
    contents = {"actor": str(actor), "verb": verb, "step": step, "case": case, "at": at.isoformat()}
    return {name: text for name, text in {**contents, "ground": ground, "detail": detail}.items() if text}
