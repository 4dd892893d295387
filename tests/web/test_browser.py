"""In a real browser: no fault that axe finds, nothing wider than the screen, everything without scripts."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from playwright.sync_api import Browser, Page

from tests.browser import DESKTOP, PHONE, address, axe, browser, screenshot, too_wide, window, without_scripts
from tests.world import World

__all__ = ["address", "browser", "without_scripts"]  # fixtures

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
PUBLIC = {
    "home": "/",
    "danger": "/danger/",
    "privacy": "/privacy/",
    "accessibility": "/accessibility/",
    "cookies": "/cookies/",
    "what-happens": "/what-happens/",
    "contact": "/contact/",
    "arabic": "/in-other-languages/ar/",
    "urdu": "/in-other-languages/ur/",
    "sign-in": "/sign-in/",
    "password-reset": "/password/reset/",
    "invitation": "/invitation/any/",
    "not-found": "/no-such-page/",
}


def _faults(page: Page) -> list[str]:
    return [f"{fault.rule}: {fault.said} {fault.where}" for fault in axe(page)]


def _sign_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/sign-in/")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize(("width", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_public_pages_have_no_fault_and_fit_the_screen(
    address: str, browser: Browser, width: str, size: tuple[int, int]
) -> None:
    context = window(browser, size)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
    for name, path in PUBLIC.items():
        page.goto(address + path)
        assert _faults(page) == [], path
        assert not too_wide(page), path
        screenshot(page, f"{name}-{width}")
    assert refused == []
    context.close()


def test_pages_ask_nothing_of_any_other_site(address: str, browser: Browser) -> None:
    context = window(browser)
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    for path in PUBLIC.values():
        page.goto(address + path)
    assert asked
    assert all(url.startswith((address, "data:")) for url in asked)
    context.close()


def test_the_whole_of_signing_in_works_without_scripts(
    address: str, without_scripts: Page, world: World
) -> None:
    cache.clear()
    page = without_scripts
    user = world.user("gateway_officer@force", PASSWORD)
    _sign_in(page, address, user.email)
    assert page.get_by_text("Signed in as").count() == 1
    page.goto(f"{address}/two-step/app/")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    secret = page.locator(".evenhand-secret").inner_text()
    square = page.get_by_role("img", name=re.compile("square to scan"))
    assert square.evaluate("image => image.naturalWidth") > 100
    assert _faults_without_scripts(page) == []
    page.get_by_label("Code").fill(str(format_hotp_value(hotp_value(secret, int(time.time()) // 30))))
    page.get_by_role("button", name="Turn on codes").click()
    assert page.get_by_role("heading", name="Recovery codes").count() == 1
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("link", name="Sign in").count() >= 1


def _faults_without_scripts(page: Page) -> list[str]:
    """Headings and labels by hand, because axe itself is a script."""
    unlabelled = page.locator("input:not([type=hidden]):not([id])").count()
    return ["an input without an id"] if unlabelled or page.locator("h1").count() != 1 else []


def test_account_pages_have_no_fault(address: str, browser: Browser, world: World) -> None:
    cache.clear()
    user = world.user("analyst@force", PASSWORD)
    for width, size in (("desktop", DESKTOP), ("phone", PHONE)):
        context = window(browser, size)
        page = context.new_page()
        _sign_in(page, address, user.email)
        for name, path in {"account": "/two-step/", "password-change": "/password/change/"}.items():
            page.goto(address + path)
            assert _faults(page) == [], path
            assert not too_wide(page), path
            screenshot(page, f"{name}-{width}")
        page.goto(f"{address}/two-step/app/")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        assert _faults(page) == []
        screenshot(page, f"two-step-{width}")
        context.close()


def test_a_page_can_be_left_at_once_by_keyboard(address: str, browser: Browser) -> None:
    context = window(browser)
    page = context.new_page()
    page.goto(address)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Exit this page"
    assert page.evaluate("document.activeElement.rel") == "nofollow noreferrer"
    context.close()
