"""Say which places, answers, summaries and promises are past their day, and let a person keep or forget each, with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction

from evenhand.casework.protect.acting import Doing, Done
from evenhand.casework.protect.choosing import labels
from evenhand.gate import keys
from evenhand.gate.act import Invalid
from evenhand.gate.policy import pack
from evenhand.kernels.policy import review_days
from evenhand.records.area_row import AreaRow
from evenhand.records.place_keeping import PlaceKeeping
from evenhand.records.response import Commitment, CommitmentStep, Response, TensionSummary
from evenhand.records.site import Site, SiteContact, SiteTime

MOST_DAYS = 366 * 6
SHOWN = 200
ENDED = frozenset({"kept", "not_kept"})


@dataclass(frozen=True)
class Due:
    """Something past its day. `ended_on` is the day from which its time counts, `due_on` the day to decide."""

    kind: str
    number: UUID
    area: str
    what: str
    ended_on: date
    due_on: date


def due(today: date) -> list[Due]:
    """Return what is past its day among the rows that one sees, the longest past first; at most 200 of each kind."""
    days = review_days(pack())
    until = {row.about: row.until for row in PlaceKeeping.objects.exclude(until=None).order_by("written_at")}
    named, found = labels(), []
    for kind, row, ended_on, what in _ended(days, today):
        due_on = max(ended_on + timedelta(days=days[kind]), until.get(row.id) or date.min)
        if due_on <= today:
            found.append(Due(kind, row.id, named.get(row.area_id, row.area_id), what, ended_on, due_on))
    return sorted(found, key=lambda one: (one.due_on, one.kind, one.what))


def forgotten() -> list[tuple[str, str, int, int]]:
    """Return kind, area, how many were forgotten there and how many rows they had: all that is left of them."""
    sums: dict[tuple[str, str], list[int]] = {}
    named = labels()
    for row in PlaceKeeping.objects.exclude(forgotten_on=None):
        both = sums.setdefault((row.kind, named.get(row.area_id, row.area_id)), [0, 0])
        both[0] += 1
        both[1] += row.rows
    return [(kind, area, many, rows) for (kind, area), (many, rows) in sorted(sums.items())]


def _ended(days: dict[str, int], today: date) -> list[tuple[str, AreaRow, date, str]]:
    found: list[tuple[str, AreaRow, date, str]] = []

    def last(kind: str) -> date:
        return today - timedelta(days=days[kind])

    if "site" in days:
        for site in Site.objects.filter(closed_on__lte=last("site"))[:SHOWN]:
            if site.closed_on:
                found.append(
                    ("site", site, site.closed_on, str(keys.open_(site.id, site.sealed).get("name", "")))
                )
    if "response" in days:
        for one in Response.objects.filter(ended_on__lte=last("response"))[:SHOWN]:
            if one.ended_on:
                found.append(
                    ("response", one, one.ended_on, str(keys.open_(one.id, one.sealed).get("title", "")))
                )
    if "tension_summary" in days:
        for week in TensionSummary.objects.filter(week_begins__lte=last("tension_summary"))[:SHOWN]:
            found.append(
                ("tension_summary", week, week.week_begins, f"{week.week_begins.isoformat()}, {week.version}")
            )
    if "commitment" in days:
        for promise in Commitment.objects.filter(made_on__lte=last("commitment"))[:SHOWN]:
            step = CommitmentStep.objects.filter(commitment_id=promise.id).order_by("-written_at").first()
            if step is not None and step.state in ENDED:
                found.append(("commitment", promise, step.on_day, promise.what))
    return found


def close_site(doing: Doing) -> Done:
    """A site is protected no longer: its contacts and times end, and its time of keeping begins."""
    site = doing.target
    if site.closed_on is not None:
        raise Invalid({"": "This site was closed before."})
    for model in (SiteContact, SiteTime):
        model._default_manager.filter(site_id=site.id, ended_on=None).update(ended_on=doing.today)
    Site.objects.filter(id=site.id).update(closed_on=doing.today)
    return Done(site.id, "sites", None)


def _past(doing: Doing) -> str:
    for one in due(doing.today):
        if one.number == doing.target.id:
            return one.kind
    raise Invalid({"": "This does not come up to be decided yet."})


def keep(doing: Doing) -> Done:
    """It is kept until another day, with the reason; raises Invalid."""
    kind, until = _past(doing), doing.day("until")
    if not doing.today < until or (until - doing.today).days > MOST_DAYS:
        raise Invalid({"until": "Choose a day after today, six years ahead at most."})
    row = PlaceKeeping(**doing.common(), kind=kind, about=doing.target.id, until=until)
    PlaceKeeping.objects.bulk_create([row])
    return Done(doing.number, "place_keeping", None)


def forget(doing: Doing) -> Done:
    """It is deleted with all that hangs on it, and its key is destroyed; kind, area and a count stay. Raises Invalid."""
    kind, number = _past(doing), doing.target.id
    row = PlaceKeeping(**doing.common(), kind=kind, about=number, forgotten_on=doing.today)
    PlaceKeeping.objects.bulk_create([row])
    with connection.cursor() as cursor:
        cursor.execute("select wall.forget_place(%s, %s)", [kind, number])
    if kind in ("site", "response"):
        # Only when the rows are gone for good: a key cannot be brought back.
        transaction.on_commit(lambda: keys.destroy_key(number))
    return Done(doing.number, "place_keeping", None)
