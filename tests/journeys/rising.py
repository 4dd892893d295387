"""Sentences about lists of incidents, and the watch that counts them."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

from evenhand.gate import demo
from evenhand.oversight.watch import watch
from tests.incidents import watch_areas
from tests.journeys.forms import answer
from tests.journeys.scenario import ENGLISH
from tests.journeys.stage import Stage, moment_of
from tests.world import World

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "incidents"


@ENGLISH.says("The force has a town with two neighbourhoods under watch")
def has_areas(stage: Stage) -> None:
    """There are areas to record incidents in."""
    watch_areas(stage.world)


@ENGLISH.says("{who} chooses the real list, as far as it is of {state}, with its map")
def chooses(stage: Stage, who: str, state: str) -> None:
    """The file lies in the form, and the map is pasted beside it."""
    person = stage.who(who)
    stage.go(person, "/incidents/import/")
    person.page.get_by_label("The list").set_input_files(
        {"name": "incidents.csv", "mimeType": "text/csv", "buffer": _part(state)}
    )
    person.page.get_by_label("The map").fill(_map(stage.world))


@ENGLISH.says("The watch looks at the counts of that list as they stood on {day}")
def looks(stage: Stage, day: str) -> None:
    """The worker's round, as of the evening of a day."""
    with demo.as_worker():
        found = watch(moment_of(day, "21:00"), root=f"us{stage.world.tag}".lower())
    assert found.begun


@ENGLISH.says("{who} has the form for the eastern neighbourhood before (?:her|him|them)")
def has_the_form(stage: Stage, who: str) -> None:
    """The form is open, and the area is chosen."""
    person = stage.who(who)
    stage.go(person, "/incidents/record/")
    box = person.page.get_by_label("Area", exact=True)
    box.select_option(value=f"east-{stage.world.tag}".lower())


def _part(state: str) -> bytes:
    with gzip.open(EXAMPLE / "fbi_incidents_2015_2016.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["state"] == state]
    written = io.StringIO(newline="")
    sheet = csv.DictWriter(written, fieldnames=list(rows[0]))
    sheet.writeheader()
    sheet.writerows(rows)
    return written.getvalue().encode()


def _map(world: World) -> str:
    text = (EXAMPLE / "fbi.toml").read_text("utf-8")
    return text.replace('prefix = "us"', f'prefix = "us{world.tag}"'.lower()).replace(
        "FBI hate crime", f"FBI {world.tag}"
    )


@ENGLISH.says("{who} presses “{text}”")
def presses(stage: Stage, who: str, text: str) -> None:
    """A button is pressed."""
    stage.press(stage.who(who), text)


@ENGLISH.says("{who} opens the rise of “{text}” on the board")
def opens_the_rise(stage: Stage, who: str, text: str) -> None:
    """The board lists it among those that go on or that ended lately."""
    person = stage.who(who)
    stage.go(person, "/unusual/")
    with person.page.expect_navigation() as coming:
        person.page.locator("main a:visible").filter(has_text=text).first.click()
    stage.arrived(person, coming.value)


@ENGLISH.says("{who} empties “{label}” and presses “{text}”")
def empties(stage: Stage, who: str, label: str, text: str) -> None:
    """What was typed is taken out again."""
    person = stage.who(who)
    answer(person.page, label, "")
    stage.press(person, text)
