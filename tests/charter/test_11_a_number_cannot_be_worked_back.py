"""Promise 11: a number published cannot be worked back to a person, and the proof goes with it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from evenhand.gate.demo import as_worker
from evenhand.gate.policy import pack
from evenhand.kernels.disclosure import verify
from evenhand.kernels.disclosure.release import manifest
from evenhand.kernels.disclosure.rules import Policy
from evenhand.oversight.counts import DIMENSIONS, Referrals, cells_of, protected, refresh
from evenhand.oversight.publish import build as building
from evenhand.oversight.publish import protect as protecting
from evenhand.oversight.publish.build import verified
from evenhand.oversight.publish.compose import Edition
from evenhand.oversight.publish.folder import write_folder
from evenhand.oversight.publish.frozen import Frozen
from evenhand.oversight.publish.progress import Progress
from evenhand.oversight.publish.protect import Earlier
from evenhand.oversight.publish.trouble import NoRelease
from tests.world import raw

sys.path.insert(0, str(Path(__file__).parents[1] / "oversight/publish"))
import made_up

NAME = "quarterly-2026-q1"


@pytest.fixture(autouse=True)
def plain_paper(monkeypatch):
    """Spreadsheets and charts are written from the same printed cells, and other tests look at them."""
    monkeypatch.setattr(building, "write_ods", lambda _: b"ods")
    monkeypatch.setattr(building, "write_xlsx", lambda _: b"xlsx")
    monkeypatch.setattr(building, "drawable", lambda _: False)


def made(frozen: Frozen, earlier=(), name: str = NAME):
    return building.build(
        named(name),
        frozen,
        list(earlier),
        Edition(name, "f" * 64),
        progress=Progress(time.monotonic),
    )


def named(name=NAME):
    """A plan of two tables, so that everything is protected within a second."""
    whole = made_up.plan(NAME)
    return replace(whole, name=name, tables=whole.tables[:2])


@pytest.fixture(scope="module")
def frozen():
    return made_up.frozen(named(), 240)


@pytest.fixture
def release(frozen):
    return dict(made(frozen).files)


def rows(files, path="tables/T02.csv"):
    return list(csv.DictReader(io.StringIO(files[path].decode())))


def rewritten(files, found, path="tables/T02.csv"):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return {**files, path: out.getvalue().encode()}


def refused(files, tmp_path, capsys, *, same_manifest=False):
    """Whoever leaks writes the manifest anew too: the checker must find the leak itself."""
    if not same_manifest:
        plain = {path: data for path, data in files.items() if path != "manifest.json"}
        files = {**plain, "manifest.json": manifest(plain)}
    write_folder(files, tmp_path)
    code = verify.main([str(tmp_path)])
    said = capsys.readouterr().out
    return code == 1 and said.startswith("NOT PROVED")


def test_a_release_proves_itself_and_its_checker_is_in_it(release, tmp_path, capsys):
    write_folder(release, tmp_path)
    assert verify.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("proved:")
    assert release["verify.py"] == Path(verify.__file__).read_bytes()
    assert len(release["verify.py"].splitlines()) < 200


def test_the_checker_runs_in_a_clean_folder_with_nothing_but_python(release, tmp_path):
    write_folder(release, tmp_path)
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout[:7]) == (0, "proved:"), ended.stderr


def true_counts(frozen):
    plan = named()
    return {p.table.name: frozen.counts(plan, p) for p in plan.tables}


def test_one_secondary_cell_revealed_is_caught(release, frozen, tmp_path, capsys):
    found = rows(release)
    truth = true_counts(frozen)["T02"].ravel()
    large = [n for n, row in enumerate(found) if row["count"] == "[c]" and truth[n] >= 5]
    assert large, "some complement is withheld"
    found[large[0]]["count"] = str(truth[large[0]])
    assert refused(rewritten(release, found), tmp_path, capsys)


def test_every_small_count_is_withheld_and_none_of_the_large_marks_says_why(release, frozen):
    truth = true_counts(frozen)
    for table, counts in truth.items():
        for row, count in zip(rows(release, f"tables/{table}.csv"), counts.ravel(), strict=True):
            if 0 < count < 5:
                assert row["count"] == "[c]"
    assert {row["count"] for row in rows(release) if not row["count"].isdecimal()} == {"[c]"}
    assert "primary" not in release["account.json"].decode()


def one_more(frozen: Frozen) -> Frozen:
    """The same extract with one further person in the largest cell."""
    counts = list(frozen.period.counts)
    at = int(np.argmax(counts))
    counts[at] += 1
    period = replace(frozen.period, counts=tuple(counts))
    code = frozen.period.codes[at]
    axes = [frozen.period.fields.index(f) for f in frozen.history.fields]
    back = [
        n + (c == tuple(code[a] for a in axes))
        for c, n in zip(frozen.history.codes, frozen.history.counts, strict=True)
    ]
    return Frozen(period, replace(frozen.history, counts=tuple(back)), frozen.medians)


def as_earlier(files, counts):
    texts = {p: d.decode() for p, d in files.items() if p.endswith((".json", ".csv"))}
    return Earlier(NAME, texts, counts)


def test_an_earlier_release_that_differs_by_one_person_gives_nobody_away(release, frozen):
    before = as_earlier(release, true_counts(frozen))
    now = made(one_more(frozen), [before], f"{NAME}-r2")
    for table in ("T02", "T03"):
        for old, new in zip(
            rows(release, f"tables/{table}.csv"), rows(now.files, f"tables/{table}.csv"), strict=True
        ):
            if "[c]" not in (old["count"], new["count"]):
                assert not 0 < abs(int(old["count"]) - int(new["count"])) < 5, (table, old, new)


def test_the_checker_refuses_the_new_release_when_that_one_person_shows(release, frozen, tmp_path, capsys):
    alone = dict(made(one_more(frozen), [], f"{NAME}-r2").files)
    about = json.loads(alone["release.json"])
    vintage = {"name": "vintage", "sums": [["now", [NAME, "revision"]]], "labels": {}}
    about["dimensions"].append(vintage)
    about["sources"] = [
        {"name": about["name"], "folder": "", "roots": {**about["sources"][0]["roots"], "vintage": "now"}},
        {
            "name": NAME,
            "folder": f"earlier/{NAME}",
            "roots": {**about["sources"][0]["roots"], "vintage": NAME},
        },
    ]
    joined = {**alone, "release.json": json.dumps(about).encode()}
    joined |= {
        f"earlier/{NAME}/{p}": d for p, d in release.items() if p == "release.json" or p.startswith("tables/")
    }
    # Whatever witnesses somebody puts in for the withheld cells of both, printed totals differ by one.
    witness = list(csv.reader(io.StringIO(release["witnesses.csv"].decode())))
    mine = list(csv.reader(io.StringIO(alone["witnesses.csv"].decode())))
    width = min(len(witness[0]), len(mine[0]))
    size = sum(not h.startswith("witness_") for h in mine[0])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*mine[0][:size], "vintage", *mine[0][size:width]])
    writer.writerows([*line[:size], "now", *line[size:width]] for line in mine[1:])
    writer.writerows([*line[:size], NAME, *line[size:width]] for line in witness[1:])
    assert refused({**joined, "witnesses.csv": out.getvalue().encode()}, tmp_path, capsys)


def test_a_rounded_margin_beside_an_unrounded_total_is_caught(release, tmp_path, capsys):
    found = rows(release)
    at = next(
        n
        for n, row in enumerate(found)
        if row["sector"] == "total"
        and row["stage"] != "total"
        and row["count"].isdecimal()
        and int(row["count"]) % 5
    )
    found[at]["count"] = str(int(found[at]["count"]) // 5 * 5 + 5)
    assert refused(rewritten(release, found), tmp_path, capsys)


def test_hidden_counts_leave_no_trace_in_the_witnesses(frozen, monkeypatch):
    """Other hidden counts behind the same print: the same release, byte for byte."""
    seen = []
    real = protecting.withhold

    def kept(system, policy, **more):
        done = real(system, policy, **more)
        seen.append((system, done))
        return done

    monkeypatch.setattr(protecting, "withhold", kept)
    first = made(frozen)
    system, done = seen[0]
    # A witness is another set of hidden counts that fits everything printed: put it behind the print.
    other = np.array(system.value)
    from evenhand.kernels.disclosure.system import public_view
    from evenhand.kernels.disclosure.witness import make_witnesses

    other[done.withheld] = done.witnesses.tables[-1]
    assert (other != system.value).any()
    swapped = replace(system, value=other, lowest=np.minimum(system.lowest, other))
    again = make_witnesses(public_view(swapped, done.withheld), width=Policy().width)
    assert again.tables.tobytes() == done.witnesses.tables.tobytes()
    assert first.files["witnesses.csv"]


def test_a_file_that_was_changed_after_it_was_verified_is_refused_by_the_checker(release, tmp_path, capsys):
    assert verified(release).startswith("proved:")
    assert refused({**release, "release.ods": b"other"}, tmp_path, capsys, same_manifest=True)
    assert refused({**release, "more/T19.csv": b"Edition\n"}, tmp_path / "two", capsys, same_manifest=True)


def test_no_release_without_a_proof(frozen, monkeypatch):
    from evenhand.kernels.disclosure.programme import SolverStopped

    def stopped(*_args, **_more):
        raise SolverStopped("time limit")

    monkeypatch.setattr(protecting, "withhold", stopped)
    with pytest.raises(NoRelease, match="stopped without a proof"):
        made(frozen)


def test_tables_that_disagree_give_no_release(frozen):
    counts = list(frozen.period.counts)
    counts[0] += 7
    history = frozen.history
    broken = Frozen(replace(frozen.period, counts=tuple(counts)), history, frozen.medians)
    annual = made_up.plan("annual-2026")
    with pytest.raises(NoRelease, match="do not agree"):
        building.build(
            replace(annual, tables=tuple(t for t in annual.tables if t.table.name in {"T01", "T02"})),
            Frozen(broken.period, made_up.frozen(annual, 240).history, {}),
            [],
            Edition("annual-2026", "f" * 64),
            progress=Progress(time.monotonic),
        )


def test_what_cannot_be_protected_says_which_cell_and_to_coarsen(frozen, monkeypatch):
    from evenhand.kernels.disclosure.widen import CannotProtect

    def cannot(*_args, **_more):
        raise CannotProtect("the cell sector=health has no room; coarsen it")

    monkeypatch.setattr(protecting, "withhold", cannot)
    with pytest.raises(NoRelease, match=r"sector=health.*coarsen"):
        made(frozen)


def test_a_board_inside_withholds_small_counts_and_whatever_gives_them_away():
    one, other = ("stage", "quarter")
    place = [DIMENSIONS.index(one), DIMENSIONS.index(other)]

    def code(row: str, column: str) -> tuple[str, ...]:
        key = ["same"] * len(DIMENSIONS)
        key[place[0]], key[place[1]] = row, column
        return tuple(key)

    rows = [Referrals("channel", code("a", "q1"), 2), Referrals("channel", code("a", "q2"), 40),
            Referrals("channel", code("b", "q1"), 61), Referrals("channel", code("b", "q2"), 83)]  # fmt: skip
    rule = pack().counts
    cells = cells_of(rows)
    safe = protected(cells, pack())
    assert safe.keys() == cells.keys()
    for key, true in cells.items():
        assert (
            safe[key] is None
            if 0 < true < rule.threshold
            else safe[key] in {None, _near(true, rule.round_to)}
        )
    inside = [key for key in cells if "a" in key or "b" in key]
    two = next(key for key in inside if cells[key] == 2)
    assert safe[two] is None
    # In its row and in its column another figure is withheld, or the margin would tell it.
    for axis in place:
        line = [k for k in cells if all(k[at] == two[at] for at in range(len(k)) if at != axis) and k != two]
        assert any(safe[k] is None for k in line), line


def _near(count: int, to: int) -> int:
    return (count + to // 2) // to * to


def test_the_figures_that_are_kept_for_readers_are_the_protected_ones(world):
    for _ in range(3):
        world.refer()
    with as_worker():
        refresh(datetime.now(UTC))
    rule = pack().counts
    with world.enter("gateway_officer@force"):
        shown = [value for (value,) in raw("select value from published_count")]
    assert shown
    assert not [v for v in shown if v is not None and (v % rule.round_to or 0 < v < rule.threshold)]
    assert None in shown, "three cases are too few to be shown"
