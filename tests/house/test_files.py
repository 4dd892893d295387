"""Every file says in one sentence what it is for, has one purpose, and a name that tells it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.checkout import files, named, python_files, text_of

LONGEST = 400
VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "misc", "base", "manager", "services"}
# Django asks for these very names, or writes the file itself.
ALLOWED_NAMES = {
    "src/evenhand/records/engine/base.py": "a database engine is a module with a `base` in it",
    "src/evenhand/settings/base.py": "the settings that every instance shares; Django's usual name for them",
}
WRITTEN_BY_A_PROGRAM = {"src/evenhand/records/migrations/0001_initial.py"}
# Longer than they should be; a file may leave this list, none may join it without a reason beside it.
LONG = {
    "src/evenhand/gate/act.py": "the one way to act is read as one",
    "src/evenhand/records/migrations/0001_initial.py": "written by Django",
    "src/evenhand/operations/seed/life.py": "one life told in one piece; two would read better",
}
DATA = (".lock", ".json", ".po", ".svg", ".md", ".txt", ".csv", ".toml", ".css", "")


@pytest.mark.parametrize("path", python_files(), ids=named)
def test_a_file_opens_with_one_sentence(path: Path):
    text = path.read_text(encoding="utf-8")
    if named(path) in WRITTEN_BY_A_PROGRAM or not text.strip():
        return
    sentence = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
    assert sentence, "it does not say what it is for"
    assert "\n" not in sentence, "the first sentence stands on one line"
    assert sentence.endswith((".", "?", ".”", ".)")), sentence
    assert len(sentence) <= 160, sentence


def test_no_file_has_a_name_that_says_nothing():
    found = {named(path) for path in files() if path.stem.lower() in VAGUE}
    assert found <= set(ALLOWED_NAMES)


def test_no_file_is_an_attic():
    for path in files():
        text = text_of(path)
        if text is None or path.suffix in DATA or "/vendor/" in named(path) or "/golden/" in named(path):
            continue
        if named(path) not in LONG and "tests/" not in named(path):
            assert text.count("\n") <= LONGEST, f"{named(path)} has {text.count(chr(10))} lines"
