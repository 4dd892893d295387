"""Say what stands on the sheets of a spreadsheet besides its tables: cover, contents, notes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from evenhand.oversight.publish.sheet import Sheet, sheets

LANGUAGE = "en-GB"
COVER, CONTENTS, NOTES = "Cover", "Contents", "Notes"


@dataclass(frozen=True)
class Book:
    """A release as a workbook: a title, cover paragraphs, what the marks and words mean, and one table a sheet."""

    title: str
    cover: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]
    sheets: tuple[Sheet, ...]

    def contents(self) -> list[tuple[str, str]]:
        """Return every sheet with its title."""
        return [
            (NOTES, "What the marks mean, and what is not produced"),
            *((s.name, s.title) for s in self.sheets),
        ]


def book(files: Mapping[str, str]) -> Book:
    """Return the workbook of a release, from its files alone."""
    about = json.loads(files["release.json"])
    account = json.loads(files["account.json"])
    rule = about["policy"]
    period = about["period"]
    cover = [
        f"{about['standing']}.",
        f"Period: {period['begins']} to {period['ends']}. Edition {about['edition']}.",
        f"Counts from 1 to {rule['threshold'] - 1} are withheld, marked [c], and so is every count that would give one"
        f" away: {account['withheld']} of {account['different_counts']} different counts. Noughts are printed as 0.",
        "The proof that no withheld count can be worked out is in the release folder: run verify.py there. It needs"
        " neither this program nor a network.",
        "Every table holds the same figures here, in the other spreadsheet, in the CSV files and on the page.",
    ]
    if about["compared_with"]:
        cover.append(f"Held against these earlier releases: {', '.join(about['compared_with'])}.")
    notes = [*about["marks"].items(), *((label, why) for label, why in about["not_produced"])]
    if about["population_source"]:
        notes.append(("Population", about["population_source"]))
    return Book(about["title"], tuple(cover), tuple((str(a), str(b)) for a, b in notes), tuple(sheets(files)))
