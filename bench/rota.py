"""Propose patrol rotas from a few sites on one day to forty sites in a week: time, how much is covered, what is proved."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

from evenhand.kernels.rota import Crew, Need, Rota, SolverStopped, Travel, propose

# sites, days, crews a day
SIZES = ((6, 1, 2), (12, 1, 3), (20, 3, 3), (40, 7, 4))
NODES, SECONDS = 500, 240.0
DAY = 24 * 60


def question(sites: int, days: int, crews: int, *, seed: int = 1) -> tuple[list[Need], list[Crew], Travel]:
    """Draw services through each day at each site, with priorities, and shifts with a rest; more is wanted than can be done."""
    rng = Random(seed)
    names = [f"s{n}" for n in range(sites)]
    needs = []
    for day in range(days):
        for name in names:
            for _ in range(rng.choice((1, 1, 2))):
                opens = day * DAY + 15 * rng.randrange(28, 80)
                minutes = rng.choice((30, 45, 60))
                closes = opens + minutes + 15 * rng.randrange(0, 5)
                needs.append(
                    Need(f"w{len(needs)}", name, opens, closes, minutes, rng.choice((1, 2, 2, 3)), rng.choice((1, 1, 2)))
                )  # fmt: skip
    shifts = [
        Crew(f"c{day}-{n}", day * DAY + begins, day * DAY + begins + 8 * 60, rest_minutes=45)
        for day in range(days)
        for n in range(crews)
        for begins in (7 * 60 + (n % 2) * 5 * 60,)
    ]
    ways = {(a, b): rng.choice((10, 15, 20, 30)) for i, a in enumerate(names) for b in names[i + 1 :]}
    return needs, shifts, Travel(ways, otherwise=15)


def measure(quick: bool) -> Iterator[dict[str, object]]:
    """Yield time and proof for each size; one core."""
    for sites, days, crews in SIZES[: 2 if quick else None]:
        needs, shifts, ways = question(sites, days, crews)
        name = f"rota {sites} sites, {days} days, {crews} crews a day"
        begun = time.process_time()
        try:
            found = propose(needs, shifts, travel=ways, nodes=NODES, seconds=SECONDS)
        except SolverStopped as stopped:
            yield {"name": f"{name}: no rota", "value": 0, "unit": "", "how": str(stopped)}
            continue
        took = time.process_time() - begun
        how = f"{len(needs)} windows, {len(shifts)} shifts, {NODES} nodes a step, {SECONDS:.0f} s together at most"
        yield {"name": f"{name}: propose", "value": round(took, 2), "unit": "CPU s", "how": how}
        yield {
            "name": f"{name}: windows with a gap",
            "value": len(found.reckoning.gaps),
            "unit": "",
            "how": how,
        }
        yield from _proofs(name, found)
        if found.reckoning.faults:
            raise RuntimeError(" ".join(found.reckoning.faults))


def _proofs(name: str, found: Rota) -> Iterator[dict[str, object]]:
    for proof in found.proof:
        how = f"covered {proof.covered} of {proof.wanted} minutes; no rota more than {proof.most}"
        gap = 100 * (proof.most - proof.covered) / proof.most if proof.most else 0.0
        yield {
            "name": f"{name}: priority {proof.priority}, unproved rest",
            "value": round(gap, 2),
            "unit": "%",
            "how": how,
        }
