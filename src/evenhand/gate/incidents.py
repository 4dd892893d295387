"""Write lines of the ledger about an incident, give it its reference, and say how a series of counts is called."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from evenhand.gate import keys, ledger
from evenhand.gate.entry import Who
from evenhand.gate.standing import NoSuchCase
from evenhand.kernels.policy import Pack

# Without letters and figures that are taken for one another.
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


class NoSuchIncident(NoSuchCase):
    """There is no incident of this number for whoever asks."""


def new_reference() -> str:
    """Return a random reference: it tells neither how many incidents there are nor when one was recorded."""
    return "H" + "".join(secrets.choice(ALPHABET) for _ in range(9))


def remember(
    incident_id: UUID,
    verb: str,
    who: Who,
    at: datetime,
    *,
    reference: str = "",
    ground: str = "",
    detail: str = "",
) -> None:
    """Write down an act or a look under the incident's key, or under the house's where it has none."""
    owner = incident_id if keys.has_key(incident_id) else keys.HOUSE_KEY
    line, opening = ledger.composed(
        owner,
        ledger.entry(
            actor=who.practitioner_id, verb=verb, case=reference, at=at, ground=ground, detail=detail
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.append_to_incident(%s, %s, %s)",
            [incident_id, [line], [opening]],
        )


def remember_many(entries: Sequence[Mapping[str, str]]) -> None:
    """Write down many acts at once under the house's key: the rows of a list that is brought in."""
    ledger.write(None, entries)


def series_words(code: str, pack: Pack) -> str:
    """Return how a watched series is called: all strands, one strand, or one religion that was the target."""
    name, _, religion = code.partition(".")
    if code == "all":
        return "All strands"
    if religion and "religions" in pack.lists and religion in pack.lists["religions"].codes:
        return f"Religion that was the target: {pack.lists['religions'].codes[religion].label}"
    if "strands" in pack.lists and name in pack.lists["strands"].codes:
        return pack.lists["strands"].codes[name].label
    return code
