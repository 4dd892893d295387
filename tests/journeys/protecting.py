"""Sentences about places: answering a rise, protecting a site, warning its contact, and keeping a promise."""

from __future__ import annotations

import re
from datetime import date

from evenhand.records.watch import AlarmEpisode
from tests import places
from tests.journeys.forms import answer
from tests.journeys.scenario import ENGLISH, Answers
from tests.journeys.stage import Person, Stage, moment_of


@ENGLISH.says(
    r"The town has a ward, where more has been counted than expected since (?P<day>\d+ [A-Z]\w+ \d{4})"
)
def alarm_stands(stage: Stage, day: str) -> None:
    """An alarm stands for the ward, as the watch would have raised it."""
    ward = places.areas(stage.world)
    began = moment_of(day, "00:00").date()
    AlarmEpisode.objects.using("admin").create(
        area_id=ward, strand="religion", method="daily", onset=began, began=began, last_on=began, window_days=7,
        observed=6, expected=1.0, p_value=0.0006, settings_hash="",
    )  # fmt: skip


@ENGLISH.says("{who} follows “{text}”")
def follows(stage: Stage, who: str, text: str) -> None:
    """A link leads on, or a button that is one."""
    person = stage.who(who)
    for role in ("link", "button"):
        name = re.compile(rf"^\s*{re.escape(text)}")
        found = person.page.locator("main, nav").get_by_role(role, name=name)  # type: ignore[arg-type]
        if found.count():
            with person.page.expect_navigation() as coming:
                found.first.click()
            stage.arrived(person, coming.value)
            return
    raise AssertionError(f"nothing leads to “{text}” from {person.page.url}")


@ENGLISH.says("{who} fills in and presses “{text}”")
def fills_in(stage: Stage, who: str, text: str, answers: Answers) -> None:
    """The questions of the page are answered by their words, and sent."""
    person = stage.who(who)
    for label, value in answers.items():
        answer(person.page, label, _meant(stage, value))
    stage.press(person, text)


@ENGLISH.says("{who} goes back to (?:her|his|their) first page and finds “{text}”")
def goes_back(stage: Stage, who: str, text: str) -> None:
    """The page of the site, by the list."""
    person = stage.who(who)
    stage.go(person, "/sites/")
    follows(stage, who, text)


@ENGLISH.says("{who} opens the link that (?P<other>[A-Z][a-z]+) was shown")
def opens_link(stage: Stage, who: str, other: str) -> None:
    """Somebody without an account opens the link of a warning."""
    shown = stage.people[other].page.locator("code").inner_text()
    stage.kept["link"] = shown
    stage.go(stage.who(who), shown)
    assert stage.status == 200


@ENGLISH.says("{who} opens the link again")
def opens_again(stage: Stage, who: str) -> None:
    """The same link."""
    stage.go(stage.who(who), stage.kept["link"])


@ENGLISH.says("{who} cannot open the pages of sites with it")
def opens_nothing_else(stage: Stage, who: str) -> None:
    """The link opens one message; the rest asks for a sign-in."""
    person = stage.who(who)
    for path in ("/sites/", "/rotas/", "/responses/"):
        stage.go(person, path, look=False)
        assert "/sign-in/" in person.page.url


@ENGLISH.says("{who} reads what was promised")
def reads_promises(stage: Stage, who: str) -> None:
    """The page that anybody can read."""
    stage.go(stage.who(who), "/commitments/")
    assert stage.status == 200


def _meant(stage: Stage, value: str) -> str:
    """Return an answer with the names of this scenario's people and places."""
    if value in stage.people:
        person: Person = stage.people[value]
        found = stage.world.people[person.key]
        return f"{found.name}, {found.agency.name}"
    tag = stage.world.tag
    return {"the ward": f"Ward {tag}", "the town": f"Town {tag}", "the alarm": _alarm(stage)}.get(
        value, value
    )


def _alarm(stage: Stage) -> str:
    ward = f"ward-{stage.world.tag}"
    began: date | None = (
        AlarmEpisode.objects.using("admin").filter(area_id=ward).values_list("began", flat=True).first()
    )
    return f"Ward {stage.world.tag}: Religion or belief, {began:%d %B %Y}" if began else ""
