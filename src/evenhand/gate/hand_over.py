"""Hand over all the work of somebody who is away or has left: an administrator does it, and sees none of it."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

from django.db import connection, transaction

from evenhand.gate import keys, ledger
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import journey_of, packs
from evenhand.kernels.policy import who_may

ADMINISTRATOR = "administrator"


def hand_over_all(
    owner: UUID, receiver: UUID | None, who: Who, *, ground: str, reason: str
) -> tuple[int, int]:
    """Make somebody else the owner of every open case of a colleague, each by a recorded decision.

    receiver  nobody in particular, when None: each case whose owner no longer holds the role that owns it goes to who
              holds it and has waited longest for work, and the others stay
    returns  how many were handed over, and how many stay: those that wait for somebody who holds
              the role that owns them, and any that is erased
    """
    moment = now()
    done = left = 0
    with connection.cursor() as cursor:
        cursor.execute("select * from wall.work_of(%s)", [owner])
        found = cursor.fetchall()
        for case_id, reference, pack_code, journey_code, edition, place, bindings in found:
            bound = json.loads(bindings) if isinstance(bindings, str) else bindings
            pack, journey = packs()[pack_code], journey_of(pack_code, journey_code, edition)
            step = next((s for s in journey.steps.values() if s.verb == "assign"), None)
            on = pack.calendar.local_day(moment)
            if not keys.has_key(case_id):  # erased: nothing more is written to it, and the others go on
                left += 1
                continue
            if step is None or not any(
                role == ADMINISTRATOR for role, _ in who_may(pack, journey, step.code, on)
            ):
                left += 1
                continue
            role, binding = journey.places[place].owner
            agencies = bound.get(binding, [])
            taker = receiver
            if taker is None:
                cursor.execute(
                    "select owed, taker from wall.next_owner(%s, %s, %s::uuid[])", [case_id, role, agencies]
                )
                owed, taker = cursor.fetchone()
                if not owed or taker is None:
                    left += bool(owed)
                    continue
            decision = {
                "id": str(uuid4()), "step": step.code, "outcome": next(iter(step.outcomes)), "clause": step.clause,
                "shape_hash": pack.shape_hash(journey), "lists_hash": pack.lists_hash(on),
            }  # fmt: skip
            told = {"reason": reason, "answers": {"to": {"name": str(taker)}, "ground": ground}}
            written = ledger.entry(
                actor=who.practitioner_id,
                verb=step.verb,
                step=step.code,
                case=reference,
                at=moment,
                ground=step.clause,
            )
            line, opening = ledger.composed(case_id, written)
            with transaction.atomic():
                cursor.execute(
                    "select wall.reassign(%s, %s, %s, %s::uuid[], %s::jsonb, %s, %s, %s)",
                    [
                        case_id,
                        taker,
                        role,
                        agencies,
                        json.dumps(decision),
                        keys.close(case_id, told),
                        line,
                        opening,
                    ],
                )
                moved = cursor.fetchone()[0]
            done, left = done + bool(moved), left + (not moved)
    return done, left
