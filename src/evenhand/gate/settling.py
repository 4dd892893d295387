"""Put an act on record: the decision and its line, then clocks, duties and where the case stands now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

from evenhand.gate import ledger
from evenhand.gate.bindings import duty_receivers, resolve_owner, seen_by
from evenhand.gate.clocks import changed_clocks
from evenhand.gate.standing import NoSuchCase, Standing
from evenhand.gate.writing import Act, Writing
from evenhand.kernels.policy import START, Invalid, Journey, Reason, Refused, position_of
from evenhand.records.agency import Area
from evenhand.records.clock import Clock
from evenhand.records.decision import Decision as DecisionRow

MOST_REASON = 4000
# Answers from these lists are counted, and nothing else of a form's answers is.
COUNTED_LISTS = {
    "destinations": "destination",
    "closing_reasons": "closing_reason",
    "support_kinds": "support",
}
REPORTER = "reporter"
WHO_TOLD = ("who_tells", "safe_contact")
"""What a report says about who told us: it belongs to the part `reporter` and to nothing else."""


class ChangedMeanwhile(Exception):
    """Somebody else acted on the case after the page was shown; says what they did."""

    def __init__(self, since: Sequence[tuple[str, str, datetime]]) -> None:
        self.since = tuple(since)
        super().__init__("the case has changed since the page was shown")


def record(writing: Writing, wanted: Act) -> None:
    """Put the decision and its ledger line on record; raises Invalid without a reason or with a time to come."""
    decision = writing.decision
    reason = str(decision.answers.get("reason") or wanted.reason).strip()[:MOST_REASON]
    if not reason:
        raise Invalid({"reason": "Say why, in a sentence or two."})
    if wanted.happened_at is not None and wanted.happened_at > writing.now + timedelta(minutes=1):
        raise Invalid({"happened_at": "Give a time that has passed."})
    DecisionRow.objects.bulk_create(
        [
            DecisionRow(
                id=writing.decision_id,
                case_id=writing.case_id,
                part=decision.part,
                recorded_by=writing.who.practitioner_id,
                step=decision.step,
                verb=decision.verb,
                outcome=decision.outcome,
                from_place="" if decision.from_place == START else decision.from_place,
                to_place=decision.to_place,
                clause=" · ".join(decision.clauses),
                happened_at=wanted.happened_at or writing.now,
                shape_hash=decision.shape_hash,
                lists_hash=decision.lists_hash,
                sealed=writing.seal({"reason": reason, "answers": _kept_here(writing)}, part=decision.part),
                idempotency_key=wanted.once,
            )
        ]
    )
    writing.lines.append(
        ledger.entry(
            actor=writing.who.practitioner_id,
            verb=decision.verb,
            step=decision.step,
            case=writing.reference,
            at=writing.now,
            ground=" · ".join(decision.clauses),
            detail=decision.outcome + (" (emergency)" if _in_emergency(writing) else ""),
        )
    )


def settle(writing: Writing, found: Standing | None) -> None:
    """Start and change clocks, queue duties, and say where the case stands and who sees it now."""
    decision = writing.decision
    for start in decision.starts:
        writing.put(
            Clock,
            part=start.part,
            code=start.clock,
            value=start.value,
            unit=start.unit,
            basis=start.basis,
            source=start.source,
            started_at=writing.now,
            due_at=start.due_at(writing.now, writing.pack.calendar, (), writing.now),
        )
    for number, duty in enumerate(decision.duties):
        due = None
        if duty.clock:
            due = next(
                (
                    s.due_at(writing.now, writing.pack.calendar, (), writing.now)
                    for s in decision.starts
                    if s.clock == duty.clock
                ),
                None,
            )
        writing.duty(
            duty.kind,
            once=str(number),
            to=duty_receivers(duty.to, writing.bindings),
            label=duty.label,
            template=duty.template,
            reference=writing.reference,
            clock=duty.clock if due else None,
        )
    clocks = changed_clocks(decision, found, writing.pack, writing.now, apart=writing.apart) if found else []
    if writing.apart is not None and clocks:
        writing.lines.append(_clocks_line(writing, clocks))
    stands: dict[str, Any] = {
        "place": decision.to_place,
        "stage": decision.stage,
        "stage_reached": decision.stage,
        "stage_position": _position(writing, found),
        "bindings": writing.bindings,
        "closed": decision.closes
        or (found is not None and found.closed and decision.to_place == found.place),
        "sees": seen_by(decision.see, writing.bindings),
        "clocks": clocks,
    }
    if found is None or decision.to_place != found.place or decision.moves_to:
        stands["owner_role"], stands["owner_agency"] = resolve_owner(decision.owner, writing.bindings)
    if decision.counted_as:
        stands["counted_as"] = decision.counted_as
    if found is not None and (counted := _counted_answers(writing, found.journey)):
        stands["counted_answers"] = counted
    if decision.moves_to:
        area = Area.objects.filter(answers_id=UUID(writing.bindings[decision.moves_to][-1])).first()
        stands["area"] = area.code if area else None
    stands.update(writing.settle)
    ledger.write(writing.case_id, writing.lines, kept=writing.kept)
    with connection.cursor() as cursor:
        # An index of names would lie there in the open, and what is kept for people is not to be found without them.
        if writing.tokens is not None and "file" not in writing.journey.own_keys:
            cursor.execute("select wall.index_names(%s, %s)", [writing.case_id, writing.tokens])
        try:
            cursor.execute(
                "select wall.settle(%s, %s, %s::jsonb)",
                [writing.case_id, found.version if found else 1, json.dumps(stands)],
            )
        except DatabaseError as error:
            _explain(error)
            raise


def _clocks_line(writing: Writing, clocks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the line that says which clocks stand still from now on, or run on, and why."""
    said = "stand still" if writing.apart else "run on"
    return ledger.entry(
        actor=writing.who.practitioner_id,
        verb=writing.decision.verb,
        step=writing.decision.step,
        case=writing.reference,
        at=writing.now,
        ground=" · ".join(writing.decision.clauses),
        detail=f"clocks {said}: {', '.join(sorted(clock['code'] for clock in clocks))}",
    )


def call(statement: str, contents: Mapping[str, Any]) -> None:
    """Ask the wall to write; what it refuses comes back as Refused, NoSuchCase or ChangedMeanwhile."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement, [json.dumps(contents)])
        except DatabaseError as error:
            _explain(error)
            raise


def _explain(error: DatabaseError) -> None:
    state = getattr(error.__cause__, "sqlstate", "")
    if state == "P0003":
        raise Refused(
            (
                Reason(
                    "nobody",
                    "Nobody holds the role that would take this on, so it cannot go there. Ask an administrator.",
                    "",
                ),
            )
        ) from error
    if state == "P0002":
        raise NoSuchCase from error
    if state == "40001":
        raise ChangedMeanwhile(()) from error


def _position(writing: Writing, found: Standing | None) -> int | None:
    """Say how far the place that the case comes to counts as having come."""
    if found is None:
        return None  # said when the case was opened
    return position_of(found.pack, found.journey, writing.decision.to_place)


def _counted_answers(writing: Writing, journey: Journey) -> dict[str, str | list[str]]:
    """Return the codes among the answers that statistics count, by what they are counted as."""
    form = writing.pack.forms[journey.steps[writing.decision.step].form]
    return {
        COUNTED_LISTS[field.choices]: [str(code) for code in answer]
        if isinstance(answer, list)
        else str(answer)
        for field in form.fields
        if field.choices in COUNTED_LISTS and (answer := writing.answers.get(field.code))
    }


def _kept_here(writing: Writing) -> dict[str, Any]:
    """Return the answers without who told us, where that is sealed to people's own keys: it would lie here in the open."""
    if writing.standing is not None or REPORTER not in writing.journey.own_keys:
        return writing.answers
    return {name: answer for name, answer in writing.answers.items() if name not in WHO_TOLD}


def _in_emergency(writing: Writing) -> bool:
    return writing.standing is not None and writing.standing.glass_until is not None
