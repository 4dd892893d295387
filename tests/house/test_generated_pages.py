"""What is generated is what the code makes now, and the command says so when it is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from evenhand.cli import docs
from evenhand.cli.main import main
from tests.house.checkout import ROOT


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the pages are made from, so that a test may spoil it."""
    for name in ("docs", "requirements", "src"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    return tmp_path


def test_every_generated_page_is_fresh():
    assert not docs.stale(ROOT), "run `evenhand docs`"


def test_a_stale_page_is_named_and_written_anew(copy: Path, capsys: pytest.CaptureFixture[str]):
    (copy / "docs/reference/openapi.json").write_text("{}")
    (copy / "docs/reference/journeys/gone.journey.md").write_text("left over")
    assert main(["docs", "--check"]) == 1
    said = capsys.readouterr().out
    assert "stale: docs/reference/openapi.json" in said
    assert "stale: docs/reference/journeys/gone.journey.md" in said
    assert main(["docs"]) == 0
    capsys.readouterr()
    assert main(["docs", "--check"]) == 0
    assert "fresh" in capsys.readouterr().out
    assert not (copy / "docs/reference/journeys/gone.journey.md").exists()


def test_a_new_file_makes_the_map_stale_and_what_a_person_wrote_in_it_stays(copy: Path):
    page = copy / "docs/map.md"
    page.write_text(page.read_text() + "\nA line by hand.\n")
    (copy / "src/evenhand/casework/wave.py").write_text('"""Wave: a verb that only this test knows."""\n')
    assert Path("docs/map.md") in docs.stale(copy)
    assert main(["docs"]) == 0
    written = page.read_text()
    assert (
        "| [wave.py](../src/evenhand/casework/wave.py) | Wave: a verb that only this test knows. |" in written
    )
    assert written.endswith("\nA line by hand.\n")


def test_outside_a_checkout_the_command_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    assert main(["docs"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_machine_door_is_described_with_its_errors():
    described = json.loads((ROOT / "docs/reference/openapi.json").read_text())
    for path, ways in described["paths"].items():
        for way in ways.values():
            assert {"401", "422", "503"} <= set(way["responses"]), path
            assert way["summary"], path
