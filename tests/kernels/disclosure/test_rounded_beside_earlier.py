"""Rounded releases beside earlier ones: taken into the proof, or refused; a differencing pair is caught."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from outside_audit import intervals_by_sums
from small_release import (
    EARLY,
    SHAPE,
    drawn,
    extract_of,
    first_half,
    published,
    rounded,
    source,
    write,
)

from evenhand.kernels.disclosure import verify
from evenhand.kernels.disclosure.join import Source, join_tables
from evenhand.kernels.disclosure.release import EarlierFiles, Printed, release_files
from evenhand.kernels.disclosure.rounding import Standing, round_counts
from evenhand.kernels.disclosure.rules import Policy, price
from evenhand.kernels.disclosure.system import system_of_sums
from evenhand.kernels.disclosure.tables import Dimension, Extract, Table
from evenhand.kernels.disclosure.widen import CannotProtect

COUNTS = st.lists(
    st.sampled_from([0] * 8 + [1, 1, 2, 3, 8, 14]),
    min_size=int(np.prod(SHAPE)),
    max_size=int(np.prod(SHAPE)),
)
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def refused(files, folder, capsys) -> str:
    assert verify.main([str(write(files, folder))]) == 1
    return capsys.readouterr().out


def two_counts(year: int, half: int):
    """Publish one count of a half, then that of the year, each as printed by hand; the witnesses fit both prints."""
    time = Dimension("time", (("total", ("t1", "t2")),))
    table = Table("T", "All", ("time",), {"time": ("total",)})
    files: dict[str, str] = {}
    for name, roots in (("half", {"time": "t1"}), ("year", {})):
        alone = Table("T", "All", ()) if roots else table
        shape = np.full((1,) if alone.dimensions else (), 8)
        sources = [Source(name, [(alone, shape)], roots)]
        if name == "year":
            sources.append(Source("half", [(Table("T", "All", ()), np.array(8))], {"time": "t1"}))
        joined = join_tables((time,), sources, lowest=0, price=price)
        value = np.array([{"total": year, "t1": half}[joined.key(c)[0]] for c in range(len(joined.keys))])
        # Everything a reader can think of: the half within its rounding, the year within its own and not less.
        fits = [(y, h) for y in range(year - 4, year + 5) for h in range(half - 4, half + 5) if y >= h >= 0]
        tables = np.array(
            [[{"total": y, "t1": h}[joined.key(c)[0]] for c in range(len(value))] for y, h in fits]
        )
        size = joined.system.size
        shown = Printed(
            np.append(value, np.zeros(size - value.size, dtype=np.int64)),
            np.zeros(size, dtype=bool),
            round_view(size),
            tables,
            method="round",
            base=5,
            width=4,
            lowest=0,
        )
        before = [EarlierFiles("half", files, {"time": "t1"})] if files else []
        files = release_files(
            name, name, joined, shown, Policy(), guard=9, extract_hash="x", roots=roots, earlier=before
        )
    return files


def round_view(size):
    system = system_of_sums([0] * size, [], lowest=0)
    return round_counts(system, base=5).view


def test_a_half_printed_as_more_than_its_year_narrows_both_and_is_caught(tmp_path, capsys):
    # 5 says 1 to 9, 10 says 6 to 14; the half is part of the year, so both are 6 to 9.
    assert "too close" in refused(two_counts(year=5, half=10), tmp_path / "narrow", capsys)
    assert verify.main([str(write(two_counts(year=10, half=10), tmp_path / "wide"))]) == 0


def test_the_same_count_rounded_anew_is_never_printed_otherwise(tmp_path, capsys):
    year = drawn(4)
    _, _, files, before = rounded(source("before", year))
    joined, again, later, _ = rounded(source("again", year), [(before, files)])
    for table in joined.tables:
        assert (again.value[joined.cells["again", table.name]] == before.printed[table.name]).all()
    assert verify.main([str(write(later, tmp_path / "same"))]) == 0
    # Whoever rounds the other way what was printed before: 5 then 10 would say 6 to 9.
    text = later["tables/A.csv"].splitlines()
    at, row = next((n, line) for n, line in enumerate(text) if line.startswith("n1,k1,"))
    count = row.split(",")[2]
    text[at] = row.replace(f",{count},", f",{int(count) + 5},", 1)
    told = {**later, "tables/A.csv": "\n".join(text) + "\n"}
    assert "printed as" in refused(told, tmp_path / "otherwise", capsys)


@settings(SLOW, max_examples=6)
@given(counts=COUNTS, late=st.booleans())
def test_what_two_rounded_releases_leave_open_spans_the_base(counts, late, tmp_path_factory):
    year = extract_of(counts)
    half = first_half(year)
    if late and half.count.any():
        count = half.count.copy()
        count[np.flatnonzero(count)[0]] -= 1
        half = Extract(half.dimensions, half.leaf, count)
    try:
        _, _, files, before = rounded(source("before", half, roots=EARLY))
        _, _, files, _ = rounded(source("year", year), [(before, files)])
    except CannotProtect:
        reject()  # what cannot be rounded safely is not published at all
    folder = write(files, tmp_path_factory.mktemp("release"))
    assert verify.main([str(folder)]) == 0
    for key, (low, high) in intervals_by_sums(folder).items():
        assert high - low >= 4 - 1e-6, (key, low, high)


def test_a_count_that_was_rounded_otherwise_before_is_refused():
    system = system_of_sums([20, 12, 8], [(0, [1, 2])], lowest=0)
    with pytest.raises(CannotProtect, match="cell 1 was not rounded to 5 before"):
        round_counts(system, base=5, standing=Standing(print={1: 20}))


def test_rounding_after_withholding_is_refused_and_withholding_after_rounding_too(tmp_path, capsys):
    year = drawn(4)
    half = first_half(year)
    _, _, exact, withheld = published(source("before", half, roots=EARLY), [], Policy())
    with pytest.raises(CannotProtect, match="was printed exactly, with counts withheld and this one is"):
        round_beside(year, exact)
    _, _, files, _ = rounded(source("before", half, roots=EARLY))
    with pytest.raises(CannotProtect, match="before was rounded to 5 and this one is to be printed exactly"):
        published(source("year", year), [(withheld, files)], Policy())
    # The checker says so too, whoever put the folders together.
    mixed = rounded(source("year", year))[2]
    about = json.loads(mixed["release.json"])
    about["sources"].append({"name": "before", "folder": "earlier/before", "roots": EARLY})
    mixed = {**mixed, "release.json": json.dumps(about)}
    mixed |= {f"earlier/before/{path}": text for path, text in exact.items()}
    assert "before was rounded otherwise" in refused(mixed, tmp_path, capsys)


def round_beside(year, files):
    """Round a year whose earlier release was printed exactly."""
    *_, before = rounded(source("year", year))
    return rounded(source("year", year), [(before, files)])
