"""The one way to act: gather facts, ask the policy, and write record, decision, ledger and duties, or nothing."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import DatabaseError, connection, transaction

from evenhand.gate import keys, ledger, own_keys
from evenhand.gate.clocks import changed_clocks
from evenhand.gate.entry import DOOR, Who
from evenhand.gate.policy import pack as current_pack
from evenhand.gate.standing import NoSuchCase, Standing, actor_of, standing
from evenhand.kernels.policy import (
    FACTS,
    START,
    Decision,
    Holding,
    Invalid,
    Journey,
    Pack,
    Reason,
    Refused,
    decide,
    position_of,
)
from evenhand.records.agency import Agency, Area
from evenhand.records.case_row import CaseRow
from evenhand.records.clock import Clock
from evenhand.records.decision import Decision as DecisionRow
from evenhand.records.duty import Duty
from evenhand.records.practitioner import Practitioner
from evenhand.records.wall.build import part_of

__all__ = [
    "Act",
    "ChangedMeanwhile",
    "Done",
    "Invalid",
    "NoSuchCase",
    "Refused",
    "Writing",
    "act",
    "open_case",
]

Row = TypeVar("Row", bound=CaseRow)
REFERENCE_LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
MOST_REASON = 4000
# Answers from these lists are counted, and nothing else of a form's answers is.
COUNTED_LISTS = {
    "destinations": "destination",
    "closing_reasons": "closing_reason",
    "support_kinds": "support",
}
REPORTER = "reporter"
# These carry on what was told before, which they cannot where it is closed to whoever acts.
COPYING = frozenset({"identify", "link"})
WHO_TOLD = ("who_tells", "safe_contact")
"""What a report says about who told us: it belongs to the part `reporter` and to nothing else."""


BEGINNING: dict[str, bool | int | str] = {name: fact.example() for name, fact in FACTS.items()}
"""What conditions see before there is a case: nothing is known yet."""


class ChangedMeanwhile(Exception):
    """Somebody else acted on the case after the page was shown; says what they did."""

    def __init__(self, since: Sequence[tuple[str, str, datetime]]) -> None:
        self.since = tuple(since)
        super().__init__("the case has changed since the page was shown")


@dataclass(frozen=True)
class Act:
    """What somebody wants to do to a case.

    seen         the version of the case on the page they looked at; None when there was no page
    once         the same for a repeated submission of the same act, which is then done once
    reason       why, where the step's own form does not ask it
    happened_at  when it happened, if that was before now (late entry stays visible: two times are kept)
    """

    step: str
    outcome: str
    answers: Mapping[str, object]
    reason: str = ""
    seen: int | None = None
    once: UUID = field(default_factory=uuid4)
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Done:
    """An act that is on record."""

    case_id: UUID
    reference: str
    decision_id: UUID
    place: str
    already: bool = False


@dataclass
class Writing:
    """What a verb may do inside the act's transaction: put rows of the case, move it, queue duties."""

    case_id: UUID
    reference: str
    who: Who
    now: datetime
    decision: Decision
    decision_id: UUID
    pack: Pack
    bindings: dict[str, list[str]]
    standing: Standing | None
    journey: Journey
    settle: dict[str, Any] = field(default_factory=dict)
    lines: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str] | None = None

    @property
    def kept(self) -> own_keys.Kept:
        """Say to whom the journey has contents of this case sealed."""
        return own_keys.Kept(self.journey, self.bindings, self.who.practitioner_id)

    @property
    def answers(self) -> dict[str, Any]:
        """Return the cleaned answers to the step's form."""
        return self.decision.answers

    def put(self, model: type[Row], *, sealed: Any = None, part: str = "", **columns: Any) -> Row:
        """Put a row of the case in; what is in `sealed` goes under the case's key."""
        where = part or part_of(model._meta.db_table)
        if sealed is not None:
            columns["sealed"] = self.seal(sealed, part=where)
        row = model(
            case_id=self.case_id,
            part=where,
            recorded_by=self.who.practitioner_id,
            **columns,
        )
        # bulk_create asks for nothing back: whoever puts a row in may not be allowed to see it.
        model._default_manager.bulk_create([row])
        return row

    def seal(self, contents: Any, *, part: str = "file") -> bytes:
        """Return a structure sealed under the case's key, and inside that to people's own keys where the journey says so."""
        to = self.kept.holders(self.case_id, part)
        return keys.close_to(self.case_id, part, contents, to, by=self.who.practitioner_id)

    def duty(self, kind: str, *, once: str, due_at: datetime | None = None, **contents: Any) -> None:
        """Queue something the house owes after this act; the same `once` is owed once."""
        if self.who.practitioner_id == DOOR:
            contents["by_day"] = True  # what the worker writes of it has the day alone, too
        Duty.objects.bulk_create(
            [
                Duty(
                    case_id=self.case_id,
                    kind=kind,
                    contents=contents,
                    once=f"{self.decision_id}:{once}",
                    due_at=due_at or self.now,
                )
            ]
        )


def act(case_id: UUID, wanted: Act, who: Who, *, effects: Callable[[Writing], None] | None = None) -> Done:
    """Take a step in a case, or change nothing.

    effects  writes what the verb adds (a plan, a consent, a person), in the same transaction
    raises   NoSuchCase, ChangedMeanwhile, Refused with all reasons, Invalid with a sentence a field
    """
    with transaction.atomic():
        found = standing(case_id, who, lock=True, once=wanted.once)
        if found.raw["already"]:
            return Done(case_id, found.reference, UUID(found.raw["already"]), found.place, already=True)
        if wanted.seen is not None and wanted.seen != found.version:
            raise ChangedMeanwhile(_since(found, wanted.seen))
        if not keys.has_key(case_id):
            raise Refused(
                (
                    Reason(
                        "erased",
                        "What was in this case has been erased, so nothing more is written to it.",
                        "",
                    ),
                )
            )
        decision = _decide(found.pack, found.journey, wanted, found, who)
        if decision.verb in COPYING and own_keys.must_be_open(case_id, found.journey):
            raise Refused(
                (
                    Reason(
                        "own_key_closed",
                        "Open your own key first: what is in this case is kept for people.",
                        "",
                    ),
                )
            )
        writing = Writing(
            case_id=case_id,
            reference=found.reference,
            who=who,
            now=found.now,
            decision=decision,
            decision_id=uuid4(),
            pack=found.pack,
            bindings=_bound(decision, found.bindings, found.pack),
            standing=found,
            journey=found.journey,
        )
        _record(writing, wanted)
        if effects is not None:
            effects(writing)
        _settle(writing, found)
    return Done(case_id, found.reference, writing.decision_id, decision.to_place)


def open_case(
    journey_code: str,
    wanted: Act,
    who: Who,
    *,
    now: datetime,
    area: Area | None,
    effects: Callable[[Writing], None] | None = None,
    pack_code: str | None = None,
) -> Done:
    """Begin a case with the journey's first step; raises Refused or Invalid, and then nothing was begun."""
    pack = current_pack(pack_code)
    if who.practitioner_id == DOOR:
        # Somebody unknown is not to be found by the minute: the day is kept, and clocks run from its beginning.
        now = pack.calendar.day_began(now)
    journey = pack.journey_on(journey_code, pack.calendar.local_day(now))
    bindings = bindings_from(pack, area, who)
    decision = decide(
        pack,
        journey,
        step=wanted.step,
        outcome=wanted.outcome,
        place=START,
        actor=actor_of(who, bindings),
        facts=BEGINNING,
        done_by={},
        answers=wanted.answers,
        now=now,
    )
    case_id = uuid4()
    keys.make_key(case_id)
    with transaction.atomic():
        earlier = _begun(wanted.once, who, case_id)
        if earlier is not None:
            keys.destroy_key(case_id)
            return earlier
        writing = Writing(
            case_id=case_id,
            reference=new_reference(),
            who=who,
            now=now,
            decision=decision,
            decision_id=uuid4(),
            pack=pack,
            bindings=_bound(decision, bindings, pack),
            standing=None,
            journey=journey,
        )
        owner_role, owner_agency = _resolve_owner(decision.owner, writing.bindings)
        _call(
            "select wall.open_case(%s::jsonb)",
            {
                "id": str(case_id),
                "reference": writing.reference,
                "pack": pack.code,
                "journey": journey.code,
                "edition": journey.edition,
                "shape_hash": decision.shape_hash,
                "place": decision.to_place,
                "stage": decision.stage,
                "stage_position": position_of(pack, journey, decision.to_place),
                "area": area.code if area else None,
                "bindings": writing.bindings,
                "owner_role": owner_role,
                "owner_agency": owner_agency,
                "sees": _sees(decision.see, writing.bindings),
                "urgent": decision.urgent,
            },
        )
        _record(writing, wanted)
        if effects is not None:
            effects(writing)
        _settle(writing, None)
    return Done(case_id, writing.reference, writing.decision_id, decision.to_place)


def _begun(once: UUID, who: Who, case_id: UUID) -> Done | None:
    """Return the case that the same sending of a form has already begun, or take note of this one."""
    mark = hashlib.sha256(f"begin|{who.practitioner_id}|{once}".encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("select wall.take_row(%s, %s)", [mark, case_id])
        if cursor.fetchone()[0]:
            return None
        cursor.execute("select case_id, reference, place, decision_id from wall.begun(%s, %s)", [mark, once])
        row = cursor.fetchone()
    if row is None:
        raise NoSuchCase
    return Done(row[0], row[1], row[3], row[2], already=True)


def new_reference() -> str:
    """Return a random reference: it tells neither how many cases there are nor when one began."""
    letters = "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def bindings_from(pack: Pack, area: Area | None, who: Who) -> dict[str, list[str]]:
    """Say which agency stands for each binding when a case begins."""
    found: dict[str, list[str]] = {}
    for name, binding in pack.bindings.items():
        agency: UUID | None = None
        if binding.source == "actor":
            agency = who.agency_id
        elif binding.source == "area" and area is not None:
            agency = area.answers_id
        elif binding.source == "area.force" and area is not None:
            agency = area.force_id
        if agency is not None:
            found[name] = [str(agency)]
    return found


def _decide(pack: Pack, journey: Journey, wanted: Act, found: Standing, who: Who) -> Decision:
    try:
        return decide(
            pack,
            journey,
            step=wanted.step,
            outcome=wanted.outcome,
            place=found.place,
            actor=found.actor,
            facts=found.facts,
            done_by=found.done_by,
            answers=wanted.answers,
            now=found.now,
        )
    except Refused as refused:
        raise found.refusal(refused) from None


def _bound(decision: Decision, bindings: dict[str, list[str]], pack: Pack) -> dict[str, list[str]]:
    """Return the bindings after the answers that name an agency."""
    after = {name: list(agencies) for name, agencies in bindings.items()}
    for name, agency in decision.binds.items():
        if not _is_agency(agency):
            raise Invalid({_field_of(decision, agency): "Choose an agency from the list."})
        held = after.get(name, []) if pack.bindings[name].several else []
        after[name] = [*[a for a in held if a != agency], agency]
        for other, binding in pack.bindings.items():
            if binding.source == "named.force" and binding.of == name:
                force = (
                    Area.objects.filter(answers_id=UUID(agency)).values_list("force_id", flat=True).first()
                )
                if force:
                    after[other] = [str(force)]
    if decision.moves_to and after.get(decision.moves_to):
        area = Area.objects.filter(answers_id=UUID(after[decision.moves_to][-1])).first()
        if area is not None:
            for name, binding in pack.bindings.items():
                if binding.source == "area":
                    after[name] = [str(area.answers_id)]
                elif binding.source == "area.force" and area.force_id:
                    after[name] = [str(area.force_id)]
    return after


def _is_agency(text: str) -> bool:
    try:
        return Agency.objects.filter(id=UUID(text)).exists()
    except ValueError:
        return False


def _kept_here(writing: Writing) -> dict[str, Any]:
    """Return the answers without who told us, where that is sealed to people's own keys: it would lie here in the open."""
    if writing.standing is not None or REPORTER not in writing.journey.own_keys:
        return writing.answers
    return {name: answer for name, answer in writing.answers.items() if name not in WHO_TOLD}


def _field_of(decision: Decision, agency: str) -> str:
    return next((code for code, answer in decision.answers.items() if answer == agency), "agency")


def _sees(
    see: Mapping[str, tuple[Holding, ...]], bindings: Mapping[str, list[str]]
) -> dict[str, list[list[str]]]:
    return {
        part: [[role, agency] for role, binding in holdings for agency in _agencies(binding, bindings)]
        for part, holdings in see.items()
    }


def _agencies(binding: str, bindings: Mapping[str, list[str]]) -> list[str]:
    if binding == "*":
        return sorted({agency for agencies in bindings.values() for agency in agencies})
    return bindings.get(binding, [])


def _resolve_owner(owner: Holding, bindings: Mapping[str, list[str]]) -> tuple[str, str]:
    role, binding = owner
    agencies = _agencies(binding, bindings)
    if not agencies:
        raise Refused(
            (Reason("no_agency", "Say where the person lives, so that an agency can take this on.", ""),)
        )
    return role, agencies[-1]


def _record(writing: Writing, wanted: Act) -> None:
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


def _in_emergency(writing: Writing) -> bool:
    return writing.standing is not None and writing.standing.glass_until is not None


def _settle(writing: Writing, found: Standing | None) -> None:
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
            to=_duty_receivers(duty.to, writing.bindings),
            label=duty.label,
            template=duty.template,
            reference=writing.reference,
            clock=duty.clock if due else None,
        )
    settle: dict[str, Any] = {
        "place": decision.to_place,
        "stage": decision.stage,
        "stage_reached": decision.stage,
        "stage_position": _position(writing, found),
        "bindings": writing.bindings,
        "closed": decision.closes
        or (found is not None and found.closed and decision.to_place == found.place),
        "sees": _sees(decision.see, writing.bindings),
        "clocks": changed_clocks(decision, found, writing.pack, writing.now) if found else [],
    }
    if found is None or decision.to_place != found.place or decision.moves_to:
        settle["owner_role"], settle["owner_agency"] = _resolve_owner(decision.owner, writing.bindings)
    if decision.counted_as:
        settle["counted_as"] = decision.counted_as
    if found is not None and (counted := _counted_answers(writing, found.journey)):
        settle["counted_answers"] = counted
    if decision.moves_to:
        area = Area.objects.filter(answers_id=UUID(writing.bindings[decision.moves_to][-1])).first()
        settle["area"] = area.code if area else None
    settle.update(writing.settle)
    ledger.write(writing.case_id, writing.lines, kept=writing.kept)
    with connection.cursor() as cursor:
        # An index of names would lie there in the open, and what is kept for people is not to be found without them.
        if writing.tokens is not None and "file" not in writing.journey.own_keys:
            cursor.execute("select wall.index_names(%s, %s)", [writing.case_id, writing.tokens])
        try:
            cursor.execute(
                "select wall.settle(%s, %s, %s::jsonb)",
                [writing.case_id, found.version if found else 1, json.dumps(settle)],
            )
        except DatabaseError as error:
            _explain(error)
            raise


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


def _call(statement: str, contents: Mapping[str, Any]) -> None:
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


def _duty_receivers(to: Holding | None, bindings: Mapping[str, list[str]]) -> list[list[str]]:
    if to is None:
        return []
    role, binding = to
    if role in {"owner", "reporter"}:
        return [[role, ""]]
    return [[role, agency] for agency in _agencies(binding, bindings)]


def _since(found: Standing, seen: int) -> list[tuple[str, str, datetime]]:
    """Say what happened since the page was shown: version numbers and decisions go up together."""
    count = max(1, found.version - seen)
    rows = DecisionRow.objects.filter(case_id=found.case_id).order_by("-recorded_at")[:count]
    names = dict(_names({row.recorded_by for row in rows}))
    steps = found.journey.steps
    return [
        (
            names.get(row.recorded_by, "Somebody"),
            steps[row.step].label if row.step in steps else row.step,
            row.recorded_at,
        )
        for row in rows
    ]


def _names(ids: set[UUID]) -> list[tuple[UUID, str]]:
    return list(Practitioner.objects.filter(id__in=ids).values_list("id", "name"))
