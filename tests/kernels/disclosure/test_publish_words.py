"""`evenhand publish sample` makes a whole release, `verify` says in one line whether it is proved."""

from __future__ import annotations

import json

import pytest

from evenhand.cli.main import main


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("releases") / "one"
    words = ["publish", "sample", "--referrals", "4000", "--seed", "7", "--detail", "1", "--places", "1"]
    assert main([*words, "--no-earlier", "--out", str(out)]) == 0
    return out, words


def test_a_sample_release_is_proved(made, capsys):
    out, _ = made
    assert main(["publish", "verify", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("proved: ")
    assert said.count("\n") == 1


def test_the_release_folder_is_whole(made):
    out, _ = made
    assert {p.name for p in out.iterdir()} == {
        "release.json",
        "manifest.json",
        "account.json",
        "witnesses.csv",
        "verify.py",
        "tables",
    }
    for table in json.loads((out / "release.json").read_text())["tables"]:
        described = json.loads((out / "tables" / f"{table['name']}.csv-metadata.json").read_text())
        header = (out / "tables" / f"{table['name']}.csv").read_text().splitlines()[0]
        assert [c["name"] for c in described["tableSchema"]["columns"]] == header.split(",")
        assert described["url"] == f"{table['name']}.csv"


def test_the_same_seed_gives_the_same_release_and_the_folder_is_not_written_over(made, tmp_path, capsys):
    out, words = made
    assert main([*words, "--no-earlier", "--out", str(tmp_path / "two")]) == 0
    for path in out.rglob("*"):
        if path.is_file():
            assert (tmp_path / "two" / path.relative_to(out)).read_bytes() == path.read_bytes()
    assert main([*words, "--out", str(out)]) == 2
    assert "not empty" in capsys.readouterr().err


def test_a_release_that_was_tampered_with_is_not_proved(made, tmp_path, capsys):
    out, _ = made
    for path in out.rglob("*"):
        if path.is_file():
            target = tmp_path / path.relative_to(out)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    table = tmp_path / "tables" / "T08.csv"
    table.write_text(table.read_text().replace("[c]", "6", 1))
    capsys.readouterr()
    assert main(["publish", "verify", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("NOT PROVED: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["verify", "/nowhere/at/all"], "not a folder"),
        (["sample", "--referrals", "0", "--out", "/nowhere/x"], "at least 1"),
        (["sample", "--referrals", "9" * 20, "--out", "/nowhere/x"], "at most 10,000,000"),
        (["sample", "--referrals", "9", "--seed", "-3", "--out", "/nowhere/x"], "must not be negative"),
        (["sample", "--referrals", "9", "--places", "99999", "--out", "/nowhere/x"], "at most 1000"),
        (["sample", "--referrals", "9", "--out", "/etc/hosts/x"], "nothing can be written in /etc/hosts"),
        (["sample", "--referrals", "9", "--round", "2", "--out", "/nowhere/x"], "at least 3"),
        (["sample", "--referrals", "9", "--threshold", "1", "--out", "/nowhere/x"], "at least 2"),
    ],
)
def test_wrong_input_gets_one_clear_line(words, said, capsys):
    assert main(["publish", *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
