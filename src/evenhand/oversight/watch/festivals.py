"""Say which days are holidays or festivals, on which counts differ from those of an ordinary day."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

KINDS = (
    "",
    "Bank holiday",
    "Christmas",
    "Ramadan",
    "Eid al-Fitr",
    "Eid al-Adha",
    "Passover",
    "Rosh Hashanah and Yom Kippur",
    "Diwali",
    "Vaisakhi",
)


def kind_of(day: date, *, country: str, subdivision: str) -> int:
    """Return the kind of a day, an index into KINDS; 0 is an ordinary one. Dates of festivals may be a day out locally."""
    return _kinds(day.year, country, subdivision).get(day, 0)


def name_of(day: date, *, country: str, subdivision: str) -> str:
    """Return what a day is called when it is no ordinary one."""
    return KINDS[kind_of(day, country=country, subdivision=subdivision)]


@cache
def _kinds(year: int, country: str, subdivision: str) -> dict[date, int]:
    import holidays

    found: dict[date, int] = {}
    for day in holidays.country_holidays(country, subdiv=subdivision or None, years=year):
        found[day] = 1
    for day in (date(year, 12, 24), date(year, 12, 25), date(year, 12, 26)):
        found[day] = 2
    # The later of two festivals on one day stands: there are few, and each kind must be learnt by itself.
    found |= dict.fromkeys(_hebrew(year, 1, range(15, 23)), 6)
    found |= dict.fromkeys([*_hebrew(year, 7, range(1, 3)), *_hebrew(year, 7, range(10, 11))], 7)
    found |= dict.fromkeys(_hijri(year, 9, range(1, 31)), 3)
    found |= dict.fromkeys(_hijri(year, 10, range(1, 4)), 4)
    found |= dict.fromkeys(_hijri(year, 12, range(10, 14)), 5)
    found |= dict.fromkeys(_diwali(year), 8)
    found |= dict.fromkeys((date(year, 4, 13), date(year, 4, 14)), 9)
    return {day: kind for day, kind in found.items() if day.year == year}


def _hijri(year: int, month: int, days: range) -> list[date]:
    """Return the days of a Hijri month that fall into a year, by the Umm al-Qura calendar."""
    from hijridate import Hijri

    found = []
    for hijri_year in range(year - 579 - (year - 622) // 33 - 2, year - 579 - (year - 622) // 33 + 3):
        for day in days:
            try:
                there = Hijri(hijri_year, month, day).to_gregorian()
            except (ValueError, OverflowError):
                continue  # the month has 29 days, or the year lies outside the calendar's table
            found.append(date(there.year, there.month, there.day))
    return found


def _hebrew(year: int, month: int, days: range) -> list[date]:
    from pyluach.dates import HebrewDate

    found = []
    for hebrew_year in (year + 3760, year + 3761):
        for day in days:
            there = HebrewDate(hebrew_year, month, day).to_greg()
            found.append(date(there.year, there.month, there.day))
    return found


def _diwali(year: int) -> list[date]:
    """Return the day of Diwali and the one after it; no day in years for which the calendar has none."""
    import holidays

    for day, name in holidays.country_holidays("SG", years=year).items():
        if "Deepavali" in name and "observed" not in name.lower():
            return [day, day + timedelta(days=1)]
    return []
