"""Charter 7: the log does not tell when an anonymous reporter was there."""

from __future__ import annotations

import logging
from types import SimpleNamespace

from evenhand.settings.untraced import Untraced


def line(level: int, path: str) -> logging.LogRecord:
    record = logging.LogRecord("django.request", level, "x", 1, "Not Found: %s", (path,), None)
    record.request = SimpleNamespace(path=path)
    return record


def test_a_wrong_address_at_the_public_door_leaves_no_line():
    assert not Untraced().filter(line(logging.WARNING, "/refer/names/"))


def test_a_fault_at_the_public_door_is_kept_by_the_day_and_without_the_request():
    record = line(logging.ERROR, "/refer/names/")
    assert Untraced().filter(record)
    assert record.created % 86400 == 0
    assert "names" not in record.getMessage()


def test_other_pages_are_logged_as_ever():
    assert Untraced().filter(line(logging.WARNING, "/worklist/"))
