"""Draw what one kind of crew can do in a shift as a network of places and times, in which each path is one crew's day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from evenhand.kernels.rota.asked import Crew, Need, Travel


class Node(NamedTuple):
    """A place at a time, before (0) or after (1) the rest."""

    rested: int
    site: str
    at: int


class Arc(NamedTuple):
    """A way from node to node: travelling, waiting, resting, or a visit for a need."""

    start: Node
    end: Node
    travel: int
    need: str = ""
    begins: int = 0


@dataclass
class Network:
    """All that crews of one kind can do, as arcs; a crew that does nothing has no path."""

    crews: tuple[Crew, ...]
    source: Node
    sinks: frozenset[Node]
    arcs: list[Arc] = field(default_factory=list)


def up(at: int, step: int) -> int:
    """Return the next time on the grid."""
    return -(-at // step) * step


def starts(need: Need, crew: Crew, travel: Travel, step: int) -> range:
    """Return when a crew of this kind could begin a visit, as if it were the only one of its shift."""
    first = up(max(need.opens, crew.begins + travel.minutes(crew.base, need.site)), step)
    last = min(need.closes, crew.ends - travel.minutes(need.site, crew.base)) - need.minutes
    return range(first, last + 1, step)


def network(needs: Sequence[Need], crews: tuple[Crew, ...], travel: Travel, step: int) -> Network:
    """Return the network of crews that are interchangeable.

    Times are on a grid of `step` minutes; a way that ends between two marks ends on the next one. A crew travels
    only after a visit or a rest, or at the beginning, because waiting on arrival loses nothing against waiting
    before leaving.
    """
    crew = crews[0]
    begins, last = up(crew.begins, step), 1 if crew.rest_minutes else 0
    possible = {need.code: starts(need, crew, travel, step) for need in needs}
    served = [need for need in needs if possible[need.code]]
    sites = sorted({need.site for need in served})
    latest = {s: max(possible[n.code][-1] for n in served if n.site == s) for s in sites}
    leaves: dict[str, set[int]] = defaultdict(set)
    leaves[crew.base].add(begins)
    for need in served:
        leaves[need.site].update(up(t + need.minutes, step) for t in possible[need.code])
    rests = _rests(crew, sites, leaves, travel, step) if last else {}
    found = Network(crews, Node(0, crew.base, begins), frozenset())
    for site, begin in sorted((s, t) for s, ts in rests.items() for t in ts):
        end = Node(1, site, up(begin + crew.rest_minutes, step))
        found.arcs.append(Arc(Node(0, site, begin), end, 0))
    for rested in range(last + 1):
        for need in served:
            for t in possible[need.code]:
                end = Node(rested, need.site, up(t + need.minutes, step))
                found.arcs.append(Arc(Node(rested, need.site, t), end, 0, need.code, t))
        after = {site: set(ts) for site, ts in leaves.items()}
        if rested:
            # Whoever rests on arrival stays for a visit; only a rest after a visit, or at the base, is left for elsewhere.
            for site, begin in ((s, t) for s, ts in _after_visits(crew, leaves, step).items() for t in ts):
                after.setdefault(site, set()).add(up(begin + crew.rest_minutes, step))
        found.arcs += _ways(rested, after, latest, travel, step)
    _wait(found, crew, last, travel)
    return found


def _ways(
    rested: int, after: dict[str, set[int]], latest: dict[str, int], travel: Travel, step: int
) -> Iterator[Arc]:
    """Yield the ways from where something ended to every site at which there is still something to do."""
    for site, t in sorted((s, t) for s, ts in after.items() for t in ts):
        for other, last in latest.items():
            way = travel.minutes(site, other)
            if other != site and up(t + way, step) <= last:
                yield Arc(Node(rested, site, t), Node(rested, other, up(t + way, step)), way)


def _wait(found: Network, crew: Crew, last: int, travel: Travel) -> None:
    """Join the times of each place by waiting, and say where a shift can end."""
    times: dict[tuple[int, str], set[int]] = defaultdict(set)
    times[found.source.rested, found.source.site].add(found.source.at)
    for arc in found.arcs:
        for node in (arc.start, arc.end):
            times[node.rested, node.site].add(node.at)
    sinks: set[Node] = set()
    for (rested, site), ts in sorted(times.items()):
        found.arcs += [Arc(Node(rested, site, a), Node(rested, site, b), 0) for a, b in pairwise(sorted(ts))]
        if rested == last:
            back = travel.minutes(site, crew.base)
            sinks.update(Node(rested, site, t) for t in ts if t + back <= crew.ends)
    found.sinks = frozenset(sinks)


def _fits(crew: Crew, begins: set[int], step: int) -> set[int]:
    """Return when a rest begins that waits for its window if it must, and ends inside it."""
    opens, closes = crew.rest_window
    begin = {max(t, up(opens, step)) for t in begins}
    return {t for t in begin if t + crew.rest_minutes <= min(closes, crew.ends)}


def _after_visits(crew: Crew, leaves: dict[str, set[int]], step: int) -> dict[str, set[int]]:
    """Return where and when a rest begins right after a visit, or at the base."""
    return {site: _fits(crew, ts, step) for site, ts in leaves.items()}


def _rests(
    crew: Crew, sites: list[str], leaves: dict[str, set[int]], travel: Travel, step: int
) -> dict[str, set[int]]:
    """Return where and when a rest can begin: as early as its window allows after a visit or an arrival."""
    found: dict[str, set[int]] = {}
    for site in sorted({*sites, crew.base}):
        events = set(leaves.get(site, ()))
        for other, ts in leaves.items():
            events.update(up(t + travel.minutes(other, site), step) for t in ts)
        found[site] = _fits(crew, events, step)
    return found
