"""Hold what a step asks: its questions, or the factors of an assessment, none of which can be added up."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    "text", "long_text", "yes_no", "choice", "choices", "date", "partial_date", "number", "person_names",
    "address", "practitioner", "agency", "person", "file", "factors", "evidence_links",
)  # fmt: skip
FACTOR_ANSWERS = ("present", "partly", "absent", "not_known")
CONFIDENCE = ("low", "medium", "high")


@dataclass(frozen=True)
class Field:
    """One question: what is asked, how, of whom it is required and where its answer may go."""

    code: str
    label: str
    hint: str
    kind: str
    required: bool
    when: tuple[str, ...]
    max_length: int
    sealed: bool
    choices: str | None
    unit: str | None
    future: bool
    past: bool
    binds: str | None
    supplies: str | None
    section: str | None


@dataclass(frozen=True)
class Section:
    """A heading with its questions or factors."""

    code: str
    label: str
    hint: str


@dataclass(frozen=True)
class Factor:
    """Something looked at in an assessment: present, partly, absent or not known, with its evidence."""

    code: str
    label: str
    hint: str
    section: str
    protective: bool


@dataclass(frozen=True)
class Form:
    """What one step asks."""

    code: str
    title: str
    intro: str
    kind: str
    source: str
    one_question_a_page: bool
    sections: tuple[Section, ...]
    fields: tuple[Field, ...]
    factors: tuple[Factor, ...]
    file: str

    def asked(self, outcome: str) -> tuple[Field, ...]:
        """Return the questions that this outcome asks, in order."""
        return tuple(f for f in self.fields if not f.when or outcome in f.when)

    def supplies(self) -> frozenset[str]:
        """Return the facts that are known only once this form is filled in."""
        return frozenset(f.supplies for f in self.fields if f.supplies)
