"""Find everything in a pack that would let a case go astray, in sentences that say what to do."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from evenhand.kernels.policy.checking_firewall import check_firewall
from evenhand.kernels.policy.checking_ways import check_ways
from evenhand.kernels.policy.conditions import BadCondition, check, facts_in
from evenhand.kernels.policy.facts import FACTS
from evenhand.kernels.policy.journey import (
    ANYWHERE,
    BACK,
    ENDED,
    EVERY_CLOCK,
    LIVE,
    OWNER,
    REPORTER,
    SAME,
    START,
    Condition,
    Duty,
    Holding,
    Journey,
    Outcome,
    Step,
)
from evenhand.kernels.policy.pack import Pack
from evenhand.kernels.policy.spelling import nearest
from evenhand.kernels.policy.tables import Faults

STAGES, OUTCOMES = "stages", "outcomes"


def check_references(pack: Pack, faults: Faults) -> None:
    """Check everything that one file of a pack says about another."""
    for role in pack.roles.values():
        for binding in role.bindings:
            if binding not in pack.bindings:
                faults.add(
                    "pack.toml",
                    f"role.{role.code}",
                    f"no binding is called {binding!r}{nearest(binding, pack.bindings)}",
                )
    for binding_ in pack.bindings.values():
        if binding_.of is not None and binding_.of not in pack.bindings:
            faults.add("pack.toml", f"binding.{binding_.name}", f"no binding is called {binding_.of!r}")
    _check_clocks(pack, faults)
    _check_forms(pack, faults)
    for editions in pack.editions.values():
        _check_editions(editions, faults)
        for journey in editions:
            _Journey(pack, journey, faults).check()
    if not pack.editions:
        faults.add("journeys", "folder", "holds no journey")


def _check_clocks(pack: Pack, faults: Faults) -> None:
    for clock in pack.clocks.values():
        where = f"clock.{clock.code}"
        for value in clock.values:
            if value.when is None:
                continue
            try:
                check(value.when)
            except BadCondition as bad:
                faults.add("clocks.toml", where, f"the condition {value.when!r} {bad}")
                continue
            personal = sorted(name for name in facts_in(value.when) if FACTS[name].of_person)
            if personal and value.basis != "statutory":
                faults.add(
                    "clocks.toml",
                    where,
                    f"depends on {', '.join(personal)}, an attribute of the person; only a statutory value may",
                )
        ordered = sorted(clock.values, key=lambda v: v.effective_from)
        for earlier, later in pairwise(ordered):
            if earlier.when != later.when and earlier.when is not None and later.when is not None:
                continue
            if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
                faults.add("clocks.toml", where, f"has two values that hold on {later.effective_from}")
        if clock.owner is not None:
            for sentence in _holding_faults(pack, clock.owner):
                faults.add("clocks.toml", where, sentence)


def _check_forms(pack: Pack, faults: Faults) -> None:
    for form in pack.forms.values():
        for field in form.fields:
            where = f"field[{field.code}]"
            if field.choices is not None:
                found = pack.lists.get(field.choices)
                if found is None:
                    faults.add(
                        form.file,
                        where,
                        f"no code list is called {field.choices!r}{nearest(field.choices, pack.lists)}",
                    )
                elif all(code.isdigit() for code in found.codes):
                    faults.add(
                        form.file, where, "is a scale of numbers, which nothing here may put on a person"
                    )
                elif field.supplies and FACTS[field.supplies].values:
                    for code in found.codes:
                        if code not in FACTS[field.supplies].values:
                            faults.add(
                                form.file, where, f"supplies {field.supplies}, which is never {code!r}"
                            )
            if field.binds is not None and (
                field.binds not in pack.bindings or pack.bindings[field.binds].source != "named"
            ):
                faults.add(
                    form.file,
                    where,
                    f'{field.binds!r} is no binding from = "named"{nearest(field.binds, pack.bindings)}',
                )


def _check_editions(editions: tuple[Journey, ...], faults: Faults) -> None:
    names = [j.edition for j in editions]
    for journey in editions:
        if names.count(journey.edition) > 1:
            faults.add(journey.file, "edition", f"there are two editions called {journey.edition!r}")
        if journey.effective_to is not None and journey.effective_to < journey.effective_from:
            faults.add(journey.file, "to", "ends before it begins")
    for earlier, later in pairwise(editions):
        if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
            faults.add(
                later.file,
                "from",
                f"overlaps in time with the edition {earlier.edition!r}: end that one before {later.effective_from}",
            )


def _holding_faults(pack: Pack, holding: Holding) -> Iterable[str]:
    role, binding = holding
    if role == "*":
        return
    if role not in pack.roles:
        yield f"no role is called {role!r}{nearest(role, pack.roles)}"
    elif binding != "*" and binding not in pack.bindings:
        yield f"no binding is called {binding!r}{nearest(binding, pack.bindings)}"
    elif binding != "*" and binding not in pack.roles[role].bindings:
        yield f"the role {role!r} is never held at {binding!r}{nearest(binding, pack.roles[role].bindings)}"


class _Journey:
    """The checks of one edition."""

    def __init__(self, pack: Pack, journey: Journey, faults: Faults) -> None:
        self.pack = pack
        self.journey = journey
        self.faults = faults

    def fault(self, where: str, sentence: str) -> None:
        self.faults.add(self.journey.file, where, sentence)

    def check(self) -> None:
        journey = self.journey
        if journey.start not in journey.places:
            self.fault(
                "start", f"no place is called {journey.start!r}{nearest(journey.start, journey.places)}"
            )
        if journey.start_step not in journey.steps:
            self.fault(
                "start_step",
                f"no step is called {journey.start_step!r}{nearest(journey.start_step, journey.steps)}",
            )
        elif journey.steps[journey.start_step].places != (START,):
            self.fault(f"step.{journey.start_step}", f'begins a case, and must say from = ["{START}"]')
        for place in journey.places.values():
            where = f"place.{place.code}"
            self.code(where, STAGES, place.stage)
            if place.owner != ("", ""):
                self.holding(where, place.owner)
                role, binding = place.owner
                found = self.pack.bindings.get(binding)
                if role == "*" or binding == "*" or (found and found.source.startswith("named")):
                    self.fault(
                        where, "has an owner that may be nobody: name a role at an agency the case always has"
                    )
            for holdings in place.see.values():
                for holding in holdings:
                    self.holding(where, holding)
        for step in journey.steps.values():
            self.step(step)
        for rule in journey.rules:
            self.condition(f"rule[{rule.condition.code}]", rule.condition, None)
            for code in rule.exempt:
                if code not in journey.steps:
                    self.fault(
                        f"rule[{rule.condition.code}]",
                        f"no step is called {code!r}{nearest(code, journey.steps)}",
                    )
        self.holding("handler", journey.handler or ("*", "*"))
        check_firewall(self.pack, journey, self.fault)
        check_ways(journey, self.fault)

    def step(self, step: Step) -> None:
        where = f"step.{step.code}"
        if step.form and step.form not in self.pack.forms:
            self.fault(where, f"no form is called {step.form!r}{nearest(step.form, self.pack.forms)}")
        self.deciders(where, step)
        if not step.places:
            self.fault(where, "leaves from no place")
        for place in step.places:
            if place not in {START, LIVE, ENDED, ANYWHERE} and place not in self.journey.places:
                self.fault(where, f"from: no place is called {place!r}{nearest(place, self.journey.places)}")
        if not step.outcomes:
            self.fault(where, "has no outcome")
        for outcome in step.outcomes.values():
            self.outcome(where, step, outcome)
        self.clocks(where, (*step.starts, *step.pauses, *step.resumes, *step.stops))
        for number, condition in enumerate(step.requires, 1):
            self.condition(f"{where}.requires[{number}]", condition, step)
        for number, duty in enumerate(step.then, 1):
            self.duty(f"{where}.then[{number}]", duty, step)
        self.asked(step)

    def deciders(self, where: str, step: Step) -> None:
        if self.journey.about == "person" and not step.human:
            self.fault(where, "is about a person and taken by no human: a person decides")
        if not step.who:
            self.fault(where, "says of nobody that they may take it")
        for holding in step.who:
            self.holding(where, holding)
        for code in step.not_who:
            if code not in self.journey.steps:
                self.fault(where, f"not_who: no step is called {code!r}{nearest(code, self.journey.steps)}")

    def asked(self, step: Step) -> None:
        form = self.pack.forms.get(step.form)
        if form is None:
            return
        journeys = [journey for editions in self.pack.editions.values() for journey in editions]
        sharing = [s for journey in journeys for s in journey.steps.values() if s.form == step.form]
        for field in form.fields:
            for code in field.when:
                if not any(code in s.outcomes for s in sharing):
                    sentence = f"is asked for an outcome {code!r} that no step has"
                    self.faults.add(form.file, f"field[{field.code}]", sentence)

    def outcome(self, where: str, step: Step, outcome: Outcome) -> None:
        here = f"{where}.outcome.{outcome.code}"
        if outcome.to not in {SAME, BACK} and outcome.to not in self.journey.places:
            self.fault(
                here, f"leads to {outcome.to!r}, which is no place{nearest(outcome.to, self.journey.places)}"
            )
            return
        if outcome.counted_as is not None:
            self.code(here, OUTCOMES, outcome.counted_as)
        if outcome.moves_to is not None and outcome.moves_to not in self.pack.bindings:
            self.fault(here, f"moves_to: no binding is called {outcome.moves_to!r}")
        if outcome.to in self.journey.places and self.journey.places[outcome.to].final and not outcome.closes:
            self.fault(here, f"leads to {outcome.to!r}, which is final, and must say closes = true")
        if outcome.closes and outcome.to in {SAME, BACK}:
            self.fault(here, "says closes = true and lacks 'to', the place where the case ends")
        if START in step.places and outcome.to in {SAME, BACK}:
            self.fault(here, "begins a case and leads nowhere")
        self.clocks(here, (*outcome.starts, *outcome.pauses, *outcome.resumes, *outcome.stops))

    def clocks(self, where: str, codes: tuple[str, ...]) -> None:
        for code in codes:
            if code != EVERY_CLOCK and code not in self.pack.clocks:
                self.fault(where, f"no clock is called {code!r}{nearest(code, self.pack.clocks)}")

    def duty(self, where: str, duty: Duty, step: Step) -> None:
        if duty.to is not None and duty.to[0] not in {OWNER, REPORTER}:
            self.holding(where, duty.to)
        if duty.clock is not None:
            self.clocks(where, (duty.clock,))
            begun = {*step.starts, *(c for o in step.outcomes.values() for c in o.starts)}
            if duty.clock not in begun:
                self.fault(where, f"is due by the clock {duty.clock!r}, which this step does not start")
        self.outcomes(where, duty.outcomes, step)

    def condition(self, where: str, condition: Condition, step: Step | None) -> None:
        try:
            check(condition.cel, places=self.journey.places)
        except BadCondition as bad:
            self.fault(where, f"the condition {condition.cel!r} {bad}")
        if step is not None:
            self.outcomes(where, condition.outcomes, step)

    def outcomes(self, where: str, codes: tuple[str, ...], step: Step) -> None:
        for code in codes:
            if code not in step.outcomes:
                self.fault(where, f"for: the step has no outcome {code!r}{nearest(code, step.outcomes)}")

    def holding(self, where: str, holding: Holding) -> None:
        for sentence in _holding_faults(self.pack, holding):
            self.fault(where, sentence)

    def code(self, where: str, name: str, code: str) -> None:
        found = self.pack.lists.get(name)
        if found is None:
            self.fault(where, f"needs the code list {name!r}, which the pack lacks")
        elif code not in found.codes:
            self.fault(where, f"the list {name!r} has no code {code!r}{nearest(code, found.codes)}")
