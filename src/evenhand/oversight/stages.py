"""Say which stage each place of a journey counts as, for "how far did it come"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evenhand.kernels.policy import Pack, position_of, stages

__all__ = ["Stop", "stages", "stops"]


@dataclass(frozen=True)
class Stop:
    """A place that counts as a stage: `position` is the stage's own in the pack's list, further on is higher."""

    journey: str
    edition: str
    place: str
    position: int


def stops(pack: Pack) -> Iterator[Stop]:
    """Yield every place that says how far a case came."""
    for code, editions in pack.editions.items():
        for journey in editions:
            for place in journey.places.values():
                position = position_of(pack, journey, place.code)
                if position is not None:
                    yield Stop(code, journey.edition, place.code, position)
