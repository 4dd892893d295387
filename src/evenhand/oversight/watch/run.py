"""Let the watch look: go on from yesterday's memory, judge anew what was corrected, and keep what was found."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from evenhand.gate.entry import enter_house
from evenhand.gate.policy import pack as current_pack
from evenhand.oversight.watch.counting import Cells, count, watched
from evenhand.oversight.watch.look import Look
from evenhand.oversight.watch.policy import watch_policy
from evenhand.records.watch import AlarmEpisode, WatchRun

LOCK = 7_100_245


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


def watch(
    now: datetime, *, anew: bool = False, root: str = "", progress: Callable[[int, int], None] = lambda done, of: None
) -> Outcome:  # fmt: skip
    """Look at the counts up to today, through the worker's database role alone; two at once: the second waits its turn.

    now        decides which day is today; that day is judged as far as it has come, and again with every look
    anew       forget the memory and judge every day from the first
    root       look at one area and all inside it; without it, at all
    progress   called now and then with how many days are judged, and of how many
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
        look = Look(pack, policy, what, cells, today, now)
        marks = look.marks()
        changed = _start(latest, cells, marks)
        if changed > today:
            return Outcome(today, None, 0, len(what.series), 0, 0, 0, time.perf_counter() - began)
        memory, start = look.memory(changed, latest)
        asked = look.asked(changed, latest)
        ran = look.run(memory, start, min(asked), progress)
        kept = look.keep(ran, start, asked, latest, marks)
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


def goes_on(now: datetime) -> bool:
    """Say whether a look would go on from a memory, or have nothing to count; else it judges every day from the first."""
    pack = current_pack()
    policy = watch_policy(pack)
    today = pack.calendar.local_day(now)
    with enter_house():
        what = watched(policy.strands)
        if WatchRun.objects.filter(
            settings_hash=policy.mark, series_hash=what.mark, day__lte=today, state__isnull=False
        ).exists():
            return True
        with connection.cursor() as cursor:
            cursor.execute(
                "select not exists (select 1 from wall.incident_counts(%s, %s))",
                [policy.basis, today - timedelta(days=policy.history_days)],
            )
            return bool(cursor.fetchone()[0])


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
        look = Look(pack, policy, what, cells, min(today, latest.day), now)
        ran = look.run(None, cells.first, min(today, latest.day))
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
