"""Play the scenarios in a real browser, and look at every page that they pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser

from tests.browser import address, browser
from tests.journeys import casework, casting, figures, importing, panel, protecting, reporting, rising
from tests.journeys.inspection import Inspection
from tests.journeys.scenario import ENGLISH, NotUnderstood, play, read
from tests.journeys.stage import Clock, Stage
from tests.world import World

__all__ = [
    "address",
    "browser",
    "casework",
    "casting",
    "figures",
    "importing",
    "panel",
    "protecting",
    "reporting",
    "rising",
]  # fixtures and sentences

HERE = Path(__file__).parent
SCENARIOS = sorted(HERE.glob("*.md"))


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A clock that scenarios set, by which the pages go."""
    found = Clock()
    with pytest.MonkeyPatch.context() as patch:
        found.rule(patch)
        yield found


@pytest.fixture(scope="module")
def looked_at() -> set[str]:
    """The kinds of page that a scenario has looked at, so that the next one does not look again."""
    return set()


@pytest.mark.browser
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_road_is_as_the_scenario_tells(
    path: Path, address: str, browser: Browser, world: World, clock: Clock, looked_at: set[str]
) -> None:
    cache.clear()
    inspection = Inspection(path.stem, seen=looked_at)
    stage = Stage(world, browser, address, clock, inspection)
    try:
        play(path.stem, read(path), ENGLISH, stage)
    finally:
        for person in stage.people.values():
            person.context.close()
    assert inspection.faults == [], "\n".join(inspection.faults)


def test_a_sentence_that_nobody_taught_is_refused_before_anything_is_done() -> None:
    with pytest.raises(NotUnderstood, match="0 patterns fit"):
        ENGLISH.find("Grace closes the case without looking.")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_sentence_of_a_scenario_is_understood(path: Path) -> None:
    for sentence in read(path):
        ENGLISH.find(sentence.text)
