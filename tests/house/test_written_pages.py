"""What the pages point at is there: files, tests, decisions in order."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, files, named

PAGES = [path for path in files() if path.suffix == ".md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.M | re.S)
SETTING = re.compile(r"(EVENHAND_\w+)=(.*)")
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_inside_the_checkout_leads_somewhere(page: Path):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith(("#", "mailto:")):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_test_that_a_page_names_is_there(page: Path):
    for path, name in TEST.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / path).is_file(), path
        if name:
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert name in there, f"{path}::{name}"


def test_every_file_of_settings_means_the_same_to_a_shell_as_to_whoever_reads_it():
    """A bare `&` in an address ends the line for a shell: the setting is lost, and nobody is told."""
    found = 0
    for page in PAGES:
        for block in FENCED.findall(page.read_text(encoding="utf-8")):
            settings = [SETTING.fullmatch(line) for line in block.splitlines() if line.strip()]
            if not settings or None in settings:
                continue
            told = subprocess.run(
                ["bash", "-c", f"set -a\n{block}\nenv -0"], capture_output=True, check=True, text=True, env={}
            )
            there = dict(line.partition("=")[::2] for line in told.stdout.split("\0"))
            for setting in settings:
                assert setting is not None
                assert there.get(setting[1]) == setting[2].strip("'\""), f"{page.name}: {setting[0]}"
                found += 1
    assert found >= 6


def test_every_line_of_the_threat_model_rests_on_a_test_or_says_that_it_does_not():
    lines = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| what they can")]
    assert len(rows) > 30
    for row in rows:
        shown = row.rstrip(" |").rpartition("| ")[2]
        assert TEST.search(shown) or shown in {"by design", "a limit, by its nature"}, row


def test_decisions_are_numbered_without_a_gap_and_dated():
    assert [path.name[:4] for path in DECISIONS] == [f"{n:04d}" for n in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert re.search(r"^(Date: \d{4}-\d{2}|\*\*Decided)", text, re.M), path.name
