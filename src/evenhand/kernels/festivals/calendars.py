"""Turn the Hijri, Hebrew, Sikh, Hindu, Christian and Buddhist calendars into days, each with what is uncertain about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hijridate import Gregorian, Hijri
from holidays.calendars.buddhist import _BuddhistLunisolar
from holidays.calendars.hindu import _HinduLunisolar
from pyluach.dates import HebrewDate

from evenhand.kernels.festivals.new_moon import new_moons_in_tula

TRADITIONS = {
    "buddhist": "Buddhist",
    "christian": "Christian",
    "hindu": "Hindu",
    "jewish": "Jewish",
    "muslim": "Muslim",
    "sikh": "Sikh",
}
MOON_SEEN = "Begins when the moon is seen: it may be a day earlier or later, and communities may differ."
EVENING = "Begins at sunset on the evening before."
BY_TABLE = "By a published table of the lunar calendar; communities may keep another day."
FIXED = "Fixed in the calendar that most keep; some keep another day."
NO_TABLE = "No table at hand holds this year. Ask the community for the day, and enter it by hand."
TABLES_DIFFER = (
    "The table's day is not at the new moon of the month in which the festival falls, so it is not to be "
    "trusted. Ask the community for the day, and enter it by hand."
)


class NoSuchFestival(KeyError):
    """No festival has this code."""


@dataclass(frozen=True)
class Festival:
    """A festival that moves or stays: its code, tradition, name, how many days it is kept, and what to know about its day."""

    code: str
    tradition: str
    label: str
    days: int
    evening_before: bool
    note: str


@dataclass(frozen=True)
class Observed:
    """A festival in one year: first and last day; `evening_before` when it begins at sunset on the day before."""

    festival: Festival
    first: date
    last: date

    @property
    def begins(self) -> date:
        """Return the first day on which people gather: the eve, where it begins at sunset."""
        return self.first - timedelta(days=1) if self.festival.evening_before else self.first


@dataclass(frozen=True)
class Unknown:
    """A festival in a year for which its day is not known, and why."""

    festival: Festival
    year: int
    reason: str


Days = Callable[[int], tuple[date, ...] | str]


def _hijri(month: int, day: int) -> Days:
    """By the Umm al-Qura calendar, which is computed; a Gregorian year can hold one such day, or two."""

    def days(year: int) -> tuple[date, ...] | str:
        try:
            first, last = Gregorian(year, 1, 1).to_hijri().year, Gregorian(year, 12, 31).to_hijri().year
            found = [Hijri(y, month, day).to_gregorian() for y in range(first, last + 1)]
        except (OverflowError, ValueError):
            return NO_TABLE
        return tuple(date(d.year, d.month, d.day) for d in found if d.year == year)

    return days


def _hebrew(month: int, day: int) -> Days:
    """By the fixed Hebrew calendar; Nisan is month 1, Tishri month 7."""

    def days(year: int) -> tuple[date, ...] | str:
        found = []
        for hebrew_year in (year + 3760, year + 3761):
            # Purim is kept in the second Adar of a leap year.
            leap = HebrewDate(hebrew_year, 1, 1).year % 19 in {0, 3, 6, 8, 11, 14, 17}
            found.append(HebrewDate(hebrew_year, 13 if month == 12 and leap else month, day).to_pydate())
        return tuple(d for d in found if d.year == year)

    return days


def _table(name: str, tables: Callable[[], object] = _HinduLunisolar) -> Days:
    def days(year: int) -> tuple[date, ...] | str:
        found = getattr(tables(), f"{name}_DATES", {}).get(year)
        if not found:
            return NO_TABLE
        several = found if isinstance(found[0], tuple) else (found,)
        return tuple(date(year, *one) for one in several)

    return days


def _diwali(year: int) -> tuple[date, ...] | str:
    """The Indian table where it reaches, else the long one; both only where the sky agrees.

    The long table of `holidays` (1901 to 2100) is a month late in 42 years, 1998 and 2036 among them: in those
    a second new moon falls in the middle of November.
    """
    tables = _HinduLunisolar()
    found = tables.DIWALI_INDIA_DATES.get(year) or tables.DIWALI_DATES.get(year)
    if not found:
        return NO_TABLE
    day = date(year, *found)
    if any(0 <= (moon - day).days <= 1 for moon in new_moons_in_tula(year)):
        return (day,)
    return TABLES_DIFFER


def _fixed(month: int, day: int) -> Days:
    return lambda year: (date(year, month, day),)


def _easter(shift: int) -> Days:
    """By the Gregorian computus (Meeus, ch. 8: no exceptions)."""

    def days(year: int) -> tuple[date, ...] | str:
        a, (b, c) = year % 19, divmod(year, 100)
        d, e = divmod(b, 4)
        f = (b + 8) // 25
        h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
        i, k = divmod(c, 4)
        m = (32 + 2 * e + 2 * i - h - k) % 7
        n = (a + 11 * h + 22 * m) // 451
        month, day = divmod(h + m - 7 * n + 114, 31)
        return (date(year, month, day + 1) + timedelta(days=shift),)

    return days


_KNOWN: tuple[tuple[Festival, Days], ...] = (
    (Festival("ramadan", "muslim", "Ramadan", 30, True, MOON_SEEN), _hijri(9, 1)),
    (Festival("eid_al_fitr", "muslim", "Eid al-Fitr", 1, False, MOON_SEEN), _hijri(10, 1)),
    (Festival("eid_al_adha", "muslim", "Eid al-Adha", 4, False, MOON_SEEN), _hijri(12, 10)),
    (Festival("islamic_new_year", "muslim", "Islamic New Year", 1, True, MOON_SEEN), _hijri(1, 1)),
    (Festival("ashura", "muslim", "Ashura", 1, True, MOON_SEEN), _hijri(1, 10)),
    (Festival("mawlid", "muslim", "Mawlid", 1, True, MOON_SEEN), _hijri(3, 12)),
    (Festival("rosh_hashanah", "jewish", "Rosh Hashanah", 2, True, EVENING), _hebrew(7, 1)),
    (Festival("yom_kippur", "jewish", "Yom Kippur", 1, True, EVENING), _hebrew(7, 10)),
    (Festival("sukkot", "jewish", "Sukkot", 7, True, EVENING), _hebrew(7, 15)),
    (Festival("simchat_torah", "jewish", "Shemini Atzeret and Simchat Torah", 2, True, EVENING), _hebrew(7, 22)),
    (Festival("hanukkah", "jewish", "Hanukkah", 8, True, EVENING), _hebrew(9, 25)),
    (Festival("purim", "jewish", "Purim", 1, True, EVENING), _hebrew(12, 14)),
    (Festival("passover", "jewish", "Passover", 8, True, EVENING), _hebrew(1, 15)),
    (Festival("shavuot", "jewish", "Shavuot", 2, True, EVENING), _hebrew(3, 6)),
    (Festival("vaisakhi", "sikh", "Vaisakhi", 1, False, FIXED), _fixed(4, 14)),
    (Festival("guru_nanak", "sikh", "Guru Nanak Gurpurab", 1, False, BY_TABLE), _table("GURU_NANAK_JAYANTI")),
    (Festival("bandi_chhor", "sikh", "Bandi Chhor Divas", 1, False, BY_TABLE), _diwali),
    (Festival("guru_gobind_singh", "sikh", "Guru Gobind Singh Gurpurab", 1, False, FIXED), _fixed(1, 5)),
    (Festival("hola_mohalla", "sikh", "Hola Mohalla", 3, False, BY_TABLE), _table("HOLA_MOHOLLA")),
    (Festival("diwali", "hindu", "Diwali", 1, False, BY_TABLE), _diwali),
    (Festival("holi", "hindu", "Holi", 1, False, BY_TABLE), _table("HOLI")),
    (Festival("navratri", "hindu", "Sharad Navratri", 9, False, BY_TABLE), _table("SHARAD_NAVRATRI")),
    (Festival("janmashtami", "hindu", "Janmashtami", 1, False, BY_TABLE), _table("JANMASHTAMI")),
    (Festival("maha_shivaratri", "hindu", "Maha Shivaratri", 1, False, BY_TABLE), _table("MAHA_SHIVARATRI")),
    (Festival("good_friday", "christian", "Good Friday", 1, False, FIXED), _easter(-2)),
    (Festival("easter", "christian", "Easter Day", 1, False, FIXED), _easter(0)),
    (Festival("christmas", "christian", "Christmas", 2, True, FIXED), _fixed(12, 25)),
    (Festival("vesak", "buddhist", "Vesak", 1, False, BY_TABLE), _table("VESAK", _BuddhistLunisolar)),
)  # fmt: skip
FESTIVALS = {festival.code: festival for festival, _ in _KNOWN}
_DAYS = {festival.code: days for festival, days in _KNOWN}


def observed(code: str, year: int) -> tuple[Observed | Unknown, ...]:
    """Return when a festival begins in a year of the common calendar.

    code     one of FESTIVALS
    year     1 to 9999; each calendar reaches a part of it
    returns  nothing, one or (in the short Hijri year) two; one Unknown with its reason where the day is not known
    raises   NoSuchFestival
    source   hijridate (Umm al-Qura, 1924 to 2077), pyluach, the tables of holidays; tests/golden/festivals
    """
    if code not in FESTIVALS:
        raise NoSuchFestival(code)
    festival, found = FESTIVALS[code], _DAYS[code](year)
    if isinstance(found, str):
        return (Unknown(festival, year, found),)
    length = _days_of(festival, found)
    return tuple(
        Observed(festival, day, day + timedelta(days=n - 1)) for day, n in zip(found, length, strict=True)
    )


def _days_of(festival: Festival, begins: tuple[date, ...]) -> list[int]:
    """Return how many days it is kept each time: a fast of one lunar month has 29 or 30."""
    if festival.code != "ramadan":
        return [festival.days] * len(begins)
    lengths = []
    for day in begins:
        year = Gregorian(day.year, day.month, day.day).to_hijri().year
        ends = Hijri(year, 10, 1).to_gregorian()
        lengths.append((date(ends.year, ends.month, ends.day) - day).days)
    return lengths


def between(
    first: date, last: date, traditions: frozenset[str] | None = None
) -> Iterator[Observed | Unknown]:
    """Yield every festival that is kept on one of these days, eve included, by day; the unknown of each year first.

    traditions   codes of TRADITIONS; none: all
    """
    found: list[Observed] = []
    for festival in FESTIVALS.values():
        if traditions is not None and festival.tradition not in traditions:
            continue
        # A year earlier, for what begins in December and is kept in January.
        for year in range(first.year - 1, last.year + 1):
            for one in observed(festival.code, year):
                if isinstance(one, Observed):
                    if one.begins <= last and one.last >= first:
                        found.append(one)
                elif year >= first.year:
                    yield one
    yield from sorted(found, key=lambda one: (one.begins, one.festival.code))
