"""The cube is one SQL text: DuckDB and Spark count the same cells, with the same hash."""

from __future__ import annotations

import sys
from pathlib import Path

import made_up
import pytest

from evenhand.oversight.publish import cube, extract

sys.path.insert(0, str(Path(__file__).parents[3] / "bench"))


def test_equal_counts_have_equal_hashes_in_whatever_order_they_came():
    cells = made_up.frozen(made_up.plan(), 200).period
    pairs = list(zip(cells.codes, cells.counts, strict=True))
    assert cube.cells_of(cells.fields, reversed(pairs)).hash() == cells.hash()
    codes, count = pairs[0]
    assert cube.cells_of(cells.fields, [(codes, count + 1), *pairs[1:]]).hash() != cells.hash()


@pytest.mark.parametrize("name", ["annual-2026", "quarterly-2026-q1"])
def test_spark_counts_the_same_cells(name):
    pytest.importorskip(
        "pyspark",
        reason="LOUD: pyspark is not installed, so nobody has shown here that Spark counts the same; `uv pip install pyspark` and Java 17 show it",
    )
    from _spark import spark_cells

    plan = made_up.plan(name)
    rows = made_up.rows(400).assign(gender="", ethnicity="white", conditions="")
    frozen = extract.count_rows(plan, rows, None)
    fields = cube.of_period(plan)
    found = spark_cells(rows, [f.code for f in fields], cube.finest(fields, plan))
    assert found.hash() == frozen.period.hash()
    fields = cube.of_history(plan)
    assert (
        spark_cells(rows, [f.code for f in fields], cube.history(fields, plan)).hash()
        == frozen.history.hash()
    )
