"""Make a whole protected release, with an earlier one before it, from a made-up extract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from evenhand.kernels.disclosure import synthetic
from evenhand.kernels.disclosure.join import Release, Source, join_tables
from evenhand.kernels.disclosure.programme import Flags
from evenhand.kernels.disclosure.release import EarlierFiles, Printed, extract_hash, release_files
from evenhand.kernels.disclosure.rounding import Rounded, RoundedBefore, round_release
from evenhand.kernels.disclosure.rules import Policy, price
from evenhand.kernels.disclosure.system import public_view
from evenhand.kernels.disclosure.tables import Extract
from evenhand.kernels.disclosure.withhold import Protected, silent, withhold

GUARD = 20
EARLY = {"quarter": "q1-q3"}


@dataclass(frozen=True)
class Sample:
    """A release folder's files by path, and what only the analyst is told."""

    files: Mapping[str, str]
    cells: int
    withheld: int
    excess: float


def make_sample(
    referrals: int,
    *,
    seed: int,
    detail: int,
    places_a_region: int,
    earlier: bool,
    policy: Policy,
    tell: Callable[[str], None] = silent,
) -> Sample:
    """Draw referrals, publish three quarters of them, then the year, each protected with all that went before.

    excess   how much dearer the complements are than a proved lower bound, as a share of it
    raises   what `withhold` raises
    """
    year = synthetic.extract(referrals, places_a_region=places_a_region, rng=np.random.default_rng(seed))
    salt = seed.to_bytes(16, "little", signed=True)
    before: list[Source] = []
    carried: list[EarlierFiles] = []
    if earlier:
        tell("an earlier release of three quarters")
        part = synthetic.first_three_quarters(year)
        source = source_of("q1-q3", part, detail, roots=EARLY)
        joined, done = protect([source], part, policy, tell)
        files = release_files(
            "q1-q3",
            "Referrals in the first three quarters (made-up sample)",
            joined,
            printed(joined, done, policy),
            policy,
            guard=GUARD,
            extract_hash=extract_hash(part, salt),
            roots=EARLY,
        )
        carried.append(EarlierFiles("q1-q3", files, EARLY))
        hidden = {name: done.withheld[cells] for (_, name), cells in joined.cells.items()}
        before.append(Source("q1-q3", source.tables, EARLY, hidden))
        tell("the year")
    joined, done = protect([source_of("year", year, detail), *before], year, policy, tell)
    files = release_files(
        "year",
        "Referrals in the year (made-up sample)",
        joined,
        printed(joined, done, policy),
        policy,
        guard=GUARD,
        extract_hash=extract_hash(year, salt),
        earlier=carried,
    )
    size = int(joined.keys.shape[0])
    excess = done.cost / done.bound - 1 if done.bound else 0.0
    return Sample(files, size, int(done.withheld[:size].sum()), excess)


def source_of(name: str, extract: Extract, detail: int, roots: Mapping[str, str] | None = None) -> Source:
    """Count the extract into the sample's tables."""
    chosen = synthetic.tables(detail, earlier=roots is not None)
    return Source(name, [(table, extract.tabulate(table)) for table in chosen], roots or {})


def protect(
    sources: list[Source], extract: Extract, policy: Policy, tell: Callable[[str], None]
) -> tuple[Release, Protected]:
    """Join tables and withhold until proved."""
    joined = join_tables(extract.dimensions, sources, lowest=policy.lowest, price=price)
    return joined, withhold(joined.system, policy, tell=tell)


def printed(joined: Release, done: Protected, policy: Policy) -> Printed:
    """Return what the release prints of a protected system."""
    hidden: Flags = done.withheld
    return Printed(
        value=joined.system.value,
        withheld=hidden,
        view=public_view(joined.system, hidden),
        tables=done.witnesses.tables,
        width=policy.width,
        lowest=policy.lowest,
    )


def make_rounded_sample(
    referrals: int,
    *,
    seed: int,
    detail: int,
    places_a_region: int,
    earlier: bool,
    base: int,
    policy: Policy,
    tell: Callable[[str], None] = silent,
) -> Sample:
    """Draw referrals, publish three quarters of them and then the year, every count rounded to `base`.

    raises   what `round_release` raises
    """
    year = synthetic.extract(referrals, places_a_region=places_a_region, rng=np.random.default_rng(seed))
    salt = seed.to_bytes(16, "little", signed=True)
    before: list[RoundedBefore] = []
    carried: list[EarlierFiles] = []
    parts = [("q1-q3", synthetic.first_three_quarters(year), EARLY)] if earlier else []
    for name, part, roots in [*parts, ("year", year, {})]:
        now = source_of(name, part, detail, roots=roots or None)
        joined, done, _ = round_release(part.dimensions, now, before, base=base, tell=tell)
        files = release_files(
            name,
            f"Referrals in the {name}, rounded to {base} (made-up sample)",
            joined,
            rounded(joined, done, base),
            policy,
            guard=GUARD,
            extract_hash=extract_hash(part, salt),
            roots=roots,
            earlier=carried,
        )
        carried = [EarlierFiles(name, files, roots)]
        shown = {table.name: done.value[joined.cells[name, table.name]] for table in joined.tables}
        before = [RoundedBefore(now, shown)]
    size = int(joined.keys.shape[0])
    return Sample(files, size, size, 0.0)


def rounded(joined: Release, done: Rounded, base: int) -> Printed:
    """Return what a rounded release prints."""
    return Printed(
        value=done.value,
        withheld=np.zeros(joined.system.size, dtype=np.bool_),
        view=done.view,
        tables=done.witnesses.tables,
        method="round",
        base=base,
        width=done.width,
        lowest=0,
    )
