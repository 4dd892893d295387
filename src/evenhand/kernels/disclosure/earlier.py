"""Set earlier releases beside this one: the same figure where nothing changed, a vintage of its own where it was revised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evenhand.kernels.disclosure.join import Source, lay_out
from evenhand.kernels.disclosure.programme import Ints
from evenhand.kernels.disclosure.sums import VINTAGE
from evenhand.kernels.disclosure.tables import Dimension

NOW = "now"


def with_vintages(
    dimensions: tuple[Dimension, ...], sources: Sequence[Source]
) -> tuple[tuple[Dimension, ...], list[Source]]:
    """Return dimensions and sources in which every revised earlier release is a vintage.

    sources   the release at hand first, then earlier ones
    returns   the same, where no figure that both print was revised. Else a further dimension, in which
              this release is the sum of the earlier one and its revision. Revisions are never printed, but
              where both figures are, the revision is known: a small one must not be
    """
    now = figures(dimensions, sources[0])
    revised = [source for source in sources[1:] if differs(now, figures(dimensions, source))]
    if not revised:
        return dimensions, list(sources)
    vintages = Dimension(VINTAGE, tuple((NOW, (e.name, f"revision since {e.name}")) for e in revised))
    names = {source.name for source in revised}
    told = [
        replace(source, roots={**source.roots, VINTAGE: source.name if source.name in names else NOW})
        for source in sources
    ]
    return (*dimensions, vintages), told


def figures(dimensions: tuple[Dimension, ...], source: Source) -> tuple[Ints, Ints]:
    """Return the keys of all cells of a release and their counts."""
    keys = np.concatenate(
        [lay_out(dimensions, source, table, counts).ravel() for table, counts in source.tables]
    )
    key, first = np.unique(keys, return_index=True)
    return key, np.concatenate([np.asarray(counts).ravel() for _, counts in source.tables])[first]


def differs(one: tuple[Ints, Ints], other: tuple[Ints, Ints]) -> bool:
    """Say whether a cell that both hold has different counts."""
    _, here, there = np.intersect1d(one[0], other[0], return_indices=True)
    return bool((one[1][here] != other[1][there]).any())
