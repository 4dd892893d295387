"""The map and the README name every room that there is, and no room that there is not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from evenhand.cli.docs import FLOORS, rooms
from tests.house.checkout import PACKAGE, ROOT, files

DRAWN = re.compile(r"^## One screen\n+```\n(.*?)^```$", re.M | re.S)
IN_README = re.compile(r"^## The map\n.*?```\n(.*?)^```$", re.M | re.S)


def folders() -> set[str]:
    """Return the rooms on the floors of the house."""
    return {
        path.relative_to(PACKAGE).parts[0]
        for path in files()
        if path.is_relative_to(PACKAGE) and path.parent != PACKAGE
    }


def screen(page: str, pattern: re.Pattern[str]) -> str:
    found = pattern.search((ROOT / page).read_text(encoding="utf-8"))
    assert found is not None, f"{page} has no map"
    return found.group(1)


@pytest.mark.parametrize(("page", "pattern"), [("docs/map.md", DRAWN), ("README.md", IN_README)])
def test_the_map_has_every_room_and_no_other(page: str, pattern: re.Pattern[str]):
    drawn = screen(page, pattern)
    assert set(re.findall(r"\b([a-z]+)/", drawn)) == folders()
    for kernel in (path.name for path in (PACKAGE / "kernels").iterdir() if (path / "__init__.py").is_file()):
        assert kernel in drawn, kernel
    for pack in (PACKAGE / "policies").glob("*/pack.toml"):
        assert pack.parent.name in drawn, pack.parent.name


@pytest.mark.parametrize(("page", "pattern"), [("docs/map.md", DRAWN), ("README.md", IN_README)])
def test_the_map_fits_on_one_screen(page: str, pattern: re.Pattern[str]):
    lines = screen(page, pattern).splitlines()
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 110


def test_the_floors_of_the_map_are_those_that_imports_are_held_to():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    floors = [sorted(name.strip() for name in layer.split("|")) for layer in layers]
    assert sorted(name for floor in floors for name in floor) == sorted(FLOORS)
    drawn: list[list[str]] = []
    for block in re.split(r"^─+$", screen("docs/map.md", DRAWN), flags=re.M):
        drawn.append(sorted(re.findall(r"\b([a-z]+)/", block)))
    assert drawn == floors


def test_every_room_is_a_package_that_says_what_it_is():
    for room, found in rooms(ROOT).items():
        assert room == Path() or any(path.name in {"__init__.py", "__main__.py"} for path in found), room
