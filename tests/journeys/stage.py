"""Hold what a scenario plays on: its people with a window each, the pages, the demo's clock, the case it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from evenhand.gate import demo
from evenhand.gate.entry import Who
from evenhand.records.practitioner import RoleHolding
from tests.browser import PHONE, screenshot, window
from tests.journeys.inspection import Inspection
from tests.world import World

PASSWORD = "correct horse battery"
PATIENCE = 15_000
LONDON = ZoneInfo("Europe/London")


class Clock:
    """The time that the pages go by; none: the real one."""

    def __init__(self) -> None:
        self.moment: datetime | None = None

    def rule(self, patch: pytest.MonkeyPatch) -> None:
        """Every entry, the worker's too, happens at this clock's time; only a demo's database heeds it."""
        from evenhand.casework import import_referrals
        from evenhand.operations import duties
        from evenhand.web import entry, refer

        enter, enter_door, enter_house = entry.enter, refer.enter_door, duties.enter_house

        @contextmanager
        def entered(token: str) -> Iterator[Who]:
            with enter(token) as who, self.running():
                yield who

        @contextmanager
        def at_the_door() -> Iterator[Who]:
            with enter_door() as who, self.running():
                yield who

        @contextmanager
        def at_home() -> Iterator[Who]:
            with enter_house() as who, self.running():
                yield who

        patch.setattr(duties, "enter_house", at_home)
        patch.setattr(import_referrals, "enter", entered)
        patch.setattr(entry, "enter", entered)
        patch.setattr(refer, "enter_door", at_the_door)

    @contextmanager
    def running(self) -> Iterator[None]:
        """What is done here is done at this clock's time."""
        if self.moment is None:
            yield
        else:
            with demo.at(self.moment):
                yield


@dataclass
class Person:
    """Somebody of the scenario, and the window they work in."""

    key: str
    name: str
    page: Page
    context: BrowserContext
    signed_in: bool = False


@dataclass
class Stage:
    """Everything that the sentences of one scenario share."""

    world: World
    browser: Browser
    address: str
    clock: Clock
    inspection: Inspection
    people: dict[str, Person] = field(default_factory=dict)
    last: str = ""
    reference: str = ""
    case: str = ""
    meeting: str = ""
    status: int = 200
    kept: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, role: str, agency: str, also: str = "") -> None:
        """Somebody new works at an agency in one role, or in two."""
        first = name.split(maxsplit=1)[0]
        key = f"{first}@{agency}"
        person = self.world.add(role, agency, name=name, key=key)
        if also:
            RoleHolding.objects.using("admin").create(
                practitioner=person, role=also, agency=self.world.agencies[agency], from_date=date(2010, 1, 1)
            )
        self._window(first, key, name)

    def add_stranger(self, name: str) -> None:
        """Somebody who has no account holds a phone that runs no scripts."""
        context = window(self.browser, PHONE, scripts=False)
        context.set_default_timeout(PATIENCE)
        self.people[name] = Person("", name, context.new_page(), context)

    def _window(self, first: str, key: str, name: str) -> None:
        context = window(self.browser)
        context.set_default_timeout(PATIENCE)
        self.people[first] = Person(key, name, context.new_page(), context)

    def who(self, word: str) -> Person:
        """Return who is meant by a name, or by “she”, “he” or “they” after one; they are signed in."""
        first = self.last if word.lower() in {"she", "he", "they"} else word
        person = self.people[first]
        self.last = first
        if person.key and not person.signed_in:
            self._sign_in(person)
        return person

    def _sign_in(self, person: Person) -> None:
        user = self.world.user(person.key, PASSWORD)
        page = person.page
        page.goto(f"{self.address}/sign-in/")
        page.get_by_label("Email address").fill(user.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in", exact=True).click()
        assert page.get_by_text("Signed in as").count() == 1, "signing in did not work"
        person.signed_in = True

    def go(self, person: Person, path: str, *, look: bool = True) -> int:
        """The person's window shows a page, which is looked at; returns its status."""
        answered = person.page.goto(path if path.startswith("http") else self.address + path)
        return self.arrived(person, answered, look=look)

    def press(self, person: Person, name: str) -> int:
        """The person presses a button, or follows a link that looks like one; returns the status of what comes."""
        pressed = person.page.get_by_role("button", name=name, exact=True)
        with person.page.expect_navigation() as coming:
            pressed.first.click()
        return self.arrived(person, coming.value)

    def follow(self, person: Person, name: str) -> int:
        """The person follows a link by its words; returns the status of what comes."""
        with person.page.expect_navigation() as coming:
            person.page.get_by_role("link", name=name).first.click()
        return self.arrived(person, coming.value)

    def arrived(self, person: Person, answered: Response | None, *, look: bool = True) -> int:
        """Note the status of a page and look at it; a page of ours never fails."""
        self.status = answered.status if answered else 200
        assert self.status < 500, f"{person.page.url} failed with {self.status}"
        if look:
            whose = (
                person.key.split("@")[0].lower() if person.page.url.endswith(f"/case/{self.case}/") else ""
            )
            self.inspection.look(person.page, self.status, whose=whose, scripts=bool(person.key))
        return self.status

    def look_closely(self, person: Person) -> None:
        """Look at the case as it stands now for this person, though their view of it was looked at before."""
        place = person.page.locator(".evenhand-stands strong")
        stands = place.first.inner_text() if place.count() else "part"
        self.inspection.look(
            person.page, self.status, whose=f"{person.name}-{stands}".lower().replace(" ", "-")
        )

    def words(self, person: Person) -> str:
        """Return everything that the page says, opened or not, with single spaces between."""
        return " ".join((person.page.locator("main").text_content() or "").split())

    def meant(self, value: str, page: Page, label: str) -> str:
        """Return an answer with the names of the scenario in place of its people and agencies."""
        if value.startswith("the ") and value[4:] in self.world.agencies:
            return self.world.agencies[value[4:]].name
        if value in self.people and page.get_by_role("combobox", name=label).count():
            person = self.world.people[self.people[value].key]
            return f"{person.name}, {person.agency.name}"
        return value

    def picture_of_trouble(self, name: str) -> str:
        """Return where the picture of the page is on which a sentence failed, and what the page says."""
        if self.last not in self.people:
            return "nobody was on any page"
        person = self.people[self.last]
        where = screenshot(person.page, f"failed-{name}")
        return f"{person.page.url} ({self.status}), {where}: {self.words(person)[:1500]}"


def moment_of(day: str, clock: str) -> datetime:
    """Return a day and an hour as people write them, in London."""
    return datetime.strptime(f"{day} {clock}", "%d %B %Y %H:%M").replace(tzinfo=LONDON)
