"""Sentences that say who there is, what day it is, and where somebody looks."""

from __future__ import annotations

from tests.journeys.scenario import ENGLISH
from tests.journeys.stage import Person, Stage, moment_of

ROLES = {
    "gateway officer": "gateway_officer",
    "gateway supervisor": "gateway_supervisor",
    "deconfliction officer": "deconfliction_officer",
    "case officer": "case_officer",
    "panel member": "panel_member",
    "panel coordinator": "panel_coordinator",
    "panel chair": "panel_chair",
    "safeguarding lead": "safeguarding_lead",
    "social care lead": "social_care_lead",
    "provider": "provider",
    "analyst": "analyst",
    "responder": "responder",
    "incident recorder": "incident_recorder",
    "hate crime coordinator": "hate_crime_coordinator",
    "protection planner": "protection_planner",
    "administrator": "administrator",
}


@ENGLISH.says(r"(?P<name>[A-Z]\w+ [A-Z]\w+) is an? (?P<role>[a-z ]+) at the (?P<agency>[a-z ]+)")
def is_there(stage: Stage, name: str, role: str, agency: str) -> None:
    """Somebody works at an agency in a role."""
    stage.add(name, ROLES[role], agency.replace(" ", "_"))


@ENGLISH.says(
    r"(?P<name>[A-Z]\w+ [A-Z]\w+) is an? (?P<role>[a-z ]+) at the (?P<agency>[a-z ]+), and covers as an? (?P<also>[a-z ]+)"
)
def covers(stage: Stage, name: str, role: str, agency: str, also: str) -> None:
    """Somebody works in two roles, as in a small team."""
    stage.add(name, ROLES[role], agency.replace(" ", "_"), ROLES[also])


@ENGLISH.says(r"(?P<name>[A-Z]\w+) has no account, and a phone that runs no scripts")
def has_a_phone(stage: Stage, name: str) -> None:
    """Somebody whom nobody knows."""
    stage.add_stranger(name)


@ENGLISH.says(r"It is (?P<day>\d+ [A-Z]\w+ \d{4}), (?P<clock>\d\d:\d\d)")
def it_is(stage: Stage, day: str, clock: str) -> None:
    """The clock of the demonstration stands there from now on."""
    stage.clock.moment = moment_of(day, clock)


@ENGLISH.says("{who} (?:is|are) told “{text}”")
def is_told(stage: Stage, who: str, text: str) -> None:
    """The page says so."""
    _says(stage, stage.who(who), text)


@ENGLISH.says("{who} (?:is|are) told neither “{text}” nor “{other}”")
def is_told_neither(stage: Stage, who: str, text: str, other: str) -> None:
    """The page says nothing of either."""
    said = stage.words(stage.who(who))
    assert text not in said
    assert other not in said


def _says(stage: Stage, person: Person, text: str) -> None:
    assert text in stage.words(person), f"the page does not say “{text}”"
