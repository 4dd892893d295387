"""Replay thirty years of real days as they came, and say how soon known events showed and how often nothing was called something."""

import csv
import gzip
import time
from datetime import date
from pathlib import Path

import numpy as np

from evenhand.kernels.aberration import ears_c, farrington_flexible, scan_daily

# What happened, and the strands in which a rise was to be expected.
EVENTS = (
    ("2001-09-11", ("arab", "muslim")), ("2015-11-13", ("muslim",)), ("2015-12-02", ("muslim",)),
    ("2016-11-09", ("black", "hispanic", "lgbt", "muslim")), ("2017-08-12", ("black", "jewish")),
    ("2018-10-27", ("jewish",)), ("2020-03-01", ("asian",)), ("2020-05-26", ("black",)),
)  # fmt: skip
WATCHED, HORIZON, QUIET_AFTER, QUIET_DAYS = 325, 28, 60, 7
# Days on which dates are rounded or a custom brings more: kinds the watch learns together.
KINDS = {"01-01": 1, "07-04": 2, "10-30": 3, "10-31": 4, "11-01": 5, "12-25": 6}


def load(first):
    """Return days, counts (days, series + strands), pairs with most incidents first, and strands."""
    cells = []
    path = Path(__file__).parent / "data" / "fbi_daily_by_state_strand.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["date"])
            if day >= first:
                cells.append((day, row["state"], row["strand"], int(row["incidents"])))
    total = {}
    for _, state, strand, count in cells:
        total[state, strand] = total.get((state, strand), 0) + count
    pairs = sorted(total, key=lambda pair: (-total[pair], pair))
    strands = sorted({strand for _, strand in pairs})
    place = {pair: i for i, pair in enumerate(pairs)}
    counts = np.zeros(((date(2020, 12, 31) - first).days + 1, len(pairs) + len(strands)))
    for day, state, strand, count in cells:
        row = (day - first).days
        counts[row, place[state, strand]] += count
        counts[row, len(pairs) + strands.index(strand)] += count
    return np.datetime64(first) + np.arange(len(counts)), counts, pairs, strands


def kinds_of(days):
    """Return the kind of each day, 0 for an ordinary one; first days of months, where unknown dates land, share one."""
    names = [str(day)[5:] for day in days]
    return np.array([KINDS.get(name, 7 if name.endswith("-01") else 0) for name in names])


def onsets(alarm, quiet):
    """Return the beginnings of episodes: an alarm after `quiet` rows without one."""
    begun = np.zeros_like(alarm)
    last = np.full(alarm.shape[1], -(10**6))
    for row in range(len(alarm)):
        begun[row] = alarm[row] & (row - last >= quiet)
        last[alarm[row]] = row
    return begun


def first_alarm(alarm, row):
    """Return days from a row to the first alarm in any of the columns within the horizon, or None."""
    hit = np.flatnonzero(alarm[row : row + HORIZON].any(axis=1))
    return int(hit[0]) if hit.size else None


def by_week(days, counts):
    """Judge whole weeks from Monday by farrington_flexible; the alarm counts from the week's last day, when it is known."""
    offset = (int(days[0].astype(np.int64)) + 3) % 7
    start = (7 - offset) % 7
    weeks = (len(days) - start) // 7
    table = counts[start : start + 7 * weeks].reshape(weeks, 7, -1).sum(axis=1)
    dates = days[start : start + 7 * weeks : 7]
    judged = np.arange(5 * 53 + 4, weeks)
    result = farrington_flexible(table, judged, dates=dates)
    alarm = np.zeros(counts.shape, dtype=bool)
    alarm[start + 7 * judged + 6] = result.alarm
    return alarm, float(np.mean(result.why_silent == 0))


def measure(quick):
    days, counts, pairs, strands = load(date(2008, 1, 1) if quick else date(1991, 1, 1))
    strand = np.array(
        [strands.index(name) for _, name in pairs] + [len(strands) + i for i in range(len(strands))]
    )
    parent = np.array([len(pairs) + strands.index(name) for _, name in pairs] + [-1] * len(strands))
    begun = time.process_time()
    watch = scan_daily(counts, days, strand=strand, parent=parent, event=kinds_of(days))
    spent = time.process_time() - begun
    ears = np.zeros(counts.shape, dtype=bool)
    ears[7:] = ears_c(counts, np.arange(7, len(days))).alarm
    weekly, judged = by_week(days, counts)
    alarms = {"daily watch": watch.alarm, "EARS C1": ears, "weekly Farrington": weekly}
    begins = {
        "daily watch": watch.onset, "EARS C1": onsets(ears, QUIET_DAYS), "weekly Farrington": onsets(weekly, 8),
    }  # fmt: skip
    quiet = np.ones(len(days), dtype=bool)
    for when, _ in EVENTS:
        row = int((np.datetime64(when) - days[0]).astype(int))
        if row >= 0:
            quiet[row : row + QUIET_AFTER] = False
    late = days >= np.datetime64("2012-01-01")
    warm = np.arange(len(days)) >= 5 * 366 + 35
    how = f"{WATCHED} state x strand series with most incidents, quiet days, only data up to each day"
    for name, begin in begins.items():
        for span, chosen in (("before 2012", quiet & warm & ~late), ("from 2012", quiet & late)):
            value = begin[chosen][:, :WATCHED].sum() / chosen.sum() * 7 if chosen.any() else float("nan")
            yield {
                "name": f"{name}: onsets a week, {span}",
                "value": round(float(value), 3),
                "unit": "a week",
                "how": how,
            }
    yield {
        "name": "weekly Farrington: weeks judged at all (limit54)",
        "value": round(judged, 3),
        "unit": "of series-weeks",
        "how": "the rest has fewer than 5 events in 4 weeks",
    }
    for when, concerned in EVENTS:
        row = int((np.datetime64(when) - days[0]).astype(int))
        if row < 0 or not (watch.why_silent[row] == 0).any():
            continue
        for one in concerned:
            nation = [len(pairs) + strands.index(one)]
            states = [i for i, (_, name) in enumerate(pairs) if name == one]
            for level, columns in (("nation", nation), ("a state", states)):
                for name, alarm in alarms.items():
                    delay = first_alarm(alarm[:, columns], row)
                    already = bool(alarm[row - 1, columns].any()) if name != "weekly Farrington" else False
                    yield {
                        "name": f"{when} {one}, {level}: {name}", "value": "none" if delay is None else delay,
                        "unit": "days to alarm", "how": f"within {HORIZON} days" + ("; in alarm the day before already" if already else ""),
                    }  # fmt: skip
    yield {
        "name": "replay by the daily watch",
        "value": round(spent, 1),
        "unit": "CPU s",
        "how": f"{len(days)} days x {counts.shape[1]} series",
    }
