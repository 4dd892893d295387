"""Conditions use declared facts with their types alone, in every branch, and say what CEL says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.kernels.policy import FACTS
from evenhand.kernels.policy.conditions import BadCondition, check, facts_in, holds

BAD = {
    "agee < 18 || true": "no declared fact",
    "true || consent == 'grantd'": "never 'grantd'",
    "place == 'gatway'": "did you mean 'gateway'",
    "days_in_place": "must answer yes or no",
    "days_in_place > 'x'": "where a int belongs",
    "is_child > 1": "where a int belongs",
    "consent == 1": "compares a str with a int",
    "is_child ? true : 3": "same kind",
    "consent in ['given', 3]": "different kinds",
    "days_in_place in ['given']": "looks for a int",
    "size(consent) > 3": "no declared fact",
    "[1,2].exists(x, x > 1)": "does not read",
    "is_child &&": "ends too soon",
    "(is_child": "lacks ')'",
    "is_child is_child": "does not read",
    "is_child ; true": "does not read",
    "": "ends too soon",
    "monitoring == 'x'": "never a ground",
    "assessment > 3": "never a ground",
    'consent == "gi\\u0076en"': "does not read",
}


@pytest.mark.parametrize("source", BAD)
def test_a_condition_that_cannot_be_trusted_is_refused(source: str) -> None:
    with pytest.raises(BadCondition, match=re.escape(BAD[source])):
        check(source, places=["gateway", "closed"])


def test_precedence_and_choices_are_those_of_cel() -> None:
    source = (
        'age_known && (is_child ? consent_by == "parent" : consent_by == "self") || days_in_place > 3 + 4'
    )
    check(source)
    facts = {"age_known": True, "is_child": False, "consent_by": "self", "days_in_place": 0}
    assert holds(source, facts)
    assert not holds(source, facts | {"is_child": True})
    assert holds(source, facts | {"is_child": True, "days_in_place": 8})


def test_a_missing_or_mistyped_fact_stops_the_evaluation() -> None:
    with pytest.raises(KeyError):
        holds("is_child || true", {})
    with pytest.raises(TypeError):
        holds("is_child || true", {"is_child": "no"})
    with pytest.raises(TypeError):
        holds("deferrals < 1", {"deferrals": True})


def test_no_fact_comes_from_an_assessment_or_from_monitoring() -> None:
    for name in FACTS:
        assert not any(
            word in name
            for word in ("factor", "score", "ethnic", "relig", "gender", "ideolog", "risk", "concern")
        )
    assert {name for name, fact in FACTS.items() if fact.of_person} == {"is_child"}


NAMES = st.sampled_from([name for name, fact in FACTS.items() if fact.type == "bool"])
COUNTS = st.sampled_from([name for name, fact in FACTS.items() if fact.type == "int"])


def expressions() -> st.SearchStrategy[str]:
    leaves = st.one_of(
        NAMES,
        st.builds(
            lambda n, s, v: f"{n} {s} {v}", COUNTS, st.sampled_from(["<", ">=", "=="]), st.integers(0, 3)
        ),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda a, b, s: f"({a}) {s} ({b})", inner, inner, st.sampled_from(["&&", "||"])),
            st.builds(lambda a: f"!({a})", inner),
            st.builds(lambda a, b, c: f"({a}) ? ({b}) : ({c})", inner, inner, inner),
        ),
        max_leaves=6,
    )


@settings(max_examples=100, deadline=None)
@given(expressions(), st.dictionaries(NAMES, st.booleans()), st.dictionaries(COUNTS, st.integers(0, 4)))
def test_what_the_checker_takes_evaluates_whatever_the_facts(
    source: str, flags: dict[str, bool], counts: dict[str, int]
) -> None:
    check(source)
    facts = {name: fact.example() for name, fact in FACTS.items()} | flags | counts
    python = source.replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    if "?" not in source:
        assert holds(source, facts) is bool(eval(python, {}, dict(facts)))
    assert holds(f"!({source})", facts) is not holds(source, facts)


@settings(max_examples=100, deadline=None)
@given(expressions(), st.data())
def test_one_misspelt_name_anywhere_is_found(source: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(facts_in(source))))
    with pytest.raises(BadCondition):
        check(source.replace(name, f"{name}x"))
