"""The page on the format names every fact, verb, kind, unit and basis there is."""

from __future__ import annotations

from pathlib import Path

from evenhand.kernels.policy import FACTS, PARTS, VERBS
from evenhand.kernels.policy.form import KINDS
from evenhand.kernels.policy.journey import DUTIES
from evenhand.kernels.policy.pack import BASES, SOURCES
from evenhand.kernels.policy.working_time import UNITS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "policy-format.md"


def test_the_page_names_everything_a_pack_may_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    named = [*FACTS, *VERBS, *KINDS, *DUTIES, *BASES, *SOURCES, *UNITS, *PARTS]
    assert [word for word in named if f"`{word}`" not in page] == []
    for fact in FACTS.values():
        assert fact.meaning in page
