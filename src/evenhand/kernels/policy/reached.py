"""Say how far a place of a journey counts as having come, for statistics."""

from __future__ import annotations

from evenhand.kernels.policy.journey import BACK, Journey
from evenhand.kernels.policy.pack import Pack

STAGES = "stages"


def stages(pack: Pack) -> tuple[str, ...]:
    """Return the codes of the stages in the order of the pack's list."""
    return tuple(pack.lists[STAGES].codes) if STAGES in pack.lists else ()


def position_of(pack: Pack, journey: Journey, place: str) -> int | None:
    """Return the position of a place's stage in the pack's list, or nothing where a place says nothing of how far.

    Ends say nothing, because a case that ended came as far as the place before; so do side rooms, from which the
    only way is back to where the case was (a transfer that waits for its answer).
    """
    found = journey.places[place]
    listed = stages(pack)
    if found.final or found.stage not in listed or _side_room(journey, place):
        return None
    return listed.index(found.stage)


def _side_room(journey: Journey, place: str) -> bool:
    ways = {
        outcome.to
        for step in journey.steps.values()
        if place in step.places
        for outcome in step.outcomes.values()
        if outcome.to not in {"same", place}
    }
    return ways == {BACK}
