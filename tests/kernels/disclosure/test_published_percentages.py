"""The percentages that official bulletins printed come out again, with known-only denominators and halves up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evenhand.kernels.disclosure.percent import (
    NOT_APPLICABLE,
    TOO_FEW,
    WITHHELD,
    percent_half_up,
    percentages,
)
from evenhand.kernels.disclosure.tables import Dimension, Table

GOLDEN = Path(__file__).parents[2] / "golden" / "disclosure" / "prevent_published_headlines.json"
# Each figure's own denominator: those whose attribute is known, where the bulletin says how many that is.
KNOWN = {
    "male": "gender_known",
    "age_15_20": "age_known",
    "age_11_15": "age_known",
    "age_16_17": "age_known",
    "extreme_right_wing": "concern_known",
    "islamist": "concern_known",
}


def printed():
    golden = json.loads(GOLDEN.read_text())
    for year, percents in golden["percent_checks_as_printed"].items():
        for figure, percent in percents.items():
            yield pytest.param(golden["years"][year], figure, percent, id=f"{year} {figure}")


@pytest.mark.parametrize(("year", "figure", "percent"), list(printed()))
def test_a_printed_percentage_is_recomputed(year, figure, percent):
    denominator = year.get(KNOWN.get(figure, "referrals"), year["referrals"])
    assert percent_half_up(year[figure], denominator) == percent


def test_all_25_are_there():
    assert len(list(printed())) == 25


def test_the_denominator_decides_between_20_and_21():
    assert percent_half_up(1798, 8769) == 21
    assert percent_half_up(1798, 8778) == 20


def test_a_percentage_of_nobody_is_refused():
    with pytest.raises(ValueError):
        percent_half_up(0, 0)


CONCERN = Dimension("concern", (("total", ("known", "unknown")), ("known", ("a", "b"))))
TABLE = Table("T", "Concern", ("concern",), share=("concern", "known"))


@pytest.mark.parametrize(
    ("counts", "withheld", "shown"),
    [
        ([109, 100, 9, 60, 40], [], [NOT_APPLICABLE, 100, NOT_APPLICABLE, 60, 40]),
        ([109, 100, 9, 60, 40], [3, 4], [NOT_APPLICABLE, 100, NOT_APPLICABLE, WITHHELD, WITHHELD]),
        ([109, 100, 9, 60, 40], [0, 1], [NOT_APPLICABLE, WITHHELD, NOT_APPLICABLE, WITHHELD, WITHHELD]),
        ([24, 15, 9, 9, 6], [], [NOT_APPLICABLE, TOO_FEW, NOT_APPLICABLE, TOO_FEW, TOO_FEW]),
        ([9, 0, 9, 0, 0], [], [NOT_APPLICABLE] * 5),
    ],
)
def test_a_percentage_stands_only_where_both_counts_do_and_suffice(counts, withheld, shown):
    # codes in order: total, known, unknown, a, b
    hidden = np.zeros(5, dtype=bool)
    hidden[withheld] = True
    assert percentages(TABLE, (CONCERN,), np.array(counts), hidden, guard=20).tolist() == shown
