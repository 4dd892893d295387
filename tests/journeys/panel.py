"""Sentences about a meeting of the panel."""

from __future__ import annotations

from tests.journeys.forms import answer
from tests.journeys.scenario import ENGLISH
from tests.journeys.stage import Stage, moment_of


def _named(stage: Stage, names: str) -> list[str]:
    """Return the people of “Peter, Maya and Helen” as the page lists them."""
    firsts = names.replace(" and ", ", ").split(", ")
    people = [stage.world.people[stage.people[first].key] for first in firsts]
    return [f"{person.name}, {person.agency.name}" for person in people]


@ENGLISH.says(
    r"{who} calls a meeting for (?P<day>\d+ \w+ \d{4}) at (?P<clock>\d\d:\d\d) in “{place}” with (?P<names>[A-Z][\w ,]+)"
)
def calls(stage: Stage, who: str, day: str, clock: str, place: str, names: str) -> None:
    """A meeting is called; nobody else is."""
    person = stage.who(who)
    stage.go(person, "/meetings/")
    stage.press(person, "Call a meeting")
    at = moment_of(day, clock)
    answer(person.page, "Day", f"{at.day} {at.month} {at.year}")
    answer(person.page, "Time", clock)
    answer(person.page, "Where", place)
    group = person.page.get_by_role("group", name="Who comes")
    for box in group.get_by_role("checkbox").all():
        box.uncheck()
    answer(person.page, "Who comes", "; ".join(_named(stage, names)))
    stage.press(person, "Call the meeting")
    assert "The meeting is called." in stage.words(person)
    stage.meeting = person.page.url.rstrip("/").rsplit("/", 1)[-1]


@ENGLISH.says("{who} puts the case on the agenda")
def puts_on(stage: Stage, who: str) -> None:
    """The case is on the agenda of the meeting."""
    person = stage.who(who)
    stage.go(person, f"/meetings/{stage.meeting}/")
    select = person.page.get_by_label("Put a case on the agenda")
    label = select.locator("option").filter(has_text=stage.reference).inner_text()
    select.select_option(label=label)
    stage.press(person, "Put it on")
    assert "The case is on the agenda." in stage.words(person)


@ENGLISH.says(r"{who} records that only (?P<names>[A-Z][\w ,]+) came")
def attendance(stage: Stage, who: str, names: str) -> None:
    """Those are ticked, and nobody else."""
    person = stage.who(who)
    stage.go(person, f"/meetings/{stage.meeting}/")
    group = person.page.get_by_role("group", name="Tick who is here")
    for box in group.get_by_role("checkbox").all():
        box.uncheck()
    answer(person.page, "Tick who is here", "; ".join(_named(stage, names)))
    stage.press(person, "Record attendance")
    assert "Attendance is recorded." in stage.words(person)


@ENGLISH.says("{who} minutes the view of {other}, “{view}”: “{words}”")
def minutes_a_view(stage: Stage, who: str, other: str, view: str, words: str) -> None:
    """One agency's view is in the minutes."""
    person = stage.who(who)
    stage.go(person, f"/meetings/{stage.meeting}/")
    person.page.get_by_text("Minute a view").click()
    if person.page.get_by_label("Whose view").count():
        answer(person.page, "Whose view", _named(stage, other)[0])
    answer(person.page, "View", view)
    answer(person.page, "In words", words)
    stage.press(person, "Minute it")
    assert "The view is minuted." in stage.words(person)


@ENGLISH.says("{who} prints the minutes")
def prints_minutes(stage: Stage, who: str) -> None:
    """The minutes show, made for paper."""
    person = stage.who(who)
    assert stage.go(person, f"/meetings/{stage.meeting}/minutes/") == 200
