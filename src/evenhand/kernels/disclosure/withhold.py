"""Withhold cells until nothing published gives a small one away: propose, judge, repair."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from evenhand.kernels.disclosure.cover import Choice, Cut, choose_complements
from evenhand.kernels.disclosure.crew import Prove, crew
from evenhand.kernels.disclosure.programme import Flags, Ints, NoSolution
from evenhand.kernels.disclosure.rules import Policy
from evenhand.kernels.disclosure.screen import suspects
from evenhand.kernels.disclosure.system import System, public_view
from evenhand.kernels.disclosure.together import widen_together
from evenhand.kernels.disclosure.web import Web
from evenhand.kernels.disclosure.widen import CannotProtect, widen
from evenhand.kernels.disclosure.witness import Witnesses, make_witnesses

# Up to this size every leak is proved, and its condition enters a choice among exact ones. Above it one
# round of conditions is enough: what still leaks is widened many at a time.
WHOLE = 20_000
# Rounds in which everything is chosen anew; later rounds decide only round the leaks. The lower bound
# comes from the whole ones.
ROUNDS_WHOLE = 3
ROUNDS = 12
GAP, GAP_LARGE = 0.005, 0.1
NODES = 500
# How much wider than promised a cell is made in fractions before whole numbers are given up on.
MOST_REACH = 20


@dataclass(frozen=True)
class Protected:
    """A pattern that is proved safe, with what it cost and the witnesses that prove it.

    withheld   (N,) cells that are not shown, small ones and complements alike
    primary    (N,) those that are small by themselves; never published
    cost       what the complements cost, in the unit of system.cost
    bound      proved: no protecting pattern has complements that cost less
    witnesses  whole tables over the withheld cells, from public figures alone
    leaks_met  how many leaks the audits found on the way
    """

    withheld: Flags
    primary: Flags
    cost: float
    bound: float
    witnesses: Witnesses
    leaks_met: int


def silent(_: str) -> None:
    """Tell nobody."""


def withhold(
    system: System, policy: Policy, *, tell: Callable[[str], None] = silent, processes: int | None = None
) -> Protected:
    """Choose what to withhold so that every withheld cell spans `policy.width` to a reader, and prove it.

    processes  how many may work at once; the answer is the same. None: two for a large system
    returns  Protected, whose witnesses cover every withheld cell
    raises   CannotProtect, with the cell to coarsen; SolverStopped, when a programme ended without a
             proved answer: there is then no release, never an unprotected one
    """
    web = Web.of(system)
    primary = policy.primary(system)
    with crew(system, web, width=policy.width, processes=processes) as prove:
        pick = choose if system.size <= WHOLE else choose_large
        choice, met = pick(system, primary, policy.width, web, prove, tell)
        withheld = choice.withheld
        reach = policy.width
        while True:
            withheld, more = repair(system, withheld, policy.width, web, prove, tell)
            met += more
            tell("making witnesses from the public figures")
            witnesses = make_witnesses(public_view(system, withheld), width=policy.width)
            if not witnesses.leaks.size:
                break
            # What is wide enough in fractions only is given more room, until whole numbers fit.
            reach += policy.width
            if reach > MOST_REACH * policy.width:
                raise CannotProtect(
                    f"{system.name(int(witnesses.leaks[0]))} has no whole-number play; coarsen it"
                )
            met += int(witnesses.leaks.size)
            for cell in witnesses.leaks:
                withheld[widen(system, withheld, int(cell), width=reach, web=web)] = True
    complements = withheld & ~primary
    return Protected(withheld, primary, float(system.cost[complements].sum()), choice.bound, witnesses, met)


def choose(
    system: System, primary: Flags, width: int, web: Web, prove: Prove, tell: Callable[[str], None]
) -> tuple[Choice, int]:
    """Choose complements by covering programmes, adding every leak's proof as a condition, round by round."""
    cuts: list[Cut] = []
    limits = {"mip_rel_gap": GAP, "mip_max_nodes": NODES}
    tell("choosing complements")
    choice = choose_complements(system, primary, width=width, limits=limits)
    bound, met = choice.bound, 0
    for number in range(ROUNDS):
        doubtful = suspects(system, choice.withheld, width=width)
        found, leaking = prove(choice.withheld, doubtful)
        tell(f"round {number + 1}: {int(choice.withheld.sum())} withheld, {leaking.size} leak")
        if not leaking.size:
            break
        met += leaking.size
        cuts += found
        if number < ROUNDS_WHOLE:
            choice = choose_complements(system, primary, width=width, cuts=cuts, limits=limits)
            bound = max(bound, choice.bound)
            continue
        for free in near_leaks(system, found, leaking, web):
            try:
                choice = choose_complements(
                    system, primary, width=width, cuts=cuts, start=choice.withheld, free=free, limits=limits
                )
                break
            except NoSolution:
                continue
        else:
            break
    return Choice(choice.withheld, choice.cost, bound, choice.optimal), met


def choose_large(
    system: System, primary: Flags, width: int, web: Web, prove: Prove, tell: Callable[[str], None]
) -> tuple[Choice, int]:
    """Choose complements by two covering programmes, the second with what leaks near by, then widen many at once."""
    limits = {"mip_rel_gap": GAP_LARGE, "mip_max_nodes": NODES}
    tell("choosing complements")
    choice = choose_complements(system, primary, width=width, limits=limits)
    doubtful = suspects(system, choice.withheld, width=width)
    cuts, leaking = prove(choice.withheld, doubtful, near=True)
    tell(f"{int(choice.withheld.sum())} withheld, {leaking.size} leak by the sums next to them")
    bound = choice.bound
    if cuts:
        choice = choose_complements(system, primary, width=width, cuts=cuts, limits=limits)
        bound = max(bound, choice.bound)
    withheld = widen_together(
        system,
        choice.withheld,
        width=width,
        web=web,
        settle=lambda pattern: settle(system, pattern),
        tell=tell,
    )
    return Choice(withheld, float(system.cost[withheld & ~primary].sum()), bound, optimal=False), leaking.size


def near_leaks(system: System, found: list[Cut], leaking: Ints, web: Web) -> Iterator[Flags]:
    """Give the cells worth deciding again: the leaks and what the broken conditions name, with more and more around.

    A cell that is newly withheld needs company in each of its sums: when the nearest cells give none,
    the sums of everything named are opened too.
    """
    named = np.unique(np.concatenate([cut.cells for cut in found] + [leaking]))
    for around in (web.cells_of(web.sums_of(leaking)), web.cells_of(web.sums_of(named))):
        free = np.zeros(system.size, dtype=np.bool_)
        free[named] = True
        free[around] = True
        yield free


def settle(system: System, withheld: Flags) -> Flags:
    """Count an unprinted quantity as hidden exactly when something else in its sum is."""
    withheld = withheld.copy()
    withheld[system.unprinted] = False
    sizes = np.diff(system.start)
    hidden = (
        np.add.reduceat(withheld[system.part].astype(np.int64), system.start[:-1]) if sizes.size else sizes
    )
    hidden = (hidden + withheld[system.total]) > 0
    of_part = np.repeat(hidden, sizes)
    withheld[system.part[of_part & system.unprinted[system.part]]] = True
    return withheld


def repair(
    system: System, withheld: Flags, width: int, web: Web, prove: Prove, tell: Callable[[str], None]
) -> tuple[Flags, int]:
    """Widen what still leaks, one cell after another, until the audit finds nothing."""
    met = 0
    while True:
        withheld = settle(system, withheld)
        doubtful = suspects(system, withheld, width=width)
        leaking = prove(withheld, doubtful)[1]
        if not leaking.size:
            return withheld, met
        tell(f"widening {leaking.size} cells")
        met += leaking.size
        before = int(withheld.sum())
        for cell in leaking:
            withheld[widen(system, withheld, int(cell), width=width, web=web)] = True
        if int(withheld.sum()) == before:
            raise CannotProtect(f"{system.name(int(leaking[0]))} stays too narrow; coarsen it")
