"""Four linked tables of a statistics office with two hierarchies, read from the files that it published."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np

from evenhand.kernels.disclosure.tables import Dimension, Table

GOLDEN = Path(__file__).parents[2] / "golden" / "disclosure"


def hierarchy(name, file, columns):
    """Read a hierarchy: each row is a path from the roll-ups down to a code."""
    sums: dict[str, dict[str, None]] = {}
    for row in csv.DictReader((GOLDEN / file).open()):
        path = ["total", *(row[column] for column in columns)]
        for parent, child in pairwise(path):
            if parent != child:
                sums.setdefault(parent, {})[child] = None
    return Dimension(name, tuple((parent, tuple(children)) for parent, children in sums.items()))


def real_tables():
    """Return the dimensions and the four tables with their counts of contributors."""
    activity = hierarchy("ACTIVITY", "activity_corr_table.csv", ["A10", "A21", "A88"])
    nuts = hierarchy("NUTS", "nuts23_fr_corr_table.csv", ["NUTS2", "NUTS3"])
    forms = Dimension("CJ", (("total", ("LL", "PA", "SP")),))
    sizes = Dimension("SIZE", (("total", ("tr1", "tr2", "tr3")),))
    dimensions = (activity, nuts, forms, sizes)
    tables = []
    for place, other, file in (
        (activity, forms, "turnover_act_cj.csv"),
        (activity, sizes, "turnover_act_size.csv"),
        (nuts, forms, "turnover_nuts_cj.csv"),
        (nuts, sizes, "turnover_nuts_size.csv"),
    ):
        counts = np.zeros((len(place.codes), len(other.codes)), dtype=np.int64)
        for row in csv.DictReader((GOLDEN / file).open()):
            codes = [row[d.name].replace("Total", "total") for d in (place, other)]
            counts[place.place[codes[0]], other.place[codes[1]]] = int(float(row["N_OBS"]))
        tables.append((Table(file[:-4], file, (place.name, other.name)), counts))
    return dimensions, tables
