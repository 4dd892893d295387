"""Say which ways lead on from a page, for the person who is looking at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from evenhand.gate.policy import protectors


class Who(Protocol):
    """The signed-in practitioner, as the gate knows them for this request."""

    @property
    def name(self) -> str: ...
    @property
    def agency_name(self) -> str: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def is_administrator(self) -> bool: ...


@dataclass(frozen=True)
class Way:
    """One place in the navigation: its name in the url conf, its label, and the roles that it is for (none: everybody).

    protects_data  it is for the roles, too, that the policy packs say answer for people's rights in their data
    """

    name: str
    label: str
    roles: frozenset[str] = frozenset()
    protects_data: bool = False


PROTECTING = frozenset({"responder", "protection_planner", "hate_crime_coordinator"})

SIGNED_IN = (
    Way("worklist", _("Worklist")),
    Way("search", _("Find a case")),
    Way("meetings", _("Meetings")),
    Way("responses", _("Answers to rises"), PROTECTING),
    Way("sites", _("Sites"), PROTECTING),
    Way("before_after", _("Before and after"), frozenset({"analyst", "hate_crime_coordinator", "responder"})),
    Way("incidents", _("Incidents"), frozenset({"incident_recorder", "hate_crime_coordinator", "responder"})),
    Way("unusual", _("What is unusual"), frozenset({"hate_crime_coordinator", "responder"})),
    Way("refer", _("Make a referral")),
    Way("counts", _("Numbers")),
    Way("publish", _("Releases"), frozenset({"analyst", "release_approver"})),
    Way("journey", _("How it works")),
    Way(
        "keeping",
        _("To be erased"),
        frozenset({"safeguarding_lead", "social_care_lead", "provider", "panel_coordinator"}),
    ),
    Way(
        "exports",
        _("Exports"),
        frozenset({"gateway_supervisor", "panel_coordinator", "administrator", "analyst"}),
        protects_data=True,
    ),
    Way("rights", _("Data rights"), protects_data=True),
    Way("relations", _("Relations"), frozenset({"administrator"})),
    Way("break_glass", _("Open in an emergency"), frozenset({"duty_officer"})),
    Way("looks", _("Who looked"), protects_data=True),
    Way("administration", _("Administration"), frozenset({"administrator"})),
)
STRANGER = (
    Way("refer", _("Share a worry")),
    Way("what_happens", _("What happens to a report")),
    Way("releases", _("Statistics")),
    Way("commitments", _("What was promised")),
    Way("contact", _("Contact")),
)


def _for(way: Way, who: Who) -> bool:
    wanted = way.roles | protectors() if way.protects_data else way.roles
    return bool(wanted & who.roles) or ("administrator" in way.roles and who.is_administrator)


def items(who: Who | None, path: str) -> list[dict[str, object]]:
    """Return the navigation for this person; a page that this instance does not have is left out."""
    shown: list[dict[str, object]] = []
    for way in STRANGER if who is None else SIGNED_IN:
        if (way.roles or way.protects_data) and (who is None or not _for(way, who)):
            continue
        try:
            address = reverse(way.name)
        except NoReverseMatch:
            continue
        active = path == address or (address != "/" and path.startswith(address))
        shown.append({"text": gettext(way.label), "href": address, "active": active})
    return shown
