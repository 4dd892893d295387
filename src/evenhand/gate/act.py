"""The one way to act: gather facts, ask the policy, and write record, decision, ledger and duties, or nothing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from evenhand.gate import keys, own_keys
from evenhand.gate.bindings import bindings_from, bound, resolve_owner, seen_by
from evenhand.gate.entry import DOOR, Who
from evenhand.gate.policy import pack as current_pack
from evenhand.gate.settling import ChangedMeanwhile, call, record, settle
from evenhand.gate.standing import NoSuchCase, Standing, actor_of, standing
from evenhand.gate.writing import Act, Done, Writing
from evenhand.kernels.policy import (
    FACTS,
    START,
    Decision,
    Invalid,
    Journey,
    Pack,
    Reason,
    Refused,
    decide,
    position_of,
)
from evenhand.records.agency import Area
from evenhand.records.decision import Decision as DecisionRow
from evenhand.records.practitioner import Practitioner

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

REFERENCE_LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
# These carry on what was told before, which they cannot where it is closed to whoever acts.
COPYING = frozenset({"identify", "link"})

BEGINNING: dict[str, bool | int | str] = {name: fact.example() for name, fact in FACTS.items()}
"""What conditions see before there is a case: nothing is known yet."""


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
            bindings=bound(decision, found.bindings, found.pack),
            standing=found,
            journey=found.journey,
        )
        record(writing, wanted)
        if effects is not None:
            effects(writing)
        settle(writing, found)
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
            bindings=bound(decision, bindings, pack),
            standing=None,
            journey=journey,
        )
        owner_role, owner_agency = resolve_owner(decision.owner, writing.bindings)
        call(
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
                "sees": seen_by(decision.see, writing.bindings),
                "urgent": decision.urgent,
            },
        )
        record(writing, wanted)
        if effects is not None:
            effects(writing)
        settle(writing, None)
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
