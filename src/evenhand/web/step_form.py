"""Turn what a step asks into inputs on a page, and what was typed there back into answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict

from evenhand.kernels.policy import CodeList, Factor, Field, Form

Typed = Mapping[str, tuple[str, ...]]
Choices = tuple[tuple[str, str], ...]

DATE_PARTS = ("day", "month", "year")
PRACTITIONER_PARTS = ("name", "job", "organisation", "phone", "email")
FACTOR_TEXTS = ("confidence_reason", "other_explanation", "relevance", "changed", "dissent")
FACTOR_PARTS = ("answer", "confidence", *FACTOR_TEXTS)
SEVERAL = {"choices", "evidence_links", "file"}
MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}


def typed(post: QueryDict) -> Typed:
    """Return everything that was typed, by input name, just as it was typed."""
    return {name: tuple(str(value) for value in values) for name, values in post.lists()}


def answers(form: Form, sent: Typed) -> dict[str, object]:
    """Return the answers that the policy can check; files are for the caller to keep and to name."""
    found: dict[str, object] = {}
    for question in form.fields:
        raw = _answer(question, sent)
        if raw not in ("", (), {}, None):
            found[question.code] = raw
    if form.factors:
        found["factors"] = {factor.code: _factor_answer(factor, sent) for factor in form.factors}
    return found


def as_typed(form: Form, given: Mapping[str, object]) -> Typed:
    """Return kept answers as the inputs would hold them, so that somebody can go on where they stopped."""
    sent: dict[str, tuple[str, ...]] = {}
    for question in form.fields:
        value = given.get(question.code)
        if value is None:
            continue
        code = question.code
        if question.kind in {"date", "partial_date"}:
            parts = str(value).split("-")
            for name, part in zip(("year", "month", "day"), parts, strict=False):
                sent[f"{code}-{name}"] = (part if name == "year" else part.lstrip("0"),)
        elif question.kind == "practitioner" and isinstance(value, Mapping):
            sent |= {f"{code}-{part}": (str(value[part]),) for part in PRACTITIONER_PARTS if part in value}
        elif question.kind in {"person_names", "address"} and isinstance(value, list | tuple):
            sent[code] = ("\n".join(map(str, value)),)
        elif isinstance(value, list | tuple):
            sent[code] = tuple(map(str, value))
        elif isinstance(value, bool):
            sent[code] = ("yes" if value else "no",)
        else:
            sent[code] = (str(value),)
    factors = given.get("factors")
    if isinstance(factors, Mapping):
        for code, parts in factors.items():
            for part, value in parts.items():
                sent[f"factors-{code}-{part}"] = (
                    tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
                )
    return sent


def _one(sent: Typed, name: str) -> str:
    values = sent.get(name, ())
    return values[-1].strip() if values else ""


def _answer(question: Field, sent: Typed) -> object:
    code = question.code
    if question.kind == "date":
        return _day(sent, code)
    if question.kind == "partial_date":
        return _part_of_day(sent, code)
    if question.kind == "practitioner":
        return {part: text for part in PRACTITIONER_PARTS if (text := _one(sent, f"{code}-{part}"))}
    if question.kind in SEVERAL:
        return tuple(value for value in sent.get(code, ()) if value)
    values = sent.get(code, ())
    return values[-1] if values else ""


def _month(text: str) -> str:
    return str(MONTHS.get(text[:3].lower(), text)) if text[:1].isalpha() else text


def _day(sent: Typed, code: str) -> str:
    day, month, year = (_one(sent, f"{code}-{part}") for part in DATE_PARTS)
    month = _month(month)
    if day.isdecimal() and month.isdecimal() and year.isdecimal():
        return f"{int(year):04d}-{int(month):02d}-{int(day):02d}"
    return " ".join(part for part in (day, month, year) if part)


def _part_of_day(sent: Typed, code: str) -> str:
    day, month, year = (_one(sent, f"{code}-{part}") for part in DATE_PARTS)
    month = _month(month)
    if day or not (year.isdecimal() and (not month or month.isdecimal())):
        return _day(sent, code)
    return f"{int(year):04d}-{int(month):02d}" if month else f"{int(year):04d}"


def _factor_answer(factor: Factor, sent: Typed) -> dict[str, object]:
    stem = f"factors-{factor.code}"
    found: dict[str, object] = {part: text for part in FACTOR_PARTS if (text := _one(sent, f"{stem}-{part}"))}
    evidence = [value for value in sent.get(f"{stem}-evidence", ()) if value]
    if evidence:
        found["evidence"] = evidence
    return found


@dataclass(frozen=True)
class Group:
    """Questions that stand together: under one heading, and for one set of outcomes (none: for all)."""

    heading: str
    hint: str
    outcomes: tuple[str, ...]
    fields: tuple[Field, ...]


def _as_written(text: str) -> str:
    return text


@dataclass(frozen=True)
class ShownForm:
    """A form as a page shows it: its questions, what was typed so far, and what has to be put right.

    outcomes  (code, label) of each outcome that may be chosen; one or none: nothing is asked
    options   question code → (value, label) of what may be picked where the policy cannot know it: agencies,
              people, evidence, files already sent; "evidence" for the factors
    only      codes of the questions to show (one question a page); none: all
    last      names of inputs that the page itself puts beneath these questions
    say       gives a text of the pack in the reader's language
    """

    form: Form
    lists: Mapping[str, CodeList]
    on: date
    outcomes: Choices = ()
    typed: Typed = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Choices] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    say: Callable[[str], str] = _as_written

    def value(self, name: str) -> str:
        """Return what was typed into an input."""
        values = self.typed.get(name, ())
        return values[-1] if values else ""

    def values(self, name: str) -> tuple[str, ...]:
        """Return everything that was picked under a name."""
        return self.typed.get(name, ())

    def error(self, code: str) -> dict[str, str] | None:
        """Return the error of a question in the shape that the macros take."""
        sentence = self.errors.get(code)
        return {"text": sentence} if sentence else None

    @property
    def errors_in_order(self) -> tuple[tuple[str, str], ...]:
        """Return what has to be put right in the order of the page: what stands above, the questions, what stands beneath."""
        groups = self.groups()
        order = [q.code for g in groups if not g.outcomes for q in g.fields]
        order.append("outcome")
        order += [q.code for outcome, _ in self.outcomes for q in self.beneath(outcome)]
        order += [q.code for g in groups if g.outcomes for q in g.fields]
        order += self.last
        place = {code: at for at, code in reversed(list(enumerate(order)))}
        return tuple(sorted(self.errors.items(), key=lambda item: place.get(item[0], -1)))

    @property
    def targets(self) -> dict[str, str]:
        """Return, for each question, the id of the input that an error links to."""
        ends = {"date": "-day", "partial_date": "-day", "practitioner": "-name"}
        found = {q.code: q.code + ends.get(q.kind, "") for q in self.form.fields}
        found |= {f"factors.{f.code}": f"factors-{f.code}-answer" for f in self.form.factors}
        return found

    def picks(self, question: Field) -> Choices:
        """Return what may be chosen for a question, in order."""
        if question.choices and question.choices in self.lists:
            return tuple((c.code, self.say(c.label)) for c in self.lists[question.choices].codes_on(self.on))
        return tuple(self.options.get(question.code, ()))

    @staticmethod
    def items(picks: Choices) -> list[dict[str, str]]:
        """Return choices in the shape that the macros take."""
        return [{"value": value, "text": label} for value, label in picks]

    def _shown(self) -> Iterable[Field]:
        alone = self.outcomes[0][0] if len(self.outcomes) == 1 else ""
        return (
            q
            for q in self.form.fields
            if (not self.only or q.code in self.only)
            and not (alone and q.when and alone not in q.when)
            # What may be left out is not asked where there is nothing to choose from.
            and not (q.kind == "evidence_links" and not q.required and not self.picks(q))
        )

    def groups(self) -> tuple[Group, ...]:
        """Return the questions in order, gathered under their headings and outcomes."""
        headings = {section.code: section for section in self.form.sections}
        made: list[tuple[str | None, tuple[str, ...], list[Field]]] = []
        for question in self._shown():
            if self.under(question):
                continue
            if made and made[-1][0] == question.section and made[-1][1] == question.when:
                made[-1][2].append(question)
            else:
                made.append((question.section, question.when, [question]))
        groups = []
        before: str | None = None
        for code, outcomes, questions in made:
            section = headings.get(code or "") if code != before else None
            before = code
            groups.append(
                Group(
                    self.say(section.label) if section else "",
                    self.say(section.hint) if section else "",
                    outcomes if len(self.outcomes) > 1 else (),
                    tuple(questions),
                )
            )
        return tuple(groups)

    def under(self, question: Field) -> str:
        """Return the outcome under whose choice a question stands, when it is asked for that one alone."""
        if len(self.outcomes) > 1 and len(question.when) == 1 and not self.only:
            return question.when[0]
        return ""

    def beneath(self, outcome: str) -> tuple[Field, ...]:
        """Return the questions that stand under the choice of one outcome."""
        return tuple(q for q in self._shown() if self.under(q) == outcome)

    def outcome_labels(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return the labels of outcomes, for the note that says when a question is to be answered."""
        labels = dict(self.outcomes)
        return tuple(labels[code] for code in codes if code in labels)

    @property
    def factor_groups(self) -> tuple[tuple[str, str, tuple[Factor, ...]], ...]:
        """Return the factors under their headings: (heading, hint, factors)."""
        if self.only:
            return ()
        return tuple(
            (self.say(s.label), self.say(s.hint), tuple(f for f in self.form.factors if f.section == s.code))
            for s in self.form.sections
            if any(f.section == s.code for f in self.form.factors)
        )

    @property
    def takes_files(self) -> bool:
        """Say whether the page has to send files."""
        return any(question.kind == "file" for question in self._shown())
