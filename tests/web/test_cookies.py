"""Cookies are taken from this very host alone where the pages travel encrypted, and each is named on its page."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from evenhand.settings.cookies import cookies
from tests.visiting import seen
from tests.world import World

PASSWORD = "correct horse battery"


def walked(world: World, *, secure: bool) -> Client:
    """Choose a language, begin a report, sign in, hear a message: whatever sets a cookie."""
    cache.clear()
    user = world.user("gateway_officer@force", PASSWORD)
    client = Client(raise_request_exception=False)
    client.get("/language/?language=cy&next=/", secure=secure)
    client.get("/language/?language=en&next=/", secure=secure)
    client.post("/refer/", secure=secure)
    client.get("/sign-in/", secure=secure)
    said = client.post("/sign-in/", {"login": user.email, "password": PASSWORD}, secure=secure)
    assert said.status_code == 302
    assert client.get("/worklist/", secure=secure).status_code == 200
    return client


@pytest.mark.parametrize("tls", [True, False])
def test_every_cookie_is_of_this_host_alone_and_stands_on_the_page_about_them(
    world: World, tls: bool
) -> None:
    with override_settings(**cookies(behind_tls=tls)):
        client = walked(world, secure=tls)
        page = seen(client.get("/cookies/", secure=tls))
        found = {name: cookie for name, cookie in client.cookies.items() if cookie.value}
        assert {name.removeprefix("__Host-") for name in found} >= {
            "csrftoken", "sessionid", "evenhand_entry", "evenhand_device", "django_language", "evenhand_draft",
        }  # fmt: skip
        for name, cookie in found.items():
            assert name.startswith("__Host-") is tls, name
            assert bool(cookie["secure"]) is tls, name
            assert not cookie["domain"]
            assert cookie["httponly"], name
            assert cookie["samesite"] in {"Lax", "Strict"}
            assert f" {name} " in page, f"{name} is not on the page about cookies"
            if tls:
                assert cookie["path"] == "/", "a browser refuses the name with another path"


def test_a_cookie_that_a_neighbouring_host_could_plant_is_not_looked_at(world: World) -> None:
    with override_settings(**cookies(behind_tls=True)):
        client = walked(world, secure=True)
        planted = Client(raise_request_exception=False)
        for name, cookie in client.cookies.items():
            planted.cookies[name.removeprefix("__Host-")] = cookie.value
        assert planted.get("/worklist/", secure=True).status_code == 302
        assert client.get("/worklist/", secure=True).status_code == 200
        client.post("/sign-out/", secure=True)
        assert client.get("/worklist/", secure=True).status_code == 302
