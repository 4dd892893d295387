"""Say in plain text what a step is: who may take it, when, what it asks, where it leads and what follows."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

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
    Duty,
    Holding,
    Journey,
    Outcome,
    Step,
)
from evenhand.kernels.policy.pack import Clock, Pack

WIDTH = 96
DUTY_WORDS = {
    "notify": "tell",
    "task": "task for",
    "plan_review": "review by",
    "tell_person": "tell the person",
}


def holding_words(pack: Pack, holding: Holding) -> str:
    """Return a (role, binding) pair in words."""
    role, binding = holding
    if role == "*":
        return "anybody"
    if role == OWNER:
        return "whoever owns the case"
    if role == REPORTER:
        return "whoever reported"
    label = pack.roles[role].label
    return label if binding == "*" else f"{label} at {pack.bindings[binding].label}"


def clock_words(clock: Clock) -> str:
    """Return a clock's newest value in words, with its basis."""
    value = clock.values[-1]
    unit = value.unit.replace("_", " ")
    unit = unit.removesuffix("s") if value.value == 1 else unit
    return f"{clock.label}: {value.value} {unit} ({value.basis})"


def place_words(journey: Journey, code: str) -> str:
    """Return a place, or a sign that stands for places, in words."""
    signs = {
        START: "the beginning",
        LIVE: "every place that is not final",
        ENDED: "every place that is final",
        ANYWHERE: "every place",
    }
    return signs.get(code) or journey.places[code].label


def target_words(journey: Journey, outcome: Outcome) -> str:
    """Return where an outcome leads, in words."""
    if outcome.to == SAME:
        return "stays where it is"
    if outcome.to == BACK:
        return "back to where it was"
    return journey.places[outcome.to].label


def explain_step(pack: Pack, journey: Journey, step: str) -> str:
    """Return a page of plain text on one step; raises KeyError when the journey has no such step."""
    found = journey.steps[step]
    form = pack.forms[found.form]
    lines = [f"{found.label}  ({journey.code}.{found.code}, verb {found.verb})", ""]
    lines += _said("Clause", [found.clause])
    if found.source:
        lines += _said("Source", [found.source])
    lines += _said("From", [place_words(journey, p) for p in found.places])
    lines += _said("Who", [holding_words(pack, h) for h in found.who])
    if found.not_who:
        lines += _said("Not whoever took", [journey.steps[c].label for c in found.not_who])
    if found.urgent:
        lines += _said("Urgent", ["acted first, written down within the hours given; no rule holds it up"])
    lines += _said("Part of the case", [found.part])
    asked = [f"{f.label}{'' if f.required else ' (if known)'}{_when(f.when, found)}" for f in form.fields]
    lines += _said(f"Asks ({form.title})", asked + [f"Factor: {f.label}" for f in form.factors])
    lines += ["", "Outcomes"]
    for outcome in found.outcomes.values():
        more = [f"counted as {outcome.counted_as}"] if outcome.counted_as else []
        more += ["closes the case"] if outcome.closes else []
        more += [f"the case moves to {pack.bindings[outcome.moves_to].label}"] if outcome.moves_to else []
        more += [outcome.clause] if outcome.clause else []
        tail = f" ({'; '.join(more)})" if more else ""
        lines += _item(f"{outcome.code}: {outcome.label}: {target_words(journey, outcome)}{tail}")
    lines += _conditions(journey, found)
    lines += _clocks(pack, found)
    if found.then:
        lines += ["", "Then"]
        for duty in found.then:
            lines += _item(_duty(pack, duty, found))
    return "\n".join(lines) + "\n"


def _conditions(journey: Journey, step: Step) -> list[str]:
    lines: list[str] = []
    for condition in step.requires:
        lines += _item(f"{condition.sentence}{_when(condition.outcomes, step)} [{condition.clause}]")
        lines += [f"      unless {condition.cel}"]
    for rule in journey.rules:
        closes = any(outcome.closes for outcome in step.outcomes.values())
        applies = closes if rule.on == "close" else not step.urgent and START not in step.places
        if applies and step.code not in rule.exempt:
            when = ", when it closes the case" if rule.on == "close" else ""
            lines += _item(
                f"{rule.condition.sentence} (rule of the whole journey{when}) [{rule.condition.clause}]"
            )
            lines += [f"      unless {rule.condition.cel}"]
    return ["", "Refused with", *lines] if lines else []


def _clocks(pack: Pack, step: Step) -> list[str]:
    lines: list[str] = []
    for word in ("starts", "pauses", "resumes", "stops"):
        always: tuple[str, ...] = getattr(step, word)
        for code in always:
            lines += _item(f"{word} {_clock(pack, code)}")
        for outcome in step.outcomes.values():
            some: tuple[str, ...] = getattr(outcome, word)
            for code in some:
                lines += _item(f"{word} {_clock(pack, code)} (for {outcome.label})")
    return ["", "Clocks", *lines] if lines else []


def _clock(pack: Pack, code: str) -> str:
    return "every clock" if code == EVERY_CLOCK else clock_words(pack.clocks[code])


def _duty(pack: Pack, duty: Duty, step: Step) -> str:
    who = f" {holding_words(pack, duty.to)}" if duty.to else ""
    what = f": {duty.label or duty.template.replace('_', ' ')}" if duty.label or duty.template else ""
    due = f", due: {clock_words(pack.clocks[duty.clock])}" if duty.clock else ""
    return f"{DUTY_WORDS[duty.kind]}{who}{what}{due}{_when(duty.outcomes, step)}"


def _when(outcomes: tuple[str, ...], step: Step) -> str:
    labels = [step.outcomes[code].label for code in outcomes if code in step.outcomes]
    return f" (for {', '.join(labels)})" if labels else ""


def _said(head: str, items: Iterable[str]) -> list[str]:
    text = "; ".join(items)
    return textwrap.wrap(f"{head}: {text}", WIDTH, subsequent_indent="    ")


def _item(text: str) -> list[str]:
    return textwrap.wrap(f"  - {text}", WIDTH, subsequent_indent="    ")
