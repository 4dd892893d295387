"""A panel decides by all, else the majority, else the chair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.kernels.policy import NoDecision, PanelView, Tally, panel_decision


def views(*outcomes: str | None) -> list[PanelView]:
    return [PanelView(f"agency-{number}", outcome) for number, outcome in enumerate(outcomes)]


def test_all_then_majority_then_chair() -> None:
    assert panel_decision(views("adopt", "adopt"), chair=None) == Tally("adopt", "unanimous", ())
    assert panel_decision(views("adopt", "adopt", "defer"), chair="defer") == Tally(
        "adopt", "majority", ("agency-2",)
    )
    assert panel_decision(views("adopt", "defer"), chair="defer") == Tally("defer", "chair", ("agency-0",))
    # Three ways: two of five are the most, and no majority.
    split = views("adopt", "adopt", "defer", "not_adopt", "not_adopt")
    assert panel_decision(split, chair="not_adopt").rule == "chair"


def test_no_majority_and_no_chair_is_no_decision() -> None:
    for given_views in (views("adopt", "defer"), views(None, None), []):
        with pytest.raises(NoDecision):
            panel_decision(given_views, chair=None)
    with pytest.raises(NoDecision, match="one view"):
        panel_decision([PanelView("a", "adopt"), PanelView("a", "adopt")], chair=None)


@given(st.lists(st.sampled_from(["adopt", "not_adopt", None]), min_size=1, max_size=9), st.randoms())
def test_the_order_of_speaking_decides_nothing(outcomes: list[str | None], rng: object) -> None:
    said = views(*outcomes)
    if not any(outcomes):
        return
    shuffled = sorted(said, key=lambda view: hash((view.member, id(rng))))
    assert panel_decision(said, chair="adopt").outcome == panel_decision(shuffled, chair="adopt").outcome
