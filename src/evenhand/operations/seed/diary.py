"""Let everything in one council's area happen in the order of time, up to now."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from evenhand.operations.seed.acting import Hand
from evenhand.operations.seed.panel import Panel
from evenhand.operations.seed.partnership import Partnership
from evenhand.operations.seed.stories import YEARS, stories
from evenhand.operations.seed.support import Supported
from evenhand.operations.seed.underway import PARKED


def live_through(
    council: str, cases: int, *, seed: int, who: Partnership, now: datetime, progress: Callable[[], None]
) -> int:
    """Let the cases of one council happen through the gate; returns how many acts that took.

    now       nothing happens after it: who waits then, waits still, and who is late is overdue
    progress  called once for each case that is told
    """
    if not cases:
        return 0
    hand = Hand()
    panel = Panel(council, hand, who, seed)
    lives: list[Supported] = []
    queue: list[tuple[datetime, int, Supported | Panel, Iterator[datetime]]] = []
    number = 0

    def put(moment: datetime, body: Supported | Panel, road: Iterator[datetime]) -> None:
        nonlocal number
        number += 1
        if moment < now:
            heapq.heappush(queue, (moment, number, body, road))

    roads: dict[int, Iterator[datetime]] = {}

    def wake(case: Supported, moment: datetime) -> None:
        put(moment, case, roads[case.story.number])

    staff = [text.rsplit("|", 1)[0] for text in who.people.values()]
    for story in stories(council, cases, seed, now.date(), staff=staff):
        case = Supported(story, council, hand, who)
        if story.about is not None:
            case.before = lives[story.about]
        lives.append(case)
        roads[story.number] = case.live()
        put(next(roads[story.number]), case, roads[story.number])
    sitting = panel.live(now - timedelta(days=YEARS * 366), wake)
    put(next(sitting), panel, sitting)
    begun = 0
    while queue:
        moment, _, body, road = heapq.heappop(queue)
        body.moment = moment.astimezone(UTC)
        then = next(road, None)
        if (
            isinstance(body, Supported)
            and body.hand.acts
            and begun < len(lives)
            and body.moment == body.story.told_at
        ):
            begun += 1
            progress()
        if then == PARKED and isinstance(body, Supported):
            panel.waiting.append(body)
        elif then is not None:
            put(then, body, road)
    return hand.acts
