"""Propose a rota that covers the most, window by window in the order of priority, with a proof of how good it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.kernels.rota.asked import BadPlan, Crew, Need, Travel, Visit, check
from evenhand.kernels.rota.network import Arc, Network, Node, network, starts
from evenhand.kernels.rota.programme import Floats, NoSolution, Programme
from evenhand.kernels.rota.reckon import Reckoning, reckon


class Impossible(Exception):
    """The visits that were set by hand do not go together; says why."""


@dataclass(frozen=True)
class Proof:
    """What is covered of one priority, and what no rota can exceed given what is covered of those before it.

    covered, most, wanted   crew-minutes; `covered == most` is a proved best
    """

    priority: int
    covered: int
    most: int
    wanted: int

    @property
    def best(self) -> bool:
        """Say whether no rota covers more of this priority."""
        return self.covered >= self.most


@dataclass(frozen=True)
class Rota:
    """A proposed rota: visits by crew and time, what they cover, and the proof for each priority."""

    visits: tuple[Visit, ...]
    reckoning: Reckoning
    proof: tuple[Proof, ...]


def propose(
    needs: Sequence[Need],
    crews: Sequence[Crew],
    *,
    travel: Travel | None = None,
    step: int = 15,
    fixed: Sequence[Visit] = (),
    nodes: int = 2_000,
    seconds: float = 240.0,
) -> Rota:
    """Return the rota that covers most of priority 1, of those most of priority 2, and so on; then travels least.

    needs    windows at sites, each with the priority people gave it
    crews    one entry a crew and shift
    step     visits begin on a grid of so many minutes                     [minutes]
    fixed    visits set by hand: they stay, and the best is found round them
    nodes    how many branches each of the solver's steps may look at, so that the same question has the same answer
             on every machine; beyond them the proof says how much more there could be
    seconds  a second, outer limit for all steps of the solver together, shared out evenly; only where it bites can
             two machines differ
    raises   BadPlan, Impossible, SolverStopped
    source   a path per crew in a network of places and times: a flow, whose linear relaxation is close to whole;
             solved by HiGHS (Huangfu and Hall 2018); checked by enumeration in tests/kernels/rota
    """
    ways = travel or Travel()
    check(needs, crews, ways, step)
    _check_fixed(needs, crews, ways, step, fixed)
    visits: list[Visit] = []
    proofs: dict[int, list[int]] = {n.priority: [0, 0, 0] for n in needs}
    for need in needs:
        proofs[need.priority][2] += need.minutes * need.visits
    parts = _parts(needs, crews, ways, step)
    each = seconds / max(1, len(parts) * (len(proofs) + 1))
    for some_needs, some_crews in parts:
        codes = {n.code for n in some_needs}
        held = [v for v in fixed if v.need in codes]
        done, reached = _solve(some_needs, some_crews, ways, step, held, nodes, each)
        visits += done
        for priority, (covered, most) in reached.items():
            proofs[priority][0] += covered
            proofs[priority][1] += most
    found = tuple(sorted(visits))
    return Rota(
        visits=found,
        reckoning=reckon(needs, crews, found, travel=ways, step=step),
        proof=tuple(Proof(p, *proofs[p]) for p in sorted(proofs)),
    )


def _check_fixed(
    needs: Sequence[Need], crews: Sequence[Crew], travel: Travel, step: int, fixed: Sequence[Visit]
) -> None:
    if not fixed:
        return
    faults = reckon(needs, crews, fixed, travel=travel, step=step).faults
    if faults:
        raise Impossible(" ".join(faults))
    by_need = {n.code: n for n in needs}
    for visit in fixed:
        if visit.begins % step:
            raise BadPlan(f"a visit set by hand begins on the grid of {step} minutes")
        if sum(v.need == visit.need for v in fixed) > by_need[visit.need].visits:
            raise Impossible(f"More visits are set for window {visit.need} than it asks for.")


def _parts(
    needs: Sequence[Need], crews: Sequence[Crew], travel: Travel, step: int
) -> list[tuple[list[Need], list[Crew]]]:
    """Split what has nothing to do with one another: shifts that no window joins are planned apart, exactly."""
    leader = {("crew", c.code): ("crew", c.code) for c in crews}
    leader |= {("need", n.code): ("need", n.code) for n in needs}

    def top(one: tuple[str, str]) -> tuple[str, str]:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    by_kind: dict[tuple[object, ...], list[Crew]] = defaultdict(list)
    for crew in crews:
        by_kind[crew.kind].append(crew)
    for alike in by_kind.values():
        for need in needs:
            if starts(need, alike[0], travel, step):
                for crew in alike:
                    leader[top(("crew", crew.code))] = top(("need", need.code))
    groups: dict[tuple[str, str], tuple[list[Need], list[Crew]]] = {}
    for need in needs:
        groups.setdefault(top(("need", need.code)), ([], []))[0].append(need)
    for crew in crews:
        groups.setdefault(top(("crew", crew.code)), ([], []))[1].append(crew)
    return [group for group in groups.values() if group[0] and group[1]]


def _solve(
    needs: list[Need],
    crews: list[Crew],
    travel: Travel,
    step: int,
    fixed: list[Visit],
    nodes: int,
    seconds: float,
) -> tuple[list[Visit], dict[int, tuple[int, int]]]:
    held = {v.crew for v in fixed}
    alike: dict[tuple[object, ...], list[Crew]] = defaultdict(list)
    for crew in sorted(crews, key=lambda c: (c.begins, c.ends, c.code)):
        alike[(*crew.kind, crew.code if crew.code in held else "")].append(crew)
    nets = [network(needs, tuple(group), travel, step) for group in alike.values()]
    arcs = [(net, arc) for net in nets for arc in net.arcs]
    programme = _programme(nets, arcs, needs, fixed)
    by_need: dict[str, list[int]] = defaultdict(list)
    for column, (_, arc) in enumerate(arcs):
        if arc.need:
            by_need[arc.need].append(column)
    reached: dict[int, tuple[int, int]] = {}
    total = len(arcs) + sum(len(net.sinks) for net in nets)
    point: Floats = np.zeros(total)
    for priority in sorted({n.priority for n in needs}):
        columns = [c for n in needs if n.priority == priority for c in by_need[n.code]]
        weights = [float(n.minutes) for n in needs if n.priority == priority for _ in by_need[n.code]]
        if not columns:
            reached[priority] = (0, 0)
            continue
        worth = np.zeros(total)
        worth[columns] = weights
        try:
            answer = programme.solve(worth, nodes=nodes, seconds=seconds)
        except NoSolution as none:
            raise Impossible("The visits that were set by hand do not go together with the rests.") from none
        programme.keep(columns, weights, answer.worth - 0.25)
        reached[priority] = (round(answer.worth), round(answer.bound))
        point = answer.point
    worth = np.zeros(total)
    worth[: len(arcs)] = [-float(arc.travel) - (0.01 if arc.need else 0.0) for _, arc in arcs]
    point = programme.solve(worth, nodes=nodes, seconds=seconds).point
    return _visits(nets, arcs, point), reached


def _programme(
    nets: list[Network], arcs: list[tuple[Network, Arc]], needs: list[Need], fixed: list[Visit]
) -> Programme:
    """Every crew's day is a path: what comes into a node leaves it, and no more crews leave than there are."""
    flow: dict[tuple[int, Node], dict[int, float]] = defaultdict(dict)
    number = {id(net): n for n, net in enumerate(nets)}
    upper = [float(len(net.crews)) for net, _ in arcs]
    for column, (net, arc) in enumerate(arcs):
        flow[number[id(net)], arc.start][column] = -1.0
        flow[number[id(net)], arc.end][column] = 1.0
    for n, net in enumerate(nets):
        for sink in sorted(net.sinks):
            flow[n, sink][len(upper)] = -1.0
            upper.append(float(len(net.crews)))
    rows: list[tuple[list[int], list[float], float, float]] = []
    for (n, node), entries in sorted(flow.items()):
        # Crews that stay at their base the whole shift are those that never leave the source.
        least = -float(len(nets[n].crews)) if node == nets[n].source else 0.0
        rows.append((list(entries), list(entries.values()), least, 0.0))
    wanted = {need.code: need.visits for need in needs}
    visits: dict[str, list[int]] = defaultdict(list)
    for column, (_, arc) in enumerate(arcs):
        if arc.need:
            visits[arc.need].append(column)
    for code, columns in visits.items():
        rows.append((columns, [1.0] * len(columns), 0.0, float(wanted[code])))
    for visit in fixed:
        columns = [
            c
            for c, (net, arc) in enumerate(arcs)
            if arc.need == visit.need and arc.begins == visit.begins and net.crews[0].code == visit.crew
        ]
        rows.append((columns, [1.0] * len(columns), 1.0, 1.0))
    return Programme(np.array(upper), rows)


def _visits(nets: list[Network], arcs: list[tuple[Network, Arc]], point: Floats) -> list[Visit]:
    """Walk each crew along what flows, always the same way."""
    left: dict[int, dict[Node, list[tuple[Arc, int]]]] = defaultdict(lambda: defaultdict(list))
    number = {id(net): n for n, net in enumerate(nets)}
    for column, (net, arc) in enumerate(arcs):
        if point[column] > 0.5:
            left[number[id(net)]][arc.start].append((arc, round(point[column])))
    found: list[Visit] = []
    for n, net in enumerate(nets):
        ways = left[n]
        for crew in net.crews:
            node = net.source
            while ways[node]:
                ways[node].sort(key=lambda way: (way[0].end.at, way[0].need, way[0].end))
                arc, times = ways[node].pop(0)
                if times > 1:
                    ways[node].append((arc, times - 1))
                if arc.need:
                    found.append(Visit(crew.code, arc.begins, arc.need))
                node = arc.end
    return found
