"""The stand-alone checker gives one line whatever a folder holds: no traceback, no wait, no file outside it, bounded memory."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from small_release import EARLY, drawn, first_half, published, sign, source, write

from evenhand.kernels.disclosure import verify
from evenhand.kernels.disclosure.rules import Policy

HUGE = "9" * 5000
GIB = 1 << 30


@pytest.fixture(scope="module")
def released():
    year = drawn(4)
    _, _, files, before = published(source("before", first_half(year), roots=EARLY), [], Policy())
    return published(source("year", year), [(before, files)], Policy())[2]


@pytest.fixture
def folder(released, tmp_path):
    return write(released, tmp_path / "release")


def answer(folder: Path, capsys) -> str:
    """Return the one line; the release must not be proved."""
    capsys.readouterr()
    assert verify.main([str(folder)]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("NOT PROVED: ")
    assert said.out.count("\n") == 1
    assert said.out.isascii()
    assert len(said.out) < 600
    assert not said.err
    return said.out


def in_json(path: str, change):
    def alter(folder: Path) -> None:
        about = json.loads((folder / path).read_text())
        change(about)
        (folder / path).write_text(json.dumps(about))

    return alter


def in_text(path: str, old: str, new: str):
    def alter(folder: Path) -> None:
        text = (folder / path).read_text()
        assert old in text, old
        (folder / path).write_text(text.replace(old, new, 1))

    return alter


def appended(path: str, more: str):
    def alter(folder: Path) -> None:
        with (folder / path).open("a") as file:
            file.write(more)

    return alter


def policy(name: str, value):
    return in_json("release.json", lambda about: about["policy"].update({name: value}))


def first_count(new: str):
    """Put something in the place of the first count of a table."""
    return in_text("tables/A.csv", "total,total,", f"total,total,{new},#")


HOSTILE = {
    "a count of five thousand digits": (first_count(HUGE), "another length|has count"),
    "a count that is no number": (in_text("tables/A.csv", "total,total,", "total,total,NaN"), "has count"),
    "a negative count": (in_text("tables/A.csv", "total,total,", "total,total,-"), "has count"),
    "a count in other digits": (in_text("tables/A.csv", "total,total,", "total,total,٣"), "has count"),
    "a figure behind the last column": (
        in_text("tables/A.csv", "\ntotal,total,", "\ntotal,total,7,"),
        "length",
    ),
    "a second column of counts": (in_text("tables/B.csv", ",count", ",count,count"), "other columns"),
    "a column that nobody checks": (in_text("tables/B.csv", ",count", ",count,truth"), "other columns"),
    "a mark with a count in it": (in_text("tables/A.csv", "[c],[c]", "[c],[3]"), "percent that cannot be"),
    "a row of ten million fields": (appended("tables/A.csv", "," * 10_000_000 + "\n"), "another length"),
    "a quote that never ends": (appended("tables/A.csv", '"' + "x" * 300_000), "cannot be read"),
    "a null byte": (appended("tables/A.csv", "a\0,b,c,d\n"), "no roll-up|cannot be read"),
    "witnesses of giant numbers": (in_text("witnesses.csv", "\n", f"\n{HUGE},"), "another length"),
    "NaN as the width": (policy("width", float("nan")), "promises too little"),
    "infinity as the width": (policy("width", float("-inf")), "promises too little"),
    "a width of nothing": (policy("width", 0), "promises too little"),
    "a width in words": (policy("width", "5"), "promises too little|cannot be read"),
    "a base of nothing": (policy("base", 0), "promises too little"),
    "a giant number in the policy": (
        in_text("release.json", '"width": 5', f'"width": {HUGE}'),
        "cannot be read",
    ),
    "a key twice": (in_text("release.json", '"width": 5', '"width": 9, "width": 5'), "names a key twice"),
    "a key twice in the manifest": (None, "names a key twice"),
    "a thousand brackets": (lambda f: (f / "release.json").write_text("[" * 200_000), "RecursionError"),
    "a list where an object is": (lambda f: (f / "release.json").write_text("[]"), "cannot be read"),
    "nothing at all": (lambda f: (f / "release.json").write_bytes(b""), "cannot be read"),
    "no text": (lambda f: (f / "release.json").write_bytes(b"\xff\xfe\x00"), "cannot be read"),
    "a roll-up of nothing": (
        in_json("release.json", lambda a: a["dimensions"].append({"name": "vintage", "sums": [["now", []]]})),
        "cannot be read|columns|witnesses|roll-up",
    ),
    "a table elsewhere": (
        in_json("release.json", lambda a: a["tables"][0].update(name="../../../../etc/passwd")),
        "lies outside",
    ),
    "an absolute table": (
        in_json("release.json", lambda a: a["sources"][1].update(folder="/etc")),
        "lies outside",
    ),
    "an earlier release elsewhere": (
        in_json("release.json", lambda a: a["sources"][1].update(folder="../release")),
        "lies outside|not the file|twice|printed",
    ),
    "a name that draws on the screen": (
        in_json("release.json", lambda a: a["tables"][0].update(name="x\x1b[2J\ny\u202e")),
        "is missing",
    ),
    "a table that is missing": (lambda f: (f / "tables/A.csv").unlink(), "is missing"),
    "an earlier table that is missing": (
        lambda f: (f / "earlier/before/tables/A.csv").unlink(),
        "is missing",
    ),
    "no witnesses": (lambda f: (f / "witnesses.csv").unlink(), "is missing"),
    "no release": (lambda f: (f / "release.json").unlink(), "is missing"),
    "a folder as a table": (
        lambda f: ((f / "tables/A.csv").unlink(), (f / "tables/A.csv").mkdir()),
        "is missing",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_folder_gets_one_line(folder, what, capsys):
    alter, words = HOSTILE[what]
    if alter is None:
        text = (folder / "manifest.json").read_text()
        (folder / "manifest.json").write_text(text.replace("{\n", '{\n "verify.py": "x",\n', 1))
    else:
        alter(folder)
        sign(folder)
    said = answer(folder, capsys)
    assert any(word in said for word in words.split("|")), said


def swapped(folder: Path, make) -> None:
    (folder / "tables/A.csv").unlink()
    make(folder / "tables/A.csv")


@pytest.mark.parametrize("kind", ["a link out", "a device", "a loop", "a pipe"])
def test_links_and_pipes_are_not_read(folder, kind, tmp_path, capsys):
    (tmp_path / "elsewhere.csv").write_bytes((folder / "tables/A.csv").read_bytes())
    swapped(
        folder,
        {
            "a link out": lambda path: path.symlink_to(tmp_path / "elsewhere.csv"),
            "a device": lambda path: path.symlink_to("/dev/zero"),
            "a loop": lambda path: path.symlink_to(path),
            "a pipe": os.mkfifo,
        }[kind],
    )
    said = answer(folder, capsys)
    assert "lies outside" in said or "cannot be read" in said


def test_a_folder_without_a_manifest_or_that_is_none_is_not_proved(folder, tmp_path, capsys):
    (folder / "manifest.json").unlink()
    assert "manifest.json is missing" in answer(folder, capsys)
    assert "manifest.json is missing" in answer(tmp_path / "nowhere", capsys)
    (tmp_path / "file").write_text("x")
    answer(tmp_path / "file", capsys)
    answer(Path("a\0b"), capsys)


def test_a_file_that_the_manifest_does_not_name_is_not_read(folder, capsys):
    said = json.loads((folder / "manifest.json").read_text())
    del said["tables/A.csv"]
    (folder / "manifest.json").write_text(json.dumps(said))
    assert "tables/A.csv is not the file that was verified" in answer(folder, capsys)


@pytest.mark.parametrize("rows", ["again", "new"])
def test_ten_million_rows_are_refused_in_little_memory(folder, rows, tmp_path):
    """A table is a few megabytes at most; the file is written as a hole, or as rows up to the largest that is read."""
    table = folder / "tables/A.csv"
    if rows == "again":
        with table.open("a") as file:
            file.truncate(10_000_000 * 24)
    else:
        line = b"n1,k1,7,[x]\n"
        table.write_bytes(
            table.read_bytes() + line * ((verify.MOST_BYTES - table.stat().st_size) // len(line))
        )
    if rows == "new":
        said = json.loads((folder / "manifest.json").read_text())
        said["tables/A.csv"] = hashlib.sha256(table.read_bytes()).hexdigest()
        (folder / "manifest.json").write_text(json.dumps(said))
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (GIB, GIB)),
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert ("too large" if rows == "again" else "twice") in done.stdout


def test_every_byte_that_is_altered_is_found(released, tmp_path, capsys):
    """Each file in turn, at places and with bytes drawn at random; only white space of the manifest means nothing."""
    folder = write(released, tmp_path)
    assert verify.main([str(folder)]) == 0
    chance = random.Random(5)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole = path.read_bytes()
        for _ in range(12):
            at = chance.randrange(len(whole))
            new = chance.choice([b for b in range(256) if b != whole[at]])
            path.write_bytes(whole[:at] + bytes([new]) + whole[at + 1 :])
            if verify.main([str(folder)]) == 0:
                assert path.name == "manifest.json"
                assert json.loads(path.read_bytes()) == json.loads(whole)
        path.write_bytes(whole)
    assert capsys.readouterr().out.count("\n") > 100
