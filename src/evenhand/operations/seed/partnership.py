"""Make the synthetic partnership: one force, six councils and who works with them, about sixty people in all roles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID, uuid5

from django.db import transaction

from evenhand.operations.seed.names import staff_name
from evenhand.records.agency import Agency, Area, Team
from evenhand.records.practitioner import Practitioner, RoleHolding

NAMESPACE = UUID("6f6c6473-7061-4f72-a573-6576656e6861")
FORCE = "marchwater-police"
# Councils with their shares of the area's referrals.
COUNCILS = (
    ("ashmere", "Ashmere City Council", 0.29),
    ("brackenford", "Brackenford Borough Council", 0.20),
    ("copperdale", "Copperdale Council", 0.17),
    ("dunmarrow", "Dunmarrow District Council", 0.14),
    ("ellerwick", "Ellerwick Borough Council", 0.11),
    ("fallowmouth", "Fallowmouth Council", 0.09),
)
OTHERS = (
    ("marchwater-health", "Marchwater Health Trust", "health", "health"),
    ("marchwater-mind", "Marchwater Mental Health", "health", "health"),
    ("marchwater-probation", "Marchwater Probation", "probation", "hmpps"),
    ("marchwater-resettlement", "Marchwater Resettlement Office", "other", "home_office_other"),
    ("ashmere-college", "Ashmere Sixth Form College", "school", "education"),
    ("brackenford-academy", "Brackenford Academy", "school", "education"),
    ("copperdale-high", "Copperdale High School", "school", "education"),
    ("dunmarrow-school", "Dunmarrow Community School", "school", "education"),
    ("ellerwick-primary", "Ellerwick Primary School", "school", "education"),
    ("fallowmouth-school", "Fallowmouth School", "school", "education"),
    ("lantern-street", "Lantern Street Mosque and Community Centre", "faith", "community"),
    ("st-brannoc", "St Brannoc’s Church", "faith", "community"),
    ("gurdwara-ashmere", "Ashmere Gurdwara", "faith", "community"),
    ("copperdale-youth", "Copperdale Youth Workshop", "community", "community"),
    ("northlight", "Northlight Mentoring", "provider", ""),
    ("second-word", "Second Word", "provider", ""),
)
FORCE_STAFF = (
    ("gateway_officer", 4),
    ("gateway_supervisor", 3),
    ("case_officer", 5),
    ("deconfliction_officer", 2),
    ("panel_member", 2),
    ("duty_officer", 2),
    ("safeguarding_lead", 2),
    ("data_protection_officer", 1),
    ("analyst", 1),
    ("administrator", 1),
    ("policy_owner", 1),
    ("incident_recorder", 2),
    ("hate_crime_coordinator", 2),
    ("responder", 2),
    ("independent_handler", 1),
    ("staff_support_officer", 2),
    ("staff_support_lead", 1),
    ("integrity_investigator", 2),
    ("integrity_supervisor", 1),
    ("integrity_handler", 1),
    ("protection_planner", 1),
)
COUNCIL_STAFF = ("panel_chair", "panel_coordinator", "panel_member", "social_care_lead")
BEGAN = date(2015, 4, 1)
DEMO_PASSWORD = "DEMO-only-not-secret-2026"  # noqa: S105 - shown on the sign-in page of every demo
DEMO_PASSPHRASE = "four demo words everybody knows"  # noqa: S105 - shown where a demo asks for it


@dataclass(frozen=True)
class SignIn:
    """An account to try the demo with."""

    email: str
    password: str
    who: str


# The accounts that the demo prints: role, agency, e-mail address, and what to call it.
ACCOUNTS = (
    ("gateway_officer", FORCE, "gateway@example.org", "gateway officer"),
    ("gateway_supervisor", FORCE, "supervisor@example.org", "gateway supervisor"),
    ("case_officer", FORCE, "case@example.org", "case officer"),
    ("deconfliction_officer", FORCE, "deconfliction@example.org", "deconfliction officer"),
    ("panel_chair", "ashmere", "chair@example.org", "panel chair, Ashmere"),
    ("panel_coordinator", "ashmere", "coordinator@example.org", "panel coordinator, Ashmere"),
    ("panel_member", "ashmere", "member@example.org", "panel member, Ashmere"),
    ("safeguarding_lead", "ashmere-college", "school@example.org", "safeguarding lead of a college"),
    ("provider", "northlight", "provider@example.org", "intervention provider"),
    ("duty_officer", FORCE, "duty@example.org", "duty officer"),
    ("data_protection_officer", FORCE, "rights@example.org", "data protection officer"),
    ("data_protection_officer", "ashmere", "council.rights@example.org", "data protection officer, councils"),
    ("analyst", FORCE, "analyst@example.org", "analyst"),
    ("release_approver", FORCE, "approver@example.org", "release approver"),
    ("administrator", FORCE, "administrator@example.org", "administrator"),
    ("incident_recorder", FORCE, "recorder@example.org", "incident recorder"),
    ("hate_crime_coordinator", FORCE, "hatecrime@example.org", "hate crime coordinator"),
    ("responder", FORCE, "responder@example.org", "responder"),
    ("independent_handler", FORCE, "handler@example.org", "independent handler"),
    ("staff_support_officer", FORCE, "support@example.org", "staff support officer"),
    ("integrity_investigator", FORCE, "integrity@example.org", "integrity investigator"),
    ("integrity_supervisor", FORCE, "standards@example.org", "integrity supervisor"),
    ("protection_planner", FORCE, "planner@example.org", "protection planner"),
)
SIGN_INS = tuple(SignIn(email, DEMO_PASSWORD, who) for _, _, email, who in ACCOUNTS)


@dataclass(frozen=True)
class Held:
    """A role somebody holds at an agency from one day to another."""

    practitioner: UUID
    role: str
    agency: UUID
    since: date
    until: date | None = None
    covering: UUID | None = None

    def on(self, day: date) -> bool:
        """Say whether it is held on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass
class Partnership:
    """Who takes part, by short code, and who held which role when."""

    agencies: dict[str, UUID] = field(default_factory=dict)
    agency_names: dict[str, str] = field(default_factory=dict)
    people: dict[UUID, str] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    accounts: dict[str, UUID] = field(default_factory=dict)
    by_office: dict[tuple[str, UUID], list[Held]] = field(default_factory=dict)

    def holders(self, role: str, agency: str, day: date) -> list[UUID]:
        """Return who holds a role at an agency on a day, always in the same order."""
        return [h.practitioner for h in self.by_office.get((role, self.agencies[agency]), []) if h.on(day)]

    def index(self) -> None:
        """Make looking up who holds a role quick."""
        self.by_office = {}
        for held in self.held:
            self.by_office.setdefault((held.role, held.agency), []).append(held)


def councils() -> tuple[str, ...]:
    """Return the codes of the councils, which are those of the areas too."""
    return tuple(code for code, _, _ in COUNCILS)


def plan_partnership(seed: int, today: date) -> Partnership:
    """Return the partnership of a seed: the same people with the same ids each time."""
    rng = Random(f"{seed} partnership")  # noqa: S311 - invents people, protects nothing
    found = Partnership()
    for code, name in [
        (FORCE, "Marchwater Police"),
        *((c, n) for c, n, _ in COUNCILS),
        *((c, n) for c, n, _, _ in OTHERS),
    ]:
        found.agencies[code] = uuid5(NAMESPACE, f"{seed} agency {code}")
        found.agency_names[code] = name
    number = iter(range(10_000))

    def person(agency: str, role: str, *, since: date = BEGAN, until: date | None = None) -> UUID:
        somebody = uuid5(NAMESPACE, f"{seed} person {next(number)}")
        found.people[somebody] = f"{staff_name(rng)}|{agency}"
        found.held.append(Held(somebody, role, found.agencies[agency], since, until))
        return somebody

    force: dict[str, list[UUID]] = {}
    for role, count in FORCE_STAFF:
        force[role] = [person(FORCE, role) for _ in range(count)]
    for code, _, _ in COUNCILS:
        staff = {role: person(code, role) for role in COUNCIL_STAFF}
        also(found, staff["social_care_lead"], "duty_officer", code)
        also(found, staff["social_care_lead"], "safeguarding_lead", code)
    for code, _, kind, _ in OTHERS:
        for _ in range(2 if kind == "provider" else 1):
            person(code, "provider" if kind == "provider" else "safeguarding_lead")
    also(found, force["policy_owner"][0], "release_approver", FORCE)
    # One officer came, one left, and some were away for a while and covered.
    person(FORCE, "gateway_officer", since=BEGAN, until=today - timedelta(days=420))
    person(FORCE, "case_officer", since=today - timedelta(days=300))
    _absences(found, today)
    # The councils have an officer of their own: what one keeps back from a person, the other looks at.
    officer = person(COUNCILS[0][0], "data_protection_officer")
    for code, _, _ in COUNCILS[1:]:
        also(found, officer, "data_protection_officer", code)
    found.index()
    for role, agency, email, _ in ACCOUNTS:
        found.accounts[email] = found.holders(role, agency, today)[0]
    return found


def also(found: Partnership, somebody: UUID, role: str, agency: str) -> None:
    """Give somebody another role."""
    found.held.append(Held(somebody, role, found.agencies[agency], BEGAN))


def _absences(found: Partnership, today: date) -> None:
    """Cover: a coordinator stands in for a chair, a neighbour's coordinator for a coordinator."""
    found.index()
    for away, cover, role, begin, days in (
        ("brackenford", "copperdale", "panel_coordinator", 200, 60),
        ("dunmarrow", "ellerwick", "panel_chair", 400, 45),
        ("fallowmouth", "ashmere", "panel_coordinator", 12, 30),
    ):
        absent = found.holders(role, away, today)[0]
        stand_in = found.holders(role, cover, today)[0]
        since = today - timedelta(days=begin)
        found.held.append(
            Held(stand_in, role, found.agencies[away], since, since + timedelta(days=days), covering=absent)
        )


def write_partnership(found: Partnership) -> None:
    """Put the partnership into an empty instance, as the administrator of its database."""
    kinds = {FORCE: ("police", "police"), **{c: ("council", "local_authority") for c, _, _ in COUNCILS}}
    kinds |= {code: (kind, sector) for code, _, kind, sector in OTHERS}
    with transaction.atomic(using="admin"):
        Agency.objects.using("admin").bulk_create(
            Agency(id=number, code=code, name=found.agency_names[code], kind=kinds[code][0], sector=kinds[code][1],
                   email=f"{code}@example.org")
            for code, number in found.agencies.items()
        )  # fmt: skip
        Area.objects.using("admin").bulk_create(
            Area(code=code, label=found.agency_names[code].split()[0],
                 answers_id=found.agencies[code], force_id=found.agencies[FORCE])
            for code in councils()
        )  # fmt: skip
        gateway = Team(agency_id=found.agencies[FORCE], name="Gateway")
        Team.objects.using("admin").bulk_create([gateway])
        emails = {somebody: email for email, somebody in found.accounts.items()}
        Practitioner.objects.using("admin").bulk_create(
            Practitioner(id=somebody, name=name, agency_id=found.agencies[agency],
                         email=emails.get(somebody, f"{somebody.hex[:10]}@example.org"))
            for somebody, name, agency in _people(found)
        )  # fmt: skip
        RoleHolding.objects.using("admin").bulk_create(
            RoleHolding(practitioner_id=h.practitioner, role=h.role, agency_id=h.agency, from_date=h.since,
                        to_date=h.until, covering_id=h.covering,
                        team=gateway if h.role.startswith("gateway") else None)
            for h in found.held
        )  # fmt: skip


def _people(found: Partnership) -> Iterator[tuple[UUID, str, str]]:
    for somebody, text in found.people.items():
        name, agency = text.rsplit("|", 1)
        yield somebody, name, agency
