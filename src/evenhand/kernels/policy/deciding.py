"""Say whether a step may be taken now, why not, and what follows when it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from evenhand.kernels.policy.answering import Answers, validate
from evenhand.kernels.policy.conditions import facts_in, holds
from evenhand.kernels.policy.facts import FACTS, FactValue
from evenhand.kernels.policy.form import Form
from evenhand.kernels.policy.journey import (
    BACK,
    EVERY_CLOCK,
    START,
    Condition,
    Duty,
    Holding,
    Journey,
    Outcome,
    Step,
)
from evenhand.kernels.policy.pack import Clock, Pack, Start, UnknownEdition

OPEN_TO_CONFLICTED = frozenset({"declare"})
"""Whoever has a declared conflict may still say so; an urgent step is open to everybody."""


@dataclass(frozen=True)
class Actor:
    """Who acts: the (role, binding) pairs held today at this case's agencies, and whether a conflict is declared."""

    id: str
    holdings: frozenset[Holding]
    conflicted: bool = False


@dataclass(frozen=True)
class Reason:
    """Why a step may not be taken, in plain words, with the clause."""

    code: str
    sentence: str
    clause: str


class Refused(Exception):
    """A step that may not be taken, with all reasons."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        self.reasons = reasons
        super().__init__(" ".join(reason.sentence for reason in reasons))


@dataclass(frozen=True)
class Decision:
    """What a step does to a case, ready to be written down."""

    step: str
    verb: str
    outcome: str
    part: str
    from_place: str
    to_place: str
    clauses: tuple[str, ...]
    starts: tuple[Start, ...]
    pauses: tuple[str, ...]
    resumes: tuple[str, ...]
    stops: tuple[str, ...]
    duties: tuple[Duty, ...]
    owner: Holding
    see: Mapping[str, tuple[Holding, ...]]
    identity: str
    stage: str
    counted_as: str | None
    closes: bool
    urgent: bool
    binds: Mapping[str, str]
    """Binding → the agency that an answer names for it."""
    moves_to: str | None
    """Binding whose agency becomes the case's area, when the step moves the case."""
    edition: str
    shape_hash: str
    lists_hash: str
    answers: Answers


@dataclass(frozen=True)
class Offer:
    """A step at this place: allowed with these outcomes, or not, and why."""

    step: str
    label: str
    verb: str
    urgent: bool
    allowed: bool
    outcomes: tuple[str, ...]
    reasons: tuple[Reason, ...]


def decide(
    pack: Pack,
    journey: Journey,
    *,
    step: str,
    outcome: str,
    place: str,
    actor: Actor,
    facts: Mapping[str, FactValue],
    done_by: Mapping[str, Collection[str]],
    answers: Mapping[str, object],
    now: datetime,
) -> Decision:
    """Return what follows from a step, or refuse it with every reason.

    journey  the edition the case began under: places, steps and forms are its; code lists, clocks' values and who
             may decide are those in force on the day of `now` in the pack's time zone
    place    where the case stands; START when there is no case yet
    facts    every name in FACTS that the conditions of this step use
    done_by  step code → ids of all who took it in this case (one id may stand alone)
    raises   Refused with all reasons; Invalid with a sentence a field; KeyError when a fact is missing
    """
    on = pack.calendar.local_day(now)
    found = journey.steps.get(step)
    if found is None:
        raise Refused((Reason("no_such_step", "This journey has no such step.", journey.source),))
    chosen = found.outcomes.get(outcome)
    if chosen is None:
        raise Refused((Reason("no_such_outcome", "This step has no such outcome.", found.clause),))
    form = pack.forms[found.form]
    later = form.supplies()
    reasons = _standing_reasons(pack, journey, found, place=place, actor=actor, done_by=done_by, on=on)
    reasons += _unmet(journey, found, chosen, facts, lambda c: not facts_in(c.cel) & later)
    to_place, astray = _destination(journey, found, chosen, place, facts)
    reasons += astray
    if reasons:
        raise Refused(tuple(dict.fromkeys(reasons)))
    cleaned = validate(form, answers, outcome=outcome, lists=pack.lists, on=on)
    if later:
        told = {**facts, **_supplied(form, cleaned, facts)}
        reasons = _unmet(journey, found, chosen, told, lambda c: bool(facts_in(c.cel) & later))
        if reasons:
            raise Refused(tuple(dict.fromkeys(reasons)))
    arrival = journey.places[to_place]
    stops = (*found.stops, *chosen.stops)
    starts = (*found.starts, *chosen.starts)
    if EVERY_CLOCK in stops:
        stops = tuple(sorted(_clocks_of(journey) - set(starts)))
    conditions = [c for c in found.requires if not c.outcomes or outcome in c.outcomes]
    return Decision(
        step=step,
        verb=found.verb,
        outcome=outcome,
        part=found.part,
        from_place=place,
        to_place=to_place,
        clauses=tuple(
            dict.fromkeys(filter(None, (chosen.clause, found.clause, *(c.clause for c in conditions))))
        ),
        starts=tuple(_start(pack.clocks[code], facts, on) for code in dict.fromkeys(starts)),
        pauses=tuple(dict.fromkeys((*found.pauses, *chosen.pauses))),
        resumes=tuple(dict.fromkeys((*found.resumes, *chosen.resumes))),
        stops=tuple(dict.fromkeys(stops)),
        duties=tuple(d for d in found.then if not d.outcomes or outcome in d.outcomes),
        owner=arrival.owner,
        see=arrival.see,
        identity=arrival.identity,
        stage=arrival.stage,
        counted_as=chosen.counted_as,
        closes=chosen.closes,
        urgent=found.urgent,
        binds={f.binds: str(cleaned[f.code]) for f in form.fields if f.binds and f.code in cleaned},
        moves_to=chosen.moves_to,
        edition=journey.edition,
        shape_hash=pack.shape_hash(journey),
        lists_hash=pack.lists_hash(on),
        answers=cleaned,
    )


def offers(
    pack: Pack,
    journey: Journey,
    *,
    place: str,
    actor: Actor,
    facts: Mapping[str, FactValue],
    done_by: Mapping[str, Collection[str]],
    now: datetime,
) -> tuple[Offer, ...]:
    """Return every step of this place: what may be done now and, for what may not, the plain reason.

    Conditions on what the form itself will say are left open until it is filled in.
    """
    on = pack.calendar.local_day(now)
    found = []
    for step in journey.steps_from(place):
        later = pack.forms[step.form].supplies()
        standing = _standing_reasons(pack, journey, step, place=place, actor=actor, done_by=done_by, on=on)
        possible, refused = [], list(standing)
        for outcome in step.outcomes.values():
            unmet = _unmet(journey, step, outcome, facts, lambda c, later=later: not facts_in(c.cel) & later)  # type: ignore[misc]
            unmet += _destination(journey, step, outcome, place, facts)[1]
            if unmet:
                refused += unmet
            else:
                possible.append(outcome.code)
        allowed = bool(possible) and not standing
        found.append(
            Offer(
                step=step.code,
                label=step.label,
                verb=step.verb,
                urgent=step.urgent,
                allowed=allowed,
                outcomes=tuple(possible) if allowed else (),
                reasons=tuple(dict.fromkeys(refused)),
            )
        )
    return tuple(found)


def who_may(pack: Pack, journey: Journey, step: str, on: date) -> tuple[Holding, ...]:
    """Return who may take a step on a day: as in the edition in force then, where it still has the step."""
    try:
        current = pack.journey_on(journey.code, on)
    except UnknownEdition:
        current = journey
    return current.steps.get(step, journey.steps[step]).who


def _standing_reasons(
    pack: Pack,
    journey: Journey,
    step: Step,
    *,
    place: str,
    actor: Actor,
    done_by: Mapping[str, Collection[str]],
    on: date,
) -> list[Reason]:
    reasons = []
    if place != START and place not in journey.places:
        reasons.append(
            Reason("no_such_place", "The case stands at a place this journey does not have.", journey.source)
        )
    elif not journey.leaves_from(step, place):
        label = journey.places[place].label if place in journey.places else "the beginning"
        reasons.append(Reason("not_from_here", f"“{step.label}” is not a step from “{label}”.", step.clause))
    who = who_may(pack, journey, step.code, on)
    if not any(role == "*" or _holds(actor, role, binding) for role, binding in who):
        names = " or ".join(dict.fromkeys(_name(pack, holding) for holding in who))
        reasons.append(Reason("not_your_role", f"This is for the {names} of this case.", step.clause))
    if actor.conflicted and not step.urgent and step.verb not in OPEN_TO_CONFLICTED:
        reasons.append(
            Reason(
                "conflict",
                "You have declared an interest in this case, so somebody else takes this step.",
                step.clause,
            )
        )
    for earlier in step.not_who:
        takers = done_by.get(earlier, ())
        if takers == actor.id or (not isinstance(takers, str) and actor.id in takers):
            label = journey.steps[earlier].label
            reasons.append(
                Reason(
                    "same_person",
                    f"You took the step “{label}”, so somebody else must take this one.",
                    step.clause,
                )
            )
    return reasons


def _holds(actor: Actor, role: str, binding: str) -> bool:
    return any(r == role and binding in {"*", b} for r, b in actor.holdings)


def _name(pack: Pack, holding: Holding) -> str:
    role, binding = holding
    label = pack.roles[role].label
    label = label[0].lower() + label[1:]
    return label if binding == "*" else f"{label} ({pack.bindings[binding].label})"


def _unmet(
    journey: Journey,
    step: Step,
    outcome: Outcome,
    facts: Mapping[str, FactValue],
    considered: Callable[[Condition], bool],
) -> list[Reason]:
    conditions = [c for c in step.requires if not c.outcomes or outcome.code in c.outcomes]
    for rule in journey.rules:
        applies = outcome.closes if rule.on == "close" else not step.urgent and START not in step.places
        if applies and step.code not in rule.exempt:
            conditions.append(rule.condition)
    return [
        Reason(c.code, c.sentence, c.clause) for c in conditions if considered(c) and not holds(c.cel, facts)
    ]


def _destination(
    journey: Journey, step: Step, outcome: Outcome, place: str, facts: Mapping[str, FactValue]
) -> tuple[str, list[Reason]]:
    arrivals = journey.arrivals(step, outcome, place)
    if outcome.to != BACK:
        return (arrivals[0] if arrivals else place), []
    before = str(facts["came_from"])
    if before in arrivals:
        return before, []
    return place, [
        Reason("nowhere_back", "There is no earlier place for this case to go back to.", step.clause)
    ]


def _supplied(form: Form, cleaned: Answers, facts: Mapping[str, FactValue]) -> dict[str, FactValue]:
    told: dict[str, FactValue] = {}
    for field in form.fields:
        if not field.supplies:
            continue
        answer = cleaned.get(field.code)
        if FACTS[field.supplies].type == "bool":
            told[field.supplies] = bool(told.get(field.supplies)) or (
                answer is not None and answer is not False
            )
        else:
            told[field.supplies] = str(answer) if answer is not None else facts[field.supplies]
    return told


def _clocks_of(journey: Journey) -> set[str]:
    return {c for s in journey.steps.values() for o in s.outcomes.values() for c in (*s.starts, *o.starts)}


def _start(clock: Clock, facts: Mapping[str, FactValue], on: date) -> Start:
    values = clock.values_on(on)
    fitting = [v for v in values if v.when is not None and holds(v.when, facts)] + [
        v for v in values if v.when is None
    ]
    if not fitting:
        raise LookupError(f"the clock {clock.code!r} has no value in force on {on}")
    value = fitting[0]
    return Start(clock.code, clock.label, value.value, value.unit, value.basis, value.source, clock.part)
