"""Ask how much tighter a withheld count is bounded when people in cells that nobody prints are reasoned about too."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from evenhand.kernels.disclosure.audit import extreme
from evenhand.kernels.disclosure.join import Source
from evenhand.kernels.disclosure.programme import Programme, Rows
from evenhand.kernels.disclosure.rules import Policy
from evenhand.kernels.disclosure.sample import protect
from evenhand.kernels.disclosure.synthetic import extract, tables


def measure(quick: bool) -> Iterator[dict[str, object]]:
    """Bound a sample of withheld cells of two-way releases by sums in print, and by people in the finest cells."""
    for referrals in (600, 1_500, 8_000)[: 1 if quick else None]:
        year = extract(referrals, places_a_region=1, rng=np.random.default_rng(1))
        policy = Policy()
        # All pairs of four dimensions: their finest cells are few enough to reason about people one by one.
        chosen = [t for t in tables(1) if not {"sector", "quarter"} & set(t.dimensions)]
        source = Source("year", [(table, year.tabulate(table)) for table in chosen])
        joined, done = protect([source], year, policy, lambda _: None)
        size = joined.keys.shape[0]
        used = [d.name for d in year.dimensions if any(d.name in t.dimensions for t in chosen)]
        axes = [year.dimensions[[d.name for d in year.dimensions].index(name)] for name in used]
        shape = [len(d.leaves) for d in axes]
        people = int(np.prod(shape))
        grid = np.stack(np.unravel_index(np.arange(people), shape), axis=1)
        place = [[d.name for d in year.dimensions].index(name) for name in used]
        inside = np.ones((size, people), dtype=bool)
        for axis, dimension in enumerate(axes):
            inside &= dimension.covers[joined.keys[:, place[axis]]][:, grid[:, axis]].astype(bool)
        hidden = done.withheld[:size]
        value = joined.system.value[:size]
        possible = ~inside[~hidden & (value == 0)].any(axis=0)
        matrix = sparse.csr_matrix(inside[:, possible].astype(np.float64))
        cells = np.flatnonzero(hidden)
        count = int(possible.sum())
        # One column for each withheld cell, tied to its people, so that it can be the objective.
        ties = sparse.csr_matrix(
            (-np.ones(cells.size), (cells, np.arange(cells.size))), shape=(size, cells.size)
        )
        both = sparse.hstack([matrix, ties], format="csr")
        right = np.where(hidden, 0, value).astype(np.float64)
        programme = Programme(
            np.zeros(count + cells.size),
            np.concatenate([np.zeros(count), np.ones(cells.size)]),
            np.full(count + cells.size, np.inf),
            Rows(both.indptr.astype(np.int64), both.indices.astype(np.int64), both.data, right, right),
        )
        asked = np.random.default_rng(2).permutation(cells.size)[: 10 if quick else 60]
        spans = [
            extreme(programme, count + cells.size, count + int(at), sign=-1.0)
            - extreme(programme, count + cells.size, count + int(at), sign=1.0)
            for at in asked
        ]
        tight = sum(span < policy.width - 1e-6 for span in spans)
        yield {
            "name": f"disclosure {size} cells of {referrals} referrals: bounded tighter by joint reasoning",
            "value": tight,
            "unit": f"of {len(spans)}",
            "how": f"withheld cells sampled; {count} unprinted finest cells; least span {min(spans):.2f}",
        }
