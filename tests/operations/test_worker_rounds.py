"""The worker's rounds: one that fails stops neither the others nor the duties, and what was typed is not in the log."""

from __future__ import annotations

import logging
from threading import Event

import pytest
from django.db import ProgrammingError

from evenhand.gate.entry import StoreAway
from evenhand.operations import worker


@pytest.mark.parametrize("trouble", [ValueError, OSError, ProgrammingError, StoreAway])
def test_a_round_that_fails_each_time_stops_neither_the_others_nor_the_duties(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: type[Exception]
):
    stop, done = Event(), []

    def bad() -> None:
        raise trouble("Sami Example lives at 1 Hill Road")

    def work(_: Event | None = None) -> bool:
        done.append("duties")
        stop.set()
        return False

    monkeypatch.setattr(worker, "alive", lambda: None)
    monkeypatch.setattr(worker, "work", work)
    with caplog.at_level(logging.ERROR, logger="evenhand.worker"):
        worker.run(stop, rounds=((0.0, bad), (0.0, lambda: done.append("another round"))))
    assert done == ["another round", "duties"]
    assert trouble.__name__ in caplog.text
    assert "Sami" not in caplog.text
