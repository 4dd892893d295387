"""Hold the shape of a journey: its places, the steps between them, and what each step asks, allows and starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

Holding = tuple[str, str]
"""A (role, binding) pair; "*" as role means anybody, as binding whichever agency holds the role in this case."""

START = "*start"
LIVE = "*live"
ENDED = "*ended"
ANYWHERE = "*"
SAME = "same"
BACK = "*back"
EVERY_CLOCK = "*"

VERBS = (
    "refer", "screen", "deconflict", "identify", "assess", "ask", "reply", "decide", "convene", "consent",
    "plan", "deliver", "review", "propose", "close", "follow_up", "reopen", "transfer", "accept", "share",
    "alert", "look_again", "tell", "note", "correct", "link", "assign", "declare", "keep_out", "confirm", "keep",
    "erase", "hold", "restrict",
)  # fmt: skip
PARTS = ("file", "support", "deconfliction", "reporter")
IDENTITIES = ("sealed", "hidden", "shown")
DUTIES = ("notify", "task", "plan_review", "tell_person")
OWNER = "owner"
REPORTER = "reporter"


@dataclass(frozen=True)
class Condition:
    """Something that must hold for a step; `outcomes` empty means whatever the outcome."""

    cel: str
    sentence: str
    clause: str
    code: str
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A condition of the whole journey: on every step that is not urgent, or on every closing."""

    condition: Condition
    on: str
    exempt: tuple[str, ...] = ()


@dataclass(frozen=True)
class Duty:
    """What follows a step: tell somebody, make a task, plan a review."""

    kind: str
    to: Holding | None
    label: str
    template: str
    clock: str | None
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """Where a step leads and how it counts."""

    code: str
    label: str
    to: str
    counted_as: str | None
    closes: bool
    moves_to: str | None
    clause: str | None
    starts: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """Something a named person may do to a case, with its clause."""

    code: str
    label: str
    verb: str
    places: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    who: tuple[Holding, ...]
    not_who: tuple[str, ...]
    form: str
    requires: tuple[Condition, ...]
    starts: tuple[str, ...]
    pauses: tuple[str, ...]
    resumes: tuple[str, ...]
    stops: tuple[str, ...]
    then: tuple[Duty, ...]
    clause: str
    source: str
    part: str
    urgent: bool
    human: bool


@dataclass(frozen=True)
class Place:
    """Where a case can stand, who owns it there and who may see which part."""

    code: str
    label: str
    stage: str
    final: bool
    owner: Holding
    see: Mapping[str, tuple[Holding, ...]]
    identity: str
    explain: str


@dataclass(frozen=True, repr=False)
class Journey:
    """One edition of a journey, with the dates between which new cases begin under it."""

    code: str
    label: str
    about: str
    edition: str
    effective_from: date
    effective_to: date | None
    start: str
    start_step: str
    source: str
    places: Mapping[str, Place]
    steps: Mapping[str, Step]
    rules: tuple[Rule, ...]
    file: str
    apart: str = ""
    """The side of a firewall that its cases stand on; "" for the side of most journeys."""
    adults: bool = False
    """Everybody it can be about is an adult, even where no birth date is known: people at work."""
    own_keys: frozenset[str] = frozenset()
    """The parts of a case that are sealed to the keys of the people who may see them, so that the machine cannot open them."""
    handler: Holding | None = None
    """Who answers for a case while it is not yet clear who must be kept out of it."""

    def __repr__(self) -> str:
        return f"Journey({self.code!r}, edition {self.edition!r})"

    def in_force(self, on: date) -> bool:
        """Say whether a case that begins on this day begins under this edition."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def steps_from(self, place: str) -> tuple[Step, ...]:
        """Return the steps that leave from a place, in the order of the file."""
        return tuple(step for step in self.steps.values() if self.leaves_from(step, place))

    def leaves_from(self, step: Step, place: str) -> bool:
        """Say whether a step can be taken at a place."""
        if place in step.places:
            return True
        if place not in self.places:
            return False
        return ANYWHERE in step.places or (ENDED if self.places[place].final else LIVE) in step.places

    def departures(self, step: Step) -> tuple[str, ...]:
        """Return every place a step leaves from, the start sign included."""
        return tuple(p for p in (START, *self.places) if self.leaves_from(step, p))

    def arrivals(self, step: Step, outcome: Outcome, place: str) -> tuple[str, ...]:
        """Return the places an outcome can lead to; more than one only for `*back`."""
        if outcome.to == SAME:
            return (place,) if place != START else ()
        if outcome.to == BACK:
            return self.before(place)
        return (outcome.to,)

    def before(self, place: str) -> tuple[str, ...]:
        """Return the places from which some step leads straight to this one."""
        return tuple(
            p
            for p in self.places
            if p != place and any(o.to == place for s in self.steps_from(p) for o in s.outcomes.values())
        )
