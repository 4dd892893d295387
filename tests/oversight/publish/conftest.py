"""A partnership with referrals to publish: counted rows as the wall writes them, and who makes and signs releases."""

from __future__ import annotations

import sys
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import connections

from evenhand.gate.demo import as_worker
from evenhand.gate.policy import pack
from evenhand.oversight.publish.job import build_next
from tests.world import World

sys.path.insert(0, str(Path(__file__).parent))

EVER = (
    ["no_further_action"],
    ["signposted"],
    [],
    ["adopted", "consent_given"],
    ["not_suitable_other"],
    ["not_adopted"],
)


@dataclass
class Office:
    """A partnership whose statistics can be published under a pack of its own name."""

    world: World

    def __post_init__(self) -> None:
        self.world.add("release_approver", "force")
        self.world.add("analyst", "council")

    def count(self, number: int, *, year: int, seed: int) -> None:
        """Put counted rows in, as if cases had been referred in the year ending in March."""
        rng = np.random.default_rng(seed)
        areas = [area.code for area in self.world.areas.values()]
        first = date(year - 1, 4, 1)
        rows = []
        for _ in range(number):
            ever = EVER[int(rng.choice(len(EVER), p=[0.45, 0.2, 0.15, 0.1, 0.06, 0.04]))]
            rows.append(
                (
                    uuid.uuid4(), None, "gb-eaw", first + timedelta(days=int(rng.integers(0, 364))),
                    str(rng.choice(["education", "police", "health", ""], p=[0.5, 0.3, 0.15, 0.05])),
                    str(rng.choice(["islamist", "extreme_right_wing", "no_specific_ideology", ""], p=[0.2, 0.3, 0.4, 0.1])),
                    str(rng.choice(["11_15", "16_17", "21_30", "age_unknown"], p=[0.5, 0.2, 0.25, 0.05])),
                    str(rng.choice(areas, p=[0.7, 0.2, 0.1])), "channel", "R3", -1, "", "", ever, "", "", '{"R3": 4}',
                )
            )  # fmt: skip
        with connections["admin"].cursor() as cursor:
            cursor.executemany(
                "insert into counted_case (id, case_id, pack, referred_on, sector, concern, age_band, area, journey,"
                " stage_reached, stage_position, outcome, excluded_from_statistics_reason, ever_counted_as, destination,"
                " closing_reason, days_to) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)",
                rows,
            )

    def build(self) -> str | None:
        """Build what was asked for, as the worker does."""
        with as_worker():
            return build_next()


@pytest.fixture
def office(world):
    """A partnership alone with its counts: what other tests counted is put aside."""
    with connections["admin"].cursor() as cursor:
        cursor.execute("delete from counted_case where case_id is null")
        cursor.execute("update counted_case set excluded_from_statistics_reason = 'test'")
        cursor.execute("alter table statistical_release disable trigger user")
        cursor.execute("update statistical_release set state = 'dropped'")
        cursor.execute("alter table statistical_release enable trigger user")
    assert pack()
    return Office(world)
