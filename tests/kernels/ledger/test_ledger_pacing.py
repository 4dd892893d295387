"""From outside nobody can tell how much is happening: neither from sizes and times of checkpoints nor from the lines."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.kernels.ledger.entry import LINE_LENGTH, compose, padding
from evenhand.kernels.ledger.pacing import HELD_UP_TO, LADDER, next_step

BASE = 64
HELD_FOR = 1008
"""Ten-minute slots in the seven days for which a step stays up."""
LINES = 2000


def published(acts: list[int], base: int = BASE) -> list[int]:
    """Return the sizes that the world sees, one for each slot, when so many lines are written before each."""
    steps: list[int] = []
    for waiting in acts:
        recent = [step for step in steps[-HELD_FOR:] if step <= base * HELD_UP_TO]
        steps.append(next_step(waiting, base=base, held=max(recent, default=0)))
    return [sum(steps[:end]) for end in range(1, len(steps) + 1)]


quiet = st.lists(st.integers(0, BASE), min_size=30, max_size=30)


@given(quiet, quiet)
def test_a_busy_day_and_a_day_of_rest_look_the_same(one: list[int], other: list[int]):
    assert published(one) == published(other) == published([0] * 30)


@given(quiet, quiet, st.integers(0, 29), st.integers(BASE + 1, BASE * LADDER))
def test_after_a_burst_all_days_look_the_same_again(one: list[int], other: list[int], at: int, burst: int):
    """What shows is that there was a burst, and in which slot; neither how large within its rung, nor anything after it."""
    first, second = [*one], [*other]
    first[at], second[at] = burst, BASE * LADDER
    assert published(first) == published(second)


@given(st.lists(st.integers(0, 20 * BASE), min_size=2, max_size=60))
def test_what_is_seen_is_one_of_a_few_rungs_and_holds_all_that_was_done(acts: list[int]):
    sizes = [0, *published(acts)]
    steps = [after - before for before, after in pairwise(sizes)]
    rungs = {BASE, BASE * LADDER, BASE * HELD_UP_TO}
    assert all(step in rungs or step % (BASE * HELD_UP_TO) == 0 for step in steps)
    assert all(step >= waiting for step, waiting in zip(steps, acts, strict=True))


def telling(number: int, random_bytes) -> bytes:
    contents = {
        "actor": f"officer-{number % 7}", "verb": ("look", "refer", "close")[number % 3], "step": "screening",
        "case": f"CASE-{number % 5}", "at": "2026-11-03T09:12:44Z", "ground": "duty to decide " * (number % 4),
        "detail": "x" * (number % 900),
    }  # fmt: skip
    return compose(contents, random_bytes=random_bytes).line


@pytest.fixture(scope="module")
def both() -> tuple[list[bytes], list[bytes]]:
    """Lines that say something, little or much, and lines that say nothing."""
    source = random.Random(20261122).randbytes
    said = [telling(number, source) for number in range(LINES)]
    return said, [padding(source) for _ in range(LINES)]


def test_a_line_that_says_nothing_has_the_shape_of_one_that_does(both: tuple[list[bytes], list[bytes]]):
    shapes = [{(len(line), line[:2], line[34:35], line[-2:]) for line in lines} for lines in both]
    assert shapes[0] == shapes[1] == {(LINE_LENGTH, b"1 ", b" ", b"==")}
    assert not {line[2:34] for line in both[0]} & {line[2:34] for line in both[1]}, "no number comes twice"


@pytest.mark.parametrize("where", [slice(2, 34), slice(35, 121), slice(121, 249), slice(249, 377)])
def test_the_letters_of_both_kinds_of_line_come_as_often(both: tuple[list[bytes], list[bytes]], where: slice):
    """Chi-square of two samples; at 63 degrees of freedom 103.4 is passed by chance once in a thousand (15: 37.7).

    The lines are made from a seed, so this comes out the same each time.
    """
    said, silent = (Counter(byte for line in lines for byte in line[where]) for lines in both)
    letters = said.keys() | silent.keys()
    distance = sum(
        (said[letter] - silent[letter]) ** 2 / (said[letter] + silent[letter]) for letter in letters
    )
    assert len(letters) in {16, 64, 65}
    assert distance < (37.7 if len(letters) == 16 else 103.4)


def test_neither_kind_packs_tighter(both: tuple[list[bytes], list[bytes]]):
    said, silent = (len(zlib.compress(b"".join(lines), 9)) for lines in both)
    assert abs(said - silent) / said < 0.001
