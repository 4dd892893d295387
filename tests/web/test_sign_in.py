"""Only who was invited signs in; what is said never tells who has an account; an entry ends when it should."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axes.models import AccessAttempt
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone

from evenhand.gate import demo
from evenhand.gate.entry import EntryRefused, bound, enter
from evenhand.operations import accounts, duties, worker
from evenhand.records.duty import Alarm
from evenhand.records.user import User
from evenhand.web import urls
from evenhand.web.entry import COOKIE, role, signed_in
from evenhand.web.fresh import fresh_sign_in
from tests.world import World, raw

PASSWORD = "correct horse battery"
WRONG = "Check the email address and password, and try again"
SENT: list[tuple[str, str, str]] = []
STORY = "It took me an hour to find the words for what happened on Tuesday, and I would not type it twice."


def _ring(request: HttpRequest) -> HttpResponse:
    Alarm.objects.bulk_create([Alarm(id=UUID(request.GET["as"]), sealed=b"")])
    if request.GET.get("then") == "fail":
        raise RuntimeError("after writing")
    if request.GET.get("then") == "absent":
        raise Http404
    return HttpResponse("written")


@signed_in
def _name(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.who.name)  # type: ignore[attr-defined]


@role("administrator")
def _administration(request: HttpRequest) -> HttpResponse:
    return HttpResponse("administration")


@fresh_sign_in
def _grave(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


urlpatterns = [
    *urls.public_pages,
    *urls.account_pages,
    path("trial/name/", _name),
    path("trial/ring/", _ring),
    path("trial/administration/", _administration),
    path("trial/grave/", _grave),
]
handler403, handler404, handler500 = urls.handler403, urls.handler404, urls.handler500
handler429 = urls.handler429


@pytest.fixture(autouse=True)
def trial(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages to try the entry with, letters kept here, and no memory of other tests' failed tries."""
    monkeypatch.setattr(duties, "send", lambda to, subject, text, **_: SENT.append((to, subject, text)))
    SENT.clear()
    cache.clear()
    with override_settings(
        ROOT_URLCONF=__name__,
        LOGIN_REDIRECT_URL="/trial/name/",
    ):
        yield
    AccessAttempt.objects.all().delete()


def _sign_in(
    email: str, password: str = PASSWORD, client: Client | None = None, **more: Any
) -> tuple[Client, Any]:
    client = client or Client(raise_request_exception=False)
    return client, client.post("/sign-in/", {"login": email, "password": password, **more})


def _officer(world: World, whom: str = "gateway_officer@force") -> User:
    return world.user(whom, PASSWORD)


def test_who_signs_in_has_an_entry_that_scripts_and_other_sites_cannot_read(world: World) -> None:
    user = _officer(world)
    client, response = _sign_in(user.email)
    assert (response.status_code, response["Location"]) == (302, "/trial/name/")
    cookie = response.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == ""
    assert client.get("/trial/name/").content.decode() == world.people["gateway_officer@force"].name


@override_settings(ENTRY_COOKIE_SECURE=True)
def test_the_entry_travels_encrypted_alone_where_the_instance_says_so(world: World) -> None:
    assert _sign_in(_officer(world).email)[1].cookies[COOKIE]["secure"]


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(world: World) -> None:
    user = _officer(world)
    known = _sign_in(user.email, "wrong")[1].content.decode().replace(user.email, "X")
    stranger = f"{uuid4().hex}@example.org"
    unknown = _sign_in(stranger, "wrong")[1].content.decode().replace(stranger, "X")
    assert WRONG in known
    hidden = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]*')
    assert hidden.sub("", known) == hidden.sub("", unknown)


def test_somebody_who_left_learns_no_more_than_a_stranger(world: World) -> None:
    user = _officer(world)
    accounts.shut_out(user.id)
    response = _sign_in(user.email)[1]
    assert response.status_code == 200
    assert WRONG in response.content.decode()
    assert COOKIE not in response.cookies


@pytest.mark.parametrize("known", [True, False])
def test_too_many_wrong_tries_close_the_door_for_a_while_account_or_not(world: World, known: bool) -> None:
    email = _officer(world).email if known else f"{uuid4().hex}@example.org"
    answers = []
    for _ in range(12):
        cache.clear()
        answers.append(_sign_in(email, "wrong")[1])
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].content.decode()
    cache.clear()
    assert _sign_in(email)[1].status_code == 429


def test_tries_are_slowed_before_they_are_counted(world: World) -> None:
    email = _officer(world).email
    said = [_sign_in(email, "wrong")[1].content.decode() for _ in range(6)]
    assert WRONG in said[0]
    assert "too many tries" in said[-1]


def test_an_entry_is_good_in_its_own_session_and_browser_alone(world: World) -> None:
    email = _officer(world).email
    here, _ = _sign_in(email)
    there, _ = _sign_in(email)
    there.cookies[COOKIE] = here.cookies[COOKIE].value
    assert there.get("/trial/name/").status_code == 302, "another sitting of the same person"
    assert here.get("/trial/name/", headers={"user-agent": "Elsewhere/1.0"}).status_code == 302
    machine = Client().get("/api/v1/worklist", HTTP_AUTHORIZATION=f"Bearer {here.cookies[COOKIE].value}")
    assert machine.status_code in (401, 404)
    with pytest.raises(EntryRefused), enter(here.cookies[COOKIE].value):
        pass


def test_a_sitting_in_which_nothing_is_done_is_over_and_one_that_goes_on_ends_too(world: World) -> None:
    user = _officer(world)
    client, _ = _sign_in(user.email)
    of = "update wall.session set {} where practitioner_id = %s"
    raw(of.format("idle_until = now() - interval '1 second'"), [user.id], alias="admin")
    assert client.get("/trial/name/").status_code == 302
    client, _ = _sign_in(user.email)
    raw(of.format("idle_until = now() + interval '5 seconds'"), [user.id], alias="admin")
    session = client.session
    session["seen"] = 0
    session.save()
    assert client.get("/trial/name/").status_code == 200
    left = raw(
        "select max(idle_until) - now() from wall.session where practitioner_id = %s",
        [user.id],
        alias="admin",
    )
    assert left[0][0].total_seconds() > 1000, "what is done keeps it open"
    ends = raw(
        "select max(expires_at) - now() from wall.session where practitioner_id = %s",
        [user.id],
        alias="admin",
    )
    assert ends[0][0].total_seconds() <= 12 * 3600
    raw(of.format("expires_at = now() - interval '1 second'"), [user.id], alias="admin")
    assert client.get("/trial/name/").status_code == 302


def test_wrong_tries_lock_their_source_and_neither_the_account_nor_a_known_device(world: World) -> None:
    user = _officer(world)
    mine, _ = _sign_in(user.email)
    mine.post("/sign-out/")
    for _ in range(12):
        cache.clear()
        _sign_in(user.email, "wrong", REMOTE_ADDR="192.0.2.7")
        _sign_in(user.email, "wrong")
    cache.clear()
    assert _sign_in(user.email)[1].status_code == 429, "a stranger at the same address is locked out"
    elsewhere = Client()
    elsewhere.defaults["REMOTE_ADDR"] = "198.51.100.9"
    assert _sign_in(user.email, client=elsewhere)[1].status_code == 302, "the account is not"
    assert "evenhand_device" in mine.cookies
    again = _sign_in(user.email, client=mine)[1]
    assert again.status_code == 302, "nor the device from which its owner signed in before"
    forged = Client()
    forged.cookies["evenhand_device"] = "made:up:cookie"
    assert _sign_in(user.email, client=forged)[1].status_code == 429


@pytest.mark.parametrize("known", [True, False])
def test_known_and_unknown_accounts_cost_one_password_check_each(
    world: World, known: bool, monkeypatch
) -> None:
    from django.contrib.auth import hashers

    email = _officer(world).email if known else f"{uuid4().hex}@example.org"
    worked: list[str] = []
    kind = type(hashers.get_hasher())
    real = kind.encode
    monkeypatch.setattr(
        kind, "encode", lambda self, password, salt: worked.append("") or real(self, password, salt)
    )
    _sign_in(email, "wrong")
    assert len(worked) == 1


def test_signing_out_ends_the_entry_itself_not_just_the_cookie(world: World) -> None:
    client, _ = _sign_in(_officer(world).email)
    token = bound(client.cookies[COOKIE].value, f"{client.session['sitting']}|")
    with enter(token):
        pass
    assert client.post("/sign-out/")["Location"] == "/"
    with pytest.raises(EntryRefused), enter(token):
        pass
    assert client.get("/trial/name/").status_code == 302


def test_an_address_alone_signs_nobody_out(world: World) -> None:
    client, _ = _sign_in(_officer(world).email)
    assert client.get("/sign-out/").status_code == 200
    assert client.get("/trial/name/").status_code == 200


@pytest.mark.parametrize("token", ["", "made-up", "x" * 5000])
def test_without_a_token_that_holds_somebody_is_signed_out_and_told_so(world: World, token: str) -> None:
    client, _ = _sign_in(_officer(world).email)
    client.cookies[COOKIE] = token
    response = client.get("/trial/name/?page=2", follow=True)
    assert response.redirect_chain[0] == ("/sign-in/?next=%2Ftrial%2Fname%2F%3Fpage%3D2", 302)
    assert "You have been signed out" in response.content.decode()


def test_somebody_elses_token_opens_nothing(world: World) -> None:
    mine, _ = _sign_in(_officer(world).email)
    theirs, _ = _sign_in(_officer(world, "analyst@force").email)
    mine.cookies[COOKIE] = theirs.cookies[COOKIE].value
    assert mine.get("/trial/name/").status_code == 302


def test_what_was_typed_outlives_a_sign_in_that_ran_out(world: World) -> None:
    client, _ = _sign_in(_officer(world).email)
    client.cookies[COOKIE] = "run-out"
    response = client.post("/trial/name/", {"note": STORY}, headers={"sec-fetch-site": "same-origin"})
    html = response.content.decode()
    assert response.status_code == 403
    assert "You have been signed out" in html
    assert f'name="note" value="{STORY}"' in html


@pytest.mark.parametrize(
    ("then", "status", "kept"), [("", 200, True), ("fail", 500, False), ("absent", 404, False)]
)
def test_a_request_is_kept_whole_or_not_at_all(world: World, then: str, status: int, kept: bool) -> None:
    client, _ = _sign_in(_officer(world).email)
    number = uuid4()
    assert client.get("/trial/ring/", {"as": str(number), "then": then}).status_code == status
    assert Alarm.objects.using("admin").filter(id=number).exists() is kept


def test_a_role_is_asked_for_by_name(world: World) -> None:
    officer, _ = _sign_in(_officer(world).email)
    assert officer.get("/trial/administration/").status_code == 403
    administrator, _ = _sign_in(_officer(world, "administrator@force").email)
    assert administrator.get("/trial/administration/").status_code == 200


def test_nobody_makes_an_account_for_themselves() -> None:
    for address in ("/sign-up/", "/signup/", "/accounts/signup/", "/sign-in/signup/"):
        assert Client().get(address).status_code == 404


def test_an_invitation_makes_one_account_once(world: World) -> None:
    person = world.people["panel_chair@council"]
    token = accounts.invite(person.id, person.email)
    client = Client()
    short = client.post(f"/invitation/{token}/", {"name": "Chair", "password": "short"})
    assert short.status_code == 422
    assert "at least 12 characters" in short.content.decode()
    assert "Chair" in short.content.decode()
    made = client.post(f"/invitation/{token}/", {"name": "Chair", "password": PASSWORD}, follow=True)
    assert "Your account is ready" in made.content.decode()
    assert _sign_in(person.email)[1].status_code == 302
    again = client.post(f"/invitation/{token}/", {"name": "Chair", "password": PASSWORD})
    assert again.status_code == 422
    assert "used or has run out" in again.content.decode()


def test_an_invitation_that_never_was_looks_like_one_until_it_is_used() -> None:
    response = Client().get("/invitation/made-up/")
    assert response.status_code == 200
    assert "used or has run out" not in response.content.decode()


def _letters_to(email: str) -> list[str]:
    with demo.as_worker():
        while worker.work():
            pass
    return [text for to, _, text in SENT if to == email]


def test_asking_for_a_new_password_never_tells_whether_there_is_an_account(world: World) -> None:
    user = _officer(world)
    stranger = f"{uuid4().hex}@example.org"
    answers = [Client().post("/password/reset/", {"email": email}) for email in (user.email, stranger)]
    assert {answer.status_code for answer in answers} == {302}
    assert {answer["Location"] for answer in answers} == {"/password/reset/sent/"}
    assert len(_letters_to(user.email)) == 1
    assert not _letters_to(stranger)


def test_the_worker_alone_reads_a_letter_and_keeps_nothing_of_it(world: World) -> None:
    user = _officer(world)
    before = set(raw("select id from duty where kind = 'mail'", alias="admin"))
    stranger = f"{uuid4().hex}@example.org"
    for email in (user.email, stranger):
        Client().post("/password/reset/", {"email": email})
    new = set(raw("select id from duty where kind = 'mail'", alias="admin")) - before
    owed = [raw("select contents::text from duty where id = %s", [n], alias="admin")[0][0] for (n,) in new]
    assert len(owed) == 2, "an unknown address costs as much as a known one"
    assert abs(len(owed[0]) - len(owed[1])) < 400
    assert not any("/password/reset/" in text or user.email in text for text in owed)
    assert _letters_to(user.email)
    kept = [raw("select contents::text from duty where id = %s", [n], alias="admin")[0][0] for (n,) in new]
    assert kept == ["{}", "{}"]


def test_a_new_password_ends_every_open_sign_in(world: World) -> None:
    user = _officer(world)
    before, _ = _sign_in(user.email)
    Client().post("/password/reset/", {"email": user.email})
    link = re.search(r"http://[^/]+(/password/reset/\S+)", _letters_to(user.email)[0])
    assert link
    reader = Client()
    page = reader.get(link[1], follow=True)
    new = "three quiet birds 9"
    address = page.redirect_chain[-1][0]
    changed = reader.post(address, {"password1": new, "password2": new}, follow=True)
    assert "Your password is changed" in changed.content.decode()
    assert before.get("/trial/name/").status_code == 302
    assert WRONG in _sign_in(user.email)[1].content.decode()
    assert _sign_in(user.email, new)[1].status_code == 302
    used = Client().get(link[1], follow=True)
    assert "used or has run out" in used.content.decode()


def test_changing_a_password_keeps_only_the_one_who_changed_it(world: World) -> None:
    user = _officer(world)
    here, _ = _sign_in(user.email)
    there, _ = _sign_in(user.email)
    new = "three quiet birds 9"
    changed = here.post("/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert changed.status_code == 302
    assert here.get("/trial/name/").status_code == 200
    assert there.get("/trial/name/").status_code == 302


def _code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def _turn_on_codes(client: Client) -> tuple[str, list[str]]:
    client.post("/sign-in/again/?next=/two-step/app/", {"password": PASSWORD})
    page = client.get("/two-step/app/")
    found = re.search(r'class="evenhand-secret">([A-Z2-7]+)<', page.content.decode())
    assert found, "the key stands on the page for who cannot scan"
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    done = client.post("/two-step/app/", {"code": _code(found[1])}, follow=True)
    codes = re.findall(r'<li class="evenhand-secret">([^<]+)</li>', done.content.decode())
    assert codes
    return found[1], codes


def test_codes_on_a_phone_are_asked_for_after_the_password(world: World) -> None:
    user = _officer(world)
    client, _ = _sign_in(user.email)
    secret, codes = _turn_on_codes(client)
    stored = str(list(Authenticator.objects.filter(user_id=user.id).values_list("data", flat=True)))
    assert secret not in stored
    assert all(code not in stored for code in codes)

    half, response = _sign_in(user.email)
    assert response["Location"].startswith("/two-step/code/")
    assert COOKIE not in response.cookies
    assert half.get("/trial/name/").status_code == 302
    wrong = half.post("/two-step/code/", {"code": "000000"})
    assert "That code is not right" in wrong.content.decode()
    whole = half.post("/two-step/code/", {"code": codes[0]})
    assert whole.status_code == 302
    assert COOKIE in whole.cookies
    assert half.get("/trial/name/").status_code == 200

    other, _ = _sign_in(user.email)
    spent = other.post("/two-step/code/", {"code": codes[0]})
    assert "That code is not right" in spent.content.decode()


def test_how_somebody_signs_in_is_changed_only_with_a_fresh_password(world: World) -> None:
    client, _ = _sign_in(_officer(world).email)
    asked = client.get("/two-step/app/")
    assert asked.status_code == 302
    assert asked["Location"].startswith("/sign-in/again/")
    refused = client.post(asked["Location"], {"password": "not mine"})
    assert "That is not your password" in refused.content.decode()
    again = client.post(asked["Location"], {"password": PASSWORD})
    assert again["Location"] == "/two-step/app/"
    assert client.get("/two-step/app/").status_code == 200


def _an_hour_passes(client: Client) -> None:
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()


def test_what_needs_a_fresh_password_keeps_what_was_typed_on_the_page_alone(world: World) -> None:
    client, _ = _sign_in(_officer(world).email)
    assert client.get("/trial/grave/").content == b"done", "who signed in a moment ago is still there"
    _an_hour_passes(client)
    assert client.get("/trial/grave/")["Location"] == "/sign-in/again/?next=%2Ftrial%2Fgrave%2F"
    stopped = client.post("/trial/grave/", {"note": STORY}, headers={"sec-fetch-site": "same-origin"})
    assert stopped.status_code == 403
    assert STORY in stopped.content.decode()
    assert STORY not in str(dict(client.session))
    client.post("/sign-in/again/?next=/trial/grave/", {"password": PASSWORD})
    assert client.post("/trial/grave/", {"note": STORY}).content == b"done"


def test_signing_in_leads_nowhere_outside(world: World) -> None:
    response = _sign_in(_officer(world).email, next="https://evil.example/")[1]
    assert response["Location"] == "/trial/name/"


def test_a_failed_try_is_counted_in_a_table_of_sign_in_alone(world: World) -> None:
    email = _officer(world).email
    _sign_in(email, "wrong")
    found = AccessAttempt.objects.get(username=email)
    assert found.attempt_time <= timezone.now()
    assert "wrong" not in str(found.post_data)
