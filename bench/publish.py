"""Count a million and ten million referrals to the finest cells in DuckDB and, where it is there, in Spark; build and verify a release."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings.check")
sys.path.insert(0, str(Path(__file__).parent))
AREAS = {f"area{n}": f"Area {n}" for n in range(6)}
EVER = (
    "|no_further_action|",
    "|signposted|",
    "||",
    "|adopted|consent_given|",
    "|not_suitable_other|",
    "|not_adopted|",
)


def measure(quick: bool) -> Iterator[dict[str, object]]:
    """Yield figures; one process, DuckDB with two threads, Spark on two local cores."""
    import django

    django.setup()
    from evenhand.gate.policy import pack
    from evenhand.oversight.publish import cube, extract
    from evenhand.oversight.publish.build import build, verified
    from evenhand.oversight.publish.compose import Edition
    from evenhand.oversight.publish.plan import plan_release
    from evenhand.oversight.publish.progress import Progress

    plan = plan_release("annual-2026", pack("gb-eaw"), AREAS, first_year=2024)
    fields = cube.of_period(plan)
    for number in (10_000,) if quick else (1_000_000, 10_000_000):
        rows = _rows(number)
        begun, cpu = time.monotonic(), time.process_time()
        frozen = extract.count_rows(plan, rows, None)
        took, spent = time.monotonic() - begun, time.process_time() - cpu
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        how = f"{len(frozen.period.counts)} cells of {len(fields)} fields; {spent:.1f} CPU s; rows in memory as pandas texts"
        yield {
            "name": f"cube of {number:,} referrals, DuckDB",
            "value": round(took, 2),
            "unit": "s",
            "how": how,
        }
        yield {
            "name": f"cube of {number:,} referrals: memory",
            "value": round(memory, 2),
            "unit": "GiB peak so far",
            "how": "the whole process, its rows included",
        }
        try:
            from _spark import spark_cells

            begun = time.monotonic()
            found = spark_cells(rows, [f.code for f in fields], cube.finest(fields, plan))
            same = "same hash" if found.hash() == frozen.period.hash() else "ANOTHER HASH"
            yield {
                "name": f"cube of {number:,} referrals, Spark",
                "value": round(time.monotonic() - begun, 1),
                "unit": "s",
                "how": f"{same}; its start and Parquet in between, both ways, included",
            }
        except ImportError:
            yield {
                "name": f"cube of {number:,} referrals, Spark",
                "value": 0,
                "unit": "s",
                "how": "not measured: pyspark is not installed",
            }
        del rows
    small = extract.count_rows(plan, _rows(2_000), None)
    progress = Progress(time.monotonic)
    progress.step("freeze")
    begun = time.process_time()
    made = build(
        plan, small, [], Edition(plan.name, "f" * 64, 1, (("1", "2026-04-30", "bench"),)), progress=progress
    )
    progress.done()
    how = f"{made.proved}; by step in wall s: {progress.took}"
    yield {
        "name": "a partnership's yearly release, all files",
        "value": round(time.process_time() - begun, 1),
        "unit": "CPU s",
        "how": how,
    }
    with tempfile.TemporaryDirectory():
        begun = time.process_time()
        verified(made.files)
        yield {
            "name": "the same, stand-alone checker",
            "value": round(time.process_time() - begun, 2),
            "unit": "CPU s",
            "how": "files written and read back included",
        }


def _rows(number: int) -> pd.DataFrame:
    rng = np.random.default_rng(5)

    def pick(codes: tuple[str, ...]) -> pd.Categorical:
        weights = 1 / np.arange(1, len(codes) + 1)
        return pd.Categorical.from_codes(rng.choice(len(codes), number, p=weights / weights.sum()), codes)

    days = tuple(d.strftime("%Y-%m-%d") for d in pd.date_range("2023-04-01", "2026-03-31"))
    return pd.DataFrame(
        {
            "referred_on": pd.Categorical.from_codes(rng.integers(0, len(days), number), days),
            "sector": pick(("education", "police", "local_authority", "health", "hmpps", "community", "")),
            "concern": pick(
                (
                    "no_specific_ideology",
                    "extreme_right_wing",
                    "islamist",
                    "fascination_violence",
                    "incel",
                    "",
                )
            ),
            "age_band": pick(
                ("11_15", "16_17", "21_30", "18_20", "31_40", "10_under", "41_50", "age_unknown")
            ),
            "area": pick(tuple(AREAS)),
            "ever": pick(EVER),
            "destination": pick(("", "health", "education")),
            "closing_reason": pick(("", "no_further_concerns")),
            "support": pick(("||", "|mentoring|", "|mentoring|family|")),
            "days": pick(("|ended=9|", "|R6=12|R8=40|")),
            # A tenth is tied to nobody; of the others one in five has an earlier referral.
            "individual": np.where(
                rng.random(number) < 0.1, "", rng.integers(0, 2 * number, number).astype(str)
            ),
            "excluded": pick(("",)),
            "gender": pick(("male", "", "female")),
            "ethnicity": pick(("", "white", "asian", "black")),
            "conditions": pick(("", "no_condition", "autism")),
        }
    )
