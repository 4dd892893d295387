"""Do what is owed after an act: tell somebody, make a task; each duty once, whatever is killed in between."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from evenhand.casework.keep_out import clock_now
from evenhand.casework.recipients import BACK, CORRECTED, SET_APART
from evenhand.casework.recipients import DUTY as RECIPIENT
from evenhand.gate.entry import HOUSE, enter_house, now, today
from evenhand.gate.policy import pack
from evenhand.operations import notices
from evenhand.operations.letters import opened
from evenhand.outside.notify import NotSent, send
from evenhand.records.case import Case
from evenhand.records.clock import Clock, Task
from evenhand.records.duty import Duty
from evenhand.records.practitioner import Practitioner, RoleHolding
from evenhand.records.report import Reporter

log = logging.getLogger("evenhand.worker")
# Pauses double up to an hour, so a mail server may be away for two days before anything is given up.
MOST_TRIES = 60
LONGEST_PAUSE = 3600
MOST_RECEIVERS = 50
DUTY_OFFICER = "duty_officer"
MAIL_WITHIN = timedelta(days=1)
TEXTS = {
    "report_received": "Your report has been received.",
    "report_answered": "There is an answer to your report.",
    "danger_now": "Danger was reported. Look at it now.",
    "case_left_programme": "A case has left the programme.",
    "onward_answered": "An onward referral has been answered.",
    "transfer_answered": "A transfer has been answered.",
    "silent_provider": "Sessions that were commissioned have stopped. Ask the provider.",
    "sharing_stops": "Consent has ended. Stop using what you were told because of it.",
    "rights_request": "Somebody asked for what is held about them; one of your cases is part of it.",
    "alarm": "Danger now: somebody rang for a duty officer.",
    "glass_broken": "A duty officer opened this case in an emergency. Look at who opened it.",
}

WHERE = "It stands under “What is held, and what is erased”."
BECAME = {
    CORRECTED: f"Something your agency was told has been corrected. {WHERE}",
    SET_APART: f"Something your agency was told is set apart: do not use it for now. {WHERE}",
    BACK: f"Something your agency was told may be used again. {WHERE}",
}


def do_one() -> bool:
    """Do the next duty that is due, in one transaction; returns whether there was one."""
    with enter_house():
        moment = now()
        with connection.cursor() as cursor:
            cursor.execute(
                "select id from duty where done_at is null and tries < %s and due_at <= %s"
                " order by due_at for update skip locked limit 1",
                [MOST_TRIES, moment],
            )
            row = cursor.fetchone()
        if row is None:
            return False
        duty = Duty.objects.get(id=row[0])
        try:
            with transaction.atomic():
                _perform(duty, moment)
        except NotSent as trouble:
            _later(duty, moment, str(trouble))
        except (
            Exception
        ) as trouble:  # a duty that fails must not stop the others; it is tried again and shown
            log.error("a duty of kind %s failed: %s", duty.kind, type(trouble).__name__)
            _later(duty, moment, type(trouble).__name__)
        else:
            duty.done_at = _put_down(duty, moment)
            if duty.kind == "mail":
                duty.contents = {}  # an address and perhaps a link: nothing that is needed once it is sent
            duty.save(update_fields=["done_at", "contents"])
    return True


def _put_down(duty: Duty, moment: datetime) -> datetime:
    """Return when something is put down as done: of what follows from somebody unknown, the day alone."""
    return duty.due_at if duty.contents.get("by_day") and duty.tries == 0 else moment


def _later(duty: Duty, moment: datetime, trouble: str) -> None:
    duty.tries += 1
    duty.trouble = trouble[:200]
    duty.due_at = moment + timedelta(seconds=min(2**duty.tries, LONGEST_PAUSE))
    duty.save(update_fields=["tries", "trouble", "due_at"])


def _perform(duty: Duty, moment: datetime) -> None:
    if duty.kind == "mail":
        letter = opened(duty.contents)
        if letter.get("to"):
            send(letter["to"], letter["subject"], letter["text"], number=duty.id)
    elif duty.kind == "alarm":
        _ring(duty, moment)
    elif duty.kind == "task":
        _task(duty, moment)
    elif duty.kind == RECIPIENT:
        _tell_recipient(duty, moment)
    else:
        template = str(duty.contents.get("template") or duty.kind)
        text = TEXTS.get(template) or str(
            duty.contents.get("label") or template.replace("_", " ").capitalize()
        )
        _notify(duty, duty.contents.get("to", []), text, moment)


def _tell_recipient(duty: Duty, moment: datetime) -> None:
    """Tell an agency what became of something it had been told: no reference and no word of the case, which is not theirs."""
    case = Case.objects.filter(id=duty.case_id).first() if duty.case_id else None
    if case is None:
        return  # erased since: of that it hears by itself
    to = notices.who_answers_for(UUID(str(duty.contents["agency"])), on=today()) - _barred(case)
    _leave(sorted(to), duty, BECAME[str(duty.contents["what"])], moment, once=duty.once, opens=None)


def _ring(duty: Duty, moment: datetime) -> None:
    """Tell everybody who hears a call, and nobody twice."""
    number = UUID(str(duty.contents["alarm"]))
    with connection.cursor() as cursor:
        cursor.execute("select wall.told_of_call(%s)", [number])
        hear = [row[0] for row in cursor.fetchall()]
    for receiver in hear:
        _notice(receiver, duty, TEXTS["alarm"], moment, once=f"alarm:{number}")


def _task(duty: Duty, moment: datetime) -> None:
    """Make a task for a named person, unless the clock it belongs to has stopped already."""
    case = Case.objects.filter(id=duty.case_id).first() if duty.case_id else None
    if case is None or case.closed_at is not None:
        return
    clock = duty.contents.get("clock")
    owner: UUID = next(iter(_receivers(duty, case, duty.contents.get("to", []), one=True)), case.owner_id)
    running = Clock.objects.filter(case_id=case.id, stopped_at=None, code=clock).first() if clock else None
    if clock and running is None:
        return
    Task.objects.bulk_create(
        [
            Task(
                case_id=case.id,
                part=running.part if running else "file",
                recorded_by=HOUSE,
                recorded_at=_put_down(duty, moment),
                owner_id=owner,
                code=running.code if running else duty.kind,
                label=str(duty.contents.get("label") or "")[:200],
                due_at=running.due_at if running else None,
            )
        ]
    )
    if owner not in _barred(case):
        _notice(owner, duty, f"{case.reference}: {duty.contents.get('label') or 'something to do'}", moment)


def _notify(duty: Duty, to: list[list[str]], text: str, moment: datetime) -> None:
    case = Case.objects.filter(id=duty.case_id).first() if duty.case_id else None
    prefix = f"{case.reference}: " if case else ""
    for receiver in _receivers(duty, case, to):
        _notice(receiver, duty, prefix + text, moment)


def _receivers(duty: Duty, case: Case | None, to: list[list[str]], *, one: bool = False) -> Iterable[UUID]:
    on = today()
    found: dict[UUID, None] = {}
    for role, agency in to:
        if role == "owner" and case is not None:
            found[case.owner_id] = None
        elif role == "reporter" and case is not None:
            found.update(dict.fromkeys(_reporters(case)))
        elif one and case is not None and _holds(case.owner_id, role, agency, on):
            found[case.owner_id] = None
        elif one and case is not None:
            with connection.cursor() as cursor:
                cursor.execute("select wall.pick_owner(%s, %s, %s)", [role, agency, case.id])
                picked = cursor.fetchone()[0]
            if picked:
                found[picked] = None
        else:
            holders = RoleHolding.objects.filter(role=role, from_date__lte=on, practitioner__active=True)
            holders = holders.exclude(to_date__lt=on)
            if agency:
                holders = holders.filter(agency_id=agency)
            found.update(dict.fromkeys(holders.values_list("practitioner_id", flat=True)[:MOST_RECEIVERS]))
    barred = _barred(case)
    left = [number for number in found if number not in barred]
    if not left and any(role == DUTY_OFFICER for role, _ in to):
        # Everybody who would hear is kept out: danger reaches a duty officer somewhere else.
        others = RoleHolding.objects.filter(
            role=DUTY_OFFICER, from_date__lte=on, practitioner__active=True
        ).exclude(to_date__lt=on)
        numbers = others.exclude(practitioner_id__in=barred).values_list("practitioner_id", flat=True)
        left = list(dict.fromkeys(numbers))[: 1 if one else MOST_RECEIVERS]
    return left


def _holds(practitioner: UUID, role: str, agency: str, on: date) -> bool:
    held = RoleHolding.objects.filter(
        practitioner_id=practitioner, role=role, agency_id=agency, from_date__lte=on
    )
    return held.exclude(to_date__lt=on).exists()


def _barred(case: Case | None) -> set[UUID]:
    if case is None:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "select unnest(wall.barred_people(%s))",
            [case.id],
        )
        return {row[0] for row in cursor.fetchall()}


def _reporters(case: Case) -> list[UUID]:
    """Return who reported, where they are somebody who signs in; others hear by the way they asked for."""
    numbers = []
    for reporter in Reporter.objects.filter(case_id=case.id, anonymous=False):
        if reporter.recorded_by and Practitioner.objects.filter(id=reporter.recorded_by).exists():
            numbers.append(reporter.recorded_by)
    return numbers


def _notice(receiver: UUID, duty: Duty, text: str, moment: datetime, *, once: str = "") -> None:
    _leave([receiver], duty, text, moment, once=once or duty.once, opens=duty.case_id)


def _leave(
    receivers: list[UUID], duty: Duty, text: str, moment: datetime, *, once: str, opens: UUID | None
) -> None:
    made = notices.leave(
        receivers, kind=duty.kind, text=text, at=_put_down(duty, moment), once=once, case_id=opens
    )
    if moment - duty.due_at >= MAIL_WITHIN:
        return
    addresses = dict(Practitioner.objects.filter(id__in=made).values_list("id", "email"))
    mails = [
        # The message says only that there is something: mail is read over shoulders and kept by others.
        Duty(
            kind="mail",
            contents={
                "to": addresses[whom],
                "subject": "Evenhand: something for you",
                "text": "Sign in to see it.",
            },
            once=f"mail:{once}:{whom}"[-notices.LONGEST_ONCE :],
            due_at=moment,
        )
        for whom in made
        if addresses.get(whom)
    ]
    Duty.objects.bulk_create(mails, ignore_conflicts=True)


def sweep() -> int:
    """Notice sessions that have silently stopped, and tell the owner once for each gap; returns how many."""
    with enter_house():
        moment = now()
        with connection.cursor() as cursor:
            cursor.execute(
                """
                select k.case_id, k.id, coalesce(max(s."on"), k.from_on) as last_on
                  from commission k join case_file f on f.id = k.case_id and f.closed_at is null and wall.keepers(f.id) is null
                  left join provider_session s on s.commission_id = k.id and s.delivered
                 where k.ended_on is null
                 group by k.case_id, k.id
                having (select count(*) from provider_session x where x.commission_id = k.id and x.delivered) < k.sessions
                   and coalesce(max(s."on"), k.from_on) < %s::date - 2 * k.every_days
                """,
                [today()],
            )
            silent = cursor.fetchall()
        for case_id, commission, last_on in silent:
            made = Duty.objects.bulk_create(
                [
                    Duty(
                        case_id=case_id,
                        kind="notify",
                        contents={"template": "silent_provider", "to": [["owner", ""]]},
                        once=f"silent:{commission}:{last_on}",
                        due_at=moment,
                    )
                ],
                ignore_conflicts=True,
            )
            if made:
                log.info("a provider has gone silent on one case")
    return len(silent)


def lapse() -> int:
    """End sight that was given until a day that has come; returns how many cases closed to somebody."""
    with enter_house(), connection.cursor() as cursor:
        cursor.execute(
            "update access_grant set revoked_at = wall.now() where revoked_at is null and until <= wall.now() returning case_id"
        )
        cases = {row[0] for row in cursor.fetchall()}
        for case_id in sorted(cases):
            cursor.execute("select wall.rewall(%s)", [case_id])
    return len(cases)


def forget_drafts() -> None:
    """Forget every form that was begun, not sent, and has run out."""
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select wall.drop_draft('')")


def relations_since() -> int:
    """Keep out line managers and relatives who were declared after a case began; returns in how many cases."""
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select * from wall.relations_since()")
        cases = [row[0] for row in cursor.fetchall()]
        clock = clock_now(pack(), now())
        for case_id in cases if clock else ():
            cursor.execute("select wall.start_confirming(%s, %s::jsonb)", [case_id, json.dumps(clock)])
    return len(cases)
