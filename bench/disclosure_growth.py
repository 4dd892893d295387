"""Protect and prove made-up releases from about 10^3 to 10^5 linked cells: time, memory, cost against its bound."""

from __future__ import annotations

import contextlib
import io
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evenhand.kernels.disclosure import verify
from evenhand.kernels.disclosure.release import release_files
from evenhand.kernels.disclosure.rules import Policy
from evenhand.kernels.disclosure.sample import printed, protect, source_of
from evenhand.kernels.disclosure.synthetic import extract

# referrals, places under each region, detail of the tables
SIZES = ((1_500, 1, 2), (50_000, 12, 2), (100_000, 4, 3), (1_000_000, 40, 3))

WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def spent() -> float:
    """Return the CPU seconds of this process and of those it started and saw end."""
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, WHO))


def measure(quick: bool) -> Iterator[dict[str, object]]:
    """Yield figures for each size; two processes above 20,000 cells, no earlier release."""
    for referrals, places, detail in SIZES[: 2 if quick else None]:
        year = extract(referrals, places_a_region=places, rng=np.random.default_rng(1))
        policy = Policy()
        begun, clock = spent(), time.monotonic()
        joined, done = protect([source_of("year", year, detail)], year, policy, lambda _: None)
        took, waited = spent() - begun, time.monotonic() - clock
        size = joined.system.size
        how = f"{referrals} referrals, {int(done.primary.sum())} small, {int(done.withheld.sum())} withheld"
        name = f"disclosure {size} linked cells"
        yield {"name": f"{name}: protect and prove", "value": round(took, 1), "unit": "CPU s", "how": how}
        yield {
            "name": f"{name}: protect and prove, by the clock",
            "value": round(waited, 1),
            "unit": "s",
            "how": how,
        }
        memory = sum(resource.getrusage(who).ru_maxrss for who in WHO) / 2**20
        yield {"name": f"{name}: memory", "value": round(memory, 2), "unit": "GiB peak so far", "how": how}
        excess = 100 * (done.cost / done.bound - 1) if done.bound else 0.0
        how = f"complements cost {done.cost:.0f}, no pattern less than {done.bound:.0f}; 0 exposed of {int(done.withheld.sum())}"
        yield {"name": f"{name}: cost above bound", "value": round(excess, 2), "unit": "%", "how": how}
        files = release_files(
            "year", "year", joined, printed(joined, done, policy), policy, guard=20, extract_hash="bench"
        )
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                target = Path(folder) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            begun = time.process_time()
            with contextlib.redirect_stdout(io.StringIO()) as said:
                code = verify.main([folder])
            took = time.process_time() - begun
        how = said.getvalue().strip()
        if code:
            raise RuntimeError(how)
        yield {"name": f"{name}: stand-alone checker", "value": round(took, 2), "unit": "CPU s", "how": how}
