"""Say in words when work is due; a clock is about the work, never about the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evenhand.kernels.policy import Calendar
from evenhand.web.jinja import show_date, show_when

FAR = 250


@dataclass(frozen=True)
class Due:
    """When something is due, as a sentence, and whether that is past."""

    words: str
    overdue: bool


def working_days_between(early: date, late: date, calendar: Calendar) -> int:
    """Return how many working days follow `early` up to and with `late`; counts no further than 250."""
    count, day = 0, early
    while day < late and count < FAR:
        day += timedelta(days=1)
        count += calendar.is_working_day(day)
    return count


def due_words(due_at: datetime, now: datetime, calendar: Calendar) -> Due:
    """Return a sentence such as “Overdue by 2 working days: was due Thursday 19 November”."""
    today, day = calendar.local_day(now), calendar.local_day(due_at)
    said = show_date(due_at, weekday=True, year=day.year != today.year)
    if due_at < now:
        count = working_days_between(day, today, calendar)
        if day == today:
            return Due(_("Overdue since %(when)s") % {"when": _clock(due_at)}, True)
        if count == 0:
            return Due(_("Overdue: was due %(day)s") % {"day": said}, True)
        late = ngettext("%(count)s working day", "%(count)s working days", count) % {"count": _capped(count)}
        return Due(_("Overdue by %(late)s: was due %(day)s") % {"late": late, "day": said}, True)
    if day == today:
        return Due(_("Due today, %(when)s") % {"when": _clock(due_at)}, False)
    count = working_days_between(today, day, calendar)
    left = ngettext("%(count)s working day left", "%(count)s working days left", count) % {
        "count": _capped(count)
    }
    return Due(_("Due %(day)s, %(left)s") % {"day": said, "left": left}, False)


def _capped(count: int) -> str:
    return _("more than %(count)s") % {"count": FAR - 1} if count >= FAR else str(count)


def _clock(at: datetime) -> str:
    return show_when(at).rsplit(" at ", 1)[-1]
