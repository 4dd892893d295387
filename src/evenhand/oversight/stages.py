"""Say which stage each place of a journey counts as, for "how far did it come"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evenhand.kernels.policy import Journey, Pack
from evenhand.kernels.policy.journey import BACK

STAGES = "stages"


@dataclass(frozen=True)
class Stop:
    """A place that counts as a stage: `position` is the stage's own in the pack's list, further on is higher."""

    journey: str
    edition: str
    place: str
    position: int


def stages(pack: Pack) -> tuple[str, ...]:
    """Return the codes of the stages in the order of the pack's list."""
    return tuple(pack.lists[STAGES].codes) if STAGES in pack.lists else ()


def stops(pack: Pack) -> Iterator[Stop]:
    """Yield every place that says how far a case came.

    Ends are left out, because a case that ended came as far as the place before; so are side rooms, from
    which the only way is back to where the case was (a transfer that waits for its answer).
    """
    position: Mapping[str, int] = {code: at for at, code in enumerate(stages(pack))}
    for code, editions in pack.editions.items():
        for journey in editions:
            for place in journey.places.values():
                if not place.final and not _side_room(journey, place.code) and place.stage in position:
                    yield Stop(code, journey.edition, place.code, position[place.stage])


def _side_room(journey: Journey, place: str) -> bool:
    ways = {
        outcome.to
        for step in journey.steps.values()
        if place in step.places
        for outcome in step.outcomes.values()
        if outcome.to not in {"same", place}
    }
    return ways == {BACK}
