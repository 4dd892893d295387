"""Pages carry no script or style of their own, and nothing is shown that was not escaped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.checkout import PACKAGE, files, named, python_files, text_of

TEMPLATES = [
    path for path in files() if path.is_relative_to(PACKAGE / "web/templates") and path.suffix == ".html"
]
COMMENT = re.compile(r"\{#.*?#\}", re.S)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)", re.I)
INLINE_STYLE = re.compile(r"<style|\sstyle\s*=", re.I)
HANDLER = re.compile(r"<[^>]*\son[a-z]+\s*=", re.I)
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false", re.I)
MARKED_SAFE = re.compile(r"\b(mark_safe|SafeString|SafeText|Markup)\(")
ELSEWHERE = re.compile(r"""(?:src|action)\s*=\s*["'](?:https?:)?//""", re.I)


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_says_what_it_is_for_and_carries_nothing_of_its_own(path: Path):
    text = path.read_text(encoding="utf-8")
    assert text.lstrip().startswith("{#"), "it opens with what it is for"
    plain = COMMENT.sub("", text)
    for pattern in (INLINE_SCRIPT, INLINE_STYLE, HANDLER, UNESCAPED, ELSEWHERE):
        assert not pattern.search(plain), pattern.pattern


def test_no_code_calls_text_safe_without_a_reason_beside_it():
    for path in python_files():
        if not path.is_relative_to(PACKAGE):
            continue
        lines = (text_of(path) or "").splitlines()
        for number, line in enumerate(lines, 1):
            if MARKED_SAFE.search(line):
                assert "# " in line or lines[number - 2].lstrip().startswith("#"), f"{named(path)}:{number}"
