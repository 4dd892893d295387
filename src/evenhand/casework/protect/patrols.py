"""Propose a rota for an area, show what a change by hand costs, and keep what was agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from evenhand.casework.protect.acting import Choices, Doing, Done
from evenhand.casework.protect.gathering import Window, windows
from evenhand.gate import keys
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import Who
from evenhand.gate.policy import pack
from evenhand.kernels.rota import (
    BadPlan,
    Crew,
    Need,
    Reckoning,
    SolverStopped,
    Travel,
    Visit,
    propose,
    reckon,
)
from evenhand.records.area_row import AreaRow
from evenhand.records.site import PatrolRota, PatrolVisit, Site, SiteTime
from evenhand.records.watch import WatchArea

MOST_DAYS, MOST_SHIFTS, MOST_WINDOWS = 14, 40, 300
STEP = 15
# The solver's work for one proposal on a page; beyond it the proof says how much more there could be.
NODES, SECONDS = 500, 60.0


@dataclass(frozen=True)
class Question:
    """What a rota was asked for, as it was on the day it was proposed."""

    begins_on: date
    needs: tuple[Need, ...]
    crews: tuple[Crew, ...]
    travel: Travel
    about: Mapping[str, Mapping[str, str]]

    def at(self, minute: int) -> datetime:
        """Return the instant of a minute of the rota, by the clock of the place."""
        naive = datetime.combine(self.begins_on, datetime.min.time()) + timedelta(minutes=minute)
        return naive.replace(tzinfo=ZoneInfo(pack().calendar.zone))

    def minute(self, moment: datetime) -> int:
        """Return the minute of the rota at an instant."""
        naive = moment.astimezone(ZoneInfo(pack().calendar.zone)).replace(tzinfo=None)
        return int((naive - datetime.combine(self.begins_on, datetime.min.time())).total_seconds() // 60)


@dataclass(frozen=True)
class Change:
    """What a change by hand does: the visit it takes away, the one it puts in, and the reckoning before and after."""

    gone: UUID | None
    put: Visit | None
    before: Reckoning
    after: Reckoning


def propose_rota(doing: Doing) -> Done:
    """A proposed rota stands with its proof; nothing is agreed yet."""
    a = doing.answers
    days = int(a["days"])
    if not 1 <= days <= MOST_DAYS:
        raise Invalid({"days": f"From 1 to {MOST_DAYS} days."})
    if not 0 <= int(a["travel"]) <= 240:
        raise Invalid({"travel": "From 0 to 240 minutes."})
    first = doing.day("begins_on")
    shifts = read_shifts(str(a["shifts"]))
    asked = _windows_in(a["area"], first, first + timedelta(days=days - 1))
    if not asked:
        raise Invalid({"area": "No site here has a time in these days. Add the times first."})
    if len(asked) > MOST_WINDOWS:
        raise Invalid(
            {"days": f"There are {len(asked)} times in these days; {MOST_WINDOWS} can be planned at once."}
        )
    settings = _settings(asked, shifts, first, days, int(a["travel"]))
    question = question_of(first, settings)
    try:
        found = propose(
            question.needs, question.crews, travel=question.travel, step=STEP, nodes=NODES, seconds=SECONDS
        )
    except BadPlan as bad:
        raise Invalid({"shifts": f"This cannot be planned: {bad}."}) from bad
    except SolverStopped as stopped:
        raise Invalid({"": "No rota with a proof was found. Plan fewer days at once."}) from stopped
    row = PatrolRota(
        **doing.common(a["area"]),
        begins_on=first,
        days=days,
        settings=settings,
        proof=[
            {"priority": p.priority, "covered": p.covered, "most": p.most, "wanted": p.wanted}
            for p in found.proof
        ],
        sealed=doing.seal(keys.HOUSE_KEY),
    )
    keys.make_key(keys.HOUSE_KEY)
    PatrolRota.objects.bulk_create([row])
    PatrolVisit.objects.bulk_create([_visit_row(row, question, visit, doing) for visit in found.visits])
    return Done(doing.number, "rota", doing.number)


def read_shifts(text: str) -> list[tuple[str, int, int, int]]:
    """Return (name, from, until, rest) of each line, in minutes of the day; raises Invalid with the line."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split(",")]
        try:
            name, span = parts[0], parts[1]
            begins, ends = (_minute(clock) for clock in span.replace("–", "-").split("-"))
            rest = int(parts[2]) if len(parts) > 2 and parts[2] else 0
        except (IndexError, ValueError):
            raise Invalid(
                {"shifts": f"Line {number} cannot be read. Write it like this: Crew 1, 12:00-20:00, 45."}
            ) from None
        if not name or len(name) > 30 or rest < 0:
            raise Invalid({"shifts": f"Line {number}: give a name of up to 30 letters, and minutes of rest."})
        found.append((name, begins, ends if ends > begins else ends + 24 * 60, rest))
    if not found or len(found) > MOST_SHIFTS:
        raise Invalid({"shifts": f"Give from 1 to {MOST_SHIFTS} crews."})
    return found


def _minute(clock: str) -> int:
    hour, _, minute = clock.strip().partition(":")
    total = int(hour) * 60 + int(minute or 0)
    if not 0 <= total <= 24 * 60:
        raise ValueError(clock)
    return total


def inside(area: str) -> list[str]:
    """Return an area and all areas inside it."""
    rows = list(WatchArea.objects.values_list("code", "parent_id"))
    found = {area}
    for _ in range(20):
        more = {code for code, parent in rows if parent in found} | found
        if more == found:
            break
        found = more
    return sorted(found)


def _windows_in(area: str, first: date, last: date) -> list[Window]:
    sites = Site.objects.filter(area_id__in=inside(area), closed_on=None).values_list("id", flat=True)
    times = SiteTime.objects.filter(site_id__in=list(sites)).order_by("written_at", "id")
    return windows(times, first, last)


def _settings(
    asked: Sequence[Window], shifts: list[tuple[str, int, int, int]], first: date, days: int, travel: int
) -> dict[str, Any]:
    start = datetime.combine(first, datetime.min.time())
    needs = [
        {
            "code": f"w{n}",
            "site": str(w.site_id),
            "time": str(w.time_id),
            "opens": int((w.opens - start).total_seconds() // 60),
            "closes": int((w.closes - start).total_seconds() // 60),
            "minutes": w.minutes,
            "visits": w.visits,
            "priority": w.priority,
            "what": w.what,
        }
        for n, w in enumerate(asked, start=1)
    ]
    crews = [
        {
            "code": f"{name} · {first + timedelta(days=day):%a %d %b}",
            "begins": begins + day * 24 * 60,
            "ends": ends + day * 24 * 60,
            "rest": rest,
        }
        for day in range(days)
        for name, begins, ends, rest in shifts
    ]
    return {"needs": needs, "crews": crews, "travel": travel}


def question_of(begins_on: date, settings: Mapping[str, Any]) -> Question:
    """Return what a rota was asked for, from what it keeps."""
    needs = tuple(
        Need(n["code"], n["site"], n["opens"], n["closes"], n["minutes"], n["priority"], n["visits"])
        for n in settings["needs"]
    )
    crews = tuple(Crew(c["code"], c["begins"], c["ends"], rest_minutes=c["rest"]) for c in settings["crews"])
    about = {n["code"]: {"site": n["site"], "time": n["time"], "what": n["what"]} for n in settings["needs"]}
    return Question(begins_on, needs, crews, Travel(otherwise=settings["travel"]), about)


def _visit_row(rota: PatrolRota, question: Question, visit: Visit, doing: Doing) -> PatrolVisit:
    need = next(n for n in question.needs if n.code == visit.need)
    about = question.about[need.code]
    site = Site.objects.filter(id=about["site"]).values_list("area_id", flat=True).first()
    if site is None:
        raise NoSuchCase
    return PatrolVisit(
        area_id=site,
        written_by=doing.who.practitioner_id,
        written_at=doing.now,
        site_id=about["site"],
        rota_id=rota.id,
        time_id=about["time"],
        need=need.code,
        crew=visit.crew,
        starts_at=question.at(visit.begins),
        minutes=need.minutes,
    )


def is_over(rota: PatrolRota, now: datetime) -> bool:
    """Say whether its last shift has ended: nothing of it can be agreed, changed or withdrawn any more, only logged."""
    question = question_of(rota.begins_on, rota.settings)
    return now >= question.at(max(crew.ends for crew in question.crews))


def state_of(rota: PatrolRota, now: datetime) -> str:
    """Say how a rota stands: proposed, agreed, withdrawn, over, or lapsed where its days passed and nobody had agreed."""
    if rota.withdrawn_at is not None:
        return "withdrawn"
    if is_over(rota, now):
        return "over" if rota.agreed_at else "lapsed"
    return "agreed" if rota.agreed_at else "proposed"


def standing_visits(rota_id: UUID) -> list[PatrolVisit]:
    """Return the visits of a rota that have not been taken out."""
    return list(PatrolVisit.objects.filter(rota_id=rota_id, cancelled_at=None).order_by("starts_at", "crew"))


def as_visits(rows: Sequence[PatrolVisit], question: Question) -> list[Visit]:
    """Return rows as the kernel reckons them."""
    return [Visit(row.crew, question.minute(row.starts_at), row.need) for row in rows]


def changing(who: Who, on: AreaRow | None) -> dict[str, Choices]:
    """Return what a change by hand can be about: visits, windows, crews."""
    if not isinstance(on, PatrolRota):
        raise NoSuchCase
    question = question_of(on.begins_on, on.settings)
    names = {
        str(row.id): str(keys.open_(row.id, row.sealed).get("name", ""))
        for row in Site.objects.filter(id__in={about["site"] for about in question.about.values()})
    }

    def named(code: str) -> str:
        return names.get(question.about.get(code, {}).get("site", ""), "")

    visits = tuple(
        (
            str(row.id),
            f"{row.starts_at.astimezone(ZoneInfo(pack().calendar.zone)):%a %d %b, %H:%M}: {named(row.need)}, {row.crew}",
        )
        for row in standing_visits(on.id)
        if row.done_at is None
    )
    needs = tuple(
        (
            n.code,
            f"{question.at(n.opens):%a %d %b, %H:%M}: {named(n.code)} {question.about[n.code]['what']}".strip(),
        )
        for n in question.needs
    )
    crews = tuple((f"c{number}", crew.code) for number, crew in enumerate(question.crews))
    return {"visit": visits, "window": needs, "crew": crews}


def understand(rota: PatrolRota, answers: Mapping[str, Any]) -> Change:
    """Return what a change by hand would do and cost; raises Invalid when it cannot be done."""
    question = question_of(rota.begins_on, rota.settings)
    rows = standing_visits(rota.id)
    gone = next((row for row in rows if str(row.id) == answers.get("visit")), None)
    if bool(answers.get("visit")) == bool(answers.get("window")):
        raise Invalid(
            {"visit": "Choose a visit to move or take out, or a time to add one to: one of the two."}
        )
    code = gone.need if gone else str(answers.get("window", ""))
    put = _put(question, code, answers) if answers.get("crew") or not gone else None
    before = as_visits(rows, question)
    after = as_visits([row for row in rows if row is not gone], question) + ([put] if put else [])
    kwargs = {"travel": question.travel, "step": STEP}
    reckoned = reckon(question.needs, question.crews, after, **kwargs)  # type: ignore[arg-type]  # two names, two types
    if reckoned.faults:
        raise Invalid({"clock": " ".join(reckoned.faults)})
    first = reckon(question.needs, question.crews, before, **kwargs)  # type: ignore[arg-type]  # as above
    return Change(gone.id if gone else None, put, first, reckoned)


def _put(question: Question, code: str, answers: Mapping[str, Any]) -> Visit:
    try:
        crew = question.crews[int(str(answers.get("crew", ""))[1:])]
    except (ValueError, IndexError):
        raise Invalid({"crew": "Choose the crew."}) from None
    try:
        minute = _minute(str(answers.get("clock", "")))
    except ValueError:
        raise Invalid({"clock": "Give the time, for example 12:30."}) from None
    minute += crew.begins // (24 * 60) * 24 * 60
    # A shift that goes on after midnight holds the small hours of the next day.
    return Visit(crew.code, minute + (24 * 60 if minute < crew.begins else 0), code)


def _going_on(doing: Doing) -> PatrolRota:
    rota: PatrolRota = doing.target
    if rota.withdrawn_at is not None:
        raise Invalid({"": "This rota has been withdrawn."})
    if is_over(rota, doing.now):
        raise Invalid({"": "This rota is over. Say of each visit whether it took place."})
    return rota


def change_rota(doing: Doing) -> Done:
    """A visit is moved, taken out or added, with who did it and why."""
    rota = _going_on(doing)
    change = understand(rota, doing.answers)
    if change.gone:
        if not PatrolVisit.objects.filter(id=change.gone, starts_at__gt=doing.now).exists():
            raise Invalid({"visit": "This visit has begun. Say whether it took place."})
        PatrolVisit.objects.filter(id=change.gone, done_at=None).update(cancelled_at=doing.now)
    if change.put:
        row = _visit_row(rota, question_of(rota.begins_on, rota.settings), change.put, doing)
        row.id = doing.number
        PatrolVisit.objects.bulk_create([row])
    return Done(doing.number, "rota", rota.id)


def agree(doing: Doing) -> Done:
    """Somebody has agreed to the rota as it stands."""
    rota = _going_on(doing)
    PatrolRota.objects.filter(id=rota.id, agreed_at=None).update(
        agreed_by=doing.who.practitioner_id, agreed_at=doing.now
    )
    return Done(rota.id, "rota", rota.id)


def withdraw(doing: Doing) -> Done:
    """The rota holds no longer; its visits that lie ahead are taken out, and those that were due stay to be logged."""
    rota = _going_on(doing)
    PatrolRota.objects.filter(id=rota.id, withdrawn_at=None).update(withdrawn_at=doing.now)
    PatrolVisit.objects.filter(
        rota_id=rota.id, done_at=None, cancelled_at=None, starts_at__gt=doing.now
    ).update(cancelled_at=doing.now)
    return Done(rota.id, "rota", rota.id)


__all__ = [
    "Change",
    "Question",
    "agree",
    "as_visits",
    "change_rota",
    "changing",
    "inside",
    "is_over",
    "propose_rota",
    "question_of",
    "read_shifts",
    "standing_visits",
    "state_of",
    "understand",
    "withdraw",
]
