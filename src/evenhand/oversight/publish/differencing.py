"""Set every printed figure beside the earlier releases: none may differ by a few people from one it contains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evenhand.kernels.disclosure.join import Release, Source
from evenhand.kernels.disclosure.programme import Flags, Ints
from evenhand.kernels.disclosure.sums import VINTAGE

PERIOD = "period"


def differences(joined: Release, withheld: Flags, sources: Sequence[Source], threshold: int) -> Ints:
    """Return the cells of this release whose printed count differs from an earlier printed one by too little.

    Compared are cells with the same codes whose periods are equal, or one of which contains the other (a
    year and the quarters published before it): what lies between two such figures is a few people, named
    by what both have in common. The joined sums catch this wherever both figures stand in one sum; this
    catches it too where a revision has set an earlier release apart.
    """
    axes = {d.name: at for at, d in enumerate(joined.dimensions)}
    if PERIOD not in axes:
        return np.zeros(0, dtype=np.int64)
    period = joined.dimensions[axes[PERIOD]]
    related = [{code, *period.ancestors(code)} for code in period.codes]
    apart = [axis for name, axis in axes.items() if name not in {PERIOD, VINTAGE}]
    own = _cells(joined, sources[0])
    by_rest: dict[tuple[int, ...], list[int]] = {}
    for source in sources[1:]:
        for cell in _cells(joined, source):
            if not withheld[cell]:
                by_rest.setdefault(tuple(joined.keys[cell, apart].tolist()), []).append(int(cell))
    found = []
    for cell in own:
        if withheld[cell] or joined.system.shown[cell]:
            continue
        mine = int(joined.keys[cell, axes[PERIOD]])
        for other in by_rest.get(tuple(joined.keys[cell, apart].tolist()), ()):
            theirs = int(joined.keys[other, axes[PERIOD]])
            if period.codes[mine] not in related[theirs] and period.codes[theirs] not in related[mine]:
                continue
            gap = abs(int(joined.system.value[cell]) - int(joined.system.value[other]))
            if 0 < gap < threshold:
                found.append(int(cell))
                break
    return np.array(found, dtype=np.int64)


def _cells(joined: Release, source: Source) -> Ints:
    """Return the cells that a release prints."""
    return np.unique(np.concatenate([joined.cells[source.name, t.name].ravel() for t, _ in source.tables]))
