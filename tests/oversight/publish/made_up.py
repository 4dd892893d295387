"""A plan of the built-in pack over made-up rows, without a database."""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pandas as pd

from evenhand.gate.policy import pack
from evenhand.oversight.publish import extract
from evenhand.oversight.publish.build import Built, build
from evenhand.oversight.publish.compose import Edition
from evenhand.oversight.publish.frozen import Frozen
from evenhand.oversight.publish.plan import Plan, plan_release
from evenhand.oversight.publish.progress import Progress

AREAS = {"ashmere": "Ashmere", "brackenford": "Brackenford", "copperdale": "Copperdale"}
EVER = (
    "|no_further_action|",
    "|signposted|",
    "||",
    "|adopted|consent_given|",
    "|not_suitable_other|",
    "|not_adopted|",
)
SUPPORT = ("|mentoring|", "|mentoring|family|", "|housing|")
PEOPLE = 0.8  # individuals for each referral whose person was identified


def plan(name: str = "quarterly-2026-q1") -> Plan:
    """Return the plan of a release."""
    return plan_release(name, pack("gb-eaw"), AREAS, first_year=2025)


def rows(number: int, seed: int = 1, *, first: str = "2025-04-01", days: int = 364) -> pd.DataFrame:
    """Return made-up counted rows, as the extract takes them from the records."""
    rng = np.random.default_rng(seed)

    def pick(codes, weights):
        return rng.choice(codes, number, p=np.array(weights) / sum(weights))

    when = pd.to_datetime(first) + pd.to_timedelta(rng.integers(0, days, number), unit="D")
    ever = pick(EVER, [45, 20, 15, 10, 6, 4])
    return pd.DataFrame(
        {
            "case_id": [f"{seed}-{n}" for n in range(number)],
            "referred_on": when.strftime("%Y-%m-%d"),
            "sector": pick(["education", "police", "health", ""], [5, 3, 1, 1]),
            "concern": pick(["islamist", "extreme_right_wing", "no_specific_ideology", ""], [2, 3, 4, 1]),
            "age_band": pick(["11_15", "16_17", "21_30", "age_unknown"], [5, 2, 2, 1]),
            "area": pick(list(AREAS), [5, 3, 2]),
            "ever": ever,
            "destination": pick(["", "health", "education"], [2, 1, 1]),
            "closing_reason": pick(["", "no_further_concerns"], [1, 1]),
            "support": np.where(ever == "|adopted|consent_given|", pick(SUPPORT, [5, 3, 2]), "||"),
            "days": np.select(
                [ever == "|adopted|consent_given|", ever == "|not_adopted|"],
                ["|R6=12|R8=40|", "|R6=12|"],
                "|ended=9|",
            ),
            "individual": ["" if n % 5 == 4 else str(int(n * PEOPLE) // 2) for n in range(number)],
            "excluded": ["" if n % 40 else "duplicate" for n in range(number)],
        }
    )


def answers(number: int, seed: int = 1) -> pd.DataFrame:
    """Return made-up monitoring answers of half of them."""
    rng = np.random.default_rng(seed)
    half = range(0, number, 2)
    return pd.DataFrame(
        {
            "case_id": [f"{seed}-{n}" for n in half],
            "gender": rng.choice(["male", "female"], len(half)),
            "ethnicity": rng.choice(["white", "asian", "black"], len(half)),
            "conditions": rng.choice(["no_condition", "autism"], len(half)),
        }
    )


def frozen(planned: Plan, number: int, seed: int = 1, **more: object) -> Frozen:
    """Freeze made-up rows."""
    return extract.count_rows(planned, rows(number, seed, **more), answers(number, seed))


@cache
def built(name: str = "quarterly-2026-q1", number: int = 240) -> Built:
    """Build a release of made-up rows once for all tests."""
    planned = plan(name)
    return build(
        planned,
        frozen(planned, number),
        [],
        Edition(name, "f" * 64, 1, (("1", "2026-04-30", "The quarter is over."),)),
        progress=Progress(time.monotonic),
    )
