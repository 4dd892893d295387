"""Tell coordinators that a rise began: how many where for whom, and nothing about a person; the mail says only to sign in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from evenhand.gate.incidents import series_words
from evenhand.kernels.policy import Pack
from evenhand.records.duty import Duty
from evenhand.records.watch import AlarmEpisode, WatchArea

COORDINATOR = "hate_crime_coordinator"
KIND = "unusual_rise"
# Older rises that a first look or a late list brings to light stand on the board; nobody is rung up about them.
NEWS_DAYS = 7
NAMED = 2
MOST_DEEP = 20
MOST_LETTERS = 280


def tell(episodes: Iterable[AlarmEpisode], pack: Pack, today: date, now: datetime) -> int:
    """Owe each agency that answers for an area one message about the rises that began there in this look; returns how many.; the smallest
    area and the closest strand are named first.
    """
    news = [
        row for row in episodes if row.stands and row.ended_on is None and row.last_on > today - timedelta(days=NEWS_DAYS)
    ]  # fmt: skip
    if not news:
        return 0
    areas = {row.code: row for row in WatchArea.objects.only("code", "label", "parent", "answers", "force")}
    by_agency: dict[str, list[AlarmEpisode]] = {}
    for row in news:
        for agency in _answering(areas, str(row.area_id)):
            by_agency.setdefault(agency, []).append(row)
    duties = []
    for agency, rows in sorted(by_agency.items()):
        rows.sort(
            key=lambda row: (-_depth(areas, str(row.area_id)), row.strand == "all", row.p_value, row.area_id)
        )
        mark = hashlib.sha256(" ".join(sorted(str(row.id) for row in rows)).encode()).hexdigest()[:24]
        duties.append(
            Duty(
                kind=KIND, once=f"rise:{agency}:{mark}", due_at=now,
                contents={"to": [[COORDINATOR, agency]], "label": _words(rows, areas, pack)},
            )
        )  # fmt: skip
    Duty.objects.bulk_create(duties, ignore_conflicts=True)
    return len(duties)


def _words(rows: list[AlarmEpisode], areas: dict[str, WatchArea], pack: Pack) -> str:
    named = "; ".join(
        f"{areas[str(row.area_id)].label}, {series_words(row.strand, pack)}: {row.observed} in "
        f"{row.window_days} day{'' if row.window_days == 1 else 's'}, {row.expected:.1f} expected"
        for row in rows[:NAMED]
    )
    more = f"; and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return f"More incidents than expected. {named}"[: MOST_LETTERS - len(more)] + more + "."


def _answering(areas: dict[str, WatchArea], code: str) -> list[str]:
    """Return the agencies that answer for an area, or for the nearest one around it that has any."""
    here: str | None = code
    for _step in range(MOST_DEEP):
        row = areas.get(here or "")
        if row is None:
            return []
        found = [str(number) for number in (row.answers_id, row.force_id) if number]
        if found:
            return list(dict.fromkeys(found))
        here = str(row.parent_id) if row.parent_id else None
    return []


def _depth(areas: dict[str, WatchArea], code: str) -> int:
    depth, here = 0, areas.get(code)
    while here is not None and here.parent_id and depth < MOST_DEEP:
        depth, here = depth + 1, areas.get(str(here.parent_id))
    return depth
