"""Read what is known of sites, rotas, answers and promises, as far as whoever asks may see, and write the look down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from evenhand.casework.protect.choosing import labels
from evenhand.casework.protect.gathering import Window, unknown_festivals, windows
from evenhand.gate import keys, ledger
from evenhand.gate.act import NoSuchCase
from evenhand.gate.entry import Who, practitioner_names
from evenhand.gate.incidents import series_words
from evenhand.gate.policy import pack
from evenhand.kernels.festivals import Unknown
from evenhand.records.response import Commitment, CommitmentStep, ImpactAssessment, Response, TensionSummary
from evenhand.records.site import (
    GrantApplication,
    GrantStep,
    PatrolRota,
    PatrolVisit,
    ProtectionPlan,
    Site,
    SiteContact,
    SiteTime,
    SiteWarning,
    SiteWeakness,
)
from evenhand.records.watch import AlarmAnswer, AlarmEpisode

PAGE = 25
AHEAD_DAYS = 28
BACK_DAYS = 28


@dataclass(frozen=True)
class Entry:
    """A row with what was sealed in it opened, and who wrote it."""

    row: Any
    said: dict[str, Any]
    by: str


@dataclass(frozen=True)
class CalendarLine:
    """A time when people gather, and the visits that fall into it; none: a gap."""

    window: Window
    visits: tuple[PatrolVisit, ...]

    @property
    def missing(self) -> int:
        """Return how many visits are wanted and not planned."""
        return max(0, self.window.visits - len(self.visits))


@dataclass(frozen=True)
class SitePage:
    """Everything about one site."""

    site: Entry
    area: str
    contacts: tuple[Entry, ...]
    times: tuple[Entry, ...]
    weaknesses: tuple[Entry, ...]
    plan: Entry | None
    officer: str
    visits: tuple[Entry, ...]
    warnings: tuple[Entry, ...]
    applications: tuple[tuple[GrantApplication, tuple[Entry, ...]], ...]
    calendar: tuple[CalendarLine, ...]
    unknown: tuple[Unknown, ...]


@dataclass(frozen=True)
class Promise:
    """A promise with what became of it; `due_on` is the newest day that was given."""

    id: UUID
    area: str
    what: str
    by_whom: str
    made_on: date
    due_on: date
    first_due_on: date
    state: str
    state_on: date | None
    words: str
    public: bool = True

    def late(self, today: date) -> bool:
        """Say whether its day has passed and nobody has said that it was kept or not."""
        return self.state not in {"kept", "not_kept"} and self.due_on < today


def _look(who: Who, what: str, number: UUID, now: datetime) -> None:
    ledger.write(
        None,
        [
            ledger.entry(
                actor=who.practitioner_id, verb="look", step=what, case="", at=now, detail=str(number)
            )
        ],
    )


def _entries(rows: Any, key: UUID | None = None, column: str = "sealed") -> tuple[Entry, ...]:
    found = list(rows)
    names = practitioner_names([row.written_by for row in found])
    return tuple(
        Entry(row, keys.open_(key or row.site_id, getattr(row, column)), names.get(row.written_by, ""))
        for row in found
    )


def sites(*, page: int = 1) -> tuple[list[Entry], int]:
    """Return one page of the sites one sees, by area and name, and how many there are."""
    rows = list(Site.objects.filter(closed_on=None).order_by("area_id", "written_at"))
    opened = [Entry(row, keys.open_(row.id, row.sealed), "") for row in rows]
    opened.sort(key=lambda e: (e.row.area_id, str(e.said.get("name", "")).casefold()))
    return opened[(page - 1) * PAGE : page * PAGE], len(opened)


def site_page(site_id: UUID, who: Who, *, now: datetime, today: date) -> SitePage:
    """Return one site, and write the look down; raises NoSuchCase."""
    site = Site.objects.filter(id=site_id).first()
    if site is None:
        raise NoSuchCase
    _look(who, "site", site.id, now)
    times = list(SiteTime.objects.filter(site_id=site.id, ended_on=None).order_by("written_at"))
    visits = list(
        PatrolVisit.objects.filter(
            site_id=site.id, cancelled_at=None, starts_at__gte=now - timedelta(days=BACK_DAYS)
        ).order_by("starts_at")
    )
    last = today + timedelta(days=AHEAD_DAYS)
    plan = ProtectionPlan.objects.filter(site_id=site.id, ended_on=None).select_related("officer").first()
    applications = []
    for application in GrantApplication.objects.filter(site_id=site.id).order_by("written_at"):
        steps = GrantStep.objects.filter(application_id=application.id).order_by("written_at", "id")
        applications.append((application, _entries(steps, site.id)))
    return SitePage(
        site=Entry(site, keys.open_(site.id, site.sealed), ""),
        area=labels().get(site.area_id, site.area_id),
        contacts=_entries(SiteContact.objects.filter(site_id=site.id, ended_on=None).order_by("written_at")),
        times=_entries(times),
        weaknesses=_entries(
            SiteWeakness.objects.filter(site_id=site.id, mended_on=None).order_by("written_at")
        ),
        plan=_entries([plan])[0] if plan else None,
        officer=plan.officer.name if plan else "",
        visits=tuple(
            Entry(v, keys.open_(site.id, v.sealed_done) if v.sealed_done else {}, "") for v in visits
        ),
        warnings=tuple(
            Entry(w, keys.open_(site.id, w.sealed) | keys.open_(site.id, w.sealed_answer), "")
            for w in SiteWarning.objects.filter(site_id=site.id).order_by("-written_at")[:20]
        ),
        applications=tuple(applications),
        calendar=tuple(calendar_lines(windows(times, today, last), visits)),
        unknown=tuple(unknown_festivals(times, today, last + timedelta(days=365))),
    )


def calendar_lines(found: list[Window], visits: list[PatrolVisit]) -> list[CalendarLine]:
    """Return each window with the visits inside it."""
    zone = ZoneInfo(pack().calendar.zone)
    lines = []
    for window in found:
        inside = tuple(
            v
            for v in visits
            if v.site_id == window.site_id
            and window.opens <= v.starts_at.astimezone(zone).replace(tzinfo=None) < window.closes
        )
        lines.append(CalendarLine(window, inside))
    return lines


def rotas() -> list[PatrolRota]:
    """Return the rotas one sees, the newest first."""
    return list(PatrolRota.objects.select_related("area").order_by("-begins_on", "-written_at")[:50])


def rota(rota_id: UUID, who: Who, *, now: datetime) -> PatrolRota:
    """Return one rota, and write the look down; raises NoSuchCase."""
    found = PatrolRota.objects.select_related("area").filter(id=rota_id).first()
    if found is None:
        raise NoSuchCase
    _look(who, "rota", found.id, now)
    return found


def site_names(ids: list[str]) -> dict[str, str]:
    """Return the names of sites one sees."""
    return {
        str(s.id): str(keys.open_(s.id, s.sealed).get("name", "")) for s in Site.objects.filter(id__in=ids)
    }


@dataclass(frozen=True)
class ResponsePage:
    """An answer to a rise with every version of its assessment, the newest first, and its promises."""

    response: Entry
    owner: str
    versions: tuple[Entry, ...]
    promises: tuple[Promise, ...]
    learnt: str
    series: str


def responses() -> list[Entry]:
    """Return the answers one sees: those under way first, then the last that ended."""
    rows = list(Response.objects.select_related("owner", "area").order_by("-began_on", "-written_at")[:100])
    opened = [Entry(row, keys.open_(row.id, row.sealed), row.owner.name) for row in rows]
    return sorted(opened, key=lambda e: e.row.ended_on is not None)


@dataclass(frozen=True)
class Wanted:
    """An alarm to which somebody decided to respond, and nobody has begun."""

    episode: UUID
    area_code: str
    area: str
    series: str
    began: date
    decided_at: datetime


def wanted() -> list[Wanted]:
    """Return the alarms one sees whose last answer is to respond, and to which no answer has begun; the newest first."""
    last: dict[UUID, AlarmAnswer] = {}
    for given in AlarmAnswer.objects.filter(episode__stands=True).order_by("-answered_at")[:400]:
        last.setdefault(given.episode_id, given)
    chosen = {number: given for number, given in last.items() if given.answer == "respond"}
    begun = set(Response.objects.filter(episode_id__in=chosen).values_list("episode_id", flat=True))
    rows = AlarmEpisode.objects.select_related("area").filter(id__in=chosen.keys() - begun)
    found = [
        Wanted(
            row.id, str(row.area_id), row.area.label, series_words(row.strand, pack()), row.began, chosen[row.id].answered_at
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.decided_at, reverse=True)


def standing(code: str, on: Any) -> dict[str, Any]:
    """Return what stands of an assessment or a plan, for whoever writes its next version: not the reason, nor the days."""
    row: Any = None
    if code == "impact":
        row = ImpactAssessment.objects.filter(response_id=on.id).order_by("-version").first()
        kept, more = keys.open_(on.id, row.sealed) if row else {}, ("level",)
    elif code == "plan":
        row = ProtectionPlan.objects.filter(site_id=on.id, ended_on=None).first()
        kept, more = keys.open_(on.id, row.sealed) if row else {}, ("officer_id",)
    if row is None:
        return {}
    told = {name: value for name, value in kept.items() if name != "reason"}
    return told | {name.removesuffix("_id"): str(getattr(row, name)) for name in more}


def response_page(response_id: UUID, who: Who, *, now: datetime) -> ResponsePage:
    """Return one answer, and write the look down; raises NoSuchCase."""
    row = (
        Response.objects.select_related("owner", "area", "episode", "trigger").filter(id=response_id).first()
    )
    if row is None:
        raise NoSuchCase
    _look(who, "response", row.id, now)
    versions = ImpactAssessment.objects.filter(response_id=row.id).order_by("-version")
    return ResponsePage(
        response=Entry(row, keys.open_(row.id, row.sealed), ""),
        owner=row.owner.name,
        versions=_entries(versions, row.id),
        promises=tuple(promises(response_id=row.id)),
        learnt=str(keys.open_(row.id, row.sealed_end).get("learnt", "")) if row.sealed_end else "",
        series=series_words(row.episode.strand, pack()) if row.episode else "",
    )


def tension_summaries() -> list[Entry]:
    """Return the newest version of each area and week, the newest week first."""
    rows = TensionSummary.objects.select_related("area").order_by("-week_begins", "area_id", "-version")[:200]
    newest: dict[tuple[str, date], TensionSummary] = {}
    for row in rows:
        newest.setdefault((row.area_id, row.week_begins), row)
    return list(_entries(newest.values(), keys.HOUSE_KEY))


def promises(*, response_id: UUID | None = None) -> list[Promise]:
    """Return the promises one sees, public or not: those that are open first, by day."""
    rows = Commitment.objects.select_related("area").order_by("due_on")
    if response_id is not None:
        rows = rows.filter(response_id=response_id)
    found = list(rows[:300])
    steps: dict[UUID, list[CommitmentStep]] = {}
    for step in CommitmentStep.objects.filter(commitment__in=[r.id for r in found]).order_by("written_at"):
        steps.setdefault(step.commitment_id, []).append(step)
    shown = []
    for row in found:
        own = steps.get(row.id, [])
        last = own[-1] if own else None
        due = next((s.due_on for s in reversed(own) if s.due_on), row.due_on)
        shown.append(
            Promise(
                row.id, row.area.label, row.what, row.by_whom, row.made_on, due, row.due_on,
                last.state if last else "promised", last.on_day if last else None, last.words if last else "", row.public,
            )
        )  # fmt: skip
    return sorted(shown, key=lambda p: (p.state in {"kept", "not_kept"}, p.due_on))


def public_promises(*, page: int = 1) -> tuple[list[Promise], int]:
    """Return one page of the promises that anybody may read, and how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select area, what, by_whom, made_on, due_on, first_due_on, state, state_on, words"
            " from wall.public_commitments(%s, %s)",
            [PAGE, (page - 1) * PAGE],
        )
        rows = cursor.fetchall()
        cursor.execute("select wall.public_commitment_count()")
        count = cursor.fetchone()[0]
    return [Promise(UUID(int=0), *row) for row in rows], int(count)
