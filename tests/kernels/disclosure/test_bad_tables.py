"""Tables that cannot be are refused with one line that names the cell; a solver that stops gives no release."""

from __future__ import annotations

import numpy as np
import pytest
from small_release import DIMENSIONS, LINKED, drawn, published, source

from evenhand.kernels.disclosure import programme
from evenhand.kernels.disclosure.join import Source, join_tables
from evenhand.kernels.disclosure.programme import SolverStopped
from evenhand.kernels.disclosure.release import extract_hash
from evenhand.kernels.disclosure.rules import Policy, price
from evenhand.kernels.disclosure.system import BadTable, system_of_sums
from evenhand.kernels.disclosure.tables import Dimension, Extract, Table
from evenhand.kernels.disclosure.widen import CannotProtect
from evenhand.kernels.disclosure.withhold import withhold


def join(tables):
    return join_tables(DIMENSIONS, [Source("now", tables)], lowest=1, price=price)


def counted(table):
    return drawn(4).tabulate(table)


def test_two_tables_that_disagree_are_an_error():
    other = counted(LINKED[1]) * 2
    with pytest.raises(BadTable, match="disagree on the cell"):
        join([(LINKED[0], counted(LINKED[0])), (LINKED[1], other)])


def test_a_margin_that_does_not_add_is_an_error():
    counts = counted(LINKED[0])
    counts[0, 0] += 1
    with pytest.raises(BadTable, match="parts add up to"):
        join([(LINKED[0], counts)])


def test_a_negative_count_is_an_error():
    with pytest.raises(BadTable, match="negative"):
        system_of_sums([-1, 2, 1], [(2, [0, 1])])
    with pytest.raises(BadTable, match="negative"):
        Extract(DIMENSIONS, np.zeros((1, 4), dtype=np.int64), np.array([-1]))


def test_a_missing_count_is_an_error():
    counts = counted(LINKED[0]).astype(float)
    counts[1, 2] = np.nan
    with pytest.raises(BadTable, match=r"place=north, kind=\w+ has no count"):
        join([(LINKED[0], counts)])
    with pytest.raises(BadTable, match="has shape"):
        join([(LINKED[0], counted(LINKED[0])[1:])])
    for count in (np.array([np.nan]), np.array([], dtype=np.int64)):
        with pytest.raises(BadTable, match="without a count"):
            Extract(DIMENSIONS, np.zeros((1, 4), dtype=np.int64), count)


def test_an_unknown_code_is_an_error():
    table = Table("X", "X", ("age",), {"age": ("total", "ancient")})
    with pytest.raises(BadTable, match="'ancient'"):
        drawn(4).tabulate(table)


def test_a_dimension_that_is_not_there_is_an_error():
    with pytest.raises(BadTable, match="height"):
        join([(Table("X", "X", ("height",)), np.zeros(1, dtype=np.int64))])


def test_overlapping_parts_are_an_error():
    with pytest.raises(BadTable, match="overlap"):
        _ = Dimension("d", (("total", ("a", "b")), ("a", ("x", "y")), ("b", ("y", "z")))).covers


def test_a_list_that_contains_itself_is_an_error():
    with pytest.raises(BadTable, match="part of itself"):
        _ = Dimension("d", (("a", ("b",)), ("b", ("a",)))).covers


def test_a_level_left_out_between_two_printed_ones_is_an_error():
    table = Table("X", "X", ("place",), {"place": ("total", "n1", "n2", "n3")})
    with pytest.raises(BadTable, match="without the level between"):
        join([(table, counted(table))])


def test_what_is_not_printed_of_a_total_is_protected_too():
    part = Table("X", "X", ("age",), {"age": ("total", "young", "mid")})
    counts = np.array([103, 60, 40])
    done = withhold(join([(part, counts)]).system, Policy())
    assert done.withheld[:3].any()


def test_what_must_be_shown_all_round_a_small_count_cannot_be_protected():
    system = system_of_sums([60, 3, 57], [(0, [1, 2])], shown=[0, 2])
    with pytest.raises(CannotProtect, match="cell 1 cannot be protected"):
        withhold(system, Policy())


def test_a_solver_that_stops_early_gives_no_release(monkeypatch):
    monkeypatch.setattr(
        programme.highspy.Highs, "getModelStatus", lambda _: programme.highspy.HighsModelStatus.kTimeLimit
    )
    with pytest.raises(SolverStopped):
        published(source("now", drawn(4)), [], Policy())


def test_a_changed_extract_has_another_hash_and_the_order_of_rows_does_not_matter():
    one = drawn(4)
    turned = Extract(one.dimensions, one.leaf[::-1], one.count[::-1])
    count = one.count.copy()
    count[0] += 1
    assert extract_hash(one, b"salt") == extract_hash(turned, b"salt")
    assert extract_hash(one, b"salt") != extract_hash(Extract(one.dimensions, one.leaf, count), b"salt")
    assert extract_hash(one, b"salt") != extract_hash(one, b"other")


@pytest.mark.parametrize("wrong", [{"threshold": 0}, {"zeros": "hidden"}, {"threshold": 9, "width": 3}])
def test_a_policy_that_promises_nothing_is_refused(wrong):
    with pytest.raises(ValueError):
        Policy(**wrong)
