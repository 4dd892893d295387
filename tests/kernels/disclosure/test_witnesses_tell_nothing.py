"""What proves a release is computed from what it publishes, so it tells nothing more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_release import drawn, first_half, published, source

from evenhand.kernels.disclosure.release import account, witnesses_csv
from evenhand.kernels.disclosure.rules import Policy
from evenhand.kernels.disclosure.sample import printed
from evenhand.kernels.disclosure.system import public_view
from evenhand.kernels.disclosure.witness import make_witnesses


@pytest.mark.parametrize("seed", [4, 5, 6, 7])
def test_other_hidden_counts_behind_the_same_print_have_the_same_witnesses(seed):
    joined, done, files, _ = published(source("now", drawn(seed)), [], Policy())
    system, view = joined.system, public_view(joined.system, done.withheld)
    tried = 0
    for other in done.witnesses.tables:
        value = system.value.copy()
        value[view.cells] = other
        if (value == system.value).all():
            continue
        changed = replace(system, value=value)
        again = replace(done, witnesses=make_witnesses(public_view(changed, done.withheld), width=5))
        shown = printed(replace(joined, system=changed), again, Policy())
        assert witnesses_csv(joined, shown) == files["witnesses.csv"]
        assert account(joined, shown, {}) == account(joined, printed(joined, done, Policy()), {})
        tried += 1
    assert tried


def test_the_public_view_is_made_without_the_hidden_counts():
    joined, done, _, _ = published(source("now", drawn(4)), [], Policy())
    hidden = np.where(done.withheld, -(10**6), joined.system.value)
    blind = joined.system
    object.__setattr__(blind, "value", hidden)
    assert (
        make_witnesses(public_view(blind, done.withheld), width=5).tables.tobytes()
        == done.witnesses.tables.tobytes()
    )


def test_a_release_says_neither_which_cells_are_small_nor_how_many():
    joined, done, files, _ = published(source("now", drawn(4)), [], Policy())
    text = "".join(files.values())
    assert "primary" not in text.replace("primaryKey", "")
    assert str(int(done.primary.sum())) not in files["account.json"].replace(
        str(int(done.withheld.sum())), ""
    )
    marks = {line.split(",")[2] for t in "ABC" for line in files[f"tables/{t}.csv"].splitlines()[1:]}
    assert {mark for mark in marks if not mark.isdecimal()} == {"[c]"}
    del joined


def test_the_same_extract_gives_the_same_release():
    year = drawn(8)
    assert published(source("now", year), [], Policy())[2] == published(source("now", year), [], Policy())[2]


def test_an_earlier_release_is_carried_along_as_it_was():
    year = drawn(8)
    _, _, files, before = published(source("before", first_half(year), roots={"time": "t1"}), [], Policy())
    _, _, later, _ = published(source("year", year), [(before, files)], Policy())
    for path in files:
        if path.startswith("tables/") or path == "release.json":
            assert later[f"earlier/before/{path}"] == files[path]
