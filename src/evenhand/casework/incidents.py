"""Read incidents: a list with filters, page by page, and one of them opened as far as the role may see; the look is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from evenhand.casework.incident_rules import Sight, sight
from evenhand.casework.people import Colleague, colleagues
from evenhand.gate import keys
from evenhand.gate.entry import Who, practitioner_names
from evenhand.gate.incidents import NoSuchIncident, remember
from evenhand.gate.policy import pack as current_pack
from evenhand.records.incident import Incident, IncidentVersion, TriggerEvent
from evenhand.records.watch import WatchArea

A_PAGE = 25
PERSONAL = ("suspect", "subject", "personal_reason", "victim_religion")
WHERE = ("place",)
OPENERS = ("incident_recorder", "hate_crime_coordinator", "responder")
MOST_DEEP = 20


@dataclass(frozen=True)
class Wanted:
    """Which incidents a list shows; empty means any. No filter is about a person."""

    area: str = ""
    strand: str = ""
    since: date | None = None
    until: date | None = None
    kind: str = ""
    review: bool = False
    page: int = 1


@dataclass(frozen=True)
class Line:
    """One incident in a list: codes and days, nothing that was told."""

    id: UUID
    reference: str
    occurred_on: date
    recorded_on: date
    area: str
    strands: tuple[str, ...]
    religions: tuple[str, ...]
    crime: bool
    offence_group: str
    source: str
    duplicate: bool
    review_on: date | None


@dataclass(frozen=True)
class Earlier:
    """What an incident said before a correction."""

    version: int
    before: Mapping[str, Any]
    changed_at: datetime
    by: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Opened:
    """One incident as somebody may see it."""

    row: Incident
    area: str
    within: str
    agency: str
    written_by: str
    trigger: str
    told: Mapping[str, Any]
    withheld: tuple[str, ...]
    sight: Sight
    earlier: tuple[Earlier, ...]
    may_change: bool


def incidents(wanted: Wanted) -> tuple[list[Line], bool]:
    """Return one page of the incidents open to whoever asks, newest first, and whether there are more."""
    rows = Incident.objects.filter(live=True).order_by("-occurred_on", "id")
    if wanted.area:
        rows = rows.filter(area_id__in=below(wanted.area))
    if wanted.strand:
        religion = wanted.strand.removeprefix("religion.")
        if religion != wanted.strand:
            rows = rows.filter(religions__contains=[religion])
        else:
            rows = rows.filter(strands__contains=[wanted.strand])
    if wanted.since:
        rows = rows.filter(occurred_on__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(occurred_on__lte=wanted.until)
    if wanted.kind:
        rows = rows.filter(crime=wanted.kind == "crime")
    if wanted.review:
        rows = rows.filter(erased_at=None, review_on__isnull=False).order_by("review_on", "id")
        rows = rows.filter(review_on__lte=wanted.until) if wanted.until else rows
    start = (max(1, wanted.page) - 1) * A_PAGE
    found = list(rows.select_related("area")[start : start + A_PAGE + 1])
    return [line_of(row) for row in found[:A_PAGE]], len(found) > A_PAGE


def line_of(row: Incident) -> Line:
    """Return one incident as a list shows it."""
    return Line(
        id=row.id,
        reference=row.reference,
        occurred_on=row.occurred_on,
        recorded_on=row.recorded_on,
        area=row.area.label,
        strands=tuple(row.strands),
        religions=tuple(row.religions),
        crime=row.crime,
        offence_group=row.offence_group,
        source=row.source,
        duplicate=row.duplicate_of_id is not None,
        review_on=row.review_on,
    )


def below(code: str) -> list[str]:
    """Return an area's code and those of every area inside it or merged into it."""
    inside: dict[str, list[str]] = {}
    for child, parent, became in WatchArea.objects.values_list("code", "parent_id", "became_id"):
        inside.setdefault(became or parent or "", []).append(child)
    found, todo = [], [code]
    while todo:
        here = todo.pop()
        found.append(here)
        todo += inside.get(here, [])
    return found


def look(number: UUID, who: Who, *, now: datetime, ground: str) -> Opened:
    """Open one incident as far as the role may see; the look and its ground are written down.

    raises   NoSuchIncident, whether it is barred, elsewhere or absent
    """
    row = (
        Incident.objects.select_related("area", "area__parent", "agency", "trigger").filter(id=number).first()
    )
    if row is None:
        raise NoSuchIncident
    remember(row.id, "open_incident", who, now, reference=row.reference, ground=ground)
    may = sight(current_pack(), who.roles)
    told, withheld = shown(keys.open_(row.id, row.sealed), may)
    earlier = list(IncidentVersion.objects.filter(incident=row).order_by("-version"))
    names = practitioner_names([row.written_by, *(e.changed_by for e in earlier if e.changed_by)])
    return Opened(
        row=row,
        area=row.area.label,
        within=row.area.parent.label if row.area.parent else "",
        agency=row.agency.name,
        written_by=names.get(row.written_by, ""),
        trigger=row.trigger.label if row.trigger else "",
        told=told,
        withheld=withheld,
        sight=may,
        earlier=tuple(
            Earlier(
                e.version, e.before, e.changed_at, names.get(e.changed_by, "") if e.changed_by else "",
                *why_of(told_why(row, e.version)),
            )
            for e in earlier
        ),
        may_change=bool({"hate_crime_coordinator"} & who.roles) or ("incident_recorder", row.agency_id) in who.holdings,
    )  # fmt: skip


def row_of(number: UUID) -> Incident:
    """Return an incident as it stands; raises NoSuchIncident."""
    row = Incident.objects.select_related("area").filter(id=number).first()
    if row is None:
        raise NoSuchIncident
    return row


def told_why(row: Incident, version: int) -> Mapping[str, Any]:
    """Return why a version was corrected, as the next one says it."""
    contents = keys.open_(row.id, row.sealed)
    found = contents.get("corrections", {}) if isinstance(contents, dict) else {}
    why = found.get(str(version), {}) if isinstance(found, dict) else {}
    return why if isinstance(why, dict) else {}


def why_of(why: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kind of a correction and its reason."""
    return str(why.get("kind", "")), str(why.get("reason", ""))


def shown(contents: Mapping[str, Any], may: Sight) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what of the sealed words somebody may read, and the names of what is kept from them."""
    told: dict[str, Any] = {}
    withheld: list[str] = []
    for code, value in contents.items():
        if code == "corrections":
            continue
        if code in PERSONAL and not may.personal_data:
            withheld.append(code)
        elif code in WHERE and may.place != "exact":
            if may.place == "street":
                told[code] = street(str(value))
            withheld.append(code)
        elif not may.told:
            withheld.append(code)
        else:
            told[code] = value
    return told, tuple(withheld)


def street(place: str) -> str:
    """Return a place without its numbers: the street, not the door."""
    kept = [word for word in place.split() if not any(sign.isdigit() for sign in word)]
    return " ".join(kept)


def near(row: Incident, who: Who, *, now: datetime) -> list[Colleague]:
    """Return colleagues of whoever answers for an incident who may be kept out of it: the same list, whoever is already."""
    agencies, above = {str(row.agency_id)}, row.area
    for _step in range(MOST_DEEP):
        agencies |= {str(number) for number in (above.answers_id, above.force_id) if number}
        parent = WatchArea.objects.filter(code=above.parent_id).first() if above.parent_id else None
        if parent is None:
            break
        above = parent
    found = {
        c.id: c for role in OPENERS for c in colleagues(role, agencies, now) if c.id != who.practitioner_id
    }
    return sorted(found.values(), key=lambda c: (c.name, c.agency))


def events() -> list[TriggerEvent]:
    """Return the events that may move counts, newest first."""
    return list(TriggerEvent.objects.filter(withdrawn_at=None).order_by("-happened_on")[:50])


@dataclass(frozen=True)
class Place:
    """An area to choose from, with where it lies."""

    code: str
    label: str
    within: str


def places() -> list[Place]:
    """Return the areas in which incidents are recorded: those that contain no other and were not merged, by name."""
    rows = {w.code: w for w in WatchArea.objects.filter(became=None)}
    parents = {w.parent_id for w in rows.values() if w.until is None}
    found = [
        Place(w.code, w.label, rows[w.parent_id].label if w.parent_id in rows else "")
        for w in rows.values()
        if w.code not in parents and w.until is None
    ]
    return sorted(found, key=lambda p: (p.within, p.label))


def every_place() -> list[Place]:
    """Return every area, those that contain others first, by name."""
    rows = {w.code: w for w in WatchArea.objects.filter(became=None)}
    found = [
        Place(w.code, w.label, rows[w.parent_id].label if w.parent_id in rows else "") for w in rows.values()
    ]
    return sorted(found, key=lambda p: (p.within, p.label))
