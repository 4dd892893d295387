"""No count that a release withholds can be bounded more tightly than the policy says, whatever the tables."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.kernels.disclosure import verify
from evenhand.kernels.disclosure.join import Source, join_tables
from evenhand.kernels.disclosure.release import EarlierFiles, Printed, release_files
from evenhand.kernels.disclosure.rounding import round_counts
from evenhand.kernels.disclosure.rules import Policy, price
from evenhand.kernels.disclosure.sample import printed
from evenhand.kernels.disclosure.tables import Dimension, Extract, Table
from evenhand.kernels.disclosure.withhold import withhold

sys.path.insert(0, str(Path(__file__).parent))
from outside_audit import intervals

PLACE = Dimension("place", (("total", ("north", "south")), ("north", ("n1", "n2", "n3"))))
KIND = Dimension("kind", (("total", ("known", "unknown")), ("known", ("k1", "k2"))))
AGE = Dimension("age", (("total", ("young", "mid", "old")),))
TIME = Dimension("time", (("total", ("t1", "t2")),))
LINKED = (
    Table("A", "Place by kind", ("place", "kind"), share=("kind", "known")),
    Table("B", "Kind by age", ("kind", "age")),
    Table("C", "Place by age", ("place", "age")),
)
THREE_WAY = (Table("D", "Place by kind by age", ("place", "kind", "age")), LINKED[1])


def write(files, folder: Path) -> Path:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def draw_extract(data, top=14):
    dims = (PLACE, KIND, AGE, TIME)
    shape = tuple(len(d.leaves) for d in dims)
    size = int(np.prod(shape))
    counts = data.draw(
        st.lists(st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5, 8, top]), min_size=size, max_size=size)
    )
    leaf = np.stack(np.unravel_index(np.arange(size), shape), axis=1)
    return Extract(dims, leaf.astype(np.int64), np.array(counts, dtype=np.int64))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_withheld_count_is_bounded_tighter_than_the_policy(data, tmp_path_factory):
    extract = draw_extract(data)
    tables = data.draw(st.sampled_from([LINKED, LINKED[:2], THREE_WAY]))
    policy = Policy(zeros=data.draw(st.sampled_from(["shown", "usable", "withheld"])))
    joined = join_tables(
        extract.dimensions,
        [Source("now", [(t, extract.tabulate(t)) for t in tables])],
        lowest=policy.lowest,
        price=price,
    )
    done = withhold(joined.system, policy)
    files = release_files(
        "now", "now", joined, printed(joined, done, policy), policy, guard=10, extract_hash="x"
    )
    folder = write(files, tmp_path_factory.mktemp("release"))
    assert verify.main([str(folder)]) == 0
    small = np.flatnonzero((joined.system.value > 0) & (joined.system.value < 5))
    assert done.withheld[small].all()
    for key, (low, high) in intervals(folder).items():
        assert high - low >= policy.width - 1e-6, (key, low, high)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_earlier_releases_count_as_known(data, tmp_path_factory):
    extract = draw_extract(data, top=20)
    policy = Policy()
    first = np.array([row[3] == 0 for row in extract.leaf])
    before = Extract(extract.dimensions, extract.leaf[first], extract.count[first])
    roots = {"time": "t1"}
    early = Source("before", [(t, before.tabulate(t)) for t in LINKED], roots)
    joined = join_tables(extract.dimensions, [early], lowest=1, price=price)
    done = withhold(joined.system, policy)
    files = release_files(
        "before",
        "before",
        joined,
        printed(joined, done, policy),
        policy,
        guard=10,
        extract_hash="x",
        roots=roots,
    )
    hidden = {name: done.withheld[cells] for (_, name), cells in joined.cells.items()}
    year = Source("year", [(t, extract.tabulate(t)) for t in LINKED])
    joined = join_tables(
        extract.dimensions,
        [year, Source("before", early.tables, roots, hidden)],
        lowest=1,
        price=price,
    )
    done = withhold(joined.system, policy)
    folder = write(
        release_files(
            "year",
            "year",
            joined,
            printed(joined, done, policy),
            policy,
            guard=10,
            extract_hash="x",
            earlier=[EarlierFiles("before", files, roots)],
        ),
        tmp_path_factory.mktemp("release"),
    )
    assert verify.main([str(folder)]) == 0
    for key, (low, high) in intervals(folder).items():
        assert high - low >= policy.width - 1e-6, (key, low, high)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_rounded_releases_add_up_and_are_proved(data, tmp_path_factory):
    extract = draw_extract(data)
    joined = join_tables(
        extract.dimensions, [Source("now", [(t, extract.tabulate(t)) for t in LINKED])], lowest=0, price=price
    )
    done = round_counts(joined.system, base=5)
    assert (done.value % 5 == 0).all()
    assert (abs(done.value - joined.system.value) < 5).all()
    assert (joined.system.equations() @ done.value == 0).all()
    shown = Printed(
        done.value,
        np.zeros(joined.system.size, dtype=bool),
        done.view,
        done.witnesses.tables,
        method="round",
        base=5,
        width=done.width,
        lowest=0,
    )
    files = release_files("now", "now", joined, shown, Policy(), guard=10, extract_hash="x")
    assert verify.main([str(write(files, tmp_path_factory.mktemp("release")))]) == 0
