"""Small internal boards: what is shown never gives a small count away."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from evenhand.kernels.disclosure import BadTable, protect_counts


def with_margins(counts: np.ndarray) -> dict[tuple[str, ...], int]:
    """Return every cell and every margin of a full table."""
    cells = {}
    axes = [[*map(str, range(n)), "total"] for n in counts.shape]
    for key in itertools.product(*axes):
        at = tuple(slice(None) if part == "total" else int(part) for part in key)
        cells[key] = int(np.sum(counts[at]))
    return cells


def leaves_programme(cells, shown):
    """Write every margin as a sum of the finest cells: an independent model of what a reader knows."""
    leaves = [key for key in cells if "total" not in key]
    left, right = [], []
    for key, count in shown.items():
        if count is not None:
            left.append(
                [float(all(a in ("total", b) for a, b in zip(key, leaf, strict=True))) for leaf in leaves]
            )
            right.append(count)
    return leaves, np.array(left).reshape(-1, len(leaves)), np.array(right, dtype=float)


def assert_no_small_count_recovered(cells, shown, threshold):
    leaves, left, right = leaves_programme(cells, shown)
    hidden = [key for key, count in shown.items() if count is None]
    # A withheld cell is never zero, because zeros are shown.
    below = np.array(
        [
            [-float(all(a in ("total", b) for a, b in zip(key, leaf, strict=True))) for leaf in leaves]
            for key in hidden
        ]
    ).reshape(-1, len(leaves))
    for key in hidden:
        goal = np.array(
            [float(all(a in ("total", b) for a, b in zip(key, leaf, strict=True))) for leaf in leaves]
        )
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * goal,
                A_ub=below,
                b_ub=-np.ones(len(hidden)),
                A_eq=left if len(right) else None,
                b_eq=right if len(right) else None,
            )
            assert found.status in (0, 3)
            ends.append(np.inf if found.status == 3 else sign * found.fun)
        assert ends[1] - ends[0] >= threshold - 1e-6, (key, ends)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_small_count_can_be_worked_out_from_what_is_shown(data):
    shape = data.draw(st.sampled_from([(4,), (3, 4), (2, 3, 3), (4, 5)]))
    counts = data.draw(
        st.lists(
            st.one_of(st.integers(0, 6), st.integers(0, 40)),
            min_size=int(np.prod(shape)),
            max_size=int(np.prod(shape)),
        )
    )
    cells = with_margins(np.array(counts).reshape(shape))
    shown = protect_counts(cells, threshold=5, round_to=1)
    assert all(shown[key] is None for key, count in cells.items() if 0 < count < 5)
    assert all(shown[key] in (None, count) for key, count in cells.items())
    assert all(shown[key] == 0 for key, count in cells.items() if count == 0)
    assert_no_small_count_recovered(cells, shown, 5)


def test_one_small_cell_takes_a_second_with_it():
    shown = protect_counts({("a",): 2, ("b",): 40, ("c",): 11, ("total",): 53}, threshold=5, round_to=1)
    assert shown == {("a",): None, ("b",): 40, ("c",): None, ("total",): 53}


def test_two_ones_beside_a_shown_margin_are_not_left_as_certain_ones():
    shown = protect_counts({("a",): 1, ("b",): 1, ("c",): 30, ("total",): 32}, threshold=5, round_to=1)
    assert shown[("c",)] is None


def test_shown_counts_are_rounded_half_up_and_zero_stays_zero():
    shown = protect_counts({("a",): 0, ("b",): 13, ("c",): 12, ("total",): 25}, threshold=5, round_to=5)
    assert shown == {("a",): 0, ("b",): 15, ("c",): 10, ("total",): 25}


def test_only_a_margin_and_its_cells_need_be_given():
    shown = protect_counts(
        {("a", "total"): 3, ("b", "total"): 9, ("total", "total"): 12}, threshold=5, round_to=1
    )
    assert shown[("a", "total")] is None
    assert shown[("b", "total")] is None


def test_a_table_without_small_counts_is_shown_whole():
    cells = with_margins(np.array([[10, 20], [30, 40]]))
    assert protect_counts(cells, threshold=5, round_to=1) == cells


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({("a",): 6, ("b",): 7, ("total",): 14}, "add up to 13"),
        ({("a",): -1, ("total",): -1}, "negative"),
    ],
)
def test_a_table_that_cannot_be_is_refused(cells, words):
    with pytest.raises(BadTable, match=words):
        protect_counts(cells, threshold=5, round_to=1)


def test_keys_of_different_length_are_refused():
    with pytest.raises(ValueError, match="length"):
        protect_counts({("a",): 6, ("a", "b"): 7}, threshold=5, round_to=1)


def test_an_empty_board_stays_empty():
    assert protect_counts({}, threshold=5, round_to=5) == {}
