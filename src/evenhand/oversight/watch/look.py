"""One look at the counts up to a day: which days are judged, from which memory, and what of it is written down."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db.models import Max

from evenhand.kernels import aberration
from evenhand.kernels.aberration.daily import SILENT_REASONS
from evenhand.kernels.aberration.daily_state import DailyState
from evenhand.kernels.policy import Pack
from evenhand.oversight.watch import figures
from evenhand.oversight.watch.beside import A_WEEK, DRIFT_QUIET, fallen, look_beside
from evenhand.oversight.watch.counting import Cells, Floats, Watched, days_between
from evenhand.oversight.watch.daily import KEPT_DAYS, Found, Ran, run_over
from evenhand.oversight.watch.episodes import (
    CORRECTED,
    OTHER_SETTINGS,
    Kept,
    end_quiet,
    first_days,
    keep_beside,
    keep_daily,
    late_noticed,
)
from evenhand.oversight.watch.festivals import kind_of
from evenhand.oversight.watch.looked import Looked
from evenhand.oversight.watch.policy import WatchPolicy
from evenhand.oversight.watch.series import Held, held, laid, put, table_of
from evenhand.oversight.watch.telling import tell
from evenhand.records.incident import TriggerEvent
from evenhand.records.watch import WatchRun

RATE_DAYS = 30
MEMORY_DAYS = 35
MANY_SERIES = 3000


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


class Look:
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
                state = aberration.load_state(zlib.decompress(bytes(row.state)))
                return state, row.day + timedelta(days=1)
        return None, self.cells.first

    def _keeps(self, day: date) -> bool:
        """The memory of the last days, and of one day a week before: corrections are mostly of days just gone."""
        age = (self.today - day).days
        return age in (1, 2) or (0 < age <= MEMORY_DAYS and day.weekday() == 6)

    def asked(self, changed: date, latest: WatchRun | None) -> list[date]:
        """Return the days that the other methods are asked about: today, the days since the last look (at the first one,
        five weeks) and, where counts were corrected, the days from there on and every one on which an alarm began."""
        lately = self.today - timedelta(days=MEMORY_DAYS)
        since = lately if latest is None else max(min(changed, latest.day + timedelta(days=1)), lately)
        since = max(since, self.cells.first)
        return sorted({*days_between(since, self.today), self.today} | first_days(self.what, changed))

    def run(
        self, memory: DailyState | None, start: date, oldest: date, progress: Callable[[int, int], None] = lambda done, of: None
    ) -> Ran:  # fmt: skip
        """Judge the days from start to today, and say of them what was expected as far back as the oldest day asked needs."""
        stop = self.today + timedelta(days=1)
        return run_over(
            self.cells,
            self.what,
            self.policy,
            start=start,
            stop=stop,
            state=memory,
            kinds=self.kinds,
            ease=self.ease,
            keep=self._keeps,
            shown_from=self._shown_from(oldest),
            progress=progress,
        )

    def _shown_from(self, oldest: date) -> date:
        back = max(2 * self.policy.drift_days, self.policy.cluster_days)
        return min(self.today - timedelta(days=KEPT_DAYS - 1), oldest - timedelta(days=back - 1))

    def keep(
        self, ran: Ran, start: date, asked: list[date], latest: WatchRun | None, marks: list[str]
    ) -> Kept:  # fmt: skip
        """Write down what was found, the memory, and what the board shows."""
        judged_to = latest.day if latest else None
        why = CORRECTED if latest is not None or not self._looked_before() else OTHER_SETTINGS
        kept = keep_daily(
            ran.found, self.what, start=start, today=self.today, judged_to=judged_to, mark=self.policy.mark,
            now=self.now, why=why,
        )  # fmt: skip
        before = held(self.what)
        seen = self._looked(ran, min(asked), before)
        beside = look_beside(seen, asked)
        quiet = {
            "weekly": A_WEEK,
            "drift": DRIFT_QUIET,
            "cluster": self.policy.quiet_days,
            "late": self.policy.quiet_days,
        }
        noticed = late_noticed(self.what, seen.first_day)
        gone = fallen(seen, noticed) if self.today in ran.expected else []
        more = keep_beside(
            beside.hits, self.what, judged=beside.judged, judged_to=judged_to, quiet_days=quiet, today=self.today,
            mark=self.policy.mark, now=self.now, why=why, gone=gone,
        )  # fmt: skip
        kept.begun, kept.revised = kept.begun + more.begun, kept.revised + more.revised
        kept.ended += more.ended + end_quiet(self.what, self.today, quiet)
        tell([*kept.new, *more.new], self.pack, self.today, self.now)
        upper = table_of(seen.first_day, seen.counts.shape[0], ran.upper, seen.active)
        laid(upper, [self.what.series[int(j)] for j in seen.active], seen.first_day, before, "upper")
        put(seen, upper, beside.weekly, beside.likely, self._silent(ran, seen), KEPT_DAYS)
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

    def _looked_before(self) -> bool:
        """Say whether there were looks under other settings or areas."""
        others = WatchRun.objects.exclude(counts_hash="")
        return others.exclude(settings_hash=self.policy.mark, series_hash=self.what.mark).exists()

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
            alarms=alarms, rate=rate, state=zlib.compress(state, 1) if state is not None else None,
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

    def _looked(self, ran: Ran, oldest: date, before: Mapping[tuple[str, str], Held]) -> Looked:
        """Return the series that had events lately with what was expected of them, as far as it is known."""
        first = max(self.cells.first, self._shown_from(oldest))
        active = self.cells.active(first, self.today + timedelta(days=1))
        days = (self.today - first).days + 1
        expected = table_of(first, days, ran.expected, active)
        laid(expected, [self.what.series[int(j)] for j in active], first, before, "expected")
        counts = self.cells.of(first, self.today + timedelta(days=1), active)
        return Looked(
            self.cells, self.what, self.policy, active, first, counts, expected, self.today, ran.expected
        )

    def _silent(self, ran: Ran, seen: Looked) -> dict[int, str]:
        if ran.silent is None:
            return {}
        return {int(j): SILENT_REASONS[int(ran.silent[j])] for j in seen.active if ran.silent[j]}


def _open_now(found: list[Found]) -> list[Found]:
    return [one for one in found if one.ended_on is None]
