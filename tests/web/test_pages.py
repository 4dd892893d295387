"""The public pages answer everybody; every other page refuses a stranger; faults keep what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, path

from evenhand.gate.entry import DatabaseAway
from evenhand.operations import health
from evenhand.web import entry, languages, urls
from evenhand.web.jinja import plural, sentence_list, show_date, show_when

languages.compile()

STORY = "It took me an hour to find the words for what happened on Tuesday, and I would not type it twice."
PAGES = ["/", "/danger/", "/privacy/", "/accessibility/", "/cookies/", "/what-happens/", "/contact/"]
# The same list as in the code, on purpose: a page becomes public only when somebody writes it twice.
OPEN_TO_STRANGERS = {
    "home", "danger", "privacy", "accessibility", "cookies", "what_happens", "contact", "other_language",
    "choose_language", "healthz", "readyz", "releases", "release", "release_file", "invitation", "record", "ledger_checkpoint", "ledger_key", "ledger_tile",
    "commitments", "warning",
    "ledger_entries", "account_login", "account_logout", "account_inactive",
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "mfa_authenticate", "mfa_login_webauthn", "openid_connect_login", "openid_connect_callback",
}  # fmt: skip


def _fails(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret about a case")


def _away(request: HttpRequest) -> HttpResponse:
    raise DatabaseAway


def _lost(request: HttpRequest) -> HttpResponse:
    raise OperationalError("server closed the connection: a secret about a case")


urlpatterns = [
    *urls.public_pages,
    *urls.account_pages,
    path("refer/fails/", _fails),
    path("refer/away/", _away),
    path("refer/lost/", _lost),
]
handler400, handler403, handler404 = urls.handler400, urls.handler403, urls.handler404
handler429, handler500 = urls.handler429, urls.handler500


@pytest.fixture
def faulty() -> Iterator[Client]:
    """A visitor of an instance whose pages fail in known ways."""
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)


def _title(response: HttpResponse) -> str:
    found = re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("address", PAGES)
def test_a_public_page_has_one_heading_a_title_a_skip_link_and_the_way_to_help(address: str) -> None:
    response = Client().get(address)
    html = response.content.decode()
    assert response.status_code == 200
    assert len(re.findall(r"<h1", html)) == 1
    assert _title(response).endswith("– Evenhand")
    assert 'href="#main-content"' in html
    assert "999" in html
    assert 'href="/danger/"' in html


def test_the_front_page_says_danger_first_where_it_matters_and_lets_a_reader_leave_at_once() -> None:
    html = Client().get("/").content.decode()
    assert 'href="tel:999"' in html
    assert "govuk-exit-this-page" in html
    assert 'rel="nofollow noreferrer"' in html


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str, str]]:
    for pattern in patterns:
        route = before + str(pattern.pattern).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            yield from _routes(list(pattern.url_patterns), route)
        else:
            yield pattern.name or "", route, _example(route)


def _example(route: str) -> str:
    examples = {
        "uuid": "7d4f0c3e-0000-4000-8000-000000000000",
        "int": "1",
        "slug": "ar",
        "str": "x",
        "path": "x",
    }
    filled = re.sub(r"<(?:(\w+):)?\w+>", lambda found: examples.get(found[1] or "str", "x"), route)
    return "/" + re.sub(r"\(\?P<\w+>[^()]*\)", "1", filled)


ROUTES = list(_routes(list(get_resolver("evenhand.web.urls").url_patterns)))


def test_the_list_of_public_pages_is_written_twice_and_agrees() -> None:
    assert entry.PUBLIC_NAMES == OPEN_TO_STRANGERS
    assert {name for name, _, _ in ROUTES} >= OPEN_TO_STRANGERS


@pytest.mark.parametrize(("name", "route", "example"), ROUTES)
def test_every_page_that_is_not_on_the_list_denies_a_stranger(name: str, route: str, example: str) -> None:
    if name in OPEN_TO_STRANGERS or example.startswith(entry.PUBLIC_PREFIXES + entry.WITHOUT_COOKIE):
        return
    read = Client().get(example)
    assert read.status_code == 302, example
    assert read["Location"].startswith("/sign-in/?next="), example
    wrote = Client().post(example, {"note": STORY}, headers={"sec-fetch-site": "same-origin"})
    assert wrote.status_code in {302, 403}, example
    if wrote.status_code == 403:
        assert "You have been signed out" in wrote.content.decode()


def test_an_unknown_page_says_no_more_than_that() -> None:
    response = Client().get("/case/7d4f0c3e/secret/")
    assert response.status_code == 404
    assert "secret" not in re.sub(r"next=[^\"]*", "", response.content.decode())


@pytest.mark.parametrize("method", ["post", "delete", "put"])
def test_a_method_that_a_page_does_not_take_gets_a_page_not_a_blank(method: str) -> None:
    response = getattr(Client(), method)("/privacy/")
    assert response.status_code == 405
    assert "This cannot be done here" in response.content.decode()
    assert response["Allow"]


def test_more_than_fits_is_said_in_words() -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        response = Client().post(
            "/sign-in/", "login=" + "x" * 500, content_type="application/x-www-form-urlencoded"
        )
    assert response.status_code == 413
    assert "This is too large" in response.content.decode()


def test_a_fault_of_ours_tells_nothing_and_keeps_what_was_typed(faulty: Client) -> None:
    response = faulty.post("/refer/fails/", {"what": STORY, "password": "hunter2"})
    html = response.content.decode()
    assert response.status_code == 500
    assert "a secret about a case" not in html
    assert "Traceback" not in html
    assert html.count(STORY) == 2
    assert "hunter2" not in html


@pytest.mark.parametrize("address", ["/refer/away/", "/refer/lost/"])
def test_a_lost_database_keeps_what_was_typed_and_offers_to_send_it_again(
    faulty: Client, address: str
) -> None:
    response = faulty.post(address, {"what": STORY, "more": ["a", "b"], "postcode": "N1 1AA"})
    html = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "a secret about a case" not in html
    assert f'action="{address}"' in html
    assert "csrfmiddlewaretoken" in html
    for name, value in [("what", STORY), ("more", "a"), ("more", "b"), ("postcode", "N1 1AA")]:
        assert f'<input type="hidden" name="{name}" value="{value}">' in html


def test_what_was_typed_comes_back_as_text_never_as_markup(faulty: Client) -> None:
    html = faulty.post("/refer/away/", {"what": '"><script>alert(1)</script>' + STORY}).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_a_page_that_was_open_too_long_keeps_what_was_typed() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in/", {"login": STORY}, headers={"sec-fetch-site": "same-origin"})
    assert response.status_code == 403
    assert "Please send this again" in response.content.decode()
    assert STORY in response.content.decode()


@pytest.mark.parametrize("where", ["cross-site", "same-site", "none"])
def test_a_form_that_stood_on_another_site_is_not_offered_for_sending(where: str) -> None:
    client = Client(enforce_csrf_checks=True)
    html = client.post("/sign-in/", {"login": STORY}, headers={"sec-fetch-site": where}).content.decode()
    assert STORY not in html
    assert "Try again" not in html


def test_the_front_page_is_readable_when_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(token: str) -> None:
        raise DatabaseAway

    class Signed:
        is_authenticated = True
        pk = 1

    monkeypatch.setattr(entry, "enter", away)
    monkeypatch.setattr(entry, "get_user", lambda request: Signed())
    drawn = []

    def view(request: HttpRequest) -> HttpResponse:
        drawn.append(request.who)  # type: ignore[attr-defined]
        return HttpResponse("read")

    request = RequestFactory().get("/")
    request.COOKIES[entry.COOKIE] = "token"
    request.session = SessionBase()
    assert entry.EntryMiddleware(view)(request).status_code == 200
    assert drawn == [None]


def test_the_house_says_how_it_is_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from evenhand.operations.health import Health

    monkeypatch.setattr("evenhand.web.static_pages.state", lambda: Health("ok", "late", "ok", "ok"))
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"database": "ok", "worker": "late", "keys": "ok", "record": "ok"},
    )
    monkeypatch.setattr("evenhand.web.static_pages.state", lambda: Health("away", "unknown", "unknown"))
    assert Client().get("/healthz").status_code == 503


def test_the_chosen_language_is_kept_and_leads_nowhere_else() -> None:
    client = Client()
    response = client.get("/language/", {"language": "cy", "next": "/privacy/"})
    assert response["Location"] == "/privacy/"
    assert client.get("/").content.decode().count('lang="cy"')
    assert client.get("/language/", {"language": "cy", "next": "https://evil.example/"})["Location"] == "/"
    assert "django_language" not in Client().get("/language/", {"language": "xx"}).cookies


def test_the_public_door_and_sign_in_speak_welsh_and_own_that_it_is_a_draft() -> None:
    client = Client()
    client.get("/language/", {"language": "cy"})
    front, sign_in = (client.get(address).content.decode() for address in ("/", "/sign-in/"))
    assert '<html lang="cy" dir="ltr"' in front
    assert "Poeni am rywun?" in front
    assert "Mewngofnodi" in sign_in
    assert "Cymraeg (drafft)" in front


@pytest.mark.parametrize("code", ["ar", "ur"])
def test_a_leaflet_is_read_from_the_right_and_says_that_it_is_a_draft(code: str) -> None:
    html = Client().get(f"/in-other-languages/{code}/").content.decode()
    assert f'lang="{code}" dir="rtl"' in html
    assert "govuk-tag" in html
    assert Client().get("/in-other-languages/xx/").status_code == 404


def test_dates_and_times_are_written_as_people_say_them_in_london() -> None:
    assert show_date(date(2026, 6, 1)) == "1 June 2026"
    assert show_date(date(2026, 6, 2), weekday=True, year=False) == "Tuesday 2 June"
    assert show_when(datetime(2026, 6, 1, 15, 5, tzinfo=UTC)) == "1 June 2026 at 4:05pm"
    assert show_when(datetime(2026, 1, 1, 0, 0, 20, tzinfo=UTC)) == "1 January 2026 at midnight"
    assert show_when(datetime(2026, 1, 1, tzinfo=UTC)) == "1 January 2026"  # a day of which no more is kept
    assert show_date(datetime(2026, 6, 1, 23, 30, tzinfo=UTC)) == "2 June 2026"
    with pytest.raises(ValueError, match="time zone"):
        show_when(datetime(2026, 6, 1))  # noqa: DTZ001 - the fault under test


def test_numbers_and_lists_are_written_as_sentences_do() -> None:
    assert [plural(n, "day") for n in (0, 1, 2, 1200)] == ["0 days", "1 day", "2 days", "1,200 days"]
    assert sentence_list([]) == ""
    assert sentence_list(["a"]) == "a"
    assert sentence_list(["a", "b", "c"]) == "a, b and c"


def test_people_are_sent_to_a_process_once_the_database_is_as_its_version_needs_it(database, monkeypatch):
    monkeypatch.setattr(health, "_READY_FOR", set())
    monkeypatch.setattr(health, "_this_version", lambda: "a later one")
    waiting = Client().get("/readyz")
    assert (waiting.status_code, waiting.json()) == (503, {"ready": False, "waits_for": "migrate"})
    monkeypatch.undo()
    assert Client().get("/readyz").json() == {"ready": True, "waits_for": ""}
    # The version before goes on while a later one's wall stands.
    monkeypatch.setattr(health, "_this_version", lambda: "an earlier one")
    assert Client().get("/readyz").status_code == 200
