"""What an attacker tries at the sign-in: a planted session, a code twice, another's answer, a forged form, a long body."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from axes.models import AccessAttempt
from django.core.cache import cache
from django.db import connections
from django.test import Client, override_settings
from django.urls import URLPattern, get_resolver, reverse

from evenhand.operations.sign_in_memory import Memory
from evenhand.records.sign_in_memory import SignInMemory
from evenhand.records.user import User
from tests.visiting import seen
from tests.world import World

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def unknown(database: None) -> Iterator[None]:
    """Nothing is remembered of other tests' tries."""
    cache.clear()
    yield
    AccessAttempt.objects.all().delete()


def sign_in(user: User, client: Client | None = None, **more: Any) -> tuple[Client, Any]:
    client = client or Client(raise_request_exception=False)
    return client, client.post("/sign-in/", {"login": user.email, "password": PASSWORD}, **more)


def with_codes(world: World) -> User:
    user = world.user("gateway_officer@force", PASSWORD)
    TOTP.activate(user, SECRET)
    return user


def code_now() -> str:
    return str(format_hotp_value(hotp_value(SECRET, int(time.time()) // 30)))


def test_a_session_that_somebody_planted_is_another_after_signing_in(world: World) -> None:
    user = world.user("gateway_officer@force", PASSWORD)
    attacker = Client(raise_request_exception=False)
    attacker.post("/password/reset/", {"email": "nobody@example.org"})
    session = attacker.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    victim = Client(raise_request_exception=False)
    victim.cookies["sessionid"] = planted
    sign_in(user, victim)
    assert victim.get("/worklist/").status_code == 200
    assert victim.cookies["sessionid"].value != planted
    thief = Client(raise_request_exception=False)
    thief.cookies["sessionid"] = planted
    assert thief.get("/worklist/").status_code == 302
    thief.cookies["evenhand_entry"] = victim.cookies["evenhand_entry"].value
    assert thief.get("/worklist/").status_code == 302


def test_a_code_from_a_phone_is_taken_once_by_whichever_process(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = with_codes(world)
    still = time.time()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: still)
    code = code_now()
    first, _ = sign_in(user)
    assert first.post("/two-step/code/", {"code": code}).status_code == 302
    assert first.get("/worklist/").status_code == 200
    again, _ = sign_in(user)
    assert "That code is not right" in seen(again.post("/two-step/code/", {"code": code}))
    assert again.get("/worklist/").status_code == 302
    kept = list(SignInMemory.objects.values_list("key_hash", "value"))
    assert kept, "what was used stands where every process looks, and not in one's own memory"
    assert user.email not in str(kept)
    assert code not in str(kept)


def test_of_two_that_use_one_thing_at_once_one_is_told_yes(world: World) -> None:
    told: list[bool] = []
    start = Barrier(4)

    def use() -> None:
        start.wait(timeout=30)
        told.append(Memory("", {}).add("a code", "y", timeout=30))
        connections.close_all()

    threads = [Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(told) == [False, False, False, True]
    memory = Memory("", {})
    assert memory.get("a code") == "y"
    memory.set("a code", [1.5], timeout=-1)
    assert memory.get("a code") is None, "its time is over"
    assert memory.add("a code", "z")
    assert memory.touch("a code", 60)
    assert memory.delete("a code")
    assert not memory.delete("a code")
    assert not memory.touch("a code", 60)


def test_wrong_codes_are_slowed_for_the_account_and_do_not_lock_its_owner_out_of_the_password(
    world: World,
) -> None:
    user = with_codes(world)
    client, _ = sign_in(user)
    said = [seen(client.post("/two-step/code/", {"code": "000000"})) for _ in range(12)]
    assert "too many tries" in said[-1].lower()
    assert client.get("/worklist/").status_code == 302
    elsewhere = Client(raise_request_exception=False)
    elsewhere.defaults["REMOTE_ADDR"] = "198.51.100.77"
    assert sign_in(user, elsewhere)[1].status_code == 302


def test_half_a_sign_in_opens_nothing_and_ends_by_itself(world: World) -> None:
    user = with_codes(world)
    client, half = sign_in(user)
    assert half["Location"].startswith("/two-step/code/")
    for page in ("/worklist/", "/two-step/", "/api-keys/", "/password/change/", "/two-step/app/remove/"):
        assert client.get(page).status_code == 302
        assert client.post(page).status_code in (302, 403)
    assert Authenticator.objects.filter(user_id=user.id, type="totp").exists()
    assert client.get("/api/v1/worklist").status_code in (401, 404)


def every_page() -> list[str]:
    return sorted(
        "/" + str(each.pattern).lstrip("^")
        for each in get_resolver().url_patterns
        if isinstance(each, URLPattern)
    )


FILLED = {
    "<uuid:": "00000000-0000-4000-8000-000000000000",
    "<int:": "1",
    "<slug:": "any",
    "<str:": "any",
    "<path:": "a",
}


@pytest.mark.parametrize("how", ["a form of another site", "a script of another site", "htmx from elsewhere"])
def test_no_page_takes_a_form_without_the_mark_of_our_own_page(world: World, how: str) -> None:
    """Every page of the url conf, as somebody signed in whose browser sends the cookies along."""
    user = world.user("gateway_officer@force", PASSWORD)
    client, _ = sign_in(user, Client(enforce_csrf_checks=False, raise_request_exception=False))
    client.handler.enforce_csrf_checks = True
    headers = {
        "a form of another site": {"origin": "https://evil.example"},
        "a script of another site": {"origin": "null", "sec-fetch-site": "cross-site", "content-type": "text/plain"},
        "htmx from elsewhere": {"hx-request": "true", "x-requested-with": "XMLHttpRequest"},
    }[how]  # fmt: skip
    taken = []
    for pattern in every_page():
        path = pattern
        if "(?P" in path:
            continue
        while "<" in path:
            start = path.index("<")
            whole = path[start : path.index(">", start) + 1]
            path = path.replace(whole, next(v for k, v in FILLED.items() if whole.startswith(k)), 1)
        if path.startswith(("/api/", "/static/")):
            continue
        answer = client.post(path, {"password": PASSWORD, "yes": "yes"}, headers=headers)
        if answer.status_code not in (403, 405):
            taken.append((path, answer.status_code))
    assert not taken
    client.handler.enforce_csrf_checks = False
    assert client.get("/worklist/").status_code == 200, "nobody was signed out by it either"


@pytest.mark.parametrize(
    "where",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "https:evil.example", "javascript:alert(1)",
     "http://testserver@evil.example/", "\thttps://evil.example", "/%0d%0aSet-Cookie:a=b"],
)  # fmt: skip
def test_no_way_back_leads_outside_and_none_writes_a_header(world: World, where: str) -> None:
    user = world.user("gateway_officer@force", PASSWORD)
    client = Client(raise_request_exception=False)
    answers = [
        client.get("/language/", {"language": "en", "next": where}),
        client.post("/sign-in/", {"login": user.email, "password": PASSWORD, "next": where}),
        client.post("/sign-in/again/?" + "next=" + where.replace("\t", "%09"), {"password": PASSWORD}),
        client.post("/sign-out/", {"next": where}),
    ]
    for answer in answers:
        assert answer.status_code == 302
        to = answer["Location"]
        assert to.startswith("/")
        assert not to.startswith(("//", "/\\"))
        assert "\n" not in to
        assert "a" not in answer.cookies


@override_settings(ALLOWED_HOSTS=["evenhand.example"])
def test_a_letter_names_no_host_that_a_stranger_made_up(world: World) -> None:
    user = world.user("gateway_officer@force", PASSWORD)
    sent = {"email": user.email}
    client = Client(raise_request_exception=False)
    for forged in ({"HTTP_HOST": "evil.example"}, {"HTTP_HOST": "evenhand.example:a@evil.example"}):
        assert client.post("/password/reset/", sent, **forged).status_code == 400
    beside = client.post(
        "/password/reset/", sent, HTTP_HOST="evenhand.example", HTTP_X_FORWARDED_HOST="evil.example"
    )
    assert beside.status_code == 302
    assert "evil" not in beside["Location"]


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100_000)
def test_a_body_larger_than_fits_is_refused_before_it_is_read_whole(world: World) -> None:
    client = Client(raise_request_exception=False)
    big = client.post("/sign-in/", {"login": "x", "password": "y" * 200_000})
    assert big.status_code == 413
    many = client.post("/sign-in/", {f"field{n}": "1" for n in range(5000)})
    assert many.status_code in (400, 413)


def test_a_new_password_does_not_pass_by_the_second_step(world: World) -> None:
    """Whoever reads somebody's letters sets their password, and stands before the second step."""
    user = with_codes(world)
    new = "three quiet birds 9"
    link = reverse(
        "account_reset_password_from_key",
        args=[user_pk_to_url_str(user), default_token_generator.make_token(user)],
    )
    thief = Client(raise_request_exception=False)
    address = thief.get(link, follow=True).redirect_chain[-1][0]
    assert thief.post(address, {"password1": new, "password2": new}).status_code == 302
    assert thief.get("/worklist/").status_code == 302, "nobody is signed in by setting a password"
    half = thief.post("/sign-in/", {"login": user.email, "password": new})
    assert half["Location"].startswith("/two-step/code/")
    assert thief.get("/worklist/").status_code == 302
    assert Authenticator.objects.filter(user_id=user.id, type="totp").exists()
