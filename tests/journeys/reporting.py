"""Sentences about sharing a worry: one question a page, sent once."""

from __future__ import annotations

from tests.journeys.forms import answer
from tests.journeys.scenario import ENGLISH, Answers
from tests.journeys.stage import Stage


@ENGLISH.says("{who} starts a report")
def starts(stage: Stage, who: str) -> None:
    """Somebody goes to the first page and presses Start."""
    person = stage.who(who)
    stage.go(person, "/refer/")
    stage.press(person, "Start")


@ENGLISH.says("Asked “{text}”, {who} answers? “{said}”")
def answers_one(stage: Stage, text: str, who: str, said: str) -> None:
    """The page asks this, and its one question is answered."""
    person = stage.who(who)
    _asked(stage, text)
    answer(person.page, text, said)
    stage.press(person, "Save and go on")
    assert stage.status == 200, stage.words(person)


@ENGLISH.says("Asked “{text}”, {who} leaves? it empty")
def leaves_empty(stage: Stage, text: str, who: str) -> None:
    """The page asks this, and nobody has to answer."""
    person = stage.who(who)
    _asked(stage, text)
    stage.press(person, "Save and go on")
    assert stage.status == 200, stage.words(person)


@ENGLISH.says("Asked where they live, {who} chooses? the town")
def chooses_the_town(stage: Stage, who: str) -> None:
    """The area decides which agencies the report goes to."""
    person = stage.who(who)
    _asked(stage, "Where does the person live?")
    answer(person.page, "Area", stage.world.areas["town"].label)
    stage.press(person, "Save and go on")
    assert stage.status == 200, stage.words(person)


@ENGLISH.says("For counting only, {who} gives")
def for_counting(stage: Stage, who: str, answers: Answers) -> None:
    """What is counted and never decided upon."""
    person = stage.who(who)
    for label, value in answers.items():
        answer(person.page, label, value)
    stage.press(person, "Save and go on")


@ENGLISH.says("{who} looks? over the answers and sends? them")
def sends(stage: Stage, who: str) -> None:
    """The report is on record under a reference."""
    person = stage.who(who)
    assert person.page.url.endswith("/refer/check/")
    stage.press(person, "Send")
    stage.reference = person.page.locator(".govuk-panel__body strong").inner_text().strip()
    assert stage.reference


@ENGLISH.says("{who} forgets? it in this browser")
def forgets(stage: Stage, who: str) -> None:
    """Nothing of it stays on the device."""
    person = stage.who(who)
    stage.press(person, "Finish, and forget this in the browser")
    assert person.page.get_by_role("button", name="Start", exact=True).count() == 1


@ENGLISH.says("Asked “{text}”, {who} leave it open and are asked to choose")
def leaves_open(stage: Stage, text: str, who: str) -> None:
    """This question has to be answered, and the page says so."""
    person = stage.who(who)
    _asked(stage, text)
    stage.press(person, "Save and go on")
    assert stage.status == 422
    assert "Choose an answer to" in stage.words(person)


@ENGLISH.says("{who} stops there, and comes back with the code")
def comes_back(stage: Stage, who: str) -> None:
    """What was written is kept under a code that only the writer has; the browser forgets, the code finds it."""
    person = stage.who(who)
    stage.press(person, "Stop here and come back later")
    code = person.page.locator(".evenhand-code").inner_text()
    person.context.clear_cookies()
    stage.go(person, "/refer/back/")
    person.page.get_by_label("What is your code?").fill(code)
    stage.press(person, "Go on")
    assert stage.status == 200


@ENGLISH.says("{who} leaves? out the questions for counting")
def leaves_out(stage: Stage, who: str) -> None:
    """They may be left."""
    stage.follow(stage.who(who), "Leave these out")


@ENGLISH.says("{who} asks for the worklist and is asked to sign in")
def asked_to_sign_in(stage: Stage, who: str) -> None:
    """A stranger sees nothing of it."""
    person = stage.who(who)
    stage.go(person, "/worklist/")
    assert "/sign-in/" in person.page.url


def _asked(stage: Stage, text: str) -> None:
    heading = stage.people[stage.last].page.locator("h1").inner_text().removesuffix("(optional)").strip()
    assert heading == text, f"the page asks “{heading}”"
