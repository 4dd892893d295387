"""Sentences about referrals that come as a council keeps them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from evenhand.casework.import_referrals import import_referrals, read_map
from evenhand.gate.entry import open_session
from tests.journeys.scenario import ENGLISH
from tests.journeys.stage import Stage

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "referrals"
REFERENCE = "Our ref"


@ENGLISH.says(
    "{who} brings in the rows from “{first}” to “{last}” of the example list, and “{row}” is followed here"
)
def brings_in(stage: Stage, who: str, first: str, last: str, row: str) -> None:
    """Those rows become cases, as the map says; one of them is the case of this scenario."""
    person = stage.who(who)
    wanted = _rows(first, last)
    areas = ("ashmere", "brackenford", "copperdale", "dunmarrow")
    column_map = (EXAMPLE / "map.toml").read_text("utf-8")
    for area in areas:
        column_map = column_map.replace(f'"{area}"', f'"{stage.world.areas["town"].code}"')
    token = open_session(stage.world.people[person.key].id)
    found = import_referrals(_sheet(wanted), read_map(column_map), token)
    assert [str(fault) for fault in found.faults] == []
    number = next(n for n, cells in enumerate(wanted) if cells[REFERENCE] == row)
    assert len(found.begun) == len(wanted)
    stage.reference = found.begun[number][1]


def _rows(first: str, last: str) -> list[dict[str, str]]:
    with (EXAMPLE / "referrals.csv").open(encoding="utf-8-sig", newline="") as file:
        every = list(csv.DictReader(file))
    references = [cells[REFERENCE] for cells in every]
    found = every[references.index(first) : references.index(last) + 1]
    # Nobody of the example works in this partnership, so no row names its owner.
    return [
        {name: "" if name.startswith("Owner") else value for name, value in cells.items()} for cells in found
    ]


def _sheet(rows: list[dict[str, str]]) -> bytes:
    written = io.StringIO(newline="")
    sheet = csv.DictWriter(written, fieldnames=list(rows[0]))
    sheet.writeheader()
    sheet.writerows(rows)
    return written.getvalue().encode()
