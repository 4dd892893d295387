"""Sentences about the worker's rounds and the figures that everybody sees alike."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from evenhand.gate import demo
from evenhand.gate.entry import enter_house
from evenhand.operations import worker
from evenhand.oversight.counts import refresh
from tests.journeys.scenario import ENGLISH
from tests.journeys.stage import LONDON, Stage

AFTER = 2
ROUNDING = 5
LEAST = 20
LONG_BEFORE = datetime(2024, 11, 5, 10, tzinfo=LONDON)


@ENGLISH.says("So many referrals came before that one more will show in a rounded figure")
def came_before(stage: Stage) -> None:
    """The true number of referrals is rounded down now, and will be rounded up with one more."""
    number = _referrals()
    while number < LEAST or number % ROUNDING != AFTER:
        stage.world.refer(area="far", at=LONG_BEFORE)
        number += 1


def _referrals() -> int:
    with demo.as_worker(), enter_house(), connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from counted_case c join case_file f on f.id = c.case_id"
            " where f.pack = 'gb-eaw' and f.journey = 'channel' and c.excluded_from_statistics_reason = ''"
        )
        number: int = cursor.fetchone()[0]
    return number


@ENGLISH.says("The worker counts")
def counts(stage: Stage) -> None:
    """The figures are computed for all."""
    with demo.as_worker():
        refresh(stage.clock.moment or LONG_BEFORE)


@ENGLISH.says("The worker does what is owed")
def works(stage: Stage) -> None:
    """Tasks are made and messages sent, as after every act."""
    with demo.as_worker():
        while worker.work():
            pass


@ENGLISH.says("{who} reads the figures")
def reads(stage: Stage, who: str) -> None:
    """Somebody reads how many referrals came, and keeps all that the page says."""
    stage.kept = {"all": _all(stage, who), "page": stage.words(stage.who(who))}


@ENGLISH.says(r"{who} reads the figures, and (?P<number>\d+) more referrals are counted than before")
def reads_more(stage: Stage, who: str, number: str) -> None:
    """The rounded figure has risen."""
    before, now = int(stage.kept["all"]), int(_all(stage, who))
    assert now - before == int(number), f"{before} before, {now} now"
    stage.kept["page"] = stage.words(stage.who(who))


@ENGLISH.says("{who} sees the very same figures")
def sees_the_same(stage: Stage, who: str) -> None:
    """Everybody sees alike what everybody may see."""
    _all(stage, who)
    assert stage.words(stage.who(who)) == stage.kept["page"]


def _all(stage: Stage, who: str) -> str:
    """Return the number of all referrals as the page prints it."""
    person = stage.who(who)
    stage.go(person, "/counts/")
    table = person.page.get_by_role("table").filter(has_text="What became of referrals").first
    cell = table.get_by_role("row").filter(has=person.page.get_by_role("rowheader", name="All", exact=True))
    return cell.get_by_role("cell").last.inner_text().replace(",", "")
