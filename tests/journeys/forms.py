"""Fill the questions of a page by the words that stand beside them, as somebody reading the page would."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

EVERYTHING = "everything on the list"
SEPARATOR = "; "


class NoSuchQuestion(AssertionError):
    """The page asks nothing under this label."""


def answer(page: Page, label: str, value: str) -> None:
    """The question with this label is answered: a choice, several (with “;” between), a date, a text."""
    factor = page.locator(".evenhand-factor").filter(has=page.get_by_role("group", name=label, exact=True))
    if factor.count():
        _factor(factor.first, label, value)
        return
    name = re.compile(rf"^\s*{re.escape(label)}(\s+\(optional\))?\s*$")
    group = page.get_by_role("group", name=name)
    if group.count():
        _in_group(group.first, value)
        return
    box = page.get_by_label(name)
    if not box.count():
        raise NoSuchQuestion(f"the page asks nothing under “{label}”")
    if box.first.evaluate("box => box.tagName") == "SELECT":
        box.first.select_option(label=value)
    else:
        box.first.fill(value)


def _in_group(group: Locator, value: str) -> None:
    day = group.get_by_label("Day", exact=True)
    if day.count() and not group.get_by_role("radio").count():
        parts = value.split() if value else ["", "", ""]
        for part, text in zip(("Day", "Month", "Year"), parts, strict=True):
            group.get_by_label(part, exact=True).fill(text)
    elif value == EVERYTHING:
        for box in group.get_by_role("checkbox").all():
            box.check()
    else:
        for one in value.split(SEPARATOR):
            group.get_by_label(one, exact=True).first.check()


def _factor(factor: Locator, label: str, value: str) -> None:
    """Say what is seen, link all evidence there is, and say how sure one is."""
    answer_, _comma, why = value.partition(", because ")
    factor.get_by_role("radio", name=answer_, exact=True).check()
    factor.locator("summary").click()
    for box in factor.get_by_role("checkbox").all():
        box.check()
    factor.get_by_role("radio", name="Fairly sure", exact=True).check()
    factor.get_by_label("Why are you that sure?").fill(why or f"What was seen says so: {label}.")
