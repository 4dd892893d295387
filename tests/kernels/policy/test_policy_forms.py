"""Answers are taken, cleaned and typed, or refused field by field with a sentence that says what to do."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.kernels.policy import Invalid, Pack, validate
from tests.kernels.policy.conftest import NOW, filled

ON = NOW.date()


def errors(pack: Pack, form: str, answers: dict[str, object], outcome: str, on: date = ON) -> dict[str, str]:
    with pytest.raises(Invalid) as invalid:
        validate(pack.forms[form], answers, outcome=outcome, lists=pack.lists, on=on)
    return invalid.value.errors


def test_every_form_takes_its_fewest_answers_and_refuses_none(eaw: Pack, table: Pack) -> None:
    for pack in (eaw, table):
        for journey in pack.journeys.values():
            for step in journey.steps.values():
                form = pack.forms[step.form]
                for outcome in step.outcomes:
                    fewest = filled(pack, form, outcome)
                    taken = validate(form, fewest, outcome=outcome, lists=pack.lists, on=ON)
                    assert json.loads(json.dumps(taken)) == taken
                    if fewest:
                        missing = errors(pack, form.code, {}, outcome)
                        assert set(missing) == set(fewest)
                        assert all(sentence.endswith((".", "”.")) for sentence in missing.values())


def refer(**changes: object) -> dict[str, object]:
    return {
        "danger": "no",
        "what_happened": "He stopped coming to school.",
        "why_now": "He seems alone.",
        "sector": "education",
    } | changes


def test_names_are_taken_as_people_write_them(eaw: Pack) -> None:
    names = "Sukarno\nمحمد عبد الله\nNguyễn Thị Minh Khai\nO’Brien-Müller"
    taken = validate(eaw.forms["refer"], refer(names=names), outcome="received", lists=eaw.lists, on=ON)
    assert taken["names"] == names.split("\n")


@pytest.mark.parametrize("born", ["2009", "2009-04", "2009-04-17"])
def test_as_much_of_a_birth_date_as_is_known(eaw: Pack, born: str) -> None:
    taken = validate(eaw.forms["refer"], refer(born=born), outcome="received", lists=eaw.lists, on=ON)
    assert taken["born"] == born


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("born", "2009-02-30", "There is no such day. Check the day, month and year."),
        ("born", "2027", "This date lies in the future. Give today's date or an earlier one."),
        ("born", "1066", "Check the year; it is too far away."),
        ("born", "17/4/09", "Write the date with day, month and year, for example 27 3 2026."),
        ("born", ["2009"], "Write as much of the date as you know: a year, a month and year, or a day."),
        ("danger", "maybe", "Choose yes or no."),
        ("sector", "church", "Choose one of the answers in the list."),
        ("sector", {"a": 1}, "Choose one of the answers in the list."),
        ("what_happened", "x" * 20_001, "Shorten this to 20,000 characters or fewer; it has 20,001."),
        ("what_happened", "a\x00b", "Take out the control characters; type the text again if you pasted it."),
        ("what_happened", "\ud800", "Some characters could not be read. Type the text again."),
        ("what_happened", 7, "Write this as text."),
        ("language_needs", "one\ntwo", "Write this on one line."),
        ("documents", ["../../etc/passwd"], "Choose one from the list."),
        ("score", "5", "This form has no question called 'score'. Take it out."),
    ],
)
def test_each_wrong_answer_says_what_to_do(eaw: Pack, field: str, value: object, sentence: str) -> None:
    assert errors(eaw, "refer", refer(**{field: value}), "received") == {field: sentence}


def test_markup_is_kept_as_words(eaw: Pack) -> None:
    text = "<script>alert(1)</script> =1+1"
    taken = validate(
        eaw.forms["refer"], refer(what_happened=text), outcome="received", lists=eaw.lists, on=ON
    )
    assert taken["what_happened"] == text


def test_codes_are_those_in_force_that_day(eaw: Pack) -> None:
    answers: dict[str, object] = {"concern": "mixed_unclear", "reason": "Words."}
    form = eaw.forms["screen"]
    assert validate(form, answers, outcome="proceed", lists=eaw.lists, on=date(2020, 3, 1))
    assert "is not in use on 18 November 2026" in errors(eaw, "screen", answers, "proceed")["concern"]


def test_a_group_is_counted_and_never_chosen(eaw: Pack) -> None:
    concerns = eaw.lists["concerns"]
    assert "no_ideology" in {c.code for c in concerns.rollups_on(ON)}
    assert "no_ideology" not in {c.code for c in concerns.codes_on(ON)}
    assert "no_specific_ideology" in {c.code for c in concerns.leaves_of("no_ideology")}
    answers: dict[str, object] = {"concern": "no_ideology", "reason": "Words."}
    assert set(errors(eaw, "screen", answers, "proceed")) == {"concern"}


def test_a_review_day_must_lie_ahead(eaw: Pack) -> None:
    form = eaw.forms["not_tell"]
    answers = filled(eaw, form, "not_yet") | {"review_on": ON.isoformat()}
    assert errors(eaw, "not_tell", answers, "not_yet") == {"review_on": "This date must lie after today."}


# ------------------------------------------------------------------ assessments


def assessed(pack: Pack, **factors: object) -> dict[str, object]:
    return filled(pack, pack.forms["assessment"], "recorded") | {"factors": factors}


def test_the_older_form_has_its_22_factors_in_three_groups(eaw: Pack) -> None:
    form = eaw.forms["vaf"]
    counted = [sum(f.section == s.code for f in form.factors) for s in form.sections]
    assert (len(form.factors), counted[:3]) == (22, [13, 6, 3])
    assert {"summary", "management_plan", "changes"} <= {f.code for f in form.fields}


def test_what_is_not_said_is_not_known_and_nothing_is_added_up(eaw: Pack) -> None:
    taken = validate(eaw.forms["assessment"], assessed(eaw), outcome="recorded", lists=eaw.lists, on=ON)
    factors = taken["factors"]
    assert isinstance(factors, dict)
    assert set(factors) == {f.code for f in eaw.forms["assessment"].factors}
    assert all(value == {"answer": "not_known"} for value in factors.values())
    assert not any(isinstance(value, int | float) and not isinstance(value, bool) for value in taken.values())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("yes", "present, partly there, absent or not known"),
        ({"answer": "present"}, "Link the evidence"),
        ({"answer": "present", "evidence": ["e1"]}, "how sure you are"),
        ({"answer": "present", "evidence": ["e1"], "confidence": "high"}, "why you are that sure"),
        ({"answer": "absent", "confidence": "0.8", "confidence_reason": "x"}, "low, medium or high"),
        ({"answer": "absent", "score": 3}, "and nothing else"),
        (3, "and nothing else"),
    ],
)
def test_a_factor_needs_its_evidence_and_its_confidence_a_reason(
    eaw: Pack, given: object, sentence: str
) -> None:
    found = errors(eaw, "assessment", assessed(eaw, isolation=given), "recorded")
    assert set(found) == {"factors.isolation"}
    assert sentence in found["factors.isolation"]


def test_a_factor_of_ones_own_making_is_refused(eaw: Pack) -> None:
    assert set(errors(eaw, "assessment", assessed(eaw, refused_consent="present"), "recorded")) == {
        "factors.refused_consent"
    }


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_sent_is_taken_or_refused_and_never_breaks(eaw: Pack, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(sorted(eaw.forms.values(), key=lambda f: f.code)))
    codes = [f.code for f in form.fields] + ["factors", "unknown"]
    answers = data.draw(st.dictionaries(st.sampled_from(codes), ANYTHING, max_size=4))
    try:
        taken = validate(form, answers, outcome="proceed", lists=eaw.lists, on=ON)
    except Invalid as invalid:
        refused = invalid.errors
    else:
        refused = {"none": "None."}
        json.dumps(taken).encode()
    assert refused
    assert all(isinstance(sentence, str) and sentence for sentence in refused.values())
