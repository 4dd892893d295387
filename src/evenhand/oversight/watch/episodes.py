"""Keep alarms as episodes: open them, let them end, and mark as revised what corrected counts no longer bear out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from evenhand.oversight.watch.counting import Watched
from evenhand.oversight.watch.daily import Found
from evenhand.records.watch import AlarmEpisode, AlarmRevision

DAILY = "daily"
FIGURES = ("began", "last_on", "ended_on", "window_days", "observed", "expected", "p_value", "stands")
DAY_GOES_ON = "the day went on"
CORRECTED = "the counts were corrected"


@dataclass
class Kept:
    """What became of the alarms in one look."""

    begun: int = 0
    ended: int = 0
    revised: int = 0


def keep_daily(
    found: Iterable[Found], what: Watched, *, start: date, today: date, judged_to: date | None, mark: str, now: datetime
) -> Kept:  # fmt: skip
    """Put the episodes of the days from `start` on beside those on record; returns what changed.

    judged_to   the last day that was judged before; an alarm found now for a day before it is a revision, and the
                figures of that very day may still grow without one
    """
    series = what.series
    kept = Kept()
    there = {
        (row.area_id, row.strand, row.onset): row
        for row in AlarmEpisode.objects.filter(method=DAILY, area_id__in=what.areas)
        .exclude(onset__lt=start, ended_on__lt=start)
        .select_for_update()
    }
    seen = set()
    for one in found:
        area, strand = series[one.series]
        key = (area, strand, one.onset)
        seen.add(key)
        row = there.get(key)
        if one.before:
            # Noticed before these days: its first figures stand, only how long it lasts is news.
            if row is not None:
                _set(row, {"last_on": one.last_on, "ended_on": one.ended_on}, kept, now, why="")
            continue
        figures = {
            "began": one.began,
            "last_on": one.last_on,
            "ended_on": one.ended_on,
            "window_days": one.window,
            "observed": one.observed,
            "expected": round(one.expected, 6),
            "p_value": float(f"{one.p_value:.6g}"),
            "stands": True,
        }
        if row is None:
            late = judged_to is not None and one.onset < judged_to
            AlarmEpisode.objects.create(
                area_id=area, strand=strand, method=DAILY, onset=one.onset, settings_hash=mark, made_at=now,
                revised_at=now if late else None, **figures,
            )  # fmt: skip
            kept.begun += 1
            kept.revised += late
        else:
            going_on = judged_to is not None and one.onset >= judged_to
            _set(row, figures, kept, now, why=DAY_GOES_ON if going_on else CORRECTED)
    for key, row in there.items():
        if row.onset >= start and key not in seen and row.stands:
            _set(row, {"stands": False, "ended_on": today}, kept, now, why=CORRECTED)
    return kept


def _set(row: AlarmEpisode, figures: Mapping[str, object], kept: Kept, now: datetime, *, why: str) -> None:
    """Write what is different, and what it was before where its first figures change."""
    changed = {name: value for name, value in figures.items() if getattr(row, name) != value}
    if not changed:
        return
    first = set(changed) - {"last_on", "ended_on"}
    if first and why:
        AlarmRevision.objects.create(
            episode=row,
            revised_at=now,
            why=why,
            before={name: _plain(getattr(row, name)) for name in FIGURES},
        )
        if why != DAY_GOES_ON:
            row.revised_at = now
            kept.revised += 1
    if changed.get("ended_on"):
        kept.ended += 1
    for name, value in changed.items():
        setattr(row, name, value)
    row.save(update_fields=[*changed, "revised_at"])


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def keep_beside(
    method: str, area: str, strand: str, *, onset: date, began: date, window: int, observed: int, expected: float,
    p_value: float, around: list[str], quiet_days: int, mark: str, now: datetime,
) -> bool:  # fmt: skip
    """Open an episode of another method, or let the one that is open last on; returns whether one began."""
    going = AlarmEpisode.objects.filter(
        area_id=area, strand=strand, method=method, ended_on=None, last_on__gte=onset - timedelta(days=quiet_days)
    ).first()  # fmt: skip
    if going is not None:
        if going.last_on < onset:
            going.last_on = onset
            going.save(update_fields=["last_on"])
        return False
    _row, made = AlarmEpisode.objects.get_or_create(
        area_id=area,
        strand=strand,
        method=method,
        onset=onset,
        defaults={
            "began": began,
            "last_on": onset,
            "window_days": window,
            "observed": observed,
            "expected": round(expected, 6),
            "p_value": float(f"{p_value:.6g}"),
            "around": around,
            "settings_hash": mark,
            "made_at": now,
        },
    )
    return made


def end_quiet(today: date, quiet_days: int) -> int:
    """End the episodes of the other methods that have been quiet long enough."""
    return (
        AlarmEpisode.objects.exclude(method=DAILY)
        .filter(ended_on=None, last_on__lt=today - timedelta(days=quiet_days))
        .update(ended_on=today)
    )
