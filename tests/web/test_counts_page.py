"""The figures are the same to everybody, and what is withheld says so."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.test import Client

from evenhand.gate import demo
from evenhand.oversight.counts import refresh
from evenhand.web.counts import figure
from tests.visiting import visit


def main_part(response) -> str:
    """Return what the page itself holds, marks and all; the navigation around it is each viewer's own."""
    found = re.search(r"<main\b.*</main>", response.content.decode(), re.DOTALL)
    assert found
    return found.group()


def test_every_viewer_sees_the_very_same_figures(world):
    for _ in range(7):
        world.refer()
    with demo.as_worker():
        refresh(datetime.now(UTC))
    pages = {
        main_part(visit(world, whom).get("/counts/"))
        for whom in (
            "analyst@force",
            "gateway_officer@force",
            "panel_chair@other_council",
            "provider@provider",
        )
    }
    assert len(pages) == 1
    page = pages.pop()
    assert "How far referrals came" in page
    assert "withheld [c]" in page


def test_a_withheld_figure_is_not_a_zero():
    assert figure(None) == "[c]"
    assert figure(0) == "0"
    assert figure(12345) == "12,345"


def test_a_stranger_sees_no_figures(world):
    assert Client().get("/counts/").status_code == 302
