"""Protect tables with the tau-ARGUS engine in an interpreter of its own: reads JSON, writes JSON, needs pytauargus alone."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from pytauargus import protect


def main() -> None:
    """Protect each table on standard input by itself; say what is withheld in it and how long that took."""
    asked = json.load(sys.stdin)
    answers = []
    for table in asked["tables"]:
        folder = Path(tempfile.mkdtemp(prefix="argus"))
        hierarchies = {}
        for name, lines in table["hierarchies"].items():
            path = folder / f"{name}.hrc"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            hierarchies[name] = str(path)
        people = {name: [] for name in [*table["dimensions"], "ONE"]}
        for codes, count in table["cells"]:
            for name, code in zip(table["dimensions"], codes, strict=True):
                people[name] += [code] * count
            people["ONE"] += [1] * count
        used = resource.getrusage(resource.RUSAGE_SELF)
        begun, clock = used.ru_utime + used.ru_stime, time.monotonic()
        try:
            made = protect(
                people,
                table["dimensions"],
                "ONE",
                safety_rules=asked["rule"],
                suppress=asked["method"],
                hrc=hierarchies,
                totcode="Total",
                workdir=str(folder / "run"),
            )
            cells = [
                [[row[name] for name in table["dimensions"]], row["ONE"], row["status"]]
                for row in made.tables[0].rows
            ]
            fault = ""
        except Exception as error:  # whatever the engine says is its answer
            cells, fault = [], f"{type(error).__name__}: {error}"
        used = resource.getrusage(resource.RUSAGE_SELF)
        answers.append(
            {
                "cells": cells,
                "fault": fault,
                "cpu": used.ru_utime + used.ru_stime - begun,
                "wall": time.monotonic() - clock,
            }
        )
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
