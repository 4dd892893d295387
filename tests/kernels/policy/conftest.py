"""Load the packs once, and offer a short way to act in them and to break a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from evenhand.kernels.policy import (
    BUILT_IN,
    FACTS,
    Actor,
    Decision,
    FactValue,
    Form,
    Journey,
    Pack,
    decide,
    load_pack,
)

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
CALM: dict[str, FactValue] = {name: fact.example() for name, fact in FACTS.items()} | {
    "age_known": True,
    "deconfliction": "proceed",
    "evidence_count": 2,
    "evidence_before_refusal": 2,
    "assessment_exists": True,
    "assessment_days_old": 5,
    "panel_police_of_home_force_present": True,
    "panel_council_present": True,
    "needs_recorded": 2,
    "person_told": True,
    "identified": True,
}
"""An ordinary adult's case, in which nothing stands in the way."""

EXAMPLES: dict[str, object] = {
    "text": "Words",
    "long_text": "Words in full.",
    "yes_no": "no",
    "person_names": "Ama Owusu-Mensah",
    "address": "1 High Street\nAnytown",
    "practitioner": "J. Khan",
    "agency": "agency-1",
    "person": "person-1",
    "file": ["file-1"],
    "evidence_links": ["evidence-1"],
    "number": "6",
    "partial_date": "2009",
}


def filled(pack: Pack, form: Form, outcome: str) -> dict[str, object]:
    """Return the fewest answers that a form takes."""
    answers: dict[str, object] = {}
    for field in form.asked(outcome):
        if not field.required:
            continue
        if field.choices:
            code = pack.lists[field.choices].codes_on(NOW.date())[0].code
            answers[field.code] = [code] if field.kind == "choices" else code
        elif field.kind == "date":
            answers[field.code] = "2026-12-24" if field.future else "2026-11-10"
        else:
            answers[field.code] = EXAMPLES[field.kind]
    return answers


class Act(Protocol):
    """Take one step, with an ordinary case around it unless told otherwise."""

    def __call__(
        self,
        step: str,
        outcome: str,
        place: str,
        by: str = ...,
        *,
        done_by: Mapping[str, str] = ...,
        answers: Mapping[str, object] = ...,
        conflicted: bool = ...,
        actor: str = ...,
        now: datetime = ...,
        **facts: FactValue,
    ) -> Decision: ...


def acting(pack: Pack, journey: Journey) -> Act:
    def act(
        step: str,
        outcome: str,
        place: str,
        by: str = "",
        *,
        done_by: Mapping[str, str] | None = None,
        answers: Mapping[str, object] | None = None,
        conflicted: bool = False,
        actor: str = "somebody",
        now: datetime = NOW,
        **facts: FactValue,
    ) -> Decision:
        role, _, binding = by.partition("@")
        holdings = frozenset({(role, binding)}) if by else frozenset(journey.steps[step].who)
        form = pack.forms[journey.steps[step].form]
        return decide(
            pack,
            journey,
            step=step,
            outcome=outcome,
            place=place,
            actor=Actor(actor, holdings, conflicted),
            facts=CALM | facts | ({"place": place} if place in journey.places else {}),
            done_by=done_by or {},
            answers=filled(pack, form, outcome) | dict(answers or {}),
            now=now,
        )

    return act


@pytest.fixture(scope="session")
def eaw() -> Pack:
    return load_pack(BUILT_IN / "gb-eaw")


@pytest.fixture(scope="session")
def channel(eaw: Pack) -> Journey:
    return eaw.journeys["channel"]


@pytest.fixture(scope="session")
def act(eaw: Pack, channel: Journey) -> Act:
    return acting(eaw, channel)


@pytest.fixture(scope="session")
def table() -> Pack:
    return load_pack(BUILT_IN / "ca-situation-table")


@pytest.fixture(scope="session")
def at_table(table: Pack) -> Act:
    return acting(table, table.journeys["situation"])


@pytest.fixture
def broken(tmp_path: Path) -> Callable[..., Path]:
    """Copy the small pack and change one thing in it."""

    def breaking(file: str, old: str, new: str, *, pack: str = "ca-situation-table") -> Path:
        folder = tmp_path / pack
        if not folder.exists():
            shutil.copytree(BUILT_IN / pack, folder)
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} no longer holds {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return breaking
