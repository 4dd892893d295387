"""Proposed rotas cover what enumeration covers, keep every rule of a shift, and say how good they are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.kernels.rota import BadPlan, Crew, Impossible, Need, Travel, Visit, propose, reckon

STEP = 15
WAYS = Travel({("X", "Y"): 15, ("Y", "Z"): 30, ("X", "Z"): 30}, otherwise=15)


def _days(crew: Crew, needs: list[Need]) -> Iterator[tuple[str, ...]]:
    """Yield every choice of visits that one crew can make in a shift: every order, every time, every place of the rest."""
    wanted = [need for need in needs for _ in range(need.visits)]
    for size in range(len(wanted) + 1):
        for order in sorted(set(permutations(wanted, size)), key=repr):
            if any(_fits(crew, order, times) for times in product(*(_times(n) for n in order))):
                yield tuple(sorted(n.code for n in order))


def _times(need: Need) -> range:
    return range(need.opens, need.closes - need.minutes + 1, STEP)


def _fits(crew: Crew, order: tuple[Need, ...], times: tuple[int, ...]) -> bool:
    stops = [(crew.begins, crew.begins, crew.base)]
    stops += [(t, t + n.minutes, n.site) for n, t in zip(order, times, strict=True)]
    stops.append((crew.ends, crew.ends, crew.base))
    rested = not crew.rest_minutes or not order
    opens, closes = crew.rest_window
    for (_, leaves, here), (comes, _, there) in pairwise(stops):
        way = WAYS.minutes(here, there)
        if leaves + way > comes:
            return False
        for t in range(leaves, comes - way - crew.rest_minutes + 1):
            # At the place one leaves, or at the place one comes to.
            rested |= any(opens <= b and b + crew.rest_minutes <= closes for b in (t, t + way))
    return rested


def best_by_enumeration(needs: list[Need], crews: list[Crew]) -> tuple[int, ...]:
    """Return the most crew-minutes by priority, in that order, over everything the crews could do."""
    priorities = sorted({n.priority for n in needs})
    best = tuple(0 for _ in priorities)
    for days in product(*(set(_days(c, needs)) for c in crews)):
        sent = [min(n.visits, sum(day.count(n.code) for day in days)) * n.minutes for n in needs]
        worth = tuple(sum(s for s, n in zip(sent, needs, strict=True) if n.priority == p) for p in priorities)
        best = max(best, worth)
    return best


def _grid(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high).map(lambda n: n * STEP)


@st.composite
def asked(draw: st.DrawFn) -> tuple[list[Need], list[Crew]]:
    """A small question: up to four windows at three sites, one or two crews."""
    needs = []
    for n in range(draw(st.integers(1, 3))):
        opens, minutes = draw(_grid(0, 10)), draw(_grid(1, 4))
        needs.append(
            Need(
                f"w{n}",
                draw(st.sampled_from("XYZ")),
                opens,
                opens + minutes + draw(_grid(0, 3)),
                minutes,
                draw(st.integers(1, 2)),
                draw(st.integers(1, 2)),
            )
        )
    crews = []
    for n in range(draw(st.integers(1, 2))):
        begins = draw(_grid(0, 3))
        crews.append(
            Crew(
                f"c{n}",
                begins,
                begins + draw(_grid(6, 12)),
                draw(st.sampled_from(["", "X"])),
                draw(st.sampled_from([0, 30])),
            )
        )
    return needs, crews


@settings(max_examples=40, deadline=None)
@given(question=asked())
def test_no_rota_covers_more_than_the_proposed_one(question: tuple[list[Need], list[Crew]]) -> None:
    needs, crews = question
    found = propose(needs, crews, travel=WAYS)
    assert found.reckoning.faults == ()
    assert tuple(found.reckoning.minutes.values()) == best_by_enumeration(needs, crews)
    for proof in found.proof:
        assert proof.best
        assert proof.covered == found.reckoning.minutes[proof.priority] <= proof.most <= proof.wanted


@settings(max_examples=25, deadline=None)
@given(question=asked(), seed=st.randoms(use_true_random=False))
def test_the_order_of_what_is_asked_changes_neither_coverage_nor_proof(
    question: tuple[list[Need], list[Crew]], seed: object
) -> None:
    needs, crews = question
    first, again = propose(needs, crews, travel=WAYS), propose(needs, crews, travel=WAYS)
    assert first == again
    turned = propose(needs[::-1], crews[::-1], travel=WAYS)
    assert (turned.proof, turned.reckoning.minutes) == (first.proof, first.reckoning.minutes)


@settings(max_examples=25, deadline=None)
@given(question=asked())
def test_a_later_start_of_all_changes_nothing_but_the_clock(question: tuple[list[Need], list[Crew]]) -> None:
    needs, crews = question
    later = 10 * 24 * 60
    moved = propose(
        [Need(n.code, n.site, n.opens + later, n.closes + later, n.minutes, n.priority, n.visits) for n in needs],
        [Crew(c.code, c.begins + later, c.ends + later, c.base, c.rest_minutes) for c in crews],
        travel=WAYS,
    )  # fmt: skip
    assert moved.proof == propose(needs, crews, travel=WAYS).proof


@settings(max_examples=25, deadline=None)
@given(question=asked())
def test_one_more_crew_never_covers_less_of_the_first_priority(
    question: tuple[list[Need], list[Crew]],
) -> None:
    needs, crews = question
    more = [*crews, Crew("more", 0, 300)]
    first = min(n.priority for n in needs)
    before, after = (propose(needs, c, travel=WAYS).reckoning.minutes[first] for c in (crews, more))
    assert after >= before


@settings(max_examples=25, deadline=None)
@given(question=asked())
def test_visits_set_by_hand_stay_and_cost_at_least_nothing(question: tuple[list[Need], list[Crew]]) -> None:
    needs, crews = question
    free = propose(needs, crews, travel=WAYS)
    if not free.visits:
        return
    held = propose(needs, crews, travel=WAYS, fixed=free.visits[-1:])
    assert free.visits[-1] in held.visits
    assert held.reckoning.minutes == free.reckoning.minutes


def test_what_is_seen_to_first_does_not_give_way_to_more_of_the_rest() -> None:
    needs = [Need("friday", "X", 60, 120, 60, 1)] + [
        Need(f"n{n}", "Y", 60 + 30 * n, 90 + 30 * n, 30, 2) for n in range(4)
    ]
    found = propose(needs, [Crew("c", 0, 240)])
    assert found.reckoning.minutes == {1: 60, 2: 30}
    assert [(p.priority, p.covered, p.most, p.wanted, p.best) for p in found.proof] == [
        (1, 60, 60, 60, True),
        (2, 30, 30, 120, True),
    ]


def test_each_gap_says_why() -> None:
    needs = [
        Need("early", "X", 0, 60, 60, 1),
        Need("night", "X", 2000, 2060, 60, 1),
        Need("day", "X", 105, 165, 60, 1),
        Need("same_time", "Y", 105, 165, 60, 2),
    ]
    found = propose(needs, [Crew("c", 30, 240)])
    why = {gap.need.code: gap.why for gap in found.reckoning.gaps}
    assert why["early"].startswith("A crew is on shift, but cannot be there for 60 minutes")
    assert why["night"] == "No crew is on shift in this window."
    assert why["same_time"] == "Every crew that could come is taken up by what it does then: day."


def test_a_change_by_hand_is_reckoned_and_what_cannot_be_is_said() -> None:
    needs = [Need("a", "X", 60, 120, 60, 1), Need("b", "Y", 60, 180, 60, 2)]
    crews = [Crew("c", 0, 240)]
    free = propose(needs, crews, travel=WAYS)
    assert free.reckoning.minutes == {1: 60, 2: 0} or free.reckoning.minutes == {1: 60, 2: 60}
    changed = reckon(needs, crews, [Visit("c", 90, "b")], travel=WAYS)
    assert changed.minutes == {1: 0, 2: 60}
    wrong = reckon(needs, crews, [Visit("c", 60, "a"), Visit("c", 75, "b"), Visit("d", 60, "a")], travel=WAYS)
    assert "There is no crew d." in wrong.faults
    assert any("needs 15 minutes to come" in fault for fault in wrong.faults)
    assert any("no 30 minutes left for its rest" in f for f in reckon(
        [Need("long", "X", 15, 225, 210)], [Crew("c", 0, 240, rest_minutes=30)], [Visit("c", 15, "long")], travel=WAYS
    ).faults)  # fmt: skip


def test_two_visits_by_hand_that_do_not_go_together_are_refused() -> None:
    needs = [Need("a", "X", 60, 120, 60), Need("b", "Y", 60, 120, 60)]
    with pytest.raises(Impossible, match="needs 15 minutes"):
        propose(needs, [Crew("c", 0, 240)], travel=WAYS, fixed=[Visit("c", 60, "a"), Visit("c", 60, "b")])


def test_two_crews_at_once_are_two_crews_and_one_does_not_count_twice() -> None:
    needs = [Need("eid", "X", 60, 120, 60, 1, visits=2)]
    assert propose(needs, [Crew("c", 0, 240)]).reckoning.minutes == {1: 60}
    assert propose(needs, [Crew("c", 0, 240), Crew("d", 0, 240)]).reckoning.minutes == {1: 120}
    twice = reckon(needs, [Crew("c", 0, 240)], [Visit("c", 60, "eid"), Visit("c", 60, "eid")])
    assert twice.minutes == {1: 60}


@pytest.mark.parametrize(
    ("needs", "crews", "said"),
    [
        ([Need("a", "X", 0, 30, 60)], [], "do not fit"),
        ([Need("a", "X", 0, 60, 0)], [], "at least 1"),
        ([Need("a", "X", 0, 60, 60)] * 2, [], "window a is there twice"),
        ([], [Crew("c", 60, 60)], "ends before it begins"),
        ([], [Crew("c", 0, 60, rest_minutes=45)], "rest does not fit"),
    ],
)
def test_what_cannot_be_meant_is_refused(needs: list[Need], crews: list[Crew], said: str) -> None:
    with pytest.raises(BadPlan, match=said):
        propose(needs, crews)


def test_nothing_asked_is_answered_with_nothing() -> None:
    found = propose([], [Crew("c", 0, 60)])
    assert (found.visits, found.proof, found.reckoning.windows) == ((), (), ())
    assert propose([Need("a", "X", 0, 60, 60)], []).reckoning.gaps[0].why.startswith("No crew")


def test_a_search_that_may_look_at_no_branch_says_how_much_more_there_could_be() -> None:
    """The bound is proved whatever the limit, so a rota that is not proved best says so."""
    needs = [
        Need(f"w{n}", "XYZ"[n % 3], 15 * (n * 5 % 17), 15 * (n * 5 % 17) + 75, 45, 1 + n % 2)
        for n in range(14)
    ]
    crews = [Crew(f"c{n}", 15 * n, 15 * n + 240, "X", 30) for n in range(3)]
    quick = propose(needs, crews, travel=WAYS, nodes=1)
    full = propose(needs, crews, travel=WAYS)
    assert all(p.best for p in full.proof)
    for few, all_ in zip(quick.proof[:1], full.proof[:1], strict=True):
        assert few.covered <= all_.covered <= few.most <= few.wanted
