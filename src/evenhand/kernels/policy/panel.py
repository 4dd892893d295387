"""Say what a panel decided: all agree, else the majority, else the chair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PanelView:
    """What one member agency thinks; None when it was there and gave no view."""

    member: str
    outcome: str | None


@dataclass(frozen=True)
class Tally:
    """What the panel decided, by which part of the rule, and who saw it otherwise."""

    outcome: str
    rule: str
    dissent: tuple[str, ...]


class NoDecision(Exception):
    """The views given decide nothing yet."""


def panel_decision(views: Sequence[PanelView], *, chair: str | None) -> Tally:
    """Say what the views come to.

    views    one for each member agency present, the chair's agency included
    chair    what the chair decides when there is no majority; None while the chair has not said
    returns  Tally with rule "unanimous", "majority" (more than half of the views given) or "chair"
    raises   NoDecision, when nobody gave a view, one member stands twice, or there is no majority and no word
             of the chair
    source   Counter-Terrorism and Security Act 2015, s.37(5)-(6)
    """
    if len({view.member for view in views}) != len(views):
        raise NoDecision("One member agency has one view.")
    given = Counter(view.outcome for view in views if view.outcome is not None)
    if not given:
        raise NoDecision("Nobody has given a view.")
    outcome, most = given.most_common(1)[0]
    if len(given) == 1:
        rule = "unanimous"
    elif most * 2 > given.total():
        rule = "majority"
    elif chair is not None:
        outcome, rule = chair, "chair"
    else:
        raise NoDecision("There is no majority, so the chair decides.")
    dissent = tuple(v.member for v in views if v.outcome is not None and v.outcome != outcome)
    return Tally(str(outcome), rule, dissent)
