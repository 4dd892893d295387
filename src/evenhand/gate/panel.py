"""Say, from the policy packs alone, who convenes a panel or table, and at which places cases wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from evenhand.gate.policy import packs
from evenhand.kernels.policy import Journey
from evenhand.kernels.policy.journey import Place, Step

CONVENE = "convene"


def _hearings() -> Iterator[tuple[Step, Place]]:
    for pack in packs().values():
        for editions in pack.editions.values():
            for journey in editions:
                yield from _hearings_of(journey)


def _hearings_of(journey: Journey) -> Iterator[tuple[Step, Place]]:
    for step in journey.steps.values():
        if step.verb == CONVENE:
            yield from ((step, journey.places[p]) for p in journey.departures(step) if p in journey.places)


@cache
def chairs() -> frozenset[str]:
    """Return the roles that take the panel's decision."""
    return frozenset(role for step, _ in _hearings() for role, _ in step.who)


@cache
def callers() -> frozenset[str]:
    """Return the roles that call meetings and keep their minutes: the chairs, and who owns a case that waits to be heard."""
    return chairs() | {place.owner[0] for _, place in _hearings()}


@cache
def hearing_places() -> frozenset[str]:
    """Return the places at which a case waits for a panel."""
    return frozenset(place.code for _, place in _hearings())
