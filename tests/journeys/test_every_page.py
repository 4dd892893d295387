"""Open every page of the url conf as somebody whose page it is: it answers, with and without scripts, and axe finds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from playwright.sync_api import Browser

from evenhand.casework import exporting, rights, rights_answer
from evenhand.casework.alarm import ring
from evenhand.casework.break_glass import break_glass, to_review
from evenhand.casework.subject_access import entries
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.web import urls
from tests import places, roads
from tests.browser import address, browser, window
from tests.incidents import a_rise
from tests.journeys.inspection import Inspection
from tests.journeys.stage import PASSWORD
from tests.world import World

__all__ = ["address", "browser"]  # fixtures
START = datetime(2026, 1, 12, 10, tzinfo=UTC)
STRANGER = ""
PLANNER, RESPONDER = places.PLANNER, places.RESPONDER
RIGHTS = "data_protection_officer@force"
EITHER = 0


@dataclass(frozen=True)
class Visit:
    """A page: who opens it, what the address needs, what comes back, and whether axe looks at it here."""

    whom: str = "gateway_officer@force"
    needs: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    axe: bool = False


OFFICER = Visit()
PUBLIC = Visit(STRANGER)
CASE = {"case_id": "case"}
# The public pages and those of the account are looked at with axe in tests/web, the road's own in the scenarios.
VISITS = {
    "home": PUBLIC,
    "danger": PUBLIC,
    "privacy": PUBLIC,
    "accessibility": PUBLIC,
    "cookies": PUBLIC,
    "what_happens": PUBLIC,
    "contact": PUBLIC,
    "other_language": Visit(STRANGER, {"code": "ar"}),
    "choose_language": Visit(STRANGER, status=302),
    "readyz": Visit(STRANGER),
    "healthz": Visit(STRANGER, status=EITHER),  # whether a worker was alive lately is another test's doing
    "account_login": PUBLIC,
    "account_logout": Visit(STRANGER, status=302),
    "account_inactive": Visit(STRANGER, axe=True),
    "account_reset_password": PUBLIC,
    "account_reset_password_done": Visit(STRANGER, axe=True),
    "account_reset_password_from_key": Visit(STRANGER, {"uidb36": "1", "key": "set-password"}, axe=True),
    "account_reset_password_from_key_done": Visit(STRANGER, axe=True),
    "invitation": Visit(STRANGER, {"token": "any"}),
    "account_reauthenticate": Visit(axe=True),
    "account_change_password": OFFICER,
    "mfa_index": OFFICER,
    "mfa_authenticate": Visit(status=302),
    "mfa_reauthenticate": Visit(status=302),
    "openid_connect_login": Visit(STRANGER, {"provider_id": "none"}, status=404),
    "openid_connect_callback": Visit(STRANGER, {"provider_id": "none"}, status=404),
    "api_keys": Visit(axe=True),
    "administration_api_keys": Visit("administrator@force", axe=True),
    "own_key": Visit(axe=True),
    "mfa_list_webauthn": OFFICER,
    "mfa_add_webauthn": Visit(status=302),
    "mfa_reauthenticate_webauthn": Visit(status=302),
    "mfa_remove_webauthn": Visit(needs={"pk": "1"}, status=302),
    "mfa_edit_webauthn": Visit(needs={"pk": "1"}, status=302),
    "mfa_login_webauthn": Visit(STRANGER, status=302),
    "mfa_activate_totp": Visit(status=302),  # asks for the password again first
    "mfa_deactivate_totp": Visit(status=404),
    "mfa_view_recovery_codes": Visit(status=404),
    "mfa_generate_recovery_codes": Visit(status=302),
    "mfa_download_recovery_codes": Visit(status=404),
    "refer": Visit(STRANGER, axe=True),
    "refer_danger": Visit(STRANGER, axe=True),
    "refer_counting": Visit(STRANGER, status=302),
    "refer_check": Visit(STRANGER, status=302),
    "refer_done": Visit(STRANGER, status=302),
    "refer_saved": Visit(STRANGER, status=302),
    "refer_back": Visit(STRANGER, axe=True),
    "refer_forget": Visit(STRANGER, status=405),
    "refer_question": Visit(STRANGER, {"code": "danger"}, status=302),
    "alert": Visit(STRANGER, axe=True),
    "alert_told": Visit(STRANGER, axe=True),
    "alert_duty": Visit("duty_officer@force", axe=True),
    "alert_take": Visit("duty_officer@force", {"number": "alarm"}, status=405),
    "alert_said": Visit("independent_handler@force", {"number": "alarm", "whom": "person"}, status=405),
    "alert_write_up": Visit("duty_officer@force", {"number": "alarm"}, axe=True),
    "worklist": Visit("duty_officer@force", axe=True),
    "notices_read": Visit(status=405),
    "search": OFFICER,
    "meetings": Visit("panel_coordinator@council"),
    "meeting_call": Visit("panel_coordinator@council"),
    "meeting": Visit("panel_coordinator@council", {"meeting_id": "meeting"}),
    "meeting_minutes": Visit("panel_member@council", {"meeting_id": "meeting"}),
    "case": Visit(needs=CASE),
    "case_print": Visit("panel_chair@council", CASE),
    "case_ground": Visit(needs=CASE),
    "case_looks": Visit("panel_chair@council", CASE, axe=True),
    "looks": Visit("data_protection_officer@force", axe=True),
    "break_glass": Visit("duty_officer@force", axe=True),
    "break_glass_reviews": Visit("data_protection_officer@force", axe=True),
    "break_glass_review": Visit("data_protection_officer@force", {"number": "glass"}, axe=True),
    "held": Visit(axe=True),
    "relations": Visit(axe=True),
    "relation_end": Visit(needs={"number": "nothing"}, status=405),
    "case_document": Visit(needs=CASE | {"document_id": "nothing"}, status=404),
    "step": Visit("case_officer@force", CASE | {"step": "assess_vaf"}, axe=True),
    "rights": Visit(RIGHTS, axe=True),
    "rights_take": Visit(RIGHTS, axe=True),
    "rights_request": Visit(RIGHTS, {"number": "request"}, axe=True),
    "rights_entry": Visit(RIGHTS, {"number": "request", "entry_id": "entry"}, axe=True),
    "rights_pack": Visit(RIGHTS, {"number": "request"}, status=405),
    "rights_letter": Visit(RIGHTS, {"number": "request"}, axe=True),
    "disclosures": Visit(RIGHTS, axe=True),
    "keeping": Visit(RIGHTS, axe=True),
    "exports": Visit(axe=True),
    "export_ask": Visit(axe=True),
    "export": Visit(RIGHTS, {"number": "export"}, axe=True),
    "export_take": Visit(needs={"number": "export"}, status=405),
    "case_letter": Visit(needs=CASE, status=409),
    "counts": Visit("analyst@force"),
    "incidents": Visit("hate_crime_coordinator@force", axe=True),
    "incident_record": Visit("incident_recorder@force", axe=True),
    "incident_import": Visit("incident_recorder@force", axe=True),
    "incident_pairs": Visit("hate_crime_coordinator@force", axe=True),
    "incident_pair": Visit("hate_crime_coordinator@force", {"first": "first", "second": "second"}, axe=True),
    "incident_figures": Visit("analyst@force", axe=True),
    "incident": Visit("hate_crime_coordinator@force", {"number": "first"}, axe=True),
    "incident_correct": Visit("incident_recorder@force", {"number": "first"}, axe=True),
    "unusual": Visit("hate_crime_coordinator@force", axe=True),
    "unusual_event": Visit("hate_crime_coordinator@force", axe=True),
    "unusual_series": Visit("hate_crime_coordinator@force", {"area": "area", "strand": "strand"}, axe=True),
    "unusual_alarm": Visit("hate_crime_coordinator@force", {"number": "episode"}, axe=True),
    "journey": Visit(axe=True),
    "journey_of": Visit(needs={"code": "channel"}),
    "journey_picture": Visit(needs={"code": "channel"}),
    "lists": Visit(axe=True),
    # What stands on them once there is a release is looked at in tests/oversight/publish/test_release_pages.py.
    "releases": Visit(STRANGER, axe=True),
    "release": Visit(STRANGER, {"code": "annual-2020"}, status=404),
    "release_file": Visit(STRANGER, {"code": "annual-2020", "path": "release.ods"}, status=404),
    "publish": Visit("analyst@force", axe=True),
    "publish_release": Visit("analyst@force", {"number": "nothing"}, status=404),
    "publish_file": Visit("analyst@force", {"number": "nothing", "path": "release.ods"}, status=404),
    "publish_sealed": Visit("analyst@force", {"number": "nothing"}, status=404),
    "sites": Visit(PLANNER, axe=True),
    "place_keeping": Visit(PLANNER, axe=True),
    "site": Visit(PLANNER, {"site_id": "site"}, axe=True),
    "rotas": Visit(PLANNER, axe=True),
    "rota": Visit(PLANNER, {"rota_id": "rota"}, axe=True),
    "responses": Visit(RESPONDER, axe=True),
    "response": Visit(RESPONDER, {"response_id": "response"}, axe=True),
    "tension": Visit(RESPONDER, axe=True),
    "promises": Visit(RESPONDER, axe=True),
    "protect": Visit(PLANNER, {"code": "tension"}, axe=True),
    "protect_one": Visit(PLANNER, {"code": "time", "target": "site"}, axe=True),
    "before_after": Visit(RESPONDER, axe=True),
    "commitments": Visit(STRANGER, axe=True),
    "warning": Visit(STRANGER, {"token": "token"}, axe=True),
    "administration": Visit("administrator@force", axe=True),
    "administration_agencies": Visit("administrator@force", axe=True),
    "administration_people": Visit("administrator@force", axe=True),
    "administration_add_person": Visit("administrator@force", axe=True),
    "administration_person": Visit("administrator@force", {"practitioner_id": "person"}, axe=True),
    "record": Visit(STRANGER, axe=True),
    "ledger_checkpoint": Visit(STRANGER, status=EITHER),  # whether one was signed is another test's doing
    "ledger_key": Visit(STRANGER, status=EITHER),
    "ledger_tile": Visit(STRANGER, {"level": "0", "path": "999"}, status=404),
    "ledger_entries": Visit(STRANGER, {"path": "999"}, status=404),
    "case_record": Visit(needs=CASE, axe=True),
    "case_proof": Visit(needs=CASE | {"entry_id": "1"}, status=404),
    "administration_record": Visit("administrator@force", axe=True),
    "administration_work": Visit("administrator@force", axe=True),
}


def _names(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


PAGES = sorted(set(_names(urls.urlpatterns)))


@dataclass(frozen=True)
class Filled:
    """A partnership in which there is something to see on every page."""

    world: World
    made: Mapping[str, str]
    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, whom: str) -> Client:
        """Return a browser without scripts in which somebody is signed in, once for all tests."""
        if whom not in self.clients:
            self.clients[whom] = Client()
            if whom:
                given = {"login": self.world.user(whom, PASSWORD).email, "password": PASSWORD}
                assert self.clients[whom].post("/sign-in/", given).status_code == 302
        return self.clients[whom]

    def address(self, name: str) -> str:
        """Return the address of a page, with what it needs."""
        needs = {key: self.made.get(value, value) for key, value in VISITS[name].needs.items()}
        return reverse(name, kwargs=needs)


@pytest.fixture(scope="module")
def filled(database: None) -> Filled:
    """A case with support and a meeting behind it, one alarm, everybody in their roles."""
    cache.clear()
    world = World.make()
    case_id = world.refer(at=START).case_id
    roads.supported(world, case_id, at=START)
    with world.enter("duty_officer@force") as who:
        ring("Shouting in the yard, and a knife.", "School gate", who, now=now())
    with world.enter("panel_coordinator@council"):
        from evenhand.casework.meetings import meetings

        meeting = meetings()[0].id
    from evenhand.casework.alarm import ringing

    with world.enter("duty_officer@force"):
        alarm = next(a.id for a in ringing() if a.text.startswith("Shouting"))
    person = world.people["gateway_officer@force"].id
    closed = world.refer(at=START)
    with world.enter("duty_officer@council") as who:
        break_glass(closed.reference, "Somebody is at the door with a knife.", who)
    with world.enter("data_protection_officer@force") as who:
        glass = to_review(who)[0].id
    made = {
        "glass": glass,
        "case": case_id,
        "meeting": meeting,
        "alarm": alarm,
        "person": person,
        "nothing": uuid4(),
    }
    made |= rights_made(world, case_id)
    made |= a_rise(world)
    made |= _protected(world)
    return Filled(world, {name: str(number) for name, number in made.items()})


def _protected(world: World) -> dict[str, object]:
    """A site with a plan and a rota, an answer with an assessment and a promise, a warning that waits."""
    site = places.site(world)
    contact = places.contact(world, site)
    places.gathering(world, site)
    officer = str(world.people["responder@force"].id)
    warned = places.act(world, "warn", site, contact=str(contact), officer=officer, warning="Be aware.")
    rota, response = places.rota(world), places.response(world)
    places.promise(world)
    return {"site": site, "rota": rota, "response": response, "token": warned.kept["token"]}


def rights_made(world: World, case_id: UUID) -> dict[str, UUID]:
    """Make a request by a person, decided, with a case behind it, something held, and an export that waits for a word."""
    told = {
        "kind": "access",
        "name": "Sami Example",
        "asks": "What do you hold about me?",
        "checked": "Passport seen.",
        "received_on": date.today().isoformat(),  # noqa: DTZ011 - a test's day
    }
    with world.enter(RIGHTS) as who:
        request = rights.take_request(told, who, now=now())
        rights.matches(request, "Sami Example", who, now=now())
        rights.say_it_is_theirs(request, case_id, who, now=now())
        rights_answer.decide(request, {"decision": "full", "reason": "All of it."}, who, now=now())
        entry = next(e for e in entries(request, who) if e.kind == "evidence").id
    apart: dict[str, object] = {
        "cause": "accuracy",
        "material": "What the school said.",
        "owner": str(world.people[RIGHTS].id),
        "until": (date.today() + timedelta(days=90)).isoformat(),  # noqa: DTZ011 - a test's day
    }
    other = world.refer().case_id
    apart["what"] = roads.screened(world, other, at=START)
    world.take(other, "gateway_supervisor@force", "restrict_material", "restricted", apart)
    with world.enter("gateway_officer@force") as who:
        wanted = {"what": "cases", "purpose": "To plan next week's work.", "cap": "50"}
        export = exporting.ask(wanted, who, now=now())
    return {"request": request, "entry": entry, "export": export}


def test_every_page_of_the_url_conf_is_visited_here() -> None:
    assert sorted(VISITS) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_answers_without_any_script(name: str, filled: Filled) -> None:
    visit = VISITS[name]
    client = filled.client(visit.whom)
    if "case" in visit.needs.values():
        client.post(reverse("case_ground", args=[filled.made["case"]]), {"ground": "own_work"})
    answered = client.get(filled.address(name))
    assert visit.status == EITHER or answered.status_code == visit.status
    if answered.status_code == 200 and answered["Content-Type"].startswith("text/html"):
        text = answered.content.decode()
        assert text.count("<h1") == 1
        # What a form does, it does by itself: no address and no button is there for a script alone.
        assert 'href="#"' not in text
        assert "onclick" not in text


@pytest.mark.parametrize("name", [name for name in PAGES if VISITS[name].whom])
def test_a_stranger_is_sent_to_sign_in_and_learns_nothing(name: str, filled: Filled) -> None:
    answered = Client().get(filled.address(name))
    if VISITS[name].status == 405 and answered.status_code == 405:
        return
    assert (answered.status_code, answered["Location"].split("?")[0]) == (302, "/sign-in/")


@pytest.mark.parametrize("whom", ["gateway_officer@force", "case_officer@force", "panel_chair@council",
                                  "panel_coordinator@council", "gateway_supervisor@force", "provider@provider"])  # fmt: skip
def test_each_step_answers_with_its_form_or_with_the_reason_why_not(whom: str, filled: Filled) -> None:
    client = filled.client(whom)
    case_id = UUID(filled.made["case"])
    client.post(reverse("case_ground", args=[case_id]), {"ground": "my work on this case"})
    for step in pack().journeys["channel"].steps.values():
        answered = client.get(reverse("step", args=[case_id, step.code]))
        assert answered.status_code in {200, 403}, step.code
        text = answered.content.decode()
        assert text.count("<h1") == 1, step.code
        if answered.status_code == 403:
            assert "Nothing was recorded" in text, step.code
            assert "<li>" in text.split("<main", 1)[1], f"{step.code}: no reason is given"


@pytest.mark.browser
def test_axe_finds_nothing_on_the_pages_beside_the_road(
    address: str, browser: Browser, filled: Filled
) -> None:
    inspection = Inspection("beside")
    by_whom: dict[str, list[str]] = {}
    for name in PAGES:
        if VISITS[name].axe:
            by_whom.setdefault(VISITS[name].whom, []).append(name)
    for whom, names in by_whom.items():
        context = window(browser)
        page = context.new_page()
        if whom:
            page.goto(f"{address}/sign-in/")
            page.get_by_label("Email address").fill(filled.world.user(whom, PASSWORD).email)
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            with page.expect_navigation():
                page.get_by_role("button", name="Sign in", exact=True).click()
        for name in names:
            answered = page.goto(address + filled.address(name))
            if page.get_by_role("button", name="Open the case").count():
                with page.expect_navigation() as coming:
                    page.get_by_role("button", name="Open the case").click()
                answered = page.goto(address + filled.address(name)) if coming.value else None
            assert answered
            assert answered.status == VISITS[name].status, name
            inspection.look(page, answered.status)
        context.close()
    assert inspection.faults == [], "\n".join(inspection.faults)
