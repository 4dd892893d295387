"""Figures inside: nothing small shows or can be worked out, everybody sees the same, and no answer on equality is read."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from django.db import ProgrammingError, connections
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house
from evenhand.gate.entry import now as record_now
from evenhand.gate.policy import pack
from evenhand.oversight import counts
from evenhand.oversight.counts import (
    DIMENSIONS,
    TOTAL,
    Referrals,
    cells_of,
    grouped,
    protected,
    refresh,
    tables,
)
from evenhand.oversight.stages import stages, stops


def referrals():
    codes = st.tuples(*(st.sampled_from([f"{name}{n}" for n in range(3)]) for name in DIMENSIONS))
    return st.dictionaries(codes, st.integers(1, 9), min_size=1, max_size=14).map(
        lambda found: [Referrals("channel", key, number) for key, number in found.items()]
    )


def bounds(cells, safe, hidden):
    """What a reader can work out about one withheld cell: every margin is the sum of its cells."""
    withheld = [key for key, value in safe.items() if value is None]
    place = {key: at for at, key in enumerate(withheld)}
    rows, right = [], []
    for key in cells:
        for axis, code in enumerate(key):
            if code != TOTAL:
                continue
            parts = [k for k in cells if k[axis] != TOTAL and (*k[:axis], TOTAL, *k[axis + 1 :]) == key]
            if not parts:
                continue
            row, known = np.zeros(len(withheld)), 0
            for part, sign in [(p, 1) for p in parts] + [(key, -1)]:
                if part in place:
                    row[place[part]] += sign
                else:
                    known -= sign * cells[part]
            rows.append(row)
            right.append(known)
    cost = np.zeros(len(withheld))
    cost[place[hidden]] = 1
    least = linprog(cost, A_eq=np.array(rows), b_eq=np.array(right), bounds=(1, None))
    most = linprog(-cost, A_eq=np.array(rows), b_eq=np.array(right), bounds=(1, None))
    return least.fun, np.inf if most.status == 3 else -most.fun


@settings(max_examples=12, deadline=None)
@given(referrals())
def test_nothing_under_the_threshold_shows_or_follows_from_the_margins_of_any_table(found):
    cells = cells_of(found)
    safe = protected(cells, pack())
    threshold = pack().counts.threshold
    for key, value in safe.items():
        if value is not None:
            assert cells[key] == 0 or cells[key] >= threshold
            assert value % pack().counts.round_to == 0
    for key in [k for k, value in safe.items() if value is None and cells[k] < threshold][:3]:
        low, high = bounds(cells, safe, key)
        assert high - low >= threshold - 1e-6


def test_every_table_adds_up_before_it_is_protected():
    found = [Referrals("channel", tuple(f"{name}{n % 2}" for name in DIMENSIONS), n + 1) for n in range(5)]
    cells = cells_of(found)
    everything = cells[(TOTAL,) * len(DIMENSIONS)]
    assert everything == 15
    assert (
        sum(v for k, v in cells.items() if k.count(TOTAL) == len(DIMENSIONS) - 1 and k[1] != TOTAL)
        == everything
    )


def test_rare_codes_are_put_together_and_a_single_one_is_left_alone():
    def one(sector, number):
        codes = ["x"] * len(DIMENSIONS)
        codes[DIMENSIONS.index("sector")] = sector
        return Referrals("channel", tuple(codes), number)

    rows = grouped([one("a", 40), one("b", 3), one("c", 2)], 20)
    assert {row.codes[DIMENSIONS.index("sector")] for row in rows} == {"a", counts.FEW}
    rows = grouped([one("a", 40), one("b", 3)], 20)
    assert {row.codes[DIMENSIONS.index("sector")] for row in rows} == {"a", "b"}


def test_ends_and_side_rooms_do_not_say_how_far_a_case_came():
    listed = stages(pack())
    counted = {stop.place: listed[stop.position] for stop in stops(pack()) if stop.journey == "channel"}
    assert counted["gateway"] == "R3"
    assert counted["supported"] == "R8"
    assert "closed" not in counted
    assert "transferring" not in counted


@pytest.fixture
def counted(world):
    for number in range(7):
        world.refer(born=f"20{10 + number % 3}-05-04")
    with as_worker():
        with enter_house():
            moment = record_now()
        refresh(moment)
    return world


def seen_by(world, whom):
    with world.enter(whom):
        return tables()


def test_two_viewers_see_the_same_tables_byte_for_byte(counted):
    one = seen_by(counted, "gateway_supervisor@force")
    other = seen_by(counted, "panel_chair@other_council")
    assert one
    assert pickle.dumps(one) == pickle.dumps(other)


def test_each_table_says_what_is_counted_and_what_was_done_to_it(counted):
    for table in seen_by(counted, "analyst@force"):
        assert "Referrals are counted" in table.note
        assert "a referral is not a case" in table.note
        assert "[c]" in table.note
        assert set(table.cells) == {(row, column) for row in table.rows for column in table.columns}


def test_counting_again_replaces_the_figures(counted):
    before = len(seen_by(counted, "analyst@force"))
    with as_worker():
        with enter_house():
            moment = record_now()
        refresh(moment)
    assert len(seen_by(counted, "analyst@force")) == before


def test_the_counting_cannot_read_monitoring_answers(database):
    with pytest.raises(ProgrammingError, match="permission denied"), connections["worker"].cursor() as cursor:
        cursor.execute("select count(*) from monitoring_answer")


def test_nobody_else_can_count_or_change_a_figure(counted):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        counted.enter("analyst@force"),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute("select count(*) from counted_case")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        counted.enter("analyst@force"),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute("delete from published_count")
