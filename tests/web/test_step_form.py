"""Every question of every pack is drawn, keeps what was typed, and comes back as an answer the policy can check."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
from django.http import QueryDict
from django.template import engines
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.kernels.policy import (
    BUILT_IN,
    FACTOR_ANSWERS,
    Code,
    CodeList,
    Field,
    Form,
    Pack,
    find_packs,
    load_pack,
)
from evenhand.web.step_form import ShownForm, Typed, answers, as_typed, typed

TODAY = date(2026, 6, 1)
LISTS = {
    "worries": CodeList("worries", "Worries", "", "local", {
        code: Code(code, label, None, None, None, False, "")
        for code, label in (("said", "Something they said"), ("did", "Something they did"))
    })
}  # fmt: skip
PACKS = {code: load_pack(folder) for code, folder in find_packs([BUILT_IN]).items()}
FORMS = [(pack, form) for pack in PACKS.values() for form in pack.forms.values()]


def _field(code: str, kind: str, *, when: tuple[str, ...] = (), choices: str | None = None) -> Field:
    return Field(
        code=code, label=f"The {code}?", hint="", kind=kind, required=True, when=when, max_length=2000,
        sealed=True, choices=choices, unit="children" if kind == "number" else None, future=False, past=False,
        binds=None, supplies=None, section=None,
    )  # fmt: skip


def _form(*fields: Field) -> Form:
    return Form("trial", "Trial", "", "form", "", False, (), fields, (), "")


def _sent(**inputs: str | list[str]) -> Typed:
    post = QueryDict(mutable=True)
    for name, value in inputs.items():
        post.setlist(name.replace("__", "-"), value if isinstance(value, list) else [value])
    return typed(post)


def _drawn(shown: ShownForm, *, heading: bool = False) -> str:
    source = (
        '{% from "parts/form.html" import form_fields, form_summary %}'
        "{{ form_summary(shown) }}{{ form_fields(shown, heading=heading) }}"
    )
    env = engines["jinja2"].env  # type: ignore[attr-defined] # the Jinja backend has one
    return str(env.from_string(source).render(shown=shown, heading=heading))


def _outcomes(pack: Pack, form: Form) -> tuple[tuple[str, str], ...]:
    for journey in pack.journeys.values():
        for step in journey.steps.values():
            if step.form == form.code:
                return tuple((code, outcome.label) for code, outcome in step.outcomes.items())
    return ()


@pytest.mark.parametrize(("pack", "form"), FORMS, ids=[f"{p.code}-{f.code}" for p, f in FORMS])
def test_every_form_of_every_pack_is_drawn_with_a_label_for_each_input(pack: Pack, form: Form) -> None:
    picked = {"agency", "person", "evidence_links"}
    options = {q.code: (("1", "One"), ("2", "Two")) for q in form.fields if q.kind in picked}
    options["evidence"] = (("e1", "A letter"),)
    html = _drawn(ShownForm(form, pack.lists, TODAY, _outcomes(pack, form), options=options))
    ids = Counter(re.findall(r'\sid="([^"]+)"', html))
    assert [name for name, times in ids.items() if times > 1] == []
    labelled = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', html))
    inputs = set(re.findall(r'<(?:input|textarea|select)[^>]*\sid="([^"]+)"', html))
    assert inputs
    assert inputs <= labelled
    for question in form.fields:
        if question.kind != "factors":
            assert f'name="{question.code}' in html, question.code
    for factor in form.factors:
        for answer in FACTOR_ANSWERS:
            assert re.search(rf'name="factors-{factor.code}-answer"[^>]*value="{answer}"', html)


def test_an_assessment_shows_no_total_and_no_picked_answer() -> None:
    for pack, form in FORMS:
        if form.factors:
            html = _drawn(ShownForm(form, pack.lists, TODAY))
            assert "checked" not in html
            assert not re.search(r"\b(total|score|sum)\b", html, re.IGNORECASE)


def test_what_was_typed_stands_in_its_input_and_is_never_markup() -> None:
    form = _form(
        _field("what", "long_text"), _field("seen", "date"), _field("why", "choice", choices="worries")
    )
    sent = _sent(what='"><script>x</script>', seen__day="31", seen__month="feb", seen__year="2026", why="did")
    html = _drawn(ShownForm(form, LISTS, TODAY, typed=sent, errors={"seen": "There is no such day."}))
    assert "<script>" not in html
    assert "&lt;script&gt;x" in html
    assert re.search(r'id="seen-day"[^>]*value="31"', html)
    assert re.search(r'id="seen-month"[^>]*value="feb"', html)
    assert re.search(r'value="did"[^>]*checked', html)
    assert 'href="#seen-day"' in html


def test_a_question_for_one_outcome_hangs_on_its_choice_and_one_for_two_says_so_in_words() -> None:
    form = _form(_field("why", "long_text", when=("go",)), _field("note", "text", when=("pass", "end")))
    shown = ShownForm(
        form, LISTS, TODAY, (("go", "It goes on"), ("pass", "It is passed on"), ("end", "It ends"))
    )
    html = _drawn(shown)
    assert re.search(r'govuk-radios__conditional.*?name="why"', html, re.DOTALL)
    assert "Answer this if you chose It is passed on or It ends." in html
    assert "data-aria-controls" not in html


def test_one_question_a_page_has_its_question_for_a_heading() -> None:
    form = _form(_field("what", "long_text"), _field("seen", "date"))
    html = _drawn(ShownForm(form, LISTS, TODAY, only=("seen",)), heading=True)
    assert re.search(r"<h1[^>]*>\s*The seen\?\s*</h1>", html)
    assert 'name="what"' not in html


@pytest.mark.parametrize(
    ("day", "month", "year", "answer"),
    [
        ("27", "3", "2026", "2026-03-27"),
        ("7", "March", "2026", "2026-03-07"),
        ("31", "2", "2026", "2026-02-31"),
        ("", "3", "2026", "3 2026"),
        ("x", "y", "z", "x y z"),
    ],
)
def test_a_date_comes_back_whole_or_as_it_was_typed(day: str, month: str, year: str, answer: str) -> None:
    sent = _sent(seen__day=day, seen__month=month, seen__year=year)
    assert answers(_form(_field("seen", "date")), sent) == {"seen": answer}


@pytest.mark.parametrize(
    ("day", "month", "year", "answer"),
    [("", "", "2009", "2009"), ("", "Apr", "2009", "2009-04"), ("17", "4", "2009", "2009-04-17")],
)
def test_a_birth_date_may_be_known_in_part(day: str, month: str, year: str, answer: str) -> None:
    sent = _sent(born__day=day, born__month=month, born__year=year)
    assert answers(_form(_field("born", "partial_date")), sent) == {"born": answer}


def test_nothing_typed_is_no_answer() -> None:
    form = _form(
        _field("what", "text"),
        _field("seen", "date"),
        _field("who", "practitioner"),
        _field("papers", "file"),
    )
    assert answers(form, _sent(what="", seen__day="", seen__month="", seen__year="", who__name="")) == {}


def test_where_there_is_nothing_to_link_the_page_says_so_and_the_error_leads_there() -> None:
    form = _form(_field("entry", "evidence_links"))
    html = _drawn(ShownForm(form, LISTS, TODAY, errors={"entry": "Link at least one."}))
    assert "nothing in the case file to choose yet" in html
    assert 'href="#entry"' in html
    assert 'id="entry"' in html


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(
    lambda text: text == text.strip() and text
)


# A machine with other work is slow at making up letters; that says nothing about the form.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    what=WORDS,
    names=st.lists(WORDS, min_size=1, max_size=4),
    seen=st.dates(date(1950, 1, 1), date(2040, 1, 1)),
    born=st.sampled_from(["2009", "2009-04", "2009-04-17"]),
    yes=st.booleans(),
    picked=st.lists(st.sampled_from(["said", "did"]), min_size=1, unique=True),
    who=st.fixed_dictionaries({"name": WORDS, "organisation": WORDS}),
)
def test_kept_answers_come_back_as_they_were(
    what: str, names: list[str], seen: date, born: str, yes: bool, picked: list[str], who: dict[str, str]
) -> None:
    form = _form(
        _field("what", "text"), _field("names", "person_names"), _field("seen", "date"), _field("born", "partial_date"),
        _field("yes", "yes_no"), _field("more", "choices", choices="worries"), _field("who", "practitioner"),
    )  # fmt: skip
    kept = {
        "what": what, "names": names, "seen": seen.isoformat(), "born": born, "yes": yes, "more": picked, "who": who,
    }  # fmt: skip
    again = answers(form, as_typed(form, kept))
    assert again == kept | {"names": "\n".join(names), "yes": "yes" if yes else "no", "more": tuple(picked)}


def test_lines_typed_beneath_an_outcome_stand_as_they_were_typed() -> None:
    form = _form(_field("what", "long_text", when=("yes",)), _field("names", "person_names", when=("yes",)))
    lines = "First line.\n  Second line.\n\nLast."
    shown = ShownForm(
        form, LISTS, TODAY, (("yes", "Yes"), ("no", "No")), typed=_sent(what=lines, names="A\nB")
    )
    html = _drawn(shown)
    assert f">{lines}</textarea>" in html
    assert ">A\nB</textarea>" in html
