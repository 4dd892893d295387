"""Draw what is to become of each synthetic concern, before anything happens: the same for the same seed."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar

from evenhand.operations.seed import shares
from evenhand.operations.seed.names import person_names
from evenhand.operations.seed.partnership import COUNCILS
from evenhand.operations.seed.words import SEEN, address

YEARS = 3
AGAIN = 0.11  # of all referrals are about somebody who was referred before
ANONYMOUS = 0.3  # of those told by people who are not at work
T = TypeVar("T")


@dataclass(frozen=True)
class Story:
    """One concern from its first word to its end, as far as chance decides it."""

    number: int
    told_at: datetime
    sector: str
    sees: str
    names: tuple[str, ...]
    born: str
    age_at: int | None
    address: str
    language_needs: str
    concern: str
    road: str
    offer: str
    danger: bool
    anonymous: bool
    named: bool
    kept_back: bool
    waits: bool
    gathers: bool
    put_off: bool
    dissent: bool
    interest: bool
    silent_provider: bool
    comes_back: bool
    stuck: int
    """How many weeks the first person who is slow is late; 0 for most."""
    about: int | None
    """The number of the story that was told before about the same person."""
    seed: str

    @property
    def is_child(self) -> bool:
        """Say whether they were under 18 when it was told."""
        return self.age_at is not None and self.age_at < 18


def stories(council: str, cases: int, seed: int, today: date, *, staff: Collection[str] = ()) -> list[Story]:
    """Return the stories of one council's area in the order in which they are told.

    staff  names of those who work here: a namesake would be kept out of the case until somebody has looked
    """
    colleagues = [_words(name) for name in staff]
    town = next(name.split()[0] for code, name, _ in COUNCILS if code == council)
    rng = Random(f"{seed} stories {council}")  # noqa: S311 - invents, protects nothing
    # Names have a stream of their own: nothing else about a story can lean on them.
    naming = Random(f"{seed} names {council}")  # noqa: S311
    told = sorted(_moment(rng, today) for _ in range(cases))
    found: list[Story] = []
    free: list[int] = []
    for number, moment in enumerate(told):
        earlier = _earlier(rng, found, free, moment)
        names = person_names(naming)
        while any(one <= _words(name) for name in names for one in colleagues):
            names = person_names(naming)
        story = _story(number, moment, rng, names, town, f"{seed} {council} {number}", earlier)
        found.append(story)
        if story.road != "adopted" and story.named:
            free.append(number)
    return found


def split(cases: int) -> dict[str, int]:
    """Return how many cases fall to each council, all of them spread."""
    found = {code: int(cases * share) for code, _, share in COUNCILS}
    order = [code for code, _, _ in COUNCILS]
    for at in range(cases - sum(found.values())):
        found[order[at % len(order)]] += 1
    return found


def drawn(rng: Random, shares: Mapping[T, float]) -> T:
    """Draw one by its share."""
    return rng.choices(list(shares), list(shares.values()))[0]


def _earlier(rng: Random, found: Sequence[Story], free: list[int], moment: datetime) -> Story | None:
    if rng.random() > AGAIN * 1.25:
        return None
    ended = [n for n in free if timedelta(days=75) < moment - found[n].told_at < timedelta(days=420)]
    if not ended:
        return None
    number = rng.choice(ended)
    free.remove(number)
    return found[number]


def _moment(rng: Random, today: date) -> datetime:
    """Draw a working moment of the last years: more of them lately, fewer in August."""
    while True:
        back = rng.random() * YEARS * 365.25
        if rng.random() > shares.GROWTH_A_YEAR ** (-back / 365.25):
            continue
        day = today - timedelta(days=int(back) + 1)
        if rng.random() < shares.MONTHS[day.month - 1] / 1.25 and (day.weekday() < 5 or rng.random() < 0.12):
            return datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + timedelta(
                minutes=rng.randint(0, 9 * 60)
            )


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", name.casefold()))


def _story(
    number: int,
    moment: datetime,
    rng: Random,
    names: tuple[str, ...],
    town: str,
    seed: str,
    earlier: Story | None,
) -> Story:
    day = moment.date()
    sector = drawn(rng, shares.SECTORS)
    age, born = _age(rng, sector, day)
    named = rng.random() > 0.03
    if earlier is not None:
        born, names, named = earlier.born, earlier.names, True
        age = earlier.age_at + (day.year - earlier.told_at.year) if earlier.age_at is not None else None
    road = drawn(rng, shares.ROADS)
    offer = drawn(rng, shares.OFFERS)
    child = age is not None and age < 18
    if not child and offer in {"young_person_refused", "social_care_leads"}:
        offer = "refused" if offer == "young_person_refused" else "completed"
    outside = sector in {"community", "friends_family"}
    return Story(
        number=number,
        told_at=moment,
        sector=sector,
        sees=rng.choice(list(SEEN)),
        names=names,
        born=born,
        age_at=age,
        address=earlier.address if earlier and rng.random() < 0.8 else address(town, rng),
        language_needs=rng.choice(shares.LANGUAGE_NEEDS) if rng.random() < 0.05 else "",
        concern=drawn(rng, shares.concerns_on(day)),
        road=road,
        offer=offer,
        danger=rng.random() < 0.015,
        anonymous=outside and rng.random() < ANONYMOUS,
        named=named,
        kept_back=rng.random() < 0.07,
        waits=rng.random() < 0.04,
        gathers=rng.random() < 0.35,
        put_off=rng.random() < 0.08,
        dissent=rng.random() < 0.15,
        interest=rng.random() < 0.012,
        silent_provider=rng.random() < 0.07,
        comes_back=rng.random() < 0.04,
        stuck=rng.choice((3, 5, 9, 16)) if rng.random() < 0.06 else 0,
        about=earlier.number if earlier else None,
        seed=seed,
    )


def _age(rng: Random, sector: str, day: date) -> tuple[int | None, str]:
    """Draw an age at the day and the birth date as far as it is known: a day, a month, a year or nothing."""
    if rng.random() < shares.AGE_NOT_KNOWN / 100:
        return None, ""
    bands = [(low, high, share * _fit(sector, low)) for low, high, share in shares.AGES]
    low, high, _ = rng.choices(bands, [share for _, _, share in bands])[0]
    age = rng.randint(low, high)
    # A birthday between nine and three months ago keeps the age right for any way of writing the date.
    past = day - timedelta(days=rng.randint(95, 270))
    month_end = monthrange(past.year - age, past.month)[1]
    born = date(past.year - age, past.month, min(past.day, month_end))
    known = rng.random()
    return age, born.isoformat() if known > 0.1 else born.isoformat()[:7]


def _fit(sector: str, low: int) -> float:
    """Schools tell of children and prisons of adults; the whole keeps the published shares nearly."""
    if sector == "education":
        return 1.5 if low < 18 else 0.25
    if sector == "hmpps":
        return 0.05 if low < 18 else 1.8
    return 0.7 if low < 18 else 1.3
