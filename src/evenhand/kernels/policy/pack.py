"""Hold one jurisdiction's rules: roles, bindings, code lists, clocks, forms, journeys and the documents beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from evenhand.kernels.policy.form import Form
from evenhand.kernels.policy.hashing import digest, shape
from evenhand.kernels.policy.journey import Holding, Journey
from evenhand.kernels.policy.working_time import Calendar, Pause, due_at

BASES = ("statutory", "guidance", "operational", "local", "unverified")
MOST_HASHES = 2_000
SOURCES = ("area", "area.force", "actor", "named", "named.force")


@dataclass(frozen=True)
class Problem:
    """One fault of a pack: the file, where in it, and a sentence that says what to do."""

    file: str
    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.sentence}"


class BrokenPack(Exception):
    """A pack that may not be used, with everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class UnknownEdition(LookupError):
    """No edition of the journey has this name or is in force on this day."""


@dataclass(frozen=True)
class Role:
    """A part somebody plays, and the bindings under which it may be held in a case."""

    code: str
    label: str
    bindings: tuple[str, ...]
    explain: str
    apart: str = ""
    """The side of a firewall that the role stands on; "" for roles of the other journeys."""
    protects_data: bool = False
    """Whoever holds it answers for people's rights in their data, whatever the law of the place calls them."""


@dataclass(frozen=True)
class Binding:
    """Where the agency comes from.

    source   area: the council or table of the area where the person lives; area.force: the police force of
             that area; actor: the agency of whoever began the case; named: the agency that an act named in a
             question with this binding; named.force: the police force of the area of the agency named under `of`
    several  true when each naming adds an agency; otherwise the latest naming replaces the earlier
    """

    name: str
    source: str
    label: str
    of: str | None
    several: bool


@dataclass(frozen=True)
class Code:
    """One entry of a list, with the dates between which it may be chosen."""

    code: str
    label: str
    effective_from: date | None
    effective_to: date | None
    rollup: str | None
    is_rollup: bool
    note: str

    def in_force(self, on: date) -> bool:
        """Say whether the code may be used on a day."""
        return (self.effective_from is None or self.effective_from <= on) and (
            self.effective_to is None or on <= self.effective_to
        )


@dataclass(frozen=True)
class CodeList:
    """A closed list of codes; leaves are chosen, rollups only counted."""

    code: str
    label: str
    source: str
    basis: str
    codes: Mapping[str, Code]

    def codes_on(self, on: date) -> tuple[Code, ...]:
        """Return the leaves that may be chosen on a day, in the order of the file."""
        return tuple(c for c in self.codes.values() if not c.is_rollup and c.in_force(on))

    def rollups_on(self, on: date) -> tuple[Code, ...]:
        """Return the rollups that are counted on a day."""
        return tuple(c for c in self.codes.values() if c.is_rollup and c.in_force(on))

    def leaves_of(self, rollup: str) -> tuple[Code, ...]:
        """Return the leaves counted under a rollup, whatever the day."""
        return tuple(c for c in self.codes.values() if c.rollup == rollup and not c.is_rollup)


@dataclass(frozen=True)
class ClockValue:
    """How long a clock runs between two dates, and on what ground."""

    value: int
    unit: str
    basis: str
    source: str
    effective_from: date
    effective_to: date | None
    when: str | None

    def in_force(self, on: date) -> bool:
        """Say whether the value holds on a day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


@dataclass(frozen=True)
class Clock:
    """A clock with its values in time; `part` says which part of the case it shows anything about."""

    code: str
    label: str
    part: str
    owner: Holding | None
    values: tuple[ClockValue, ...]

    def values_on(self, on: date) -> tuple[ClockValue, ...]:
        """Return the values in force on a day; more than one only where the law itself tells them apart."""
        return tuple(v for v in self.values if v.in_force(on))


@dataclass(frozen=True)
class Start:
    """A clock that a decision starts, with the value in force that day."""

    clock: str
    label: str
    value: int
    unit: str
    basis: str
    source: str
    part: str

    def due_at(
        self, started_at: datetime, calendar: Calendar, paused: tuple[Pause, ...], now: datetime
    ) -> datetime:
        """Say when it is due (UTC)."""
        return due_at(self.value, self.unit, started_at, calendar, paused, now)


@dataclass(frozen=True)
class Counts:
    """The simple rule for counts shown inside: hide below `threshold`, round to `round_to`."""

    threshold: int
    round_to: int


@dataclass(frozen=True)
class Regime:
    """The law a pack rests on."""

    title: str
    text: str
    source: str


@dataclass(frozen=True, repr=False)
class Pack:
    """One jurisdiction's rules, read and checked."""

    code: str
    title: str
    source: str
    regimes: tuple[Regime, ...]
    languages: tuple[str, ...]
    calendar: Calendar
    counts: Counts
    roles: Mapping[str, Role]
    bindings: Mapping[str, Binding]
    lists: Mapping[str, CodeList]
    clocks: Mapping[str, Clock]
    forms: Mapping[str, Form]
    editions: Mapping[str, tuple[Journey, ...]]
    """Journey code → its editions, oldest first."""
    translations: Mapping[str, Mapping[str, str]]
    sharing: Mapping[str, object]
    retention: Mapping[str, object]
    disclosure: Mapping[str, object]
    watch: Mapping[str, object]
    release: Mapping[str, object]
    incidents: Mapping[str, object]
    hashed: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Hashes worked out before: a pack never changes, and hashing its whole shape takes milliseconds."""

    def __repr__(self) -> str:
        return f"Pack({self.code!r})"

    @property
    def journeys(self) -> dict[str, Journey]:
        """Return the newest edition of each journey."""
        return {code: editions[-1] for code, editions in self.editions.items()}

    def journey_on(self, code: str, on: date) -> Journey:
        """Return the edition under which a case that begins on this day begins."""
        for journey in self.editions.get(code, ()):
            if journey.in_force(on):
                return journey
        raise UnknownEdition(f"no edition of the journey {code!r} of {self.code} is in force on {on}")

    def journey(self, code: str, edition: str) -> Journey:
        """Return one edition of a journey by its name."""
        for journey in self.editions.get(code, ()):
            if journey.edition == edition:
                return journey
        raise UnknownEdition(f"the journey {code!r} of {self.code} has no edition {edition!r}")

    def say(self, text: str, language: str) -> str:
        """Return a text of the pack in a language, or as written where nobody has translated it."""
        return self.translations.get(language, {}).get(text, text)

    def shape_hash(self, journey: Journey) -> str:
        """Return the SHA-256 of the canonical shape: the journey and the forms it asks."""
        key = (journey.code, journey.edition)
        if not any(journey is known for known in self.editions.get(journey.code, ())):
            return self._shape_hash(journey)
        if key not in self.hashed:
            self.hashed[key] = self._shape_hash(journey)
        return self.hashed[key]

    def lists_hash(self, on: date) -> str:
        """Return the SHA-256 over code lists, clock values and who may decide in force on a day."""
        key = ("lists", on.isoformat())
        if key not in self.hashed:
            if len(self.hashed) > MOST_HASHES:
                self.hashed.clear()
            self.hashed[key] = self._lists_hash(on)
        return self.hashed[key]

    def _shape_hash(self, journey: Journey) -> str:
        forms = sorted({step.form for step in journey.steps.values()})
        return digest({"journey": shape(journey), "forms": [shape(self.forms[code]) for code in forms]})

    def _lists_hash(self, on: date) -> str:
        deciders = {
            code: {step.code: sorted(map(list, step.who)) for step in journey.steps.values()}
            for code in self.editions
            for journey in self.editions[code]
            if journey.in_force(on)
        }
        lists = {c: [shape(x) for x in v.codes.values() if x.in_force(on)] for c, v in self.lists.items()}
        clocks = {c: [shape(v) for v in clock.values_on(on)] for c, clock in self.clocks.items()}
        return digest({"lists": lists, "clocks": clocks, "deciders": deciders})
