"""Lay out the public report: which question stands on which page, and what is kept between pages."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from evenhand.casework.attach import Upload
from evenhand.gate.policy import pack
from evenhand.kernels.policy import Form, Journey, Pack

AREA = "area"
KNOWN_TO_US = "who_tells"


@dataclass(frozen=True)
class QuestionPage:
    """One page of the report: the questions that stand on it; the page for the area holds the address too."""

    code: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Door:
    """The journey that the public door leads into, and the form it asks."""

    pack: Pack
    journey: Journey
    form: Form
    step: str
    outcome: str


@dataclass
class Written:
    """What somebody has written so far, as it is kept sealed between pages."""

    answers: dict[str, Any] = field(default_factory=dict)
    area: str = ""
    files: dict[str, list[str]] = field(default_factory=dict)
    monitoring: dict[str, str] = field(default_factory=dict)
    once: str = field(default_factory=lambda: str(uuid4()))
    passed: list[str] = field(default_factory=list)
    journey: str = ""
    reference: str = ""
    received_at: str = ""

    @classmethod
    def of(cls, contents: dict[str, Any]) -> Written:
        """Return what was kept."""
        return cls(**{name: contents[name] for name in cls.__dataclass_fields__ if name in contents})

    def uploads(self) -> dict[UUID, Upload]:
        """Return the files, opened."""
        return {UUID(n): Upload(name, base64.b64decode(b64)) for n, (name, b64) in self.files.items()}

    def size(self) -> int:
        """Return about how many bytes the files come to."""
        return sum(len(b64) * 3 // 4 for _name, b64 in self.files.values())


def door(code: str = "") -> Door:
    """Return the way in: the journey of this instance's pack that a report begins, or the one that was chosen."""
    found = pack()
    usual = found.journeys.get("channel") or next(iter(found.journeys.values()))
    journey = found.journeys.get(code, usual)
    step = journey.steps[journey.start_step]
    return Door(found, journey, found.forms[step.form], step.code, next(iter(step.outcomes)))


def ways() -> list[tuple[str, str]]:
    """Return the journeys that a report can begin, the usual one first: their codes, and what their form is called."""
    usual = door().journey.code
    codes = sorted(pack().journeys, key=lambda code: (code != usual, code))
    return [(code, door(code).form.title) for code in codes]


def pages(form: Form, *, signed_in: bool) -> tuple[QuestionPage, ...]:
    """Return the pages in order: one question each, the area beside the address, who tells only where it is not known."""
    found = []
    address = next((q.code for q in form.fields if q.kind == "address"), "")
    for question in form.fields:
        if question.code == KNOWN_TO_US and signed_in:
            continue
        if question.code == address:
            found.append(QuestionPage(AREA, (address,)))
        else:
            found.append(QuestionPage(question.code, (question.code,)))
    if not address:
        found.insert(max(len(found) - 1, 1), QuestionPage(AREA, ()))
    return tuple(found)
