"""The example file goes in through the command: good rows once, each fault with its row, column and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.cli.main import main
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house
from evenhand.records.agency import Area
from evenhand.records.report import Report

EXAMPLE = Path(__file__).parents[2] / "examples" / "referrals"
AREAS = ("ashmere", "brackenford", "copperdale", "dunmarrow")


@pytest.fixture
def council(world):
    """A world whose areas are those of the example, and somebody of the council with an account."""
    for code in AREAS:
        Area.objects.using("admin").update_or_create(
            code=code,
            defaults={
                "label": code.title(),
                "answers_id": world.agencies["council"].id,
                "force_id": world.agencies["force"].id,
            },
        )
    gateway = world.people["gateway_officer@force"]
    type(gateway).objects.using("admin").filter(email="gateway@example.org").update(email="")
    type(gateway).objects.using("admin").filter(id=gateway.id).update(email="gateway@example.org")
    return world.user("panel_coordinator@council").email


def imported(system="Ashmere case list"):
    with as_worker(), enter_house():
        return Report.objects.filter(imported_from=system, door="import").count()


def command(council, *more, file=EXAMPLE / "referrals.csv"):
    return main(["refer", "import", str(file), "--map", str(EXAMPLE / "map.toml"), "--as", council, *more])


def test_the_example_has_forty_faulty_rows_and_none_are_taken_when_none_are_wanted(council, capsys):
    before = imported()
    assert command(council, "--none-if-faults") == 2
    said = capsys.readouterr()
    assert "nothing was taken in" in said.err
    assert len({line.split(",")[0].split(":")[0] for line in said.out.splitlines()}) == 40
    assert imported() == before


def test_good_rows_go_in_once_however_often_the_file_is_sent(council, capsys, tmp_path):
    rows = (EXAMPLE / "referrals.csv").read_bytes().split(b"\r\n")
    file = tmp_path / "some.csv"
    file.write_bytes(b"\r\n".join(rows[:30]))
    before = imported()
    assert command(council, file=file) == 1
    first = capsys.readouterr().out.splitlines()
    taken = imported() - before
    assert first[-1].startswith(f"{taken} referrals taken in, 0 were there before")
    assert command(council, file=file) == 1
    assert (
        capsys.readouterr()
        .out.splitlines()[-1]
        .startswith(f"0 referrals taken in, {taken} were there before")
    )
    assert imported() - before == taken
    assert any(line.startswith("row 27, column “") and "neither yes nor no" in line for line in first)


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"", "the file is empty"),
        (b",,\n1,2,3\n", "no headings"),
        (b"Our ref,Our ref\n1,2\n", "two columns"),
        (b"Something,Else\n1,2\n", "no column"),
    ],
)
def test_a_file_that_is_none_is_one_line(council, capsys, tmp_path, contents, says):
    file = tmp_path / "bad.csv"
    file.write_bytes(contents)
    assert command(council, file=file) == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.splitlines()) == 1


def test_somebody_named_brings_the_rows_in(capsys):
    assert main(["refer", "import", str(EXAMPLE / "referrals.csv"), "--map", str(EXAMPLE / "map.toml")]) == 2
    assert "--as" in capsys.readouterr().err
