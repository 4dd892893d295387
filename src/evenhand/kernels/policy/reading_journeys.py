"""Read one edition of a journey."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from evenhand.kernels.policy.journey import (
    DUTIES,
    IDENTITIES,
    OWNER,
    PARTS,
    REPORTER,
    SAME,
    VERBS,
    Condition,
    Duty,
    Holding,
    Journey,
    Outcome,
    Place,
    Rule,
    Step,
)
from evenhand.kernels.policy.spelling import nearest
from evenhand.kernels.policy.tables import Table

Audiences = Mapping[str, tuple[Holding, ...]]


def read_holding(text: str, table: Table, key: str) -> Holding:
    """Read `role@binding`; `*` alone is anybody."""
    if text == "*":
        return ("*", "*")
    role, at, binding = text.partition("@")
    if not at or not role or not binding:
        table.fault(f"{text!r} must read role@binding", key)
        return ("*", "*")
    return (role, binding)


def read_journey(table: Table) -> Journey:
    """Read one file of journeys/."""
    audiences = _read_audiences(table)
    start = table.day("from")
    if start is None:
        table.fault("lacks 'from', the day since when new cases begin under this edition")
    handler = table.optional("handler")
    own_keys = frozenset(table.texts("own_keys") if table.has("own_keys") else ())
    for part in sorted(own_keys - set(PARTS)):
        table.fault(f"{part!r} is no part of a case", "own_keys")
    journey = Journey(
        code=table.text("code"),
        label=table.text("label"),
        about=table.one_of("about", ("person", "incident", "community", "organisation", "project")),
        edition=table.text("edition"),
        effective_from=start or date.min,
        effective_to=table.day("to"),
        start=table.text("start"),
        start_step=table.text("start_step"),
        source=table.text("source"),
        places=MappingProxyType({name: _read_place(name, t, audiences) for name, t in table.named("place")}),
        steps=MappingProxyType({name: _read_step(name, t, audiences) for name, t in table.named("step")}),
        rules=tuple(_read_rule(t) for t in table.tables("rule")),
        file=table.file,
        apart=table.text("apart", ""),
        adults=table.flag("adults", False),
        own_keys=own_keys,
        handler=read_holding(handler, table, "handler") if handler else None,
    )
    table.done()
    return journey


def _read_audiences(table: Table) -> Audiences:
    inside = table.table("audiences")
    found: dict[str, tuple[Holding, ...]] = {}
    for name in inside.raw:
        found[name] = tuple(read_holding(text, inside, name) for text in inside.texts(name))
    return found


def _holdings(table: Table, key: str, audiences: Audiences) -> tuple[Holding, ...]:
    found: dict[Holding, None] = {}
    for text in table.texts(key):
        if text.startswith("+"):
            name = text[1:]
            if name not in audiences:
                table.fault(f"{name!r} is no audience of this journey{nearest(name, audiences)}", key)
            found.update(dict.fromkeys(audiences.get(name, ())))
        else:
            found[read_holding(text, table, key)] = None
    return tuple(found)


def _read_place(name: str, table: Table, audiences: Audiences) -> Place:
    owner = table.optional("owner")
    if owner is None:
        table.fault("has no owner: a case is never without somebody who answers for it")
    see = table.table("see")
    place = Place(
        code=name,
        label=table.text("label"),
        stage=table.text("stage"),
        final=table.flag("final", False),
        owner=read_holding(owner, table, "owner") if owner else ("", ""),
        see=MappingProxyType({part: _holdings(see, part, audiences) for part in PARTS if see.has(part)}),
        identity=table.one_of("identity", IDENTITIES),
        explain=table.text("explain"),
    )
    for part in PARTS:
        see.read[part] = None
    see.done()
    table.done()
    return place


def _read_step(name: str, table: Table, audiences: Audiences) -> Step:
    for key, sentence in (
        ("clause", "has no clause: every step rests on one"),
        ("verb", "has no verb"),
        ("form", "has no form: every step asks at least for its reason"),
    ):
        if table.raw.get(key) in (None, "") or not str(table.raw[key]).strip():
            table.fault(sentence)
    step = Step(
        code=name,
        label=table.text("label"),
        verb=table.one_of("verb", VERBS, "note"),
        places=table.texts("from"),
        outcomes=MappingProxyType({code: _read_outcome(code, t) for code, t in table.named("outcome")}),
        who=_holdings(table, "who", audiences),
        not_who=table.texts("not_who"),
        form=table.text("form", ""),
        requires=tuple(_read_condition(t, f"{name}.{n}") for n, t in enumerate(table.tables("requires"), 1)),
        starts=table.texts("starts"),
        pauses=table.texts("pauses"),
        resumes=table.texts("resumes"),
        stops=table.texts("stops"),
        then=tuple(_read_duty(t) for t in table.tables("then")),
        clause=table.text("clause", ""),
        source=table.text("source", ""),
        part=table.one_of("part", PARTS, "file"),
        urgent=table.flag("urgent", False),
        human=table.flag("human", True),
    )
    table.done()
    return step


def _read_outcome(code: str, table: Table) -> Outcome:
    outcome = Outcome(
        code=code,
        label=table.text("label"),
        to=table.text("to", SAME),
        counted_as=table.optional("counted_as"),
        closes=table.flag("closes", False),
        moves_to=table.optional("moves_to"),
        clause=table.optional("clause"),
        starts=table.texts("starts"),
        pauses=table.texts("pauses"),
        resumes=table.texts("resumes"),
        stops=table.texts("stops"),
    )
    table.done()
    return outcome


def _read_condition(table: Table, code: str) -> Condition:
    condition = Condition(
        cel=table.text("cel"),
        sentence=table.text("sentence"),
        clause=table.text("clause"),
        code=table.text("code", code),
        outcomes=table.texts("for"),
    )
    table.done()
    return condition


def _read_rule(table: Table) -> Rule:
    code = table.text("code")
    rule = Rule(
        condition=Condition(table.text("cel"), table.text("sentence"), table.text("clause"), code),
        on=table.one_of("on", ("step", "close")),
        exempt=table.texts("except"),
    )
    table.done()
    return rule


def _read_duty(table: Table) -> Duty:
    kind = table.one_of("kind", DUTIES)
    to = table.optional("to")
    duty = Duty(
        kind=kind,
        to=(to, "*") if to in {OWNER, REPORTER} else read_holding(to, table, "to") if to else None,
        label=table.text("label", ""),
        template=table.text("template", ""),
        clock=table.optional("clock"),
        outcomes=table.texts("for"),
    )
    if kind in {"notify", "task"} and duty.to is None:
        table.fault("says nobody to whom it goes", "to")
    if kind == "notify" and not duty.template:
        table.fault("tells somebody something and lacks 'template'")
    if kind == "task" and not duty.label:
        table.fault("is a task and lacks 'label'")
    if kind in {"task", "plan_review"} and duty.clock is None:
        table.fault("lacks 'clock', which says when it is due")
    table.done()
    return duty
