"""The stand-alone checker refuses a release that gives a count away, however it was made to."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_release import drawn, published, rounded, sign, source, write

from evenhand.kernels.disclosure import verify
from evenhand.kernels.disclosure.earlier import with_vintages
from evenhand.kernels.disclosure.rules import Policy
from evenhand.kernels.disclosure.tables import Extract

POLICY = Policy()


@pytest.fixture(scope="module")
def released():
    return published(source("now", drawn(4)), [], POLICY)[2]


@pytest.fixture
def folder(released, tmp_path):
    return write(released, tmp_path)


def rows(folder: Path, table: str):
    return list(csv.DictReader((folder / "tables" / f"{table}.csv").open()))


def write_rows(folder: Path, table: str, changed):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(changed[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(changed)
    (folder / "tables" / f"{table}.csv").write_text(out.getvalue())


def witness_rows(folder: Path):
    return list(csv.reader((folder / "witnesses.csv").open()))


def write_witnesses(folder: Path, lines):
    with (folder / "witnesses.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def said(folder: Path, capsys) -> str:
    sign(folder)
    assert verify.main([str(folder)]) == 1
    return capsys.readouterr().out


def test_an_honest_release_is_proved_by_the_copy_of_the_checker_inside_it(folder):
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("proved: ")
    assert done.stdout.count("\n") == 1


def test_the_checker_is_short_and_needs_nothing_but_python():
    text = Path(verify.__file__).read_text()
    assert len(text.splitlines()) < 200
    imported = {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= {"__future__", "csv", "hashlib", "io", "json", "re", "sys", "pathlib", "typing"}


def withheld_in_one_table(folder):
    """Return a table, the number of a row withheld in it that no other table prints, and its witness row."""
    about = json.loads((folder / "release.json").read_text())
    names = [d["name"] for d in about["dimensions"]]
    for at, row in enumerate(rows(folder, "A")):
        if row["count"] == "[c]" and "total" not in (row["place"], row["kind"]):
            key = [row.get(name, "total") for name in names]
            for number, line in enumerate(witness_rows(folder)):
                if line[: len(key)] == key:
                    return "A", at, number, len(key)
    raise AssertionError("nothing is withheld in the table")


def test_one_more_count_revealed_is_caught(folder, capsys):
    table, at, number, size = withheld_in_one_table(folder)
    value = witness_rows(folder)[number][size]
    changed = rows(folder, table)
    changed[at]["count"] = str(max(int(value), 7))
    write_rows(folder, table, changed)
    assert "differ" in said(folder, capsys)


def test_one_more_count_revealed_with_its_witness_taken_out_is_caught(folder, capsys):
    table, at, number, size = withheld_in_one_table(folder)
    lines = witness_rows(folder)
    changed = rows(folder, table)
    changed[at]["count"] = str(max(*map(int, lines[number][size:]), 7))
    write_rows(folder, table, changed)
    del lines[number]
    write_witnesses(folder, lines)
    assert "not the sum of its parts" in said(folder, capsys)


def test_a_small_count_in_print_is_caught(folder, capsys):
    table, at, _, _ = withheld_in_one_table(folder)
    changed = rows(folder, table)
    changed[at]["count"] = "3"
    write_rows(folder, table, changed)
    assert "printed and small" in said(folder, capsys)


def test_a_percentage_beside_a_withheld_count_is_caught(folder, capsys):
    table, at, _, _ = withheld_in_one_table(folder)
    changed = rows(folder, table)
    changed[at]["percent"] = "12"
    write_rows(folder, table, changed)
    assert "has a percent that cannot be, or is withheld" in said(folder, capsys)


def test_a_rounded_margin_beside_exact_counts_is_caught(folder, capsys):
    changed = rows(folder, "A")
    margin = next(r for r in changed if r["kind"] == "total" and r["count"] != "[c]" and int(r["count"]) % 5)
    margin["count"] = str(int(margin["count"]) // 5 * 5)
    write_rows(folder, "A", changed)
    assert "printed as" in said(folder, capsys)


def test_an_exact_total_in_a_rounded_release_is_caught(tmp_path, capsys):
    write(rounded(source("now", drawn(4)))[2], tmp_path)
    assert verify.main([str(tmp_path)]) == 0
    capsys.readouterr()
    for table in ("A", "B", "C"):
        changed = rows(tmp_path, table)
        changed[0]["count"] = str(int(changed[0]["count"]) + 1)
        write_rows(tmp_path, table, changed)
    assert "not rounded" in said(tmp_path, capsys)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda line, size: [*line[:size], *[line[size]] * (len(line) - size)], "too close"),
        (lambda line, size: [*line[:size], "0", *line[size + 1 :]], "below 1"),
        (lambda line, size: line[:-1], "another length"),
        (lambda line, size: [*line[:size], str(int(line[size]) + 1), *line[size + 1 :]], "not the sum"),
    ],
)
def test_witnesses_that_prove_nothing_are_caught(folder, capsys, change, words):
    _, _, number, size = withheld_in_one_table(folder)
    lines = witness_rows(folder)
    lines[number] = change(lines[number], size)
    write_witnesses(folder, lines)
    assert words in said(folder, capsys)


def test_a_roll_up_left_out_of_the_description_is_caught(folder, capsys):
    about = json.loads((folder / "release.json").read_text())
    for dimension in about["dimensions"]:
        if dimension["name"] == "age":
            dimension["sums"] = []
    (folder / "release.json").write_text(json.dumps(about))
    assert "no roll-up" in said(folder, capsys)


def test_a_damaged_release_is_not_proved(folder, capsys):
    (folder / "tables" / "A.csv").unlink()
    assert "A.csv is missing" in said(folder, capsys)


def a_day_before(year: Extract) -> Extract:
    """Return the extract with one person fewer."""
    count = year.count.copy()
    count[int(count.argmax())] -= 1
    return Extract(year.dimensions, year.leaf, count)


def test_an_earlier_release_that_differs_by_one_person_is_caught(tmp_path, capsys):
    year = drawn(6)
    _, _, files, before = published(source("before", a_day_before(year)), [], POLICY)
    careful = published(source("year", year), [(before, files)], POLICY)[2]
    assert verify.main([str(write(careful, tmp_path / "careful"))]) == 0, capsys.readouterr().out
    careless = published(source("year", year, roots={"vintage": "now"}), [], POLICY)[2]
    told = {path: careful[path] for path in careful if path.startswith("earlier/") or path == "release.json"}
    assert verify.main([str(write({**careless, **told}, tmp_path / "careless"))]) == 1


def test_vintages_are_told_apart_only_when_a_figure_was_revised():
    year = drawn(6)
    before = source("before", a_day_before(year))
    dimensions, sources = with_vintages(year.dimensions, [source("year", year), before])
    assert dimensions[-1].name == "vintage"
    assert sources[1].roots["vintage"] == "before"
    assert with_vintages(year.dimensions, [source("year", year), source("again", year)])[0] == year.dimensions
