"""Name the facts a condition may use, with their types: nothing from an assessment or from monitoring is among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

FactValue = bool | int | str


@dataclass(frozen=True)
class Fact:
    """A name that conditions may use.

    type        "bool", "int" or "str"
    of_person   true when it is an attribute of the person and not of the procedure
    values      for strings, all that it can be; empty when the journey's own places are meant
    from_form   true when the form of the act itself may supply it
    """

    name: str
    type: str
    of_person: bool
    meaning: str
    values: tuple[str, ...] = ()
    from_form: bool = False

    def accepts(self, value: object) -> bool:
        """Say whether a value has this fact's type and, for a closed list, is on it."""
        if self.type == "bool":
            return isinstance(value, bool)
        if self.type == "int":
            return isinstance(value, int) and not isinstance(value, bool)
        return isinstance(value, str) and (not self.values or value in self.values)

    def example(self) -> FactValue:
        """Return a value of the right type, for a dry run."""
        if self.type == "bool":
            return False
        if self.type == "int":
            return 0
        return self.values[0] if self.values else ""


PLACES = "places"

_DECLARED = (
    Fact("place", "str", False, "The code of the place where the case stands."),
    Fact("came_from", "str", False, "The code of the place where it stood before it last moved; empty if none."),
    Fact("days_in_place", "int", False, "Whole days since it came to this place."),
    Fact("age_known", "bool", False, "A birth date, or a confirmed statement that the person is an adult or a child, is recorded."),
    Fact("is_child", "bool", True, "The person is under 18 today; true while the age is not known."),
    Fact("consent", "str", False, "The latest word on consent to support; lapsed when a child turned 18 since.",
         ("none", "asked", "given", "refused", "withdrawn", "lapsed")),
    Fact("consent_by", "str", False, "Who gave the consent that stands or, in the act, who is giving it.",
         ("none", "self", "parent"), from_form=True),
    Fact("own_refusal", "bool", False, "The young person has said no for themselves and has not taken it back."),
    Fact("parent_may_endanger", "bool", False, "The latest decision on asking a parent says that it could put the child in danger."),
    Fact("deconfliction", "str", False, "The latest deconfliction answer; wait until its date has passed.",
         ("none", "proceed", "wait")),
    Fact("prior_closed_referrals", "int", False, "Earlier closed referrals of the confirmed person that have not been erased."),
    Fact("cumulative_addressed", "bool", False, "This act's form speaks to the earlier concerns taken together.", from_form=True),
    Fact("evidence_count", "int", False, "Items of evidence on the case that have not been withdrawn."),
    Fact("evidence_before_refusal", "int", False, "Those of them recorded before the first refusal or withdrawal of consent; all of them when there was none."),
    Fact("refused_or_withdrawn", "bool", False, "Consent to support was refused or withdrawn, by anybody entitled to, and has not been given since."),
    Fact("assessed_since_refusal", "bool", False, "An assessment was recorded after the latest refusal or withdrawal."),
    Fact("open_information_requests", "int", False, "Questions to partners that are neither answered nor closed."),
    Fact("needs_recorded", "int", False, "Needs recorded on the case."),
    Fact("needs_unanswered", "int", False, "Needs that are neither met, declined nor given a reason."),
    Fact("plan_exists", "bool", False, "A support plan is in force; a refusal or withdrawal of consent ends it."),
    Fact("assessment_exists", "bool", False, "At least one assessment is recorded."),
    Fact("assessment_days_old", "int", False, "Days since the latest assessment; 0 when there is none."),
    Fact("panel_decision", "str", False, "What the views recorded at the meeting this act names come to (all, else majority, else the chair).",
         ("none", "adopt", "not_adopt", "defer", "police_led")),
    Fact("panel_police_of_home_force_present", "bool", False, "The police member of the force where the person lives was at that meeting."),
    Fact("panel_council_present", "bool", False, "The responsible council was represented at that meeting."),
    Fact("deferrals", "int", False, "How often a panel has put this case off."),
    Fact("sessions_commissioned", "int", False, "Sessions commissioned under the plan in force."),
    Fact("sessions_delivered", "int", False, "Sessions delivered under the plan in force."),
    Fact("exit_proposed", "bool", False, "An exit has been proposed and not yet approved or sent back."),
    Fact("follow_ups_done", "int", False, "Follow-ups recorded since the latest exit."),
    Fact("open_onward_referrals", "int", False, "Onward referrals that their receiver has neither accepted nor returned."),
    Fact("onward_referrals_accepted", "int", False, "Onward referrals that their receiver has accepted."),
    Fact("person_told", "bool", False, "The person (and a parent where the law asks it) has been told."),
    Fact("not_telling_reviewed", "bool", False, "A recorded reason for not telling exists, with owner and a review date that has not passed."),
    Fact("not_telling_overdue", "bool", False, "There was such a reason and its review date has passed without a new decision."),
    Fact("identified", "bool", False, "The person has a confirmed entry."),
    Fact("urgent_open", "bool", False, "A danger was reported whose second look has not been taken."),
    Fact("held", "bool", False, "Something of the case is held, for a proceeding, a complaint or a message that has just come."),
    Fact("restricted", "bool", False, "The whole case is set apart at the person's wish: it may be kept, and not used."),
    Fact("answer_waits", "bool", False, "An answer to the person that keeps something back has not been looked at by somebody independent yet, or its day for looking again has passed."),
    Fact("erasure_open", "bool", False, "Somebody has decided that the case is to be erased, and it can still be stopped."),
    Fact("table_agreed", "bool", False, "The table recorded that the situation meets its test and may be spoken of by name."),
)  # fmt: skip

FACTS: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in _DECLARED})
FORBIDDEN = (
    "answers", "factor", "factors", "assessment", "assessment_answers", "monitoring", "equality", "ethnicity",
    "religion", "belief", "gender", "sex", "disability", "nationality", "sexual_orientation", "race", "score",
    "risk", "risk_level",
)  # fmt: skip
