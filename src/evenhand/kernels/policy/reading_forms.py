"""Read a form, and refuse one that adds up, weighs or ranks what is said about a person."""

from __future__ import annotations

import re

from evenhand.kernels.policy.facts import FACTS
from evenhand.kernels.policy.form import KINDS, Factor, Field, Form, Section
from evenhand.kernels.policy.spelling import nearest
from evenhand.kernels.policy.tables import SUMMING, Table

LENGTHS = {"text": 200, "long_text": 20_000, "practitioner": 2_000, "address": 2_000, "person_names": 2_000}
MEASURES = re.compile(
    r"\b(score|scores|total score|weighting|points|rating|ranking|risk level|level of risk|how risky|out of (10|ten|5|five|100))\b",
    re.I,
)


def read_form(table: Table) -> Form:
    """Read one form."""
    kind = table.one_of("kind", ("questions", "assessment"), "questions")
    sections = tuple(_read_section(t) for t in table.tables("section"))
    known = [s.code for s in sections]
    fields = tuple(_read_field(t, known, kind) for t in table.tables("field"))
    factors = tuple(_read_factor(t, known) for t in table.tables("factor"))
    form = Form(
        table.text("code"),
        table.text("title"),
        table.text("intro", ""),
        kind,
        table.text("source", ""),
        table.flag("one_question_a_page", False),
        sections,
        fields,
        factors,
        table.file,
    )
    table.done()
    if factors and kind != "assessment":
        table.fault('has factors, and only a form of kind = "assessment" may')
    if kind == "assessment" and not factors:
        table.fault("is an assessment without factors")
    if kind == "questions" and not fields:
        table.fault("asks nothing")
    for codes, what in (([f.code for f in fields], "question"), ([f.code for f in factors], "factor")):
        for code in sorted({c for c in codes if codes.count(c) > 1}):
            table.fault(f"has two {what}s called {code!r}")
    return form


def _read_section(table: Table) -> Section:
    section = Section(table.text("code"), table.text("label"), table.text("hint", ""))
    table.done()
    return section


def _read_field(table: Table, sections: list[str], form_kind: str) -> Field:
    kind = table.one_of("kind", KINDS)
    field = Field(
        code=table.text("code"),
        label=table.text("label"),
        hint=table.text("hint", ""),
        kind=kind,
        required=table.flag("required", True),
        when=table.texts("when"),
        max_length=table.whole("max_length", LENGTHS.get(kind, 200), least=1),
        sealed=table.flag("sealed", True),
        choices=table.optional("list"),
        unit=table.optional("unit"),
        future=table.flag("future", False),
        past=table.flag("past", kind in {"date", "partial_date"} and table.raw.get("future") is not True),
        binds=table.optional("binds"),
        supplies=table.optional("supplies"),
        section=table.optional("section"),
    )
    table.done()
    if kind in {"choice", "choices"} and field.choices is None:
        table.fault("is a choice and lacks 'list'")
    if kind == "number" and field.unit is None:
        table.fault("is a number and lacks 'unit': it counts things, never a person")
    _refuse_measure(table, field.code, field.label)
    if field.section and field.section not in sections:
        table.fault(
            f"stands in the section {field.section!r}, which the form lacks{nearest(field.section, sections)}"
        )
    if field.supplies:
        _check_supply(table, field, form_kind)
    if field.binds and kind != "agency":
        table.fault("names an agency for a binding, and is no question of kind agency", "binds")
    if field.future and field.past:
        table.fault("must lie in the past and in the future")
    return field


def _check_supply(table: Table, field: Field, form_kind: str) -> None:
    fact = FACTS.get(str(field.supplies))
    if form_kind == "assessment":
        table.fault("no answer of an assessment may become a fact that conditions can see", "supplies")
    elif fact is None or not fact.from_form:
        known = [name for name, f in FACTS.items() if f.from_form]
        table.fault(f"{field.supplies!r} is no fact that a form may supply ({', '.join(known)})", "supplies")
    elif fact.type == "str" and field.kind != "choice":
        table.fault("supplies a word, and must be a choice", "supplies")


def _read_factor(table: Table, sections: list[str]) -> Factor:
    factor = Factor(
        table.text("code"),
        table.text("label"),
        table.text("hint", ""),
        table.text("section"),
        table.flag("protective", False),
    )
    table.done()
    _refuse_measure(table, factor.code, factor.label)
    if re.search(r"consent|refus|declin|withdr", f"{factor.code} {factor.label}", re.I):
        table.fault("makes refusing or withdrawing consent a factor, and it is evidence of nothing")
    if factor.section not in sections:
        table.fault(
            f"stands in the section {factor.section!r}, which the form lacks{nearest(factor.section, sections)}"
        )
    return factor


def _refuse_measure(table: Table, code: str, label: str) -> None:
    if SUMMING.search(code) or MEASURES.search(label):
        table.fault("asks for a score, rank or level of a person, and no form may")
