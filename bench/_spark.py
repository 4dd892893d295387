"""Count the same rows to the same cells in Spark, by the very SQL that DuckDB runs; a part for benches and one test."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from evenhand.oversight.publish.cube import ROWS, Cells, cells_of


def spark_cells(
    rows: pd.DataFrame, fields: Sequence[str], query: str, *, cores: int = 2, memory: str = "3g"
) -> Cells:
    """Return the cells that Spark counts; raises ImportError, when pyspark is not installed."""
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master(f"local[{cores}]")
        .appName("cube")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", memory)
        .config("spark.sql.shuffle.partitions", str(2 * cores))
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.csv"
            rows.to_csv(path, index=False)
            taken = session.read.csv(str(path), header=True, nullValue="\u0000", emptyValue="")
            taken = taken.na.fill("")
            taken.selectExpr(
                *[c for c in taken.columns if c != "referred_on"], "cast(referred_on as date) as referred_on"
            ).createOrReplaceTempView(ROWS)
            found = session.sql(query).collect()
        return cells_of(fields, ((tuple(row)[:-1], row[-1]) for row in found))
    finally:
        session.stop()
