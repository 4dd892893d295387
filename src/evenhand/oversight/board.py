"""Read what the watch found, for whoever may open the records behind it: alarms, their figures, and what people answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from evenhand.gate import keys
from evenhand.gate.entry import practitioner_names
from evenhand.gate.incidents import series_words
from evenhand.gate.policy import pack as current_pack
from evenhand.oversight.watch.festivals import name_of
from evenhand.oversight.watch.policy import watch_policy
from evenhand.records.incident import TriggerEvent
from evenhand.records.watch import AlarmAnswer, AlarmEpisode, AlarmRevision, WatchArea, WatchRun, WatchSeries

SHOWN_DAYS = 60
PICTURE_DAYS = 91
MOST_DEEP = 20


class NoSuchAlarm(LookupError):
    """There is no alarm of this number for whoever asks."""


@dataclass(frozen=True)
class Answered:
    """What somebody decided about an alarm."""

    answer: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Unusual:
    """One alarm as the board shows it."""

    id: UUID
    area_code: str
    area: str
    strand: str
    strand_label: str
    method: str
    onset: date
    began: date
    last_on: date
    ended_on: date | None
    window_days: int
    observed: int
    expected: float
    p_value: float
    around: tuple[str, ...]
    revised_at: datetime | None
    stands: bool
    answered: Answered | None

    @property
    def times(self) -> float:
        """Return how many times what was expected came."""
        return self.observed / self.expected if self.expected > 0 else float("inf")


@dataclass(frozen=True)
class Looked:
    """The last look of the watch."""

    day: date
    ran_at: datetime
    version: int
    rate: Mapping[str, Any] | None
    false_per_week: float
    least_count: int
    windows: tuple[int, ...]
    basis: str
    first_day: date


@dataclass(frozen=True)
class DayOf:
    """One day of a series: what came, what was expected, above what it would be unusual, and what else bears on it."""

    day: date
    count: int
    expected: float | None
    upper: float | None
    provisional: bool
    likely: tuple[float, float, float] | None
    """Expected, low and high of what the day will come to once everything is in."""
    festival: str
    events: tuple[str, ...]
    alarm: bool


@dataclass(frozen=True)
class SeriesOf:
    """One area and strand over the last days."""

    area_code: str
    area: str
    strand: str
    strand_label: str
    days: tuple[DayOf, ...]
    weekly: Mapping[str, Any]
    silent: str
    least_count: int


def strand_label(code: str) -> str:
    """Return how a series is called."""
    return series_words(code, current_pack())


def last_look(now: datetime) -> Looked | None:
    """Return when the watch last looked, and how often it would cry wolf."""
    row = (
        WatchRun.objects.only("id", "day", "ran_at", "version", "settings", "settings_hash", "rate")
        .filter(ran_at__lte=now)
        .order_by("-ran_at", "-day")
        .first()
    )
    if row is None:
        return None
    row = (
        WatchRun.objects.only("id", "day", "ran_at", "version", "settings", "settings_hash", "rate")
        .filter(ran_at=row.ran_at)
        .order_by("-day", "-version")
        .first()
    ) or row
    said = row.settings
    return Looked(
        row.day, row.ran_at, row.version, row.rate, float(said["false_per_week"]), int(said["least_count"]),
        tuple(said["windows"]), str(said["basis"]), date.fromisoformat(said["first_day"]),
    )  # fmt: skip


def unusual(today: date, *, area: str = "", strand: str = "", ended: bool = True) -> list[Unusual]:
    """Return the alarms that go on, newest first, then those that ended lately."""
    rows = AlarmEpisode.objects.select_related("area").order_by("-onset", "p_value", "id")
    rows = rows.filter(last_on__gte=today - timedelta(days=SHOWN_DAYS))
    if area:
        rows = rows.filter(area_id=area)
    if strand:
        rows = rows.filter(strand=strand)
    if not ended:
        rows = rows.filter(ended_on=None, stands=True)
    found = _shown(list(rows[:400]))
    return sorted(found, key=lambda u: (u.ended_on is not None or not u.stands,))


def one(number: UUID) -> tuple[Unusual, list[Answered], list[AlarmRevision]]:
    """Return one alarm, everything that was answered, and what it said before corrections; raises NoSuchAlarm."""
    row = AlarmEpisode.objects.select_related("area").filter(id=number).first()
    if row is None:
        raise NoSuchAlarm
    answers = _answers([row.id]).get(row.id, [])
    revisions = list(AlarmRevision.objects.filter(episode=row).order_by("-revised_at"))
    return _shown([row])[0], answers, revisions


def _answers(ids: list[UUID]) -> dict[UUID, list[Answered]]:
    rows = list(AlarmAnswer.objects.filter(episode_id__in=ids).order_by("-answered_at"))
    names = practitioner_names([row.answered_by for row in rows])
    found: dict[UUID, list[Answered]] = {}
    for row in rows:
        said = keys.open_(keys.HOUSE_KEY, row.sealed)
        found.setdefault(row.episode_id, []).append(
            Answered(row.answer, str(said.get("reason", "")), names.get(row.answered_by, ""), row.answered_at)
        )
    return found


def _shown(rows: list[AlarmEpisode]) -> list[Unusual]:
    answers = _answers([row.id for row in rows])
    codes = {code for row in rows for code in row.around}
    labels = dict(WatchArea.objects.filter(code__in=codes).values_list("code", "label"))
    return [
        Unusual(
            row.id, str(row.area_id), row.area.label, row.strand, strand_label(row.strand), row.method, row.onset, row.began,
            row.last_on, row.ended_on, row.window_days, row.observed, row.expected, row.p_value,
            tuple(labels.get(code, code) for code in row.around), row.revised_at, row.stands,
            answers[row.id][0] if row.id in answers else None,
        )
        for row in rows
    ]  # fmt: skip


def series(area: str, strand: str, *, days: int = PICTURE_DAYS) -> SeriesOf | None:
    """Return the last days of one area and strand, or None where nothing was counted that whoever asks may see."""
    row = WatchSeries.objects.select_related("area").filter(area_id=area, strand=strand).first()
    return None if row is None else _series([row], days)[0]


def several(strand: str, areas: list[str], *, days: int) -> list[SeriesOf]:
    """Return the last days of one strand in several areas, in the order of their names."""
    rows = list(
        WatchSeries.objects.select_related("area")
        .filter(strand=strand, area_id__in=areas)
        .order_by("area__label")
    )
    return _series(rows, days)


def _series(rows: list[WatchSeries], days: int) -> list[SeriesOf]:
    pack = current_pack()
    policy = watch_policy(pack)
    events = list(TriggerEvent.objects.filter(withdrawn_at=None))
    alarms: dict[tuple[str, str], list[tuple[date, date]]] = {}
    for episode in AlarmEpisode.objects.filter(
        stands=True, area_id__in={row.area_id for row in rows}, strand__in={row.strand for row in rows}
    ):
        alarms.setdefault((str(episode.area_id), episode.strand), []).append((episode.onset, episode.last_on))
    found = []
    for row in rows:
        length = len(row.counts)
        shown = []
        for at in range(max(0, length - days), length):
            day = row.first_day + timedelta(days=at)
            age = length - 1 - at
            likely = row.likely[age] if age < len(row.likely) else None
            shown.append(
                DayOf(
                    day, row.counts[at], row.expected[at], row.upper[at], age < policy.provisional_days,
                    (likely["expected"], likely["low"], likely["high"]) if likely else None,
                    name_of(day, country=pack.calendar.country, subdivision=pack.calendar.subdivision),
                    tuple(
                        e.label for e in events
                        if e.happened_on == day and (not e.strands or row.strand in ("all", *e.strands))
                    ),
                    any(a <= day <= b for a, b in alarms.get((str(row.area_id), row.strand), [])),
                )
            )  # fmt: skip
        found.append(
            SeriesOf(
                str(row.area_id), row.area.label, row.strand, strand_label(row.strand), tuple(shown), row.weekly, row.silent,
                policy.least_count,
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class Within:
    """A series that is higher than expected today, and why it is no alarm."""

    area_code: str
    area: str
    strand: str
    strand_label: str
    count: int
    expected: float
    upper: float
    why: str


def within_chance(today: date, *, most: int = 6) -> list[Within]:
    """Return what is higher than expected today without being an alarm, and why chance explains it."""
    least = watch_policy(current_pack()).least_count
    open_now = set(AlarmEpisode.objects.filter(stands=True, ended_on=None).values_list("area_id", "strand"))
    found = []
    for row in WatchSeries.objects.select_related("area"):
        if (row.area_id, row.strand) in open_now or row.first_day + timedelta(
            days=len(row.counts) - 1
        ) != today:
            continue
        count, expected, upper = row.counts[-1], row.expected[-1], row.upper[-1]
        if expected is None or upper is None or count < max(3, expected * 1.2):
            continue
        if count < least:
            why = f"Fewer than {least} events: the policy never alarms on so few."
        elif count <= upper:
            why = f"A day of up to {upper:.0f} comes by chance: days here scatter that much."
        else:
            why = "High by itself; with all areas and strands looked at, one such day is to be expected by chance."
        found.append(
            Within(
                str(row.area_id),
                row.area.label,
                row.strand,
                strand_label(row.strand),
                count,
                expected,
                upper,
                why,
            )
        )
    return sorted(
        found, key=lambda w: (-(w.count - w.expected) / max(w.expected, 0.5) ** 0.5, w.area_code, w.strand)
    )[:most]


def inside() -> dict[str, tuple[str, ...]]:
    """Return for each area those that contain it, the nearest first."""
    parents = dict(WatchArea.objects.values_list("code", "parent_id"))
    found = {}
    for code, parent in parents.items():
        above: list[str] = []
        here: str | None = parent
        while here is not None and len(above) < MOST_DEEP:
            above.append(here)
            here = parents.get(here)
        found[code] = tuple(above)
    return found


@dataclass(frozen=True)
class AreaChange:
    """An area that was merged into others or split into them, and since when."""

    label: str
    into: tuple[str, ...]
    on: date
    merged: bool


def area_changes() -> list[AreaChange]:
    """Return the areas that were merged or split among those whose counts whoever asks may see, the latest first."""
    mine = set(WatchSeries.objects.values_list("area_id", flat=True).distinct())
    parts: dict[str, list[str]] = {}
    for above, since, label in (
        WatchArea.objects.exclude(since=None).order_by("label").values_list("parent_id", "since", "label")
    ):
        parts.setdefault(f"{above} {since}", []).append(label)
    found = [
        AreaChange(
            row.label,
            (row.became.label,) if row.became else tuple(parts.get(f"{row.code} {row.until}", ())),
            row.until,
            row.became is not None,
        )
        for row in WatchArea.objects.exclude(until=None).select_related("became").order_by("-until", "label")
        if row.until is not None and str(row.became_id or row.code) in mine
    ]
    return found


@dataclass(frozen=True)
class AreaOf:
    """An area on the map or in a list."""

    code: str
    label: str
    parent: str
    geometry: Mapping[str, Any] | None
    alarms: int


def areas() -> list[AreaOf]:
    """Return the areas whose counts whoever asks may see, with how many alarms go on in each."""
    going: dict[str, int] = {}
    for area in AlarmEpisode.objects.filter(stands=True, ended_on=None).values_list("area_id", flat=True):
        going[str(area)] = going.get(str(area), 0) + 1
    mine = set(WatchSeries.objects.values_list("area_id", flat=True).distinct())
    rows = WatchArea.objects.filter(became=None).order_by("label")
    return [
        AreaOf(
            row.code,
            row.label,
            str(row.parent_id or ""),
            None if row.until else row.geometry,
            going.get(row.code, 0),
        )
        for row in rows
        if row.code in mine or row.geometry
    ]
