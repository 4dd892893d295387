"""Count the same rows to the same cells in Spark, by the very SQL that DuckDB runs; a part for benches and one test."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
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
        .config("spark.ui.showConsoleProgress", "false")
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
            # Parquet on both sides: a CSV is read as one text by one core, and `collect` takes every cell through
            # Python's pickling, which at ten million rows took longer than the counting.
            taken, counted = Path(folder) / "rows.parquet", Path(folder) / "cells.parquet"
            with duckdb.connect() as engine:
                engine.register("taken", rows)
                engine.execute(
                    "copy (select * exclude (referred_on), cast(referred_on as date) as referred_on from taken)"
                    f" to '{taken}' (format parquet, row_group_size 500000)"
                )
            session.read.parquet(str(taken)).createOrReplaceTempView(ROWS)
            session.sql(query).write.parquet(str(counted))
            with duckdb.connect() as engine:
                names = ", ".join(f"by_{name}" for name in fields)
                found = engine.execute(f"select {names}, n from '{counted}/*.parquet'").fetchall()
        return cells_of(fields, ((row[:-1], row[-1]) for row in found))
    finally:
        session.stop()
