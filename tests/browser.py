"""Start the pages and Debian's Chromium for tests, take screenshots and ask axe what is wrong with a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from os import geteuid
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

SCREENSHOTS = Path(__file__).resolve().parents[1] / "screenshots"
DESKTOP = (1280, 900)
PHONE = (375, 812)
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class Violation:
    """One thing that axe holds against a page."""

    rule: str
    impact: str
    said: str
    where: tuple[str, ...]


def chromium_path() -> str | None:
    """Return where Chromium is on this machine, if it is."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *parts: object) -> None:
        """Say nothing: the pages log for themselves."""


@pytest.fixture(scope="session")
def address(database: None) -> Iterator[str]:
    """The pages, served on this machine alone; gives the address up to the first slash of a path."""
    from evenhand.web.wsgi import application

    server = make_server("127.0.0.1", 0, application, _Server, _Silent)
    thread = Thread(target=server.serve_forever, name="pages", daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


_STARTED: list[Browser] = []


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; skipped with the reason where there is none."""
    # Each module that imports this has a fixture of its own, and Playwright starts only once in a process.
    if _STARTED:
        yield _STARTED[0]
        return
    found = chromium_path()
    if found is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    arguments = [*QUIET, "--no-sandbox"] if geteuid() == 0 else QUIET
    with sync_playwright() as playwright:
        _STARTED.append(
            playwright.chromium.launch(executable_path=found, args=arguments, chromium_sandbox=False)
        )
        yield _STARTED[0]
        _STARTED.pop().close()


def window(browser: Browser, size: tuple[int, int] = DESKTOP, *, scripts: bool = True) -> BrowserContext:
    """Return a fresh window that shares no cookie with another; `scripts=False` runs none."""
    return browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        locale="en-GB",
        timezone_id="Europe/London",
        reduced_motion="reduce",
    )


@pytest.fixture
def desktop(browser: Browser) -> Iterator[Page]:
    """A page 1280 wide."""
    context = window(browser)
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page 375 wide."""
    context = window(browser, PHONE)
    yield context.new_page()
    context.close()


@pytest.fixture
def without_scripts(browser: Browser) -> Iterator[Page]:
    """A page that runs no script."""
    context = window(browser, scripts=False)
    yield context.new_page()
    context.close()


def screenshot(page: Page, name: str) -> Path:
    """The whole page is in screenshots/NAME.png; returns where."""
    SCREENSHOTS.mkdir(exist_ok=True)
    target = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=target, full_page=True)
    return target


def axe(page: Page) -> tuple[Violation, ...]:
    """Return what axe holds against the page, at WCAG 2.2 AA and good practice: nothing, when all is well."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(Axe().axe_script)
    # All that passed is left in the browser: bringing it here takes as long as finding it. Nothing that needs style
    # sheets or films loaded beforehand is among the rules.
    found = page.evaluate(
        "options => axe.run(document, options).then(found => found.violations)",
        {"runOnly": RULES, "resultTypes": ["violations"], "preload": False},
    )
    return tuple(
        Violation(
            each["id"],
            str(each["impact"]),
            each["help"],
            tuple(str(node["target"]) for node in each["nodes"]),
        )
        for each in found
    )


def too_wide(page: Page) -> bool:
    """Say whether the page has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
