"""Set records side by side that may be one incident told twice; a person decides, and only their decision is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from evenhand.gate import keys
from evenhand.gate.entry import Who
from evenhand.gate.incidents import NoSuchIncident, remember
from evenhand.gate.policy import pack as current_pack
from evenhand.kernels.policy import Invalid
from evenhand.records.incident import Incident, IncidentPair

A_PAGE = 10
DAYS_APART = 2
# Only where both tell of the same place and day, and by different ways: two attacks on one street on one night are two.
_PAIRS = """
select a.id, b.id, abs(a.occurred_on - b.occurred_on) as apart, a.place_kind = b.place_kind as same_kind,
       a.offence_group <> '' and a.offence_group = b.offence_group as same_offence
  from incident a join incident b
    on a.area_id = b.area_id and a.strands && b.strands and a.id < b.id
   and b.occurred_on between a.occurred_on - %s and a.occurred_on + %s
   and (a.source <> b.source or a.agency_id <> b.agency_id or a.system <> b.system)
 where a.live and b.live and a.duplicate_of_id is null and b.duplicate_of_id is null
   and not exists (select 1 from incident_pair p where p.first_id = a.id and p.second_id = b.id)
   {only}
 order by greatest(a.recorded_on, b.recorded_on) desc, apart, a.id, b.id limit %s offset %s
"""


@dataclass(frozen=True)
class Pair:
    """Two records, and what is alike in them, in words; nothing is weighed."""

    first: Incident
    second: Incident
    alike: tuple[str, ...]


def suggested(*, page: int = 1, only: UUID | None = None) -> tuple[list[Pair], bool]:
    """Return pairs that somebody should look at, newest first, and whether there are more."""
    start = (max(1, page) - 1) * A_PAGE
    clause = "and %s in (a.id, b.id)" if only else ""
    with connection.cursor() as cursor:
        cursor.execute(
            _PAIRS.format(only=clause),
            [DAYS_APART, DAYS_APART, *([only] if only else []), A_PAGE + 1, start],
        )
        found = cursor.fetchall()
    rows = {r.id: r for r in _rows(n for pair in found for n in pair[:2])}
    pairs = [
        Pair(rows[one], rows[other], _alike(rows[one], rows[other], apart, kind, offence))
        for one, other, apart, kind, offence in found[:A_PAGE]
    ]
    return pairs, len(found) > A_PAGE


def _rows(numbers: Iterable[UUID]) -> list[Incident]:
    return list(Incident.objects.select_related("area", "agency").filter(id__in=list(numbers)))


def _alike(first: Incident, second: Incident, apart: int, kind: bool, offence: bool) -> tuple[str, ...]:
    said = ["The same area", "The same day" if apart == 0 else f"{apart} day{'s' if apart > 1 else ''} apart"]
    lists = current_pack().lists
    both = [code for code in first.strands if code in second.strands]
    said.append(
        "Both: "
        + ", ".join(lists["strands"].codes[c].label if c in lists["strands"].codes else c for c in both)
    )
    if kind:
        said.append("The same kind of place")
    if offence:
        said.append("The same offence group")
    return tuple(said)


def both(first: UUID, second: UUID) -> Pair:
    """Return two records to be looked at side by side; raises NoSuchIncident when one is not open to whoever asks."""
    rows = {row.id: row for row in _rows([first, second])}
    if first == second or set(rows) != {first, second}:
        raise NoSuchIncident
    one, other = sorted((first, second))
    apart = abs((rows[one].occurred_on - rows[other].occurred_on).days)
    kind = rows[one].place_kind == rows[other].place_kind
    offence = bool(rows[one].offence_group) and rows[one].offence_group == rows[other].offence_group
    return Pair(rows[one], rows[other], _alike(rows[one], rows[other], apart, kind, offence))


def decide(
    first: UUID, second: UUID, *, same: bool, keep: UUID | None, reason: str, who: Who, now: datetime
) -> None:
    """Put a decision on record: two incidents, or one, of which `keep` is counted; raises NoSuchIncident or Invalid.

    Nothing is merged or lost: the other record stays as it is, says which it repeats, and is not counted twice.
    """
    pair = both(first, second)
    if not reason.strip():
        raise Invalid({"reason": "Say what shows it."})
    if same and keep not in (first, second):
        raise Invalid({"keep": "Choose which of the two is counted."})
    if IncidentPair.objects.filter(first_id=pair.first.id, second_id=pair.second.id).exists():
        return  # somebody was quicker, or the page was sent twice
    keys.make_key(pair.first.id)
    IncidentPair.objects.bulk_create(
        [
            IncidentPair(
                first_id=pair.first.id,
                second_id=pair.second.id,
                same=same,
                decided_by=who.practitioner_id,
                sealed=keys.close(pair.first.id, {"reason": reason.strip()[:2000]}),
            )
        ]
    )
    for row in (pair.first, pair.second):
        remember(
            row.id,
            "same_incident" if same else "two_incidents",
            who,
            now,
            reference=row.reference,
            ground=reason.strip()[:500],
        )
    if same:
        repeats = pair.second if keep == pair.first.id else pair.first
        Incident.objects.filter(id=repeats.id).update(duplicate_of_id=keep, version=repeats.version + 1)
