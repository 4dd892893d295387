"""Show the figures of the partnership: protected, and the same to everybody who looks."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evenhand.oversight.counts import Table, tables
from evenhand.web.entry import signed_in
from evenhand.web.page import render

BAR_WIDTH, LABEL_WIDTH, NUMBER_WIDTH, ROW_HEIGHT = 330, 260, 60, 28
MOST_LABEL = 38
ALL = "All"


@dataclass(frozen=True)
class Bar:
    """One bar of a picture: where it stands, how long it is; None for a figure that is withheld."""

    label: str
    value: int | None
    top: int
    width: int


@dataclass(frozen=True)
class Picture:
    """A picture of one column of a table: bars beside their words and numbers."""

    column: str
    bars: tuple[Bar, ...]
    height: int


@dataclass(frozen=True)
class ShownTable:
    """A table as rows of texts, with its picture."""

    table: Table
    head: list[str]
    rows: list[list[str]]
    picture: Picture


@require_safe
@signed_in
def show(request: HttpRequest) -> HttpResponseBase:
    """Every table, as it was last computed for all."""
    found = tables()
    context = {
        "tables": [_shown(table) for table in found],
        "note": found[0].note if found else "",
        "computed_at": found[0].computed_at if found else None,
        "geometry": {
            "bar": LABEL_WIDTH,
            "number": LABEL_WIDTH + BAR_WIDTH,
            "width": LABEL_WIDTH + BAR_WIDTH + NUMBER_WIDTH,
            "row": ROW_HEIGHT,
        },
    }
    return render(request, "counts/show.html", context)


def figure(value: int | None) -> str:
    """Return a figure as it is printed; [c] stands for one that is withheld."""
    return "[c]" if value is None else f"{value:,}"


def _shown(table: Table) -> ShownTable:
    rows = [
        [row, *(figure(table.cells.get((row, column))) for column in table.columns)] for row in table.rows
    ]
    return ShownTable(table, [_("Of which"), *table.columns], rows, _picture(table))


def _picture(table: Table) -> Picture:
    """Return bars for the last column, which holds the totals of the rows."""
    column = table.columns[-1]
    rows = [row for row in table.rows if row != ALL]
    values = [table.cells.get((row, column)) for row in rows]
    most = max([value for value in values if value] or [1])
    bars = tuple(
        Bar(
            row if len(row) <= MOST_LABEL else f"{row[: MOST_LABEL - 1]}…",
            value,
            number * ROW_HEIGHT,
            round(BAR_WIDTH * (value or 0) / most),
        )
        for number, (row, value) in enumerate(zip(rows, values, strict=True))
    )
    return Picture(column, bars, max(len(bars), 1) * ROW_HEIGHT)
