"""End what was held or set apart until a day that has passed: it comes back, its clocks run on, those who heard of it hear that."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import connection

from evenhand.casework.recipients import BACK, DUTY, to_hear_back
from evenhand.gate import ledger
from evenhand.gate.clocks import run_on
from evenhand.gate.entry import HOUSE, enter_house, now, today
from evenhand.gate.policy import packs
from evenhand.operations import notices
from evenhand.records.case import Case
from evenhand.records.clock import Clock
from evenhand.records.duty import Duty
from evenhand.records.keeping import RecipientNotice, Restriction

ITS_DAY = "the day until which it was to stand has passed"
SAID_BEFORE = timedelta(days=14)
"""How long before its last day the keeper of what is set apart hears that the person must be told first."""


def end_restrictions() -> int:
    """End each one whose day has passed, and write that down; returns in how many cases."""
    with enter_house():
        moment = now()
        _say_before(moment)
        over = list(
            Restriction.objects.filter(lifted_at=None, until__lt=today()).order_by("case_id", "recorded_at")
        )
        cases = {case_id: list(rows) for case_id, rows in groupby(over, key=lambda row: row.case_id)}
        for case_id, rows in cases.items():
            with connection.cursor() as cursor:
                # Every act on a case locks it: whoever ends one of them by hand goes first or after.
                cursor.execute("select wall.standing(%s, true, null)", [case_id])
                cursor.execute(
                    "update restriction set lifted_at = wall.now() where lifted_at is null and id = any(%s)",
                    [[row.id for row in rows]],
                )
            _run_on(case_id, rows, moment)
            with connection.cursor() as cursor:
                cursor.execute("select wall.rewall(%s)", [case_id])
    return len(cases)


def _say_before(moment: datetime) -> None:
    """Ask each keeper, once for each last day, to tell the person before it comes back (UK GDPR Art. 18(3))."""
    day = today()
    soon = Restriction.objects.filter(
        kind="restriction", lifted_at=None, until__gte=day, until__lte=day + SAID_BEFORE
    ).select_related("case")
    for row in soon:
        notices.leave(
            [row.owner_id],
            kind="restriction",
            text=f"{row.case.reference}: what was set apart comes back after {row.until:%-d %B %Y}. Tell the person before"
            " that, or set it apart until a later day.",
            at=moment,
            once=f"restriction:{row.id}:{row.until}",
            case_id=row.case_id,
        )


def _run_on(case_id: UUID, ended: list[Restriction], moment: datetime) -> None:
    case = Case.objects.get(id=case_id)
    said = [f"{row.kind} ended" for row in ended]
    left = Restriction.objects.filter(case_id=case_id, kind="restriction", entries=[], lifted_at=None)
    if not left.exists():
        clocks = [
            {
                "id": str(clock.id),
                "code": clock.code,
                "value": clock.value,
                "unit": clock.unit,
                "started_at": clock.started_at.isoformat(),
                "pauses": clock.pauses,
            }
            for clock in Clock.objects.filter(case_id=case_id, stopped_at=None)
        ]
        changed = run_on(clocks, packs()[case.pack], moment)
        for clock in changed:
            Clock.objects.filter(id=clock["id"]).update(
                pauses=clock["pauses"], due_at=datetime.fromisoformat(clock["due_at"])
            )
        if changed:
            said.append(f"clocks run on: {', '.join(sorted(str(clock['code']) for clock in changed))}")
        with connection.cursor() as cursor:
            cursor.execute("select wall.tasks_with_clocks(%s), wall.set_due(%s)", [case_id, case_id])
    for agency, heard in to_hear_back(case_id, [row.decision_id for row in ended]).items():
        RecipientNotice.objects.bulk_create(
            [
                RecipientNotice(
                    case_id=case_id,
                    part="file",
                    recorded_by=HOUSE,
                    agency_id=agency,
                    decision_id=heard.decision_id,
                    what=BACK,
                    sealed=heard.sealed,
                )
            ],
            ignore_conflicts=True,
        )
        owed = Duty(
            case_id=case_id,
            kind=DUTY,
            contents={"agency": str(agency), "what": BACK},
            once=f"{heard.decision_id}:{BACK}:{agency}",
            due_at=moment,
        )
        Duty.objects.bulk_create([owed], ignore_conflicts=True)
    lines = [
        ledger.entry(
            actor=HOUSE, verb="restrict", case=case.reference, at=moment, ground=ITS_DAY, detail=detail
        )
        for detail in said
    ]
    ledger.write(case_id, lines)
