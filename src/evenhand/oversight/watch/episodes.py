"""Keep alarms as episodes: open them, let them end, and mark as revised what corrected counts no longer bear out."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from evenhand.oversight.watch.counting import Watched
from evenhand.oversight.watch.daily import Found
from evenhand.oversight.watch.looked import Hit
from evenhand.records.watch import AlarmEpisode, AlarmRevision

DAILY = "daily"
FIGURES = ("began", "last_on", "ended_on", "window_days", "observed", "expected", "p_value", "stands")
DAY_GOES_ON = "the day went on"
CORRECTED = "the counts were corrected"
OTHER_SETTINGS = "the settings or the areas changed"


@dataclass
class Kept:
    """What became of the alarms in one look."""

    begun: int = 0
    ended: int = 0
    revised: int = 0
    new: list[AlarmEpisode] = field(default_factory=list)


def keep_daily(
    found: Iterable[Found], what: Watched, *, start: date, today: date, judged_to: date | None, mark: str, now: datetime,
    why: str = CORRECTED,
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
            made = AlarmEpisode.objects.create(
                area_id=area, strand=strand, method=DAILY, onset=one.onset, settings_hash=mark, made_at=now,
                revised_at=now if late else None, **figures,
            )  # fmt: skip
            kept.new.append(made)
            kept.begun += 1
            kept.revised += late
        else:
            going_on = judged_to is not None and one.onset >= judged_to
            _set(row, figures, kept, now, why=DAY_GOES_ON if going_on else why)
    for key, row in there.items():
        if row.onset >= start and key not in seen and row.stands:
            _set(row, {"stands": False, "ended_on": row.ended_on or today}, kept, now, why=why)
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
    hits: Iterable[Hit], what: Watched, *, judged: Mapping[str, Container[date]], judged_to: date | None,
    quiet_days: Mapping[str, int], today: date, mark: str, now: datetime, why: str = CORRECTED, gone: Iterable[Hit] = (),
) -> Kept:  # fmt: skip
    """Put the exceedances of the other methods beside the episodes on record; returns what changed.

    An exceedance within the quiet days of an open episode makes it last longer; else it begins one. What begins on a day
    that was judged before is marked as revised, and an episode whose first day was judged again and exceeds no more
    stands no longer. The figures of an episode are those of its first day.
    judged       method → the days that were judged now
    judged_to    the last day that was judged before
    quiet_days   method → days without an exceedance after which the next one is a new episode
    gone         episodes that were looked at by themselves and are not borne out any more
    """
    kept = Kept()
    there: dict[tuple[str, str, str], list[AlarmEpisode]] = {}
    for row in (
        AlarmEpisode.objects.exclude(method=DAILY)
        .filter(area_id__in=what.areas)
        .order_by("onset")
        .select_for_update()
    ):
        there.setdefault((row.method, row.area_id, row.strand), []).append(row)
    found = sorted(hits, key=lambda hit: hit.day)
    seen = {(hit.method, hit.area, hit.strand, hit.day) for hit in found}
    lost = {(hit.method, hit.area, hit.strand, hit.day) for hit in gone}
    for key, rows in there.items():
        for row in rows:
            absent = row.onset in judged.get(key[0], ()) and (*key, row.onset) not in seen
            if row.stands and (absent or (*key, row.onset) in lost):
                _set(row, {"stands": False, "ended_on": row.ended_on or today}, kept, now, why=why)
    for hit in found:
        rows = there.setdefault((hit.method, hit.area, hit.strand), [])
        same = next((row for row in rows if row.onset == hit.day), None)
        quiet = timedelta(days=quiet_days.get(hit.method, 0))
        going = next((row for row in rows if row.stands and row.onset < hit.day <= row.last_on + quiet), None)
        again = judged_to is not None and hit.day < judged_to
        if same is not None and same.stands and hit.day not in judged.get(hit.method, ()):
            continue  # a day that fills up as reports come in: its first figures stand
        if same is not None and (same.stands or going is None):
            figures = _figures(hit) | (
                {} if same.stands else {"stands": True, "last_on": hit.day, "ended_on": None}
            )
            if not same.stands or not _alike(same, hit):
                _set(same, figures, kept, now, why=why if again else DAY_GOES_ON)
        elif going is not None:
            open_again: dict[str, object] = (
                {"ended_on": None} if going.ended_on and hit.day + quiet >= today else {}
            )
            if hit.day > going.last_on:
                _set(going, {"last_on": hit.day} | open_again, kept, now, why="")
        else:
            rows.append(
                AlarmEpisode.objects.create(
                    area_id=hit.area, strand=hit.strand, method=hit.method, onset=hit.day, last_on=hit.day,
                    settings_hash=mark, made_at=now, revised_at=now if again else None, **_figures(hit),
                )
            )  # fmt: skip
            kept.new.append(rows[-1])
            kept.begun += 1
            kept.revised += again
    return kept


def _figures(hit: Hit) -> dict[str, object]:
    return {
        "began": hit.began,
        "window_days": hit.window,
        "observed": hit.observed,
        "expected": round(hit.expected, 6),
        "p_value": float(f"{hit.p_value:.6g}"),
        "around": list(hit.around),
    }


def _alike(row: AlarmEpisode, hit: Hit) -> bool:
    """Say whether an episode says the same; what is expected is kept to four decimals, so the last ones may differ."""
    return (row.began, row.window_days, row.observed, list(row.around)) == (
        hit.began, hit.window, hit.observed, list(hit.around),
    ) and abs(row.expected - hit.expected) <= 1e-3 * max(row.expected, hit.expected)  # fmt: skip


def end_quiet(what: Watched, today: date, quiet_days: Mapping[str, int]) -> int:
    """End the episodes of the other methods that have been quiet long enough."""
    return sum(
        AlarmEpisode.objects.filter(
            method=method, area_id__in=what.areas, ended_on=None, last_on__lt=today - timedelta(days=days)
        ).update(ended_on=today)
        for method, days in quiet_days.items()
    )


def first_days(what: Watched, since: date) -> set[date]:
    """Return the days from `since` on which episodes of the other methods begin that still stand."""
    rows = AlarmEpisode.objects.exclude(method__in=(DAILY, "late")).filter(
        area_id__in=what.areas, stands=True, onset__gte=since
    )
    return set(rows.values_list("onset", flat=True))


def late_noticed(what: Watched, since: date) -> list[Hit]:
    """Return the standing alarms on days that were still filling up, as they were noticed."""
    rows = AlarmEpisode.objects.filter(method="late", area_id__in=what.areas, stands=True, onset__gte=since)
    return [
        Hit("late", row.area_id, row.strand, row.onset, row.began, 1, row.observed, row.expected, row.p_value)
        for row in rows
    ]
