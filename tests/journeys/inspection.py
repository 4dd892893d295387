"""Look at every page that a scenario passes: axe at both widths, nothing wider than the screen, a picture of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.browser import DESKTOP, PHONE, axe, screenshot, too_wide

_NUMBER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def kind_of(address: str, status: int = 200) -> str:
    """Return one word for all pages of a kind: the path without the case it is about."""
    path = _NUMBER.sub("", urlsplit(address).path)
    word = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"
    return word if status < 400 else f"{word}-{status}"


@dataclass
class Inspection:
    """What was found wrong on the pages looked at so far; each kind of page is looked at once."""

    name: str
    with_scripts: bool = True
    faults: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def look(self, page: Page, status: int, *, whose: str = "") -> None:
        """Look at the page, unless one of its kind was looked at before; `whose` tells apart what two people see."""
        kind = "-".join(filter(None, (kind_of(page.url, status), whose)))
        if kind in self.seen:
            return
        self.seen.add(kind)
        if page.locator("h1").count() != 1:
            self.faults.append(f"{kind}: the page has not exactly one main heading")
        before = page.viewport_size or {"width": DESKTOP[0], "height": DESKTOP[1]}
        for size, word in ((DESKTOP, "desktop"), (PHONE, "phone")):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            self._at_this_width(page, f"{kind}-{word}")
        page.set_viewport_size(before)

    def _at_this_width(self, page: Page, kind: str) -> None:
        screenshot(page, f"journey-{self.name}-{len(self.seen):02d}-{kind}")
        if too_wide(page):
            self.faults.append(f"{kind}: has to be scrolled sideways")
        if self.with_scripts:
            self.faults += [f"{kind}: {f.rule}, {f.said} {' '.join(f.where)}" for f in axe(page)]
