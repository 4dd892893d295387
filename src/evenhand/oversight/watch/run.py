"""Let the watch look: go on from yesterday's memory, judge anew what was corrected, and keep what was found."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.models import Max

from evenhand.gate.entry import enter_house
from evenhand.gate.policy import pack as current_pack
from evenhand.kernels import aberration
from evenhand.kernels.aberration.daily import SILENT_REASONS
from evenhand.kernels.aberration.daily_state import DailyState
from evenhand.kernels.policy import Pack
from evenhand.oversight.watch import figures
from evenhand.oversight.watch.beside import Looked, look_beside
from evenhand.oversight.watch.counting import Cells, Floats, Watched, count, watched
from evenhand.oversight.watch.daily import KEPT_DAYS, Found, Ran, run_over
from evenhand.oversight.watch.episodes import Kept, end_quiet, keep_daily
from evenhand.oversight.watch.festivals import kind_of
from evenhand.oversight.watch.policy import WatchPolicy, watch_policy
from evenhand.records.incident import TriggerEvent
from evenhand.records.watch import AlarmEpisode, WatchRun, WatchSeries

LOCK = 7_100_245
RATE_DAYS = 30
MEMORY_DAYS = 35
MANY_SERIES = 3000


@dataclass(frozen=True)
class Outcome:
    """What one look came to."""

    day: date
    judged_from: date | None
    days: int
    series: int
    begun: int
    ended: int
    revised: int
    seconds: float


@dataclass(frozen=True)
class Event:
    """A trigger event as the watch uses it: from when to when, which series, how much easier."""

    since: date
    until: date
    series: tuple[int, ...]
    ease: float

    def mark(self) -> str:
        """Return what bears on the days of this event."""
        return f"{self.ease}:{zlib.crc32(repr(self.series).encode()):x}"


def watch(now: datetime, *, anew: bool = False, root: str = "") -> Outcome:
    """Look at the counts up to today, through the worker's database role alone; two at once: the second waits its turn.

    now    decides which day is today; that day is judged as far as it has come, and again with every look
    anew   forget the memory and judge every day from the first
    root   look at one area and all inside it; without it, at all
    """
    began = time.perf_counter()
    pack = current_pack()
    policy = watch_policy(pack)
    today = pack.calendar.local_day(now)
    with enter_house(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        what = watched(policy.strands, root)
        latest = (
            WatchRun.objects.filter(settings_hash=policy.mark, series_hash=what.mark, day__lte=today)
            .exclude(counts_hash="")
            .order_by("-day", "-version")
            .first()
        )
        if anew:
            latest = None
        first = date.fromisoformat(latest.settings["first_day"]) if latest else None
        horizon = today - timedelta(days=policy.history_days)
        cells = count(
            what,
            basis=policy.basis,
            since=min(first, horizon) if first else horizon,
            until=today,
            late_days=policy.late_days,
            from_day=first,
        )
        if cells is None:
            return Outcome(today, None, 0, 0, 0, 0, 0, time.perf_counter() - began)
        look = _Look(pack, policy, what, cells, today, now)
        marks = look.marks()
        start = _start(latest, cells, marks)
        if start > today:
            return Outcome(today, None, 0, len(what.series), 0, 0, 0, time.perf_counter() - began)
        memory, start = look.memory(start, latest)
        ran = look.run(memory, start)
        kept = look.keep(ran, start, latest, marks)
    return Outcome(
        today,
        start,
        (today - start).days + 1,
        len(what.series),
        kept.begun,
        kept.ended,
        kept.revised,
        time.perf_counter() - began,
    )


def _start(latest: WatchRun | None, cells: Cells, marks: list[str]) -> date:
    """Return the first day that was not judged yet, or whose counts are others than they were."""
    if latest is None or date.fromisoformat(latest.settings["first_day"]) != cells.first:
        return cells.first
    before = latest.settings["marks"].split()
    for at, (old, new) in enumerate(zip(before, marks, strict=False)):
        if old != new:
            return cells.first + timedelta(days=at)
    return cells.first + timedelta(days=len(before))


def check_again(now: datetime, *, root: str = "") -> list[str]:
    """Judge every day from the first once more, in memory alone, and return where alarms on record differ: none."""
    pack = current_pack()
    policy = watch_policy(pack)
    today = pack.calendar.local_day(now)
    with enter_house():
        what = watched(policy.strands, root)
        latest = (
            WatchRun.objects.filter(settings_hash=policy.mark, series_hash=what.mark)
            .order_by("-day", "-version")
            .first()
        )
        if latest is None:
            return []
        first = date.fromisoformat(latest.settings["first_day"])
        cells = count(
            what,
            basis=policy.basis,
            since=first,
            until=min(today, latest.day),
            late_days=policy.late_days,
            from_day=first,
        )
        if cells is None:
            return []
        look = _Look(pack, policy, what, cells, min(today, latest.day), now)
        ran = look.run(None, cells.first)
        there = AlarmEpisode.objects.filter(
            method="daily", stands=True, area_id__in=what.areas, onset__gte=cells.first, onset__lte=latest.day
        )
        rows = {(r.area_id, r.strand, r.onset): (r.began, r.window_days, r.observed) for r in there}
    again = {(*what.series[f.series], f.onset): (f.began, f.window, f.observed) for f in ran.found}
    return [
        f"{area} {strand} {onset}: on record {rows.get(key)}, again {again.get(key)}"
        for key in sorted({*rows, *again})
        if rows.get(key) != again.get(key)
        for area, strand, onset in [key]
    ]  # fmt: skip


class _Look:
    """One look at the counts up to a day."""

    def __init__(
        self, pack: Pack, policy: WatchPolicy, what: Watched, cells: Cells, today: date, now: datetime
    ) -> None:
        self.pack, self.policy, self.what, self.cells = pack, policy, what, cells
        self.today, self.now = today, now
        self.width = len(what.areas) * len(what.strands)
        self.events = list(self._events())
        self.kinds: Callable[[date], int] = lambda day: kind_of(
            day, country=pack.calendar.country, subdivision=pack.calendar.subdivision
        )

    def _events(self) -> Iterable[Event]:
        k = len(self.what.strands)
        for row in TriggerEvent.objects.filter(withdrawn_at=None, leniency__gt=1).order_by("id"):
            areas = range(len(self.what.areas))
            if row.area_id is not None:
                code = self.what.merged.get(str(row.area_id), str(row.area_id))
                areas_in = [at for at in areas if self._inside(at, code)]
            else:
                areas_in = list(areas)
            strands = [
                s
                for s, code in enumerate(self.what.strands)
                if not row.strands or code in row.strands or code == "all"
            ]
            yield Event(
                row.happened_on,
                row.until,
                tuple(at * k + s for at in areas_in for s in strands),
                min(row.leniency, self.policy.most_leniency),
            )

    def _inside(self, at: int, code: str) -> bool:
        while at >= 0:
            if self.what.areas[at] == code:
                return True
            at = self.what.around[at]
        return False

    def ease(self, start: date, stop: date) -> Floats:
        """Return how much easier each series is called on the days from start to before stop."""
        days = (stop - start).days
        here = [e for e in self.events if e.since < stop and e.until >= start]
        if not here:
            return np.ones((days, 1))
        found = np.ones((days, self.width))
        for event in here:
            low, high = max(0, (event.since - start).days), min(days, (event.until - start).days + 1)
            part = found[low:high]
            part[:, list(event.series)] = np.maximum(part[:, list(event.series)], event.ease)
        return found

    def marks(self) -> list[str]:
        """Return a short hash of each day's counts and of what else bears on how it is judged."""
        extra = []
        for n in range((self.today - self.cells.first).days + 1):
            day = self.cells.first + timedelta(days=n)
            events = [e.mark() for e in self.events if e.since <= day <= e.until]
            extra.append(f"{self.kinds(day)} {' '.join(events)}")
        return self.cells.marks(extra)

    def memory(self, start: date, latest: WatchRun | None) -> tuple[DailyState | None, date]:
        """Return the newest memory from before a day and the day that follows it, or none and the first day."""
        if latest is not None and start > self.cells.first:
            row = (
                WatchRun.objects.filter(
                    settings_hash=self.policy.mark, series_hash=self.what.mark, day__lt=start, state__isnull=False,
                    day__gte=self.cells.first,
                )
                .order_by("-day", "-version").first()
            )  # fmt: skip
            if row is not None and row.state is not None:
                state = aberration.load_state(bytes(row.state))
                return state, row.day + timedelta(days=1)
        return None, self.cells.first

    def _keeps(self, day: date) -> bool:
        """The memory of the last days, and of one day a week before: corrections are mostly of days just gone."""
        age = (self.today - day).days
        return age in (1, 2) or (0 < age <= MEMORY_DAYS and day.weekday() == 6)

    def run(self, memory: DailyState | None, start: date) -> Ran:
        """Judge the days from start to today."""
        return run_over(
            self.cells,
            self.what,
            self.policy,
            start=start,
            stop=self.today + timedelta(days=1),
            state=memory,
            kinds=self.kinds,
            ease=self.ease,
            keep=self._keeps,
        )

    def keep(self, ran: Ran, start: date, latest: WatchRun | None, marks: list[str]) -> Kept:
        """Write down what was found, the memory, and what the board shows."""
        kept = keep_daily(
            ran.found, self.what, start=start, today=self.today, judged_to=latest.day if latest else None,
            mark=self.policy.mark, now=self.now,
        )  # fmt: skip
        seen, silent = self._series(ran)
        beside = look_beside(seen, ran.expected[self.today]) if self.today in ran.expected else None
        self._write_series(
            seen, ran, beside.weekly if beside else {}, beside.likely if beside else {}, silent
        )
        kept.begun += beside.begun if beside else 0
        kept.ended += end_quiet(self.today, self.policy.quiet_days)
        WatchRun.objects.filter(day__gte=start, series_hash=self.what.mark).update(state=None)
        for day, state in sorted(ran.states.items()):
            self._write_run(day, state=state, marks=[], rate=None)
        self._write_run(
            self.today,
            state=None,
            marks=marks,
            rate=self._rate(ran.state, latest),
            alarms=len(_open_now(ran.found)),
        )
        for row in WatchRun.objects.filter(state__isnull=False, series_hash=self.what.mark).only("id", "day"):
            if not self._keeps(row.day):
                WatchRun.objects.filter(id=row.id).update(state=None)
        figures.refresh(self.cells, self.what, self.pack, self.today, self.now)
        return kept

    def _write_run(
        self, day: date, *, state: bytes | None, marks: list[str], rate: object, alarms: int = 0
    ) -> None:
        last = WatchRun.objects.filter(day=day).aggregate(last=Max("version"))["last"] or 0
        settings = self.policy.as_data() | {
            "first_day": self.cells.first.isoformat(),
            "marks": " ".join(marks),
        }
        WatchRun.objects.create(
            day=day, ran_at=self.now, version=last + 1, settings=settings, settings_hash=self.policy.mark,
            series_hash=self.what.mark, counts_hash=marks[-1] if marks else "", events=self.cells.events,
            alarms=alarms, rate=rate, state=state,
        )  # fmt: skip

    def _rate(self, state: DailyState, latest: WatchRun | None) -> object:
        """Return the false alarms a week by simulation; once a month for the same settings and series."""
        if latest is not None and latest.rate:
            since = date.fromisoformat(latest.rate["day"])
            if (self.today - since).days < RATE_DAYS:
                return latest.rate
        days = 364 if self.width < MANY_SERIES else 91
        rng = np.random.default_rng(int(self.policy.mark[:8], 16))
        try:
            found = aberration.false_alarm_rate(state, rng=rng, days=days)
        except aberration.WrongOption:
            return None  # the watch still warms up
        return {
            "per_week": round(found.per_week, 3), "low": round(found.low, 3), "high": round(found.high, 3),
            "weeks": found.weeks, "day": self.today.isoformat(),
        }  # fmt: skip

    def _series(self, ran: Ran) -> tuple[Looked, dict[int, str]]:
        """Return the series that had events lately with what was expected of them, as far as it is known."""
        first = max(self.cells.first, self.today - timedelta(days=KEPT_DAYS - 1))
        stop = self.today + timedelta(days=1)
        active = self.cells.active(first, stop)
        days = (stop - first).days
        expected = np.full((days, len(active)), np.nan)
        for day, values in ran.expected.items():
            if day >= first:
                expected[(day - first).days] = values[active]
        at = {self.what.series[int(j)]: n for n, j in enumerate(active)}
        old = (
            WatchSeries.objects.filter(area_id__in=self.what.areas)
            if min(ran.expected, default=stop) > first
            else []
        )
        for row in old:
            column = at.get((str(row.area_id), row.strand))
            if column is None:
                continue
            for n, value in enumerate(row.expected):
                place = (row.first_day + timedelta(days=n) - first).days
                if value is not None and 0 <= place < days and np.isnan(expected[place, column]):
                    expected[place, column] = value
        silent = {}
        if ran.silent is not None:
            silent = {int(j): SILENT_REASONS[int(ran.silent[j])] for j in active if ran.silent[j]}
        counts = self.cells.of(first, stop, active)
        return (
            Looked(self.cells, self.what, self.policy, active, first, counts, expected, self.today, self.now),
            silent,
        )

    def _write_series(
        self, seen: Looked, ran: Ran, weekly: dict[int, dict[str, object]], likely: dict[int, list[dict[str, float]]],
        silent: dict[int, str],
    ) -> None:  # fmt: skip
        upper = np.full(seen.expected.shape, np.nan)
        for day, values in ran.upper.items():
            if day >= seen.first_day:
                upper[(day - seen.first_day).days] = values[seen.active]
        before = {
            (str(row.area_id), row.strand): row
            for row in (
                WatchSeries.objects.filter(area_id__in=self.what.areas) if np.isnan(upper).any() else []
            )
        }
        rows = []
        for n, j in enumerate(map(int, seen.active)):
            area, strand = self.what.series[j]
            bounds = upper[:, n]
            old = before.get((area, strand))
            if old is not None:
                for at, value in enumerate(old.upper):
                    place = (old.first_day + timedelta(days=at) - seen.first_day).days
                    if value is not None and 0 <= place < len(bounds) and np.isnan(bounds[place]):
                        bounds[place] = value
            rows.append(
                WatchSeries(
                    area_id=area, strand=strand, first_day=seen.first_day,
                    counts=[int(x) for x in seen.counts[:, n]],
                    expected=[None if np.isnan(x) else round(float(x), 4) for x in seen.expected[:, n]],
                    upper=[None if np.isnan(x) else float(x) for x in bounds],
                    weekly=weekly.get(j, {}), likely=likely.get(j, []), silent=silent.get(j, ""),
                )
            )  # fmt: skip
        WatchSeries.objects.filter(area_id__in=self.what.areas).delete()
        WatchSeries.objects.bulk_create(rows, batch_size=500)


def _open_now(found: list[Found]) -> list[Found]:
    return [one for one in found if one.ended_on is None]
