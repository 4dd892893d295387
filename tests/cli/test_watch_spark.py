"""The same counts scanned here and in Spark: the same alarms, to the last figure."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from evenhand.cli.main import main

DAYS, AREAS, STRANDS = 460, 4, ("race", "religion")


def counts_file(folder: Path) -> Path:
    """Write daily counts of eight series with a blow near the end of two."""
    rng = np.random.default_rng(5)
    dates = np.datetime64("2025-01-01") + np.arange(DAYS)
    path = folder / "counts.csv"
    with path.open("w", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(["day", "area", "strand", "n"])
        for area in range(AREAS):
            for strand in STRANDS:
                counts = rng.poisson(1.5, DAYS)
                if area == 2:
                    counts[-4:] += 14
                for day, n in zip(dates, counts, strict=True):
                    sheet.writerow([day, f"a{area}", strand, n])
    return path


def said(capsys: pytest.CaptureFixture[str], path: Path, *more: str) -> dict[str, object]:
    assert (
        main(
            [
                "watch",
                "scan",
                str(path),
                "--date",
                "day",
                "--count",
                "n",
                "--by",
                "area,strand",
                "--json",
                *more,
            ]
        )
        == 0
    )
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


@pytest.mark.parametrize(
    "how",
    [
        ("--last", "10", "--pool", "strand"),
        ("--last", "10", "--method", "C1"),
        ("--every", "week", "--method", "C2", "--last", "5"),
    ],
)
def test_spark_calls_the_same_alarms(tmp_path, capsys, how):
    for part in ("pyspark", "pyarrow"):
        pytest.importorskip(
            part,
            reason="LOUD: without pyspark, pyarrow and Java 17 nobody has shown here that Spark says the same",
        )
    path = counts_file(tmp_path)
    here = said(capsys, path, *how)
    assert here["alarms"]
    assert said(capsys, path, *how, "--engine", "spark") == here


def test_without_spark_it_says_what_is_missing(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    path = counts_file(tmp_path)
    assert main(
        [
            "watch",
            "scan",
            str(path),
            "--date",
            "day",
            "--count",
            "n",
            "--by",
            "area,strand",
            "--engine",
            "spark",
        ]
    )
    assert "pyspark" in capsys.readouterr().err


def test_a_pool_must_be_a_column_of_the_series(tmp_path, capsys):
    path = counts_file(tmp_path)
    assert main(
        ["watch", "scan", str(path), "--date", "day", "--count", "n", "--by", "area,strand", "--pool", "n"]
    )
    assert "--pool" in capsys.readouterr().err
