"""A passkey made in a real browser signs in by itself, can be named and removed, and signs nobody else in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache

from tests.browser import address, axe, browser, screenshot, too_wide, window  # noqa: F401 - fixtures
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse battery"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def device(browser: Browser) -> Iterator[Page]:  # noqa: F811
    """A window of a machine that keeps passkeys."""
    context = window(browser)
    page = context.new_page()
    page.set_default_timeout(8000)
    tool = context.new_cdp_session(page)
    tool.send("WebAuthn.enable")
    tool.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield page
    context.close()


def _sign_in(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/sign-in/")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/worklist/**")


def _again(page: Page) -> None:
    """How somebody signs in is changed only by who gives the password once more."""
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def test_a_passkey_is_made_used_named_and_removed(address: str, device: Page, world: World) -> None:  # noqa: F811
    cache.clear()
    site = address.replace("127.0.0.1", "localhost")
    user = world.user("analyst@force", PASSWORD)
    broken: list[str] = []
    device.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
    _sign_in(device, site, user.email)
    device.goto(f"{site}/two-step/passkeys/")
    assert "There is no passkey yet" in device.content()
    device.get_by_role("button", name="Add a passkey").click()
    _again(device)
    assert axe(device) == ()
    device.get_by_label("Name").fill("Work phone")
    screenshot(device, "passkey-add")
    device.get_by_role("button", name="Make the passkey").click()
    device.wait_for_url("**/two-step/recovery-codes/**")
    kept = Authenticator.objects.get(user_id=user.id, type="webauthn")
    assert kept.wrap().is_passwordless

    device.goto(f"{site}/two-step/")
    device.get_by_role("button", name="Sign out").click()
    device.goto(f"{site}/sign-in/")
    screenshot(device, "passkey-sign-in")
    assert axe(device) == ()
    assert not too_wide(device)
    device.get_by_role("button", name="Use a passkey").click()
    device.wait_for_url("**/worklist/**")
    assert world.people["analyst@force"].name in device.content()

    device.goto(f"{site}/two-step/passkeys/")
    assert "Work phone" in device.content()
    assert axe(device) == ()
    screenshot(device, "passkeys")
    device.get_by_role("link", name="Rename").click()
    device.get_by_role("link", name="A passkey").click()
    assert axe(device) == ()
    device.get_by_role("button", name="Use a passkey").click()
    device.get_by_label("Name").fill("Old phone")
    device.get_by_role("button", name="Save").click()
    assert "Old phone" in device.content()
    device.get_by_role("link", name="Remove").click()
    device.get_by_role("button", name="Remove").click()
    assert "The passkey is removed" in device.content()
    assert not Authenticator.objects.filter(user_id=user.id, type="webauthn").exists()

    device.get_by_role("button", name="Sign out").click()
    device.goto(f"{site}/sign-in/")
    device.get_by_role("button", name="Use a passkey").click()
    device.wait_for_load_state("networkidle")
    assert "/worklist/" not in device.url
    assert broken == [], "nothing inline, nothing refused by the content security policy"


def test_a_passkey_stands_for_the_second_step_too(address: str, device: Page, world: World) -> None:  # noqa: F811
    cache.clear()
    site = address.replace("127.0.0.1", "localhost")
    user = world.user("panel_chair@council", PASSWORD)
    _sign_in(device, site, user.email)
    device.goto(f"{site}/two-step/passkeys/add/")
    _again(device)
    device.get_by_role("button", name="Make the passkey").click()
    device.wait_for_url("**/two-step/recovery-codes/**")
    device.goto(f"{site}/two-step/")
    device.get_by_role("button", name="Sign out").click()
    device.goto(f"{site}/sign-in/")
    device.get_by_label("Email address").fill(user.email)
    device.get_by_label("Password", exact=True).fill(PASSWORD)
    device.get_by_role("button", name="Sign in", exact=True).click()
    device.wait_for_url("**/two-step/code/**")
    device.get_by_role("button", name="Use a passkey").click()
    device.wait_for_url("**/worklist/**")
