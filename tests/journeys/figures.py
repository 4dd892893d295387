"""Sentences about the worker's rounds and the figures that everybody sees alike."""

from __future__ import annotations

import pytest

from evenhand.gate import demo
from evenhand.operations import worker
from evenhand.oversight import counts as counting
from tests.journeys import others
from tests.journeys.others import BEGAN
from tests.journeys.scenario import ENGLISH
from tests.journeys.stage import Stage


@ENGLISH.says(r"(?P<number>\d+) other referrals wait to be screened")
def others_wait(stage: Stage, number: str) -> None:
    """Others have been reported."""
    for _ in range(int(number)):
        others.reported(stage.world)


@ENGLISH.says(r"(?P<number>\d+) other referrals go the whole road")
def others_go(stage: Stage, number: str) -> None:
    """Others go from the first word to the follow-up at twelve months."""
    for _ in range(int(number)):
        others.followed_up(stage.world)


@ENGLISH.says("The worker counts")
def counts(stage: Stage) -> None:
    """The figures are computed for all, of this partnership alone as in an instance of its own."""
    areas = ", ".join(f"'{area.code}'" for area in stage.world.areas.values())
    mine = counting._CELLS.replace(" and c.excluded", f" and c.area in ({areas}) and c.excluded")
    assert mine != counting._CELLS
    with pytest.MonkeyPatch.context() as patch, demo.as_worker():
        patch.setattr(counting, "_CELLS", mine)
        counting.refresh(stage.clock.moment or BEGAN)


@ENGLISH.says("The worker does what is owed")
def works(stage: Stage) -> None:
    """Tasks are made and messages sent, as after every act."""
    with demo.as_worker():
        while worker.work():
            pass


@ENGLISH.says("{who} reads how many referrals came to “{outcome}”: the figure is withheld")
def reads_withheld(stage: Stage, who: str, outcome: str) -> None:
    """Too few came so far for a figure that tells nothing about a person."""
    assert _figure(stage, who, outcome) == "[c]"


@ENGLISH.says(r"{who} reads how many referrals came to “{outcome}”: (?P<number>\d+)")
def reads(stage: Stage, who: str, outcome: str, number: str) -> None:
    """The figure stands there."""
    assert _figure(stage, who, outcome) == number
    stage.kept["figures"] = stage.words(stage.who(who))


@ENGLISH.says("{who} sees the very same figures")
def sees_the_same(stage: Stage, who: str) -> None:
    """Everybody sees alike what everybody may see."""
    person = stage.who(who)
    stage.go(person, "/counts/")
    assert stage.words(person) == stage.kept["figures"]


def _figure(stage: Stage, who: str, outcome: str) -> str:
    """Return the number of referrals that came to an outcome, over all time, as the page prints it."""
    person = stage.who(who)
    stage.go(person, "/counts/")
    table = person.page.get_by_role("table").filter(has_text="What became of referrals").first
    line = table.get_by_role("row").filter(has=person.page.get_by_role("rowheader", name=outcome, exact=True))
    return line.get_by_role("cell").last.inner_text()
