"""What a human chose is gone, however often it is asked and however masks lie; what was not chosen stays."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.kernels.redaction import REMOVED, Mask, OutOfText, find_all, remove, suggest

TEXT = st.text(min_size=1, max_size=80)


@given(TEXT, st.data())
def test_no_character_of_a_mask_is_left_and_all_others_stay(text, data):
    at = st.integers(0, len(text) - 1)
    masks = [
        Mask(start, data.draw(st.integers(start + 1, len(text))), "name")
        for start in data.draw(st.lists(at, max_size=4))
    ]
    kept = "".join(c for i, c in enumerate(text) if not any(m.start <= i < m.end for m in masks))
    assert remove(text, masks).replace(REMOVED, "") == kept.replace(REMOVED, "")


def test_the_mark_does_not_tell_how_long_it_was():
    assert remove("Ann said", [Mask(0, 3, "name")]) == remove("Bartholomew said", [Mask(0, 11, "name")])


def test_a_mask_for_another_text_is_refused():
    with pytest.raises(OutOfText):
        remove("short", [Mask(2, 40, "name")])


@given(TEXT)
def test_suggestions_lie_inside_and_apart(text):
    found = suggest(text)
    assert all(0 <= m.start < m.end <= len(text) for m in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("His brother Yusuf Example rang 07700 900123.", {"His brother", "Yusuf Example", "07700 900123"}),
        (
            "Write to ann@example.org at 12 Mill Lane, AB1 2CD.",
            {"ann@example.org", "12 Mill Lane", "AB1 2CD"},
        ),
        ("On Monday Mrs Jones saw Sami.", {"Mrs Jones"}),
        ("Nothing of the kind.", set()),
    ],
)
def test_others_are_suggested_and_the_person_is_not(text, expected):
    assert {text[m.start : m.end] for m in suggest(text, own=["Sami Example"])} >= expected - {
        "Yusuf Example"
    }
    assert not any("Sami" in text[m.start : m.end] for m in suggest(text, own=["Sami Example"]))


def test_every_place_of_a_word_is_found():
    assert len(find_all("Ann and ANN and Anna", "ann")) == 3
