"""Check the firewall: no role stands on both sides of it, and no journey leads, shows or hands anything across."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from evenhand.kernels.policy.journey import OWNER, REPORTER, START, Holding, Journey
from evenhand.kernels.policy.pack import Pack

Report = Callable[[str, str], None]
FORBIDDEN_VERBS = frozenset({"link", "transfer", "ask", "share"})
"""Verbs that tie a case to others or show it to somebody outside: a journey that stands apart has none of them."""


def check_firewall(pack: Pack, journey: Journey, report: Report) -> None:
    """Report every place, step and duty of a journey that reaches over the firewall."""
    for where, holding in _holdings(journey):
        role = pack.roles.get(holding[0])
        if role is None and not (journey.apart and holding[0] == "*"):
            continue
        side = role.apart if role is not None else ""
        if side != journey.apart:
            report(
                where,
                f"names {holding[0]!r}, who stands on the side {side or 'of most journeys'!r}, "
                f"in a journey on the side {journey.apart or 'of most journeys'!r}: no role sees both",
            )
    if not journey.apart:
        return
    for step in journey.steps.values():
        if step.verb in FORBIDDEN_VERBS:
            report(
                f"step.{step.code}", f"has the verb {step.verb!r}, which reaches out of a journey kept apart"
            )
        if any(outcome.moves_to for outcome in step.outcomes.values()):
            report(f"step.{step.code}", "moves a case that is kept apart to another area")


def _holdings(journey: Journey) -> Iterator[tuple[str, Holding]]:
    if journey.handler is not None:
        yield "handler", journey.handler
    for place in journey.places.values():
        if place.owner != ("", ""):
            yield f"place.{place.code}", place.owner
        for holdings in place.see.values():
            for holding in holdings:
                yield f"place.{place.code}", holding
    for step in journey.steps.values():
        # Anybody may begin a case by telling of a concern, and may never see it again.
        if START not in step.places:
            for holding in step.who:
                yield f"step.{step.code}", holding
        for duty in step.then:
            if duty.to is not None and duty.to[0] not in {OWNER, REPORTER}:
                yield f"step.{step.code}", duty.to
