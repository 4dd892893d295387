"""Sentences about a case: finding it, taking its steps, and being refused with the reason."""

from __future__ import annotations

from playwright.sync_api import Locator

from evenhand.gate.policy import pack
from tests.journeys.forms import answer
from tests.journeys.scenario import ENGLISH, Answers
from tests.journeys.stage import Person, Stage

NOTHING: Answers = {}


def code_of(step: str) -> str:
    """Return the code of the step with this label."""
    return next(s.code for s in pack().journeys["channel"].steps.values() if s.label == step)


def open_case(stage: Stage, person: Person) -> None:
    """The person sees the case file, and has said why where that is asked."""
    stage.go(person, f"/case/{stage.case}/")
    _say_why(stage, person)
    assert stage.status == 200, f"the case is not open to {person.name}"


def _say_why(stage: Stage, person: Person) -> None:
    if person.page.get_by_role("button", name="Open the case", exact=True).count():
        stage.press(person, "Open the case")


@ENGLISH.says("{who} finds the case on the worklist under “{text}”")
def finds_on_worklist(stage: Stage, who: str, text: str) -> None:
    """The case stands on that list, and leads to its page."""
    person = stage.who(who)
    stage.go(person, "/worklist/")
    stage.follow(person, text)
    found = person.page.locator(".evenhand-work").get_by_role("link", name=stage.reference)
    assert found.count() == 1, "the case is not on the list"
    with person.page.expect_navigation() as coming:
        found.click()
    if not stage.case:
        stage.case = person.page.url.rstrip("/").rsplit("/", 1)[-1]
    stage.arrived(person, coming.value)
    _say_why(stage, person)
    assert stage.status == 200


@ENGLISH.says("{who} looks for “{text}” and finds the case")
def searches(stage: Stage, who: str, text: str) -> None:
    """A search finds it."""
    assert _search(stage, who, text).count() == 1


@ENGLISH.says("{who} looks for “{text}” and does not find the case by that name")
def searches_in_vain(stage: Stage, who: str, text: str) -> None:
    """The name is in no index; the reference finds the case all the same."""
    assert _search(stage, who, text).count() == 0
    assert _search(stage, who, stage.reference).count() == 1


def _search(stage: Stage, who: str, text: str) -> Locator:
    person = stage.who(who)
    stage.go(person, "/search/")
    person.page.get_by_label("Name or reference").fill(text)
    stage.press(person, "Find")
    return person.page.locator("#main-content").get_by_role("link", name=stage.reference)


@ENGLISH.says("{who} opens the case")
def opens(stage: Stage, who: str) -> None:
    """The case file shows, and is looked at as it stands."""
    person = stage.who(who)
    open_case(stage, person)
    stage.look_closely(person)


@ENGLISH.says("{who} prints the case")
def prints(stage: Stage, who: str) -> None:
    """The page made for paper shows."""
    stage.go(stage.who(who), f"/case/{stage.case}/print/")
    assert stage.status == 200


@ENGLISH.says("For {who} the case does not exist")
def does_not_exist(stage: Stage, who: str) -> None:
    """The page is the same as for a case that never was."""
    person = stage.who(who)
    assert stage.go(person, f"/case/{stage.case}/") == 404
    absent = stage.words(person)
    assert stage.go(person, "/case/00000000-0000-4000-8000-00000000dead/", look=False) == 404
    assert stage.words(person) == absent


@ENGLISH.says("{who} takes “{step}”")
def takes(stage: Stage, who: str, step: str, answers: Answers = NOTHING) -> None:
    """The step is recorded."""
    _recorded(stage, _sent(stage, who, step, "", answers), step)


@ENGLISH.says("{who} takes “{step}” as “{outcome}”")
def takes_as(stage: Stage, who: str, step: str, outcome: str, answers: Answers = NOTHING) -> None:
    """The step is recorded with this outcome."""
    _recorded(stage, _sent(stage, who, step, outcome, answers), step)


@ENGLISH.says("{who} takes “{step}” as “{outcome}”, and confirms it")
def takes_and_confirms(stage: Stage, who: str, step: str, outcome: str, answers: Answers = NOTHING) -> None:
    """The step ends the case's road here, and is asked about once more."""
    person = _sent(stage, who, step, outcome, answers)
    assert "Do you want to end this case here?" in stage.words(person)
    stage.press(person, "Yes, end it here")
    _recorded(stage, person, step)


@ENGLISH.says("{who} cannot take “{step}”: “{reason}”")
def cannot_take(stage: Stage, who: str, step: str, reason: str) -> None:
    """The case says so beside the step, and the step's own address says it too."""
    person = stage.who(who)
    open_case(stage, person)
    assert not _way(person, step).count(), f"“{step}” is offered"
    said = " ".join((person.page.locator(".evenhand-not-now").text_content() or "").split())
    assert reason in said, f"the case gives another reason: {said}"
    _refused_at_its_address(stage, person, step, reason)


@ENGLISH.says("{who} cannot reach “{step}” at its address: “{reason}”")
def cannot_reach(stage: Stage, who: str, step: str, reason: str) -> None:
    """The step is not offered, and its address refuses with the reason."""
    person = stage.who(who)
    open_case(stage, person)
    assert not _way(person, step).count(), f"“{step}” is offered"
    _refused_at_its_address(stage, person, step, reason)


@ENGLISH.says("{who} is not offered “{outcome}” under “{step}”: “{reason}”")
def outcome_not_offered(stage: Stage, who: str, outcome: str, step: str, reason: str) -> None:
    """The step is open, this outcome of it is not, and the page says why."""
    person = stage.who(who)
    open_case(stage, person)
    _follow_way(stage, person, step)
    assert not person.page.get_by_role("radio", name=outcome, exact=True).count()
    why = person.page.locator(
        "details", has=person.page.get_by_role("heading", name=outcome, include_hidden=True)
    )
    assert reason in " ".join((why.text_content() or "").split())


@ENGLISH.says("{who} finds only (?:her|his|their) own colleagues under “{label}” of “{step}”")
def own_colleagues(stage: Stage, who: str, label: str, step: str) -> None:
    """Who else works on a case is in its file, and not for somebody who was asked one thing."""
    person = stage.who(who)
    open_case(stage, person)
    _follow_way(stage, person, step)
    agency = stage.world.people[person.key].agency.name
    offered = person.page.get_by_label(label).locator("option").all_inner_texts()[1:]
    assert offered
    assert all(text.endswith(f", {agency}") for text in offered), offered


@ENGLISH.says("{who} tries “{step}” as “{outcome}” and is refused: “{reason}”")
def tries_in_vain(stage: Stage, who: str, step: str, outcome: str, reason: str, answers: Answers) -> None:
    """Everything is filled in and sent; it is refused, with the reason, and what was typed stays."""
    person = _sent(stage, who, step, outcome, answers)
    assert stage.status == 403
    said = stage.words(person)
    assert reason in said, f"the page gives another reason: {said}"
    assert "Nothing was recorded" in said


@ENGLISH.says("{who} tries “{step}” and has to put right: “{sentence}”")
def has_to_put_right(stage: Stage, who: str, step: str, sentence: str, answers: Answers) -> None:
    """The page comes back with the sentence beside the question, and nothing was recorded."""
    person = _sent(stage, who, step, "", answers)
    assert stage.status == 422
    summary = person.page.locator(".govuk-error-summary")
    assert summary.get_by_role("link", name=sentence, exact=True).count() == 1, summary.inner_text()


def _way(person: Person, step: str) -> Locator:
    ways = person.page.locator(".evenhand-ways a, .evenhand-ways-small a")
    return ways.get_by_text(step, exact=True)


def _follow_way(stage: Stage, person: Person, step: str) -> None:
    way = _way(person, step)
    assert way.count() == 1, f"“{step}” is not offered"
    with person.page.expect_navigation() as coming:
        way.click()
    stage.arrived(person, coming.value)


def _refused_at_its_address(stage: Stage, person: Person, step: str, reason: str) -> None:
    assert stage.go(person, f"/case/{stage.case}/step/{code_of(step)}/") == 403
    said = stage.words(person)
    assert reason in said, f"the address gives another reason: {said}"
    assert "Nothing was recorded" in said


def _sent(stage: Stage, who: str, step: str, outcome: str, answers: Answers) -> Person:
    person = stage.who(who)
    open_case(stage, person)
    _follow_way(stage, person, step)
    if outcome and person.page.get_by_role("radio", name=outcome, exact=True).count():
        answer(person.page, "Outcome", outcome)
    for label, value in answers.items():
        answer(person.page, label, stage.meant(value, person.page, label))
    stage.press(person, "Record")
    return person


def _recorded(stage: Stage, person: Person, step: str) -> None:
    assert stage.status == 200, f"not recorded: {stage.words(person)}"
    said = person.page.locator(".evenhand-message").all_inner_texts()
    assert any(text.strip().startswith(f"Recorded: {step}") for text in said), said
