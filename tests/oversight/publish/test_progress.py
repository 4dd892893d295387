"""How far a build is: the time left rests on the last build, and where nothing does it says so."""

from __future__ import annotations

import io

import pytest

from evenhand.cli import publish
from evenhand.oversight.publish.progress import STEPS, WIDTH, Progress

LAST = {"freeze": 2.0, "protect": 10.0, "write": 4.0, "verify": 1.0, "keep": 1.0}


class Clock:
    """Seconds that go forward when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_the_first_build_names_no_time(clock):
    progress = Progress(clock)
    progress.step("freeze")
    assert progress.seconds_left() is None
    assert "how long is not known" in progress.line()
    assert progress.bar() == "." * WIDTH
    progress.step("protect")
    assert progress.bar().count("#") == round(WIDTH / 5)


def test_half_a_last_time_says_nothing(clock):
    progress = Progress(clock, last={"freeze": 2.0})
    progress.step("freeze")
    assert progress.seconds_left() is None


def test_the_time_left_is_that_of_the_last_build_less_what_is_done(clock):
    progress = Progress(clock, last=LAST)
    progress.step("freeze")
    assert progress.seconds_left() == 18
    clock.now = 2.0
    progress.step("protect")
    clock.now = 7.0
    assert progress.seconds_left() == 11
    assert "about 11 s left, as last time" in progress.line()
    assert progress.bar().count("#") == round(WIDTH * 7 / 18)


def test_a_slower_build_stays_slower_and_a_late_step_says_so(clock):
    progress = Progress(clock, last=LAST)
    progress.step("freeze")
    clock.now = 4.0
    progress.step("protect")
    assert progress.seconds_left() == 2 * 16
    clock.now = 40.0
    assert "takes longer than last time; at least 12 s left" in progress.line()


def test_the_bar_never_goes_back_within_a_step_and_ends_full(clock):
    progress = Progress(clock, last=LAST)
    shares = []
    for step in STEPS:
        progress.step(step)
        for _ in range(4):
            clock.now += LAST[step] / 4
            shares.append(progress.share())
    progress.done()
    assert shares == sorted(shares)
    assert progress.line() == "step 5 of 5: done"


class Terminal(io.StringIO):
    """A terminal that keeps what was drawn."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_one_line_drawn_over_and_a_file_a_line_each(clock, monkeypatch):
    monkeypatch.setattr(publish, "TICK_SECONDS", 0.001)
    screen, plain = Terminal(), io.StringIO()
    for out in (screen, plain):
        progress = Progress(clock, last=LAST)
        with publish._Shown(out) as shown:
            progress.heard = shown.heard
            progress.step("freeze")
            progress.step("protect")
    assert "\r[" in screen.getvalue()
    assert screen.getvalue().count("\n") == 1
    assert "step 2 of 5: protect" in screen.getvalue()
    assert len(plain.getvalue().splitlines()) == 2
