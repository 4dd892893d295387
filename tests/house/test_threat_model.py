"""Each line of the threat model says what shows it, and the test it names is there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache

import pytest

from tests.house.checkout import ROOT as TOP

PAGES = ("docs/threat-model.md", "docs/reference/asvs.md")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LIMIT = "a limit, by its nature"
"""What no test of ours can show: what a network sees, what a clock at the other end may tell."""
WHO = ("colleague", "administrator", "root", "backup", "reporter", "made to", "court")


def rows(page: str) -> list[list[str]]:
    found = []
    for line in (TOP / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(line) <= set("|-: ") and len(cells) > 1:
            found.append(cells)
    return found


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((TOP / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_is_there(page):
    missing = []
    for path, name in NAMED.findall((TOP / page).read_text(encoding="utf-8")):
        if not (TOP / path).exists() or (name and name not in names_in(path)):
            missing.append(f"{path}::{name}")
    assert not missing


def test_every_line_of_the_threat_model_says_what_shows_it():
    lines = [row for row in rows("docs/threat-model.md") if row[-1] != "shown by"]
    assert len(lines) > 80
    bare = [row[0] for row in lines if not NAMED.search(row[-1]) and row[-1] not in {"by design", LIMIT}]
    assert not bare
    promised = [
        row[0] for row in lines if row[0].lstrip("*").startswith("Cannot") and not NAMED.search(row[-1])
    ]
    assert not promised, "what somebody cannot do is shown by a test"


def test_everybody_whom_it_should_speak_of_is_there():
    text = (TOP / "docs/threat-model.md").read_text(encoding="utf-8").lower()
    assert not [word for word in WHO if word not in text]


POINTED = re.compile(r"`([\w./-]+/[\w./-]+|[\w-]+\.(?:toml|in))(?:::\w+)?`|\]\(([^)#]+)")


def there(path: str) -> bool:
    """A file of the project, as the page names it: from its top, from the package, or from the page itself."""
    return any((top / path).exists() for top in (TOP, TOP / "src" / "evenhand", TOP / "docs" / "reference"))


def test_what_is_answered_with_yes_points_at_something_that_is_there():
    lost, bare = [], []
    for number, _, answer, evidence in (row for row in rows("docs/reference/asvs.md") if len(row) == 4):
        named = [first or second for first, second in POINTED.findall(evidence)]
        lost += [f"{number}: {path}" for path in named if not there(path)]
        if answer == "yes" and not any(there(path) for path in named):
            bare.append(number)
    assert not lost
    assert not bare


def test_the_page_counts_its_own_answers_rightly():
    answers = Counter(
        row[2] for row in rows("docs/reference/asvs.md") if re.fullmatch(r"\d+\.\d+\.\d+", row[0])
    )
    said = (
        f"{sum(answers.values())} requirements: {answers['yes']} yes, {answers['partly']} partly,"
        f" {answers['no']} no, {answers['does not apply']} do not apply."
    )
    assert said in (TOP / "docs/reference/asvs.md").read_text(encoding="utf-8")


def test_every_requirement_has_an_answer_with_evidence():
    answers = [row for row in rows("docs/reference/asvs.md") if re.fullmatch(r"\d+\.\d+\.\d+", row[0])]
    assert len(answers) > 100
    assert len({row[0] for row in answers}) == len(answers), "a requirement stands twice"
    for number, asked, answer, evidence in answers:
        assert answer in {"yes", "partly", "no", "does not apply"}, number
        assert asked
        assert evidence, number
