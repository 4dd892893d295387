"""Write what was answered as people read it: labels for codes, names for agencies and people, dates in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from evenhand.gate.entry import practitioner_names
from evenhand.kernels.policy import Field, Form, Pack
from evenhand.web.jinja import show_date

FACTOR_WORDS = {"present": "Present", "partly": "Partly", "absent": "Absent", "not_known": "Not known"}
CONFIDENCE_WORDS = {"low": "Not very sure", "medium": "Fairly sure", "high": "Very sure"}


@dataclass(frozen=True)
class Line:
    """One answer: what was asked, and what was said, in one or more lines."""

    key: str
    value: tuple[str, ...]


@dataclass(frozen=True)
class FactorLine:
    """One factor of an assessment as it was recorded; factors are read one by one and never counted."""

    label: str
    answer: str
    confidence: str
    said: tuple[Line, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Wording:
    """Everything needed to write codes and ids of one case in words."""

    pack: Pack
    agencies: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    def say(self, text: str) -> str:
        """Return a text of the pack in the reader's language."""
        return self.pack.say(text, (get_language() or "en")[:2])

    def code(self, list_code: str, code: object) -> str:
        """Return the label of a code, in force or not."""
        found = self.pack.lists.get(list_code)
        known = found.codes.get(str(code)) if found else None
        return self.say(known.label) if known else str(code)

    def value(self, question: Field, answer: object) -> tuple[str, ...]:
        """Return an answer as lines of text."""
        if isinstance(answer, bool):
            return (_("Yes") if answer else _("No"),)
        if question.choices:
            codes = answer if isinstance(answer, list | tuple) else [answer]
            return tuple(self.code(question.choices, code) for code in codes)
        if question.kind in {"date", "partial_date"}:
            return (day_words(str(answer)),)
        if isinstance(answer, Mapping):
            answer = [part for part in answer.values() if part]
        if isinstance(answer, list | tuple):
            return tuple(self._named(str(part)) for part in answer)
        unit = f" {self.say(question.unit)}" if question.kind == "number" and question.unit else ""
        return tuple(self._named(str(answer)).splitlines() or [""]) if not unit else (f"{answer}{unit}",)

    def lines(self, form: Form, answers: Mapping[str, object], *, without: Iterable[str] = ()) -> list[Line]:
        """Return the answers to a form in the order in which it asks them."""
        left_out = set(without)
        return [
            Line(self.say(question.label).rstrip("?"), self.value(question, answers[question.code]))
            for question in form.fields
            if question.code in answers and question.code not in left_out
        ]

    def factors(self, form: Form, answers: Mapping[str, object]) -> list[FactorLine]:
        """Return the factors of an assessment, each by itself, in the order of the form."""
        given = answers.get("factors")
        if not isinstance(given, Mapping):
            return []
        shown = []
        for factor in form.factors:
            parts = given.get(factor.code, {})
            said = [
                Line(label, (str(parts[part]),))
                for part, label in (
                    ("confidence_reason", _("Why")),
                    ("other_explanation", _("Another explanation")),
                    ("relevance", _("What it means for the plan")),
                    ("changed", _("What changed")),
                    ("dissent", _("Who sees it differently")),
                )
                if parts.get(part)
            ]
            shown.append(
                FactorLine(
                    self.say(factor.label),
                    _(FACTOR_WORDS.get(parts.get("answer", "not_known"), "Not known")),
                    _(CONFIDENCE_WORDS[parts["confidence"]])
                    if parts.get("confidence") in CONFIDENCE_WORDS
                    else "",
                    tuple(said),
                    tuple(self.others.get(str(number), "") for number in parts.get("evidence", [])),
                )
            )
        return shown

    def _named(self, text: str) -> str:
        return self.others.get(text) or self.agencies.get(text) or self.people.get(text) or text


def day_words(text: str) -> str:
    """Write 2009, 2009-04 or 2009-04-17 as people say it."""
    parts = text.split("-")
    if not all(part.isdecimal() for part in parts):
        return text
    if len(parts) == 3:
        return show_date(date.fromisoformat(text))
    if len(parts) == 2:
        return show_date(date(int(parts[0]), int(parts[1]), 1)).split(" ", 1)[1]
    return text


def people_named_in(structures: Iterable[object]) -> dict[str, str]:
    """Return the names of the practitioners whose ids stand anywhere in these answers."""
    ids: set[UUID] = set()
    queue = list(structures)
    while queue:
        found = queue.pop()
        if isinstance(found, Mapping):
            queue += list(found.values())
        elif isinstance(found, list | tuple):
            queue += list(found)
        elif isinstance(found, str) and len(found) == 36:
            try:
                ids.add(UUID(found))
            except ValueError:
                continue
    return {str(number): name for number, name in practitioner_names(list(ids)).items()} if ids else {}
