"""Bring up what is to be decided about keeping, carry out erasures whose days have passed, chase those who were told."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction

from evenhand.gate.entry import HOUSE, enter_house, now, today
from evenhand.gate.keeping import keeping_of_row
from evenhand.gate.policy import journey_of, pack, packs
from evenhand.kernels.policy import Journey, Review, Step, erasing_of, own_clocks
from evenhand.operations import notices
from evenhand.operations.erasure import erase, forget_request
from evenhand.records.case import Case
from evenhand.records.clock import Task
from evenhand.records.keeping import ErasureNotice, ErasureOrder, KeepingDay, Restriction
from evenhand.records.rights import RightsRequest

log = logging.getLogger("evenhand.retention")
AT_ONCE = 500
REVIEW_TASK = "retention_review"
MIDDAY = time(12, tzinfo=UTC)


@dataclass(frozen=True)
class ComingUp:
    """A case whose day to decide comes: by its reference, never by name."""

    reference: str
    journey: str
    on: date
    review: Review
    held: bool

    @property
    def unverified(self) -> bool:
        return self.review.group.basis == "unverified"


def simulate(*, until: date) -> Iterator[ComingUp]:
    """Yield every case whose day to decide comes by a day, in the order of cases; nothing is written or brought up."""
    after = UUID(int=0)
    while True:
        with enter_house():
            cases = list(Case.objects.filter(id__gt=after).exclude(closed_at=None).order_by("id")[:AT_ONCE])
            held = _held([case.id for case in cases])
            found = [(case, keeping_of_row(case)) for case in cases]
        for case, keeping in found:
            if keeping.next is not None and keeping.next.on <= until and _is_over(case):
                yield ComingUp(case.reference, case.journey, keeping.next.on, keeping.next, case.id in held)
        if len(cases) < AT_ONCE:
            return
        after = cases[-1].id


def review() -> int:
    """Work out the next day to decide where a case has changed, and bring up those whose day has come.

    returns  how many were brought up; each is a task of a named person, and stands on their worklist
    """
    with enter_house(), connection.cursor() as cursor:
        cursor.execute(
            "select f.id from case_file f left join keeping_day k on k.case_id = f.id"
            " where f.closed_at is not null and (k.case_id is null or k.version <> f.version) limit %s",
            [AT_ONCE],
        )
        for (case_id,) in cursor.fetchall():
            case = Case.objects.get(id=case_id)
            found = keeping_of_row(case)
            KeepingDay.objects.update_or_create(
                case_id=case_id,
                defaults={
                    "on": found.next.on if found.next and _is_over(case) else None,
                    "group": found.group,
                    "version": case.version,
                    "brought_up": False,
                },
            )
    with enter_house():
        moment = now()
        due = list(KeepingDay.objects.filter(on__lte=today(), brought_up=False).order_by("on")[:AT_ONCE])
    return sum(_bring_up(day, moment) for day in due)


def _bring_up(day: KeepingDay, moment: datetime) -> bool:
    with enter_house(), connection.cursor() as cursor:
        case = Case.objects.filter(id=day.case_id).first()
        if case is None or case.closed_at is None or case.version != day.version or day.on is None:
            return False
        if ErasureOrder.objects.filter(case_id=case.id, stopped_at=None).exists():
            return False
        cursor.execute("select wall.keepers(%s) is not null", [case.id])
        if cursor.fetchone()[0]:
            return False  # held or set apart: it comes up on the day on which that has ended
        if Task.objects.filter(case_id=case.id, code=REVIEW_TASK, done_at=None).exists():
            KeepingDay.objects.filter(case_id=case.id, version=day.version).update(brought_up=True)
            return False
        owner = _decider(case)
        if owner is None:
            log.error("nobody holds the role that decides whether a case is kept")
            return False
        Task.objects.bulk_create(
            [
                Task(
                    case_id=case.id,
                    part="file",
                    recorded_by=HOUSE,
                    owner_id=owner,
                    code=REVIEW_TASK,
                    label="Decide whether to keep this case",
                    due_at=datetime.combine(day.on, MIDDAY),
                )
            ]
        )
        cursor.execute("select wall.set_due(%s), wall.relist(%s)", [case.id, case.id])
        notices.leave(
            [owner],
            kind=REVIEW_TASK,
            text=f"{case.reference}: decide whether to keep this case",
            at=moment,
            once=f"keeping:{case.id}:{day.on}",
            case_id=case.id,
        )
        KeepingDay.objects.filter(case_id=case.id, version=day.version).update(brought_up=True)
    return True


def _deciding(journey: Journey) -> Step | None:
    return next((s for s in journey.steps.values() if s.verb == "keep" and len(s.outcomes) > 1), None)


def _is_over(case: Case) -> bool:
    """Say whether it can be decided where the case stands: while somebody is still followed up, it cannot."""
    journey = journey_of(case.pack, case.journey, case.edition)
    step = _deciding(journey)
    return step is None or journey.leaves_from(step, case.place)


def _decider(case: Case) -> UUID | None:
    """Return who is to decide: the first role of the policy's step that sees the case where it stands."""
    journey = journey_of(case.pack, case.journey, case.edition)
    seen = journey.places[case.place].see.get("file", ())
    step = _deciding(journey)
    with connection.cursor() as cursor:
        for role, binding in step.who if step else ():
            if (role, binding) not in seen:
                continue
            for agency in case.bindings.get(binding, []):
                cursor.execute("select wall.pick_owner(%s, %s, %s)", [role, agency, case.id])
                picked: UUID | None = cursor.fetchone()[0]
                if picked is not None:
                    return picked
    return None


def carry_out() -> int:
    """Erase what two people decided to erase and nobody stopped; returns how many."""
    with enter_house():
        moment = now()
        orders = list(
            ErasureOrder.objects.filter(due_at__lte=moment, stopped_at=None).select_related("case")[:AT_ONCE]
        )
        ready = [order for order in orders if not _must_wait(order, moment)]
    return sum(_erase_unless_stopped(order, moment) for order in ready)


def _erase_unless_stopped(found: ErasureOrder, moment: datetime) -> bool:
    """Erase one case, unless somebody has stopped it or held it since it was looked at: many are erased one by one."""
    with transaction.atomic(), enter_house():
        with connection.cursor() as cursor:
            # Every act on a case locks it: what is decided in one that is under way is waited for.
            cursor.execute("select wall.standing(%s, true, null)", [found.case_id])
        order = (
            ErasureOrder.objects.filter(id=found.id, due_at__lte=moment, stopped_at=None)
            .select_related("case")
            .first()
        )
        if order is None or _must_wait(order, moment):
            return False
        told = {
            "by": str(order.recorded_by),
            "confirmed_by": str(order.confirmed_by) if order.confirmed_by else None,
            "group": order.group,
            "clause": order.clause,
            "on": today().isoformat(),
        }
        return erase(order.case_id, told)


def _must_wait(order: ErasureOrder, moment: datetime) -> bool:
    """Say whether something has come between: a hold, work begun again, a message of whoever reported."""
    rules = erasing_of(packs()[order.case.pack])
    if order.case.closed_at is None or (rules.second_look and order.confirmed_by is None):
        return True
    if _held([order.case_id]):
        return True
    with connection.cursor() as cursor:
        cursor.execute("select wall.reporter_wrote(%s), wall.complained_of(%s)", [order.case_id] * 2)
        wrote, complained = cursor.fetchone()
    if complained:
        return True
    return wrote is not None and moment - wrote < timedelta(days=rules.message_days)


def _held(cases: list[UUID]) -> set[UUID]:
    rows = Restriction.objects.filter(case_id__in=cases, kind="hold", lifted_at=None, until__gte=today())
    return set(rows.values_list("case_id", flat=True))


def chase() -> int:
    """Ask again whoever was told of an erasure and has not answered in time; returns how many were asked."""
    with enter_house():
        moment = now()
        rules = erasing_of(next(iter(packs().values())))
        open_ones = list(ErasureNotice.objects.filter(answer="", due_at__lte=moment)[:AT_ONCE])
        for notice in open_ones:
            notice.chased += 1
            notice.due_at = moment + timedelta(days=rules.chase_every_days)
            notice.save(update_fields=["chased", "due_at"])
        fresh = list(ErasureNotice.objects.filter(answer="").order_by("due_at")[:AT_ONCE])
        for notice in fresh:
            _tell(notice, moment)
    return len(open_ones)


def _tell(notice: ErasureNotice, moment: datetime) -> None:
    notices.leave(
        notices.who_answers_for(notice.agency_id, on=today()),
        kind="erasure",
        text=f"{notice.reference}: erase what you were told, and answer under “What is erased”.",
        at=moment,
        once=f"erasure:{notice.id}:{notice.chased}",
    )


def forget_old() -> int:
    """Let go of what has a time of its own (messages, duties done, failed sign-ins, answered requests); returns how many."""
    days = own_clocks(pack())
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select wall.forget_old(%s::jsonb)", [json.dumps(days)])
        gone = int(cursor.fetchone()[0])
        since = now() - timedelta(days=days.get("rights_request", 1095))
        requests = list(
            RightsRequest.objects.filter(answered_at__lt=since).values_list("id", flat=True)[:AT_ONCE]
        )
    for number in requests:
        forget_request(number)
    return gone + len(requests)
