"""Draw a made-up extract of referrals and name the tables of a release, at any size."""

from __future__ import annotations

import numpy as np

from evenhand.kernels.disclosure.programme import Floats, Ints
from evenhand.kernels.disclosure.system import TOTAL
from evenhand.kernels.disclosure.tables import Dimension, Extract, Table

REGIONS = (
    "north-east",
    "north-west",
    "yorkshire-humber",
    "east-midlands",
    "west-midlands",
    "east",
    "london",
    "south-east",
    "south-west",
    "wales",
)
SECTOR = (
    "education",
    "police",
    "local-authority",
    "health",
    "prisons-probation",
    "community",
    "family",
    "other",
)
CONCERN = (
    "islamist",
    "extreme-right-wing",
    "no-ideology",
    "mixed",
    "extreme-violence",
    "left-anarchist-single-issue",
    "incel",
    "other",
)
QUARTERS = ("q1", "q2", "q3", "q4")
BATCH = 100_000


def dimensions(places_a_region: int) -> tuple[Dimension, ...]:
    """Return the code lists of the made-up release; a region has `places_a_region` places under it."""
    area: list[tuple[str, tuple[str, ...]]] = [(TOTAL, REGIONS)]
    if places_a_region > 1:
        area += [(r, tuple(f"{r}-{n:02d}" for n in range(1, places_a_region + 1))) for r in REGIONS]
    return (
        Dimension("area", tuple(area)),
        Dimension("concern", ((TOTAL, ("known", "unknown")), ("known", CONCERN))),
        Dimension(
            "age",
            (
                (TOTAL, ("known", "unknown")),
                ("known", ("under-18", "18-20", "21-30", "31-40", "41-50", "51-60", "61-over")),
                ("under-18", ("10-under", "11-15", "16-17")),
            ),
        ),
        Dimension("sector", ((TOTAL, SECTOR),)),
        Dimension("gender", ((TOTAL, ("female", "male", "other", "not-stated")),)),
        Dimension(
            "stage",
            (
                (TOTAL, ("not-suitable", "discussed", "in-process")),
                ("not-suitable", ("no-further-action", "signposted")),
                ("discussed", ("discussed-not-adopted", "adopted")),
            ),
        ),
        Dimension("quarter", ((TOTAL, QUARTERS), (TOTAL, ("q1-q3", "q4")), ("q1-q3", QUARTERS[:3]))),
    )


def tables(detail: int, *, earlier: bool = False) -> tuple[Table, ...]:
    """Return the tables of the made-up release: two-way at detail 1, by area as well at 2, three-way at 3.

    earlier   the release of the first three quarters, whose figures have "q1-q3" where the year's have "total"
    """
    whole = "q1-q3" if earlier else TOTAL
    when = {"quarter": (whole, *(QUARTERS[:3] if earlier else QUARTERS))}
    chosen = [
        Table("T02", "Sector of referral by stage reached", ("sector", "stage"), share=("stage", TOTAL)),
        Table("T03", "Age by stage reached", ("age", "stage"), share=("stage", TOTAL)),
        Table("T04", "Gender by stage reached", ("gender", "stage"), share=("stage", TOTAL)),
        Table("T06", "Type of concern by stage reached", ("concern", "stage"), share=("stage", TOTAL)),
        Table("T07", "Type of concern by age", ("concern", "age"), share=("age", "known")),
        Table(
            "T08", "Type of concern by sector of referral", ("concern", "sector"), share=("concern", "known")
        ),
        Table("T09", "Type of concern by gender", ("concern", "gender"), share=("concern", "known")),
        Table("T10", "Age by gender", ("age", "gender"), share=("age", "known")),
        Table("T17", "Referrals by quarter and sector", ("quarter", "sector"), when, ("quarter", whole)),
    ]
    if detail >= 2:
        chosen += [
            Table("T05", "Area by stage reached", ("area", "stage"), share=("stage", TOTAL)),
            Table("T11", "Area by type of concern", ("area", "concern"), share=("concern", "known")),
            Table("T11a", "Area by age", ("area", "age"), share=("age", "known")),
            Table("T11b", "Area by sector of referral", ("area", "sector"), share=("sector", TOTAL)),
        ]
    if detail >= 3:
        chosen += [
            Table("T20", "Area by type of concern and stage", ("area", "concern", "stage")),
            Table("T21", "Area by age and gender", ("area", "age", "gender")),
            Table("T22", "Area by sector and quarter", ("area", "sector", "quarter"), when),
        ]
    return tuple(chosen)


def first_three_quarters(year: Extract) -> Extract:
    """Return the part of a year's extract that was referred in its first three quarters."""
    axis = [d.name for d in year.dimensions].index("quarter")
    leaves = year.dimensions[axis].leaves
    early = np.isin(year.leaf[:, axis], [leaves.index(quarter) for quarter in QUARTERS[:3]])
    return Extract(year.dimensions, year.leaf[early], year.count[early])


def extract(referrals: int, *, places_a_region: int, rng: np.random.Generator) -> Extract:
    """Draw `referrals` made-up referrals and count them into the finest cells that occur.

    Nothing in it comes from anybody: codes are drawn from fixed weights, with concern tied to age and
    sector, and stage to concern, so that tables have the holes and small counts that real ones have.
    """
    named = dimensions(places_a_region)
    area, concern, age, sector, gender, stage, quarter = (len(d.leaves) for d in named)
    busy = rng.permutation(area)
    age_by_sector = falling(age, 1.1) * rng.lognormal(0, 0.6, (sector, age))
    concern_by_age = falling(concern, 1.4) * rng.lognormal(0, 0.6, (age, concern))
    stage_by_concern = falling(stage, 1.0) * rng.lognormal(0, 0.4, (concern, stage))
    drawn: list[Ints] = []
    for first in range(0, referrals, BATCH):
        batch = min(BATCH, referrals - first)
        place = busy[draw(np.tile(falling(area, 0.8), (batch, 1)), rng)]
        source = draw(np.tile(falling(sector, 1.5), (batch, 1)), rng)
        years = draw(age_by_sector[source], rng)
        worry = draw(concern_by_age[years], rng)
        reached = draw(stage_by_concern[worry], rng)
        sex = draw(np.tile(np.array([0.11, 0.86, 0.01, 0.02])[:gender], (batch, 1)), rng)
        when = draw(np.ones((batch, quarter)), rng)
        drawn.append(np.stack([place, worry, years, source, sex, reached, when], axis=1))
    leaf, count = np.unique(np.concatenate(drawn), axis=0, return_counts=True)
    return Extract(named, leaf.astype(np.int64), count.astype(np.int64))


def falling(size: int, steepness: float) -> Floats:
    """Return weights that fall off as a power of the rank."""
    return np.asarray(1.0 / np.arange(1, size + 1) ** steepness, dtype=np.float64)


def draw(weights: Floats, rng: np.random.Generator) -> Ints:
    """Draw one code for each row of weights."""
    edges = np.cumsum(weights, axis=1)
    spots = rng.random(weights.shape[0]) * edges[:, -1]
    return np.asarray(np.minimum((spots[:, None] > edges).sum(axis=1), weights.shape[1] - 1), dtype=np.int64)
