"""Look at every page that a scenario passes: axe at both widths, nothing wider than the screen, a picture of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.browser import DESKTOP, PHONE, axe, screenshot, too_wide

_NUMBER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINK = re.compile(r"/warning/[A-Za-z0-9_-]{43}/")
_OTHER_PAGES = {"Why are you opening": "why", "Do you want to end": "confirm"}
REFUSED, ABSENT = 403, 404


def kind_of(address: str, status: int = 200, heading: str = "") -> str:
    """Return one word for all pages of a kind: the path without the case it is about, and what became of it."""
    path = _LINK.sub("/warning/one/", _NUMBER.sub("one", urlsplit(address).path))
    word = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"
    if status == ABSENT:
        return "not-found"
    if status == REFUSED and heading.startswith("“"):
        return "step-refused"
    for beginning, other in _OTHER_PAGES.items():
        if heading.startswith(beginning):
            return f"step-{other}"
    return word if status < 400 else f"{word}-{status}"


def family_of(kind: str) -> str:
    """Return the word for pages that are drawn by one template: every question of a report, every step of a case."""
    return re.sub(r"(refer-question|case-one-step|case-one)-.*", r"\1", kind)


@dataclass
class Inspection:
    """What was found wrong on the pages of one scenario; each kind of page is looked at once.

    seen  the kinds of page that were looked at before; scenarios that share it do not look at a page again
    """

    name: str
    faults: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def look(self, page: Page, status: int, *, whose: str = "", scripts: bool = True) -> None:
        """Look at the page, unless one of its kind was looked at before; `whose` tells apart what two people see.

        axe is a script itself, so a window without scripts is looked at without it. At the width of a phone every
        page has to fit; axe and a picture are for the first page of each template.
        """
        heading = page.locator("h1").first.inner_text() if page.locator("h1").count() else ""
        kind = kind_of(page.url, status, heading)
        kind = f"{kind}-{whose}" if whose and kind == "case-one" else kind
        kind = kind if scripts else f"{kind}-without-scripts"
        if kind in self.seen:
            return
        first = family_of(kind) not in {family_of(known) for known in self.seen}
        self.seen.add(kind)
        if page.locator("h1").count() != 1:
            self.faults.append(f"{kind}: the page has not exactly one main heading")
        before = page.viewport_size or {"width": DESKTOP[0], "height": DESKTOP[1]}
        self._at(page, DESKTOP, f"{kind}-desktop", scripts=scripts, picture=True)
        self._at(page, PHONE, f"{kind}-phone", scripts=scripts and first, picture=first)
        page.set_viewport_size(before)

    def _at(self, page: Page, size: tuple[int, int], kind: str, *, scripts: bool, picture: bool) -> None:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        if picture:
            screenshot(page, f"journey-{self.name}-{len(self.seen):02d}-{kind}")
        if too_wide(page):
            self.faults.append(f"{kind}: has to be scrolled sideways")
        if scripts:
            self.faults += [f"{kind}: {f.rule}, {f.said} {' '.join(f.where)}" for f in axe(page)]
