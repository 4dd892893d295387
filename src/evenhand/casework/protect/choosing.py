"""Say what can be picked in the forms about places: areas one protects, colleagues, contacts, festivals, alarms, events."""

from __future__ import annotations

from uuid import UUID

from evenhand.casework.people import holding_now
from evenhand.casework.protect.acting import ROLES, Choices
from evenhand.gate import keys
from evenhand.gate.entry import Who, now
from evenhand.gate.incidents import series_words
from evenhand.gate.policy import pack
from evenhand.kernels.festivals import FESTIVALS, TRADITIONS
from evenhand.records.area_row import AreaRow
from evenhand.records.incident import TriggerEvent
from evenhand.records.practitioner import RoleHolding
from evenhand.records.response import Response
from evenhand.records.site import SiteContact
from evenhand.records.watch import AlarmEpisode, WatchArea

MOST = 400


def protected_agencies(who: Who) -> frozenset[UUID]:
    """Return the agencies for which somebody protects places."""
    return frozenset(agency for role, agency in who.holdings if role in ROLES)


def areas(who: Who) -> Choices:
    """Return the areas that somebody protects, and those inside them."""
    mine = protected_agencies(who)
    found: dict[str, str] = {}
    rows = list(
        WatchArea.objects.filter(until=None).only("code", "label", "parent_id", "answers_id", "force_id")
    )
    above = {row.code: row.parent_id for row in rows}
    own = {row.code for row in rows if row.answers_id in mine or row.force_id in mine}
    for row in sorted(rows, key=lambda row: row.label):
        code: str | None = row.code
        for _ in range(20):
            if code is None or code in own:
                break
            code = above.get(code)
        if code is not None:
            found[row.code] = row.label
    return tuple(found.items())[:MOST]


def labels() -> dict[str, str]:
    """Return the labels of all areas by code."""
    return dict(WatchArea.objects.values_list("code", "label"))


def protectors(who: Who) -> Choices:
    """Return who may own an answer or be named to a site: colleagues in these roles at one's own and partner agencies."""
    held = (
        RoleHolding.objects.filter(holding_now(now()), role__in=ROLES, practitioner__active=True)
        .select_related("practitioner", "practitioner__agency")
        .order_by("practitioner__name")
    )
    found = {
        str(row.practitioner_id): f"{row.practitioner.name}, {row.practitioner.agency.name}"
        for row in held
        if row.agency_id in protected_agencies(who)
    }
    return tuple(found.items())


def officers(who: Who, on: AreaRow | None) -> dict[str, Choices]:
    """Return who may be named."""
    return {"officer": protectors(who)}


def contacts(who: Who, on: AreaRow | None) -> dict[str, Choices]:
    """Return the contacts of a site, and who may be named to them."""
    found = SiteContact.objects.filter(site_id=on.id, ended_on=None).order_by("written_at") if on else []
    shown = []
    for row in found:
        said = keys.open_(row.site_id, row.sealed)
        shown.append((str(row.id), f"{said.get('contact', '')}, {said.get('job', '')}"))
    return {"contact": tuple(shown), **officers(who, on)}


def festivals(who: Who, on: AreaRow | None) -> dict[str, Choices]:
    """Return the festivals of a site's tradition, or all."""
    tradition = getattr(on, "tradition", "")
    chosen = [f for f in FESTIVALS.values() if f.tradition == tradition] or list(FESTIVALS.values())
    return {"festival": tuple((f.code, f"{f.label} ({TRADITIONS[f.tradition]})") for f in chosen)}


def in_areas(who: Who, on: AreaRow | None) -> dict[str, Choices]:
    """Return the areas."""
    return {"area": areas(who)}


def beginnings(who: Who, on: AreaRow | None) -> dict[str, Choices]:
    """Return what an answer can be an answer to: alarms and events that one sees, the newest first."""
    named = labels()
    alarms = AlarmEpisode.objects.filter(stands=True).order_by("-began")[:60]
    events = TriggerEvent.objects.filter(withdrawn_at=None).order_by("-happened_on")[:60]
    return {
        "area": areas(who),
        "episode": tuple(
            (
                str(a.id),
                f"{named.get(a.area_id, a.area_id)}: {series_words(a.strand, pack())}, {a.began:%d %B %Y}",
            )
            for a in alarms
        ),
        "trigger": tuple((str(e.id), f"{e.label}, {e.happened_on:%d %B %Y}") for e in events),
        "owner": protectors(who),
    }


def owners(who: Who, on: AreaRow | None) -> dict[str, Choices]:
    """Return who may own an answer."""
    return {"owner": protectors(who)}


def promising(who: Who, on: AreaRow | None) -> dict[str, Choices]:
    """Return areas, and the answers that are under way."""
    rows = Response.objects.filter(ended_on=None).order_by("-began_on")[:60]
    shown = tuple((str(r.id), str(keys.open_(r.id, r.sealed).get("title", ""))) for r in rows)
    return {"area": areas(who), "response": shown}
