"""Read the policy's rules for hate incidents: which holds on a day, when personal data may be kept, who is shown what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from evenhand.kernels.policy import Pack, Reason, Refused

CRIME, NON_CRIME = "crime", "non_crime"
PLACES = ("area", "street", "exact")


@dataclass(frozen=True)
class RecordingRule:
    """One rule with the days on which it holds.

    personal_data   "allowed", or "with_test": only where a test of the policy is met, with the reason
    review_after    months until somebody decides whether it is kept; 0: at once
    """

    code: str
    label: str
    applies_to: str
    since: date | None
    until: date | None
    personal_data: str
    refused_sentence: str
    not_recorded_if: tuple[str, ...]
    not_recorded_sentence: str
    review_after: int
    clause: str

    def holds_on(self, day: date) -> bool:
        """Say whether it holds on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Sight:
    """How much of an incident somebody is shown: the place (area, street or exact), what was told, personal data."""

    place: str
    told: bool
    personal_data: bool


NOTHING = Sight("area", False, False)


def _entries(pack: Pack, section: str) -> list[Mapping[str, object]]:
    found = pack.incidents.get(section, [])
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _words(entry: Mapping[str, object], key: str) -> tuple[str, ...]:
    found = entry.get(key, [])
    return tuple(str(word) for word in found) if isinstance(found, list) else ()


def _day(entry: Mapping[str, object], key: str) -> date | None:
    found = entry.get(key)
    return found if isinstance(found, date) else None


def rules(pack: Pack) -> tuple[RecordingRule, ...]:
    """Return every rule of the pack, those that have ended among them."""
    made = []
    for entry in _entries(pack, "rule"):
        months = entry.get("review_after_months")
        made.append(
            RecordingRule(
                code=str(entry["code"]),
                label=str(entry.get("label", entry["code"])),
                applies_to=str(entry.get("applies_to", CRIME)),
                since=_day(entry, "from"),
                until=_day(entry, "to"),
                personal_data=str(entry.get("personal_data", "with_test")),
                refused_sentence=str(entry.get("refused_sentence", "No personal data may be kept here.")),
                not_recorded_if=_words(entry, "not_recorded_if"),
                not_recorded_sentence=str(entry.get("not_recorded_sentence", "It is not recorded.")),
                review_after=months if isinstance(months, int) else 0,
                clause=str(entry.get("source", "")),
            )
        )
    return tuple(made)


def rule_on(pack: Pack, day: date, *, crime: bool) -> RecordingRule:
    """Return the rule under which an incident is recorded on a day; raises Refused when none holds then."""
    kind = CRIME if crime else NON_CRIME
    for rule in rules(pack):
        if rule.applies_to == kind and rule.holds_on(day):
            return rule
    what = "crimes" if crime else "incidents that are no crime"
    raise Refused(
        (Reason("no_rule", f"No rule for recording {what} is in force on {day:%d %B %Y}.", pack.source),)
    )


def check_personal_data(rule: RecordingRule, *, there: bool, ground: str, reason: str) -> None:
    """Let personal data through where the rule does; raises Refused with the policy's own sentence."""
    if there and rule.personal_data != "allowed" and not (ground and reason.strip()):
        raise Refused((Reason("personal_data", rule.refused_sentence, rule.clause),))


def check_recorded(rule: RecordingRule, left_out: str) -> None:
    """Refuse what the rule leaves out."""
    if left_out and left_out in rule.not_recorded_if:
        raise Refused((Reason("not_recorded", rule.not_recorded_sentence, rule.clause),))


def review_day(rule: RecordingRule, recorded_on: date) -> date:
    """Return the day on which somebody decides whether a record is kept."""
    month = recorded_on.month - 1 + rule.review_after
    year, month = recorded_on.year + month // 12, month % 12 + 1
    return date(year, month, min(recorded_on.day, 28))


def sight(pack: Pack, roles: Iterable[str]) -> Sight:
    """Return how much somebody with these roles is shown: the most that one of them allows."""
    held = set(roles)
    found = NOTHING
    for entry in _entries(pack, "sight"):
        if entry["code"] in held:
            place = str(entry.get("place", "area"))
            found = Sight(
                max(found.place, place, key=PLACES.index),
                found.told or entry.get("told") is True,
                found.personal_data or entry.get("personal_data") is True,
            )
    return found
