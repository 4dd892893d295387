"""Each abuse that others met names what is done about it and a test that is there."""

from __future__ import annotations

from tests.house.test_threat_model import NAMED, names_in, rows

PAGE = "docs/reference/abuses.md"


def test_every_line_names_a_test_that_is_there():
    lines = [row for row in rows(PAGE) if row[-1] != "test"]
    assert len(lines) >= 25
    for abuse, done, shown in lines:
        assert done, abuse
        tests = NAMED.findall(shown)
        assert tests, abuse
        for path, name in tests:
            assert name, f"{abuse}: name the test, not the file alone"
            assert name in names_in(path), f"{path}::{name}"
