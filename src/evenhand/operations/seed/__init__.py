"""Fill an empty demo with a synthetic partnership: three years of cases, all of them through the gate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, connections, transaction

from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house
from evenhand.operations import own_keys
from evenhand.operations.seed.incidents import fill_incidents, look_back
from evenhand.operations.seed.partnership import (
    DEMO_PASSPHRASE,
    DEMO_PASSWORD,
    SIGN_INS,
    Partnership,
    SignIn,
    plan_partnership,
    write_partnership,
)
from evenhand.operations.seed.parts import PartFailed, fill_parts
from evenhand.operations.seed.places import protect_places
from evenhand.operations.seed.stories import split
from evenhand.records.agency import Agency
from evenhand.records.duty import Duty
from evenhand.records.own_key import OwnKey
from evenhand.records.practitioner import AudienceGroup
from evenhand.records.user import User

__all__ = ["SIGN_INS", "NotADemo", "NotEmpty", "PartFailed", "SignIn", "fill", "is_empty"]

NOTICES_KEPT = timedelta(days=14)
GROUPED = {
    "police": ("gateway_officer", "gateway_supervisor", "case_officer", "deconfliction_officer", "panel_member",
               "duty_officer", "data_protection_officer", "safeguarding_lead", "social_care_lead"),
    "council": ("panel_chair", "panel_coordinator", "panel_member", "social_care_lead", "duty_officer",
                "data_protection_officer", "safeguarding_lead"),
    "provider": ("provider", "safeguarding_lead", "social_care_lead"),
    "": ("safeguarding_lead", "social_care_lead", "panel_member"),
}  # fmt: skip


class NotADemo(Exception):
    """This instance is not a demo, and keeps no synthetic past."""


class NotEmpty(Exception):
    """There is a partnership already."""


def is_empty() -> bool:
    """Say whether there is no agency yet."""
    return not Agency.objects.using("admin").exists()


def fill(*, cases: int, seed: int, progress: Callable[[int, int], None], processes: int = 0) -> int:
    """Fill the empty demo; the same seed on the same day tells the same stories. Returns the number of acts.

    Ids, references, keys and who of several holders owns a case are drawn anew each time.
    progress   called with how many cases have been told, and of how many
    raises     NotADemo, NotEmpty; PartFailed, and then the instance is to be thrown away
    """
    if not settings.DEMO:
        raise NotADemo("a synthetic partnership is made in demo mode alone (EVENHAND_MODE=demo)")
    if not is_empty():
        raise NotEmpty("there is a partnership already; a new demo begins with an empty data folder")
    with connections["admin"].cursor() as cursor:
        cursor.execute("update wall.instance set demo = true")
    now = datetime.now(UTC)
    who = plan_partnership(seed, now.date())
    write_partnership(who)
    _prepare_groups(who)
    _make_accounts(who)
    with connections["admin"].cursor() as cursor:
        # Without figures about them the planner reads these whole for each look at who may do what.
        cursor.execute("analyze agency, area, practitioner, role_holding, audience_group")
    told = 0

    def tell(number: int) -> None:
        nonlocal told
        told += number
        progress(told, cases)

    acts = fill_parts(split(cases), seed=seed, today=now.date(), now=now, progress=tell, processes=processes)
    protect_places(who, now)
    _settle_old_duties(now)
    fill_incidents(who, seed=seed, today=now.date())
    look_back(now)
    return acts


def _prepare_groups(who: Partnership) -> None:
    """Make the audience groups before anybody acts, so that two processes never wait for each other's."""
    with transaction.atomic(using="admin"):
        for agency in Agency.objects.using("admin").filter(id__in=who.agencies.values()):
            for role in GROUPED.get(agency.kind, GROUPED[""]):
                AudienceGroup.objects.using("admin").get_or_create(
                    agency=agency, role=role, practitioner=None
                )


def _make_accounts(who: Partnership) -> None:
    # One hash for all: the password is printed for everybody, and hashing it thirteen times takes seconds.
    hashed = make_password(DEMO_PASSWORD)
    User.objects.bulk_create(
        User(id=who.accounts[sign_in.email], email=sign_in.email, password=hashed) for sign_in in SIGN_INS
    )
    now, derived = datetime.now(UTC), own_keys.derive(DEMO_PASSPHRASE)
    pairs = (
        own_keys.pair(who.accounts[s.email], DEMO_PASSPHRASE, now=now, derived=derived) for s in SIGN_INS
    )
    OwnKey.objects.using("admin").bulk_create(row for row, _ in pairs)


def _settle_old_duties(now: datetime) -> None:
    """Count as done what the worker would have done at the time; what is owed lately is left to it.

    Tasks of a clock that still runs stay owed, so that the worker makes them; notices of old stay unwritten.
    """
    with as_worker(), enter_house():
        old = Duty.objects.filter(done_at=None)
        old.exclude(kind="task").filter(due_at__lt=now - NOTICES_KEPT).update(done_at=now)
        with connection.cursor() as cursor:
            cursor.execute(
                "update duty set done_at = %s where done_at is null and kind = 'task' and not exists ("
                " select 1 from clock k where k.case_id = duty.case_id and k.stopped_at is null"
                "   and k.recorded_at between duty.due_at - interval '1 second' and duty.due_at + interval '1 second')",
                [now],
            )
