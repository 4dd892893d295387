"""A partnership for tests: agencies, people in roles, and short ways to act as one of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, connections, transaction

from evenhand.casework.refer import refer
from evenhand.casework.steps import take
from evenhand.gate import demo
from evenhand.gate.act import Act, Done
from evenhand.gate.entry import Who, enter, enter_door, now, open_session
from evenhand.gate.policy import pack
from evenhand.records.agency import Agency, Area
from evenhand.records.practitioner import Practitioner, RoleHolding
from evenhand.records.user import User

COUNT = itertools.count(1)
REASON = "Because of what is on file."
FORCE_ROLES = (
    "gateway_officer", "gateway_supervisor", "case_officer", "deconfliction_officer", "panel_member", "duty_officer",
    "data_protection_officer", "analyst", "administrator", "incident_recorder", "hate_crime_coordinator", "responder",
    "independent_handler", "staff_support_officer",
    "staff_support_lead", "integrity_investigator", "integrity_supervisor", "integrity_handler",
)  # fmt: skip
COUNCIL_ROLES = (
    "panel_chair",
    "panel_coordinator",
    "panel_member",
    "social_care_lead",
    "duty_officer",
    "data_protection_officer",
    "hate_crime_coordinator",
    "responder",
)


def nothing_owed() -> None:
    """What the worker still owed to earlier tests is put aside, so that the next does not wait for it."""
    with connections["admin"].cursor() as cursor:
        cursor.execute("update duty set done_at = now() where done_at is null")


@dataclass
class World:
    """Agencies by short name, people by role and agency, as `people["gateway_officer@force"]`."""

    tag: str
    agencies: dict[str, Agency] = field(default_factory=dict)
    areas: dict[str, Area] = field(default_factory=dict)
    people: dict[str, Practitioner] = field(default_factory=dict)
    tokens: dict[UUID, str] = field(default_factory=dict)

    @classmethod
    def make(cls) -> World:
        """Make a partnership with names that no other test has."""
        world = cls(f"{next(COUNT)}{uuid4().hex[:6]}")
        with transaction.atomic(using="admin"):
            for name, kind in (("force", "police"), ("council", "council"), ("other_council", "council"),
                               ("other_force", "police"), ("school", "school"), ("health", "health"),
                               ("provider", "community"), ("table", "table")):  # fmt: skip
                world.agencies[name] = Agency.objects.using("admin").create(
                    code=f"{name.replace('_', '-')}-{world.tag}",
                    name=f"{name.title()} {world.tag}",
                    kind=kind,
                )
            a = world.agencies
            for name, council, force in (
                ("town", "council", "force"),
                ("far", "other_council", "other_force"),
                ("bay", "table", "force"),
            ):
                world.areas[name] = Area.objects.using("admin").create(
                    code=f"{name}-{world.tag}",
                    label=f"{name.title()} {world.tag}",
                    answers=a[council],
                    force=a[force],
                )
            for role in FORCE_ROLES:
                world.add(role, "force")
            for role in COUNCIL_ROLES:
                world.add(role, "council")
                world.add(role, "other_council")
            for role in (
                "gateway_officer",
                "gateway_supervisor",
                "deconfliction_officer",
                "panel_member",
                "case_officer",
            ):
                world.add(role, "other_force")
            for role, agency in (
                ("safeguarding_lead", "school"),
                ("safeguarding_lead", "health"),
                ("provider", "provider"),
            ):
                world.add(role, agency)
        return world

    def add(self, role: str, agency: str, *, name: str = "", key: str = "") -> Practitioner:
        """Put somebody into a role at an agency."""
        person = Practitioner.objects.using("admin").create(
            name=name or f"{role.replace('_', ' ').title()} {agency} {self.tag}", agency=self.agencies[agency],
            email=f"{role}.{agency}.{uuid4().hex[:6]}@example.org",
        )  # fmt: skip
        RoleHolding.objects.using("admin").create(
            practitioner=person, role=role, agency=self.agencies[agency], from_date=date(2010, 1, 1)
        )
        self.people[key or f"{role}@{agency}"] = person
        return person

    def user(self, whom: str, password: str = "correct horse battery") -> User:
        """Give somebody an account to sign in with."""
        person = self.people[whom]
        found = User.objects.filter(id=person.id).first()
        return found or User.objects.create_user(person.email, password, id=person.id)

    @contextmanager
    def enter(self, whom: str, *, at: datetime | None = None) -> Iterator[Who]:
        """Come in as somebody, for one transaction; `at` sets the demo's clock."""
        person = self.people[whom]
        if person.id not in self.tokens:
            self.tokens[person.id] = open_session(person.id)
        with enter(self.tokens[person.id]) as who:
            if at is None:
                yield who
            else:
                with demo.at(at):
                    yield who

    def refer(
        self,
        whom: str = "safeguarding_lead@school",
        *,
        area: str = "town",
        at: datetime | None = None,
        **answers: Any,
    ) -> Done:
        """Report a worry about somebody."""
        told = {
            "danger": "no", "what_happened": "He stopped seeing his friends and talks of violence.",
            "why_now": "It has become more this month.", "names": "Sami Example", "born": "2009-05-04", "sector": "education",
        } | answers  # fmt: skip
        with self.enter(whom, at=at) as who:
            return refer(
                Act("refer", "received", told, reason="I am worried."),
                who,
                now=now(),
                area=self.areas[area].code,
                door="page",
            )

    def tell(
        self, journey: str, whom: str = "safeguarding_lead@school", *, names: str = "", **answers: Any
    ) -> Done:
        """Begin a case of a journey that stands apart."""
        step = pack().journeys[journey].steps[pack().journeys[journey].start_step]
        told = {"danger": "no", "what_happened": "Something.", "names": names} | answers
        with self.enter(whom) as who:
            return refer(
                Act(step.code, "received", told, reason="I am worried."),
                who,
                now=now(),
                area=self.areas["town"].code,
                door="page",
                journey=journey,
            )

    def refer_anonymously(self, **answers: Any) -> Done:
        """Report a worry without signing in."""
        told = {
            "danger": "no",
            "what_happened": "Something.",
            "why_now": "Now.",
            "names": "Sami Example",
            "sector": "community",
        }
        with enter_door() as who:
            return refer(
                Act("refer", "received", told | answers, reason="I am worried."),
                who,
                now=now(),
                area=self.areas["town"].code,
                door="page",
            )

    def take(
        self,
        case_id: UUID,
        whom: str,
        step: str,
        outcome: str,
        answers: Mapping[str, Any] | None = None,
        *,
        at: datetime | None = None,
        journey: str = "channel",
        pack_code: str = "gb-eaw",
    ) -> Done:
        """Take a step as somebody; the reason goes where the step's form asks it, else beside it."""
        rules = pack(pack_code)
        found = rules.journeys[journey].steps.get(step)
        asks = found is not None and any(f.code == "reason" for f in rules.forms[found.form].asked(outcome))
        told = ({"reason": REASON} if asks else {}) | dict(answers or {})
        with self.enter(whom, at=at) as who:
            return take(case_id, Act(step, outcome, told, reason=REASON), who)

    def code(self, list_name: str) -> str:
        """Return the first code of a list that is in force today."""
        return pack().lists[list_name].codes_on(date.today())[0].code  # noqa: DTZ011 - a test's day

    def agency(self, name: str) -> str:
        """Return an agency's id as a form answers it."""
        return str(self.agencies[name].id)


def raw(
    statement: str, parameters: list[Any] | None = None, *, alias: str = "default"
) -> list[tuple[Any, ...]]:
    """Run one statement as the role behind an alias."""
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def soon(days: int) -> str:
    """Return a day from today as a form writes it."""
    return (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011 - a test's day


__all__ = ["World", "connection", "raw", "soon"]
