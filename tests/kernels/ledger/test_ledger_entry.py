"""An entry's line tells nothing, its openings tell everything, and neither can be changed unnoticed."""

from __future__ import annotations

import os
import random
from base64 import b64encode
from hashlib import sha256, shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.kernels.ledger.entry import (
    LINE_LENGTH,
    STANDARD_NAMES,
    DoesNotOpen,
    Unwritable,
    compose,
    open_entry,
    padding,
)

ACT = {
    "actor": "5d0f…  Ffion Wójcik",
    "verb": "screen",
    "step": "gateway_assessment",
    "case": "7QX2-M4RT",
    "at": "2026-11-03T09:12:44Z",
    "ground": "§ 36(4)",
    "detail": "line one\nline two \0 and a nul",
}

contents = st.dictionaries(
    st.one_of(st.sampled_from(STANDARD_NAMES), st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    max_size=12,
)
seeds = st.integers(0, 2**32)


@given(contents, seeds)
def test_what_was_said_is_what_opens(said: dict[str, str], seed: int) -> None:
    composed = compose(said, random_bytes=random.Random(seed).randbytes)
    assert open_entry(composed.line, composed.openings) == said


@given(contents, seeds)
def test_every_line_has_the_same_shape(said: dict[str, str], seed: int) -> None:
    line = compose(said, random_bytes=random.Random(seed).randbytes).line
    assert len(line) == LINE_LENGTH
    assert line.isascii()
    assert b"\n" not in line
    assert [len(word) for word in line.split(b" ")] == [1, 32, 344]


@given(contents, seeds, st.data())
def test_no_change_of_a_byte_opens(said: dict[str, str], seed: int, data: st.DataObject) -> None:
    composed = compose(said, random_bytes=random.Random(seed).randbytes)
    both = composed.line + composed.openings
    at = data.draw(st.integers(0, len(both) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != both[at]))
    changed = both[:at] + bytes([other]) + both[at + 1 :]
    with pytest.raises(DoesNotOpen):
        open_entry(changed[:LINE_LENGTH], changed[LINE_LENGTH:])


def test_the_line_holds_no_word_in_clear() -> None:
    line = compose(ACT, random_bytes=os.urandom).line
    for value in ACT.values():
        assert value.encode() not in line
    assert compose(ACT, random_bytes=os.urandom).line != line, "the same act twice must not look the same"


def test_padding_cannot_be_told_from_an_act() -> None:
    assert len(padding(os.urandom)) == len(compose(ACT, random_bytes=os.urandom).line)


def test_a_changed_word_is_named() -> None:
    composed = compose(ACT, random_bytes=os.urandom)
    changed = composed.openings.replace(b"verb=screen", b"verb=closed")
    with pytest.raises(DoesNotOpen, match="verb"):
        open_entry(composed.line, changed)


def test_absence_cannot_be_hidden_or_invented() -> None:
    composed = compose({"actor": "a", "detail": ""}, random_bytes=os.urandom)
    number, seed, *cells = composed.openings.split(b"\t")
    assert cells == [b"actor=a", b"", b"", b"", b"", b"", b"detail=", b""]
    for forged in (
        [b"actor=a", b"", b"", b"", b"", b"", b"", b""],
        [b"actor=a", b"", b"", b"", b"", b"ground=", b"detail=", b""],
        [b"actor=a", b"", b"", b"", b"", b"", b"detail=", b"extra="],
        [b"actor=a", b"", b"", b"", b"", b"", b"detail="],
        [b"actor=a", b"", b"", b"", b"", b"", b"detail=", b"", b""],
        [b"", b"actor=a", b"", b"", b"", b"", b"detail=", b""],
    ):
        with pytest.raises(DoesNotOpen):
            open_entry(composed.line, b"\t".join((number, seed, *forged)))


@pytest.mark.parametrize(
    "cell", [b"verb=a", b"actor", rb"actor=\q", rb"actor=\x41", b"actor=\xff", b"actor=a\rb"]
)
def test_a_dishonest_writer_gets_no_second_form(cell: bytes) -> None:
    openings = b"\t".join((b"0" * 32, b"0" * 64, cell, *([b""] * 7)))
    salts = shake_256(b"evenhand entry salts 1\0" + b"0" * 64).digest(256)
    cells = openings.split(b"\t")[2:]
    joined = b"".join(sha256(salts[32 * k : 32 * k + 32] + said).digest() for k, said in enumerate(cells))
    with pytest.raises(DoesNotOpen):
        open_entry(b"1 " + b"0" * 32 + b" " + b64encode(joined), openings)


def test_the_commitments_follow_the_written_format() -> None:
    """Worked by hand from docs/reference/ledger-format.md, with nothing of the kernel's."""
    composed = compose({"verb": "look", "zeal": "ü\t", "more": "1"}, random_bytes=lambda n: bytes(range(n)))
    salts = shake_256(b"evenhand entry salts 1\0" + bytes(range(32)).hex().encode()).digest(256)
    cells = ["", "verb=look", "", "", "", "", "", "more=1\tzeal=ü\\t"]
    joined = b"".join(
        sha256(salts[32 * k : 32 * k + 32] + cell.encode()).digest() for k, cell in enumerate(cells)
    )
    assert composed.line == b"1 000102030405060708090a0b0c0d0e0f " + b64encode(joined)
    number, seed = bytes(range(16)).hex(), bytes(range(32)).hex()
    assert composed.openings == "\t".join((number, seed, *cells)).encode()


@pytest.mark.parametrize(
    "said",
    [
        {"Actor": "x"},
        {"": "x"},
        {"a b": "x"},
        {"a" * 65: "x"},
        {"actor": 3},
        {"actor": b"x"},
        {"actor": "\ud800"},
        {3: "x"},
    ],
)
def test_what_cannot_be_written_is_refused(said: dict[str, str]) -> None:
    with pytest.raises(Unwritable):
        compose(said, random_bytes=os.urandom)


@pytest.mark.parametrize("given_bytes", [0, 8, 64])
def test_a_broken_source_of_randomness_is_refused(given_bytes: int) -> None:
    with pytest.raises(Unwritable):
        compose(ACT, random_bytes=lambda _count: b"\0" * given_bytes)


@pytest.mark.parametrize("junk", [b"", b"\t" * 9, b"\t" * 400, b"\xff" * 40, b" " * 400])
def test_junk_does_not_open(junk: bytes) -> None:
    composed = compose(ACT, random_bytes=os.urandom)
    with pytest.raises(DoesNotOpen):
        open_entry(composed.line, junk)
    with pytest.raises(DoesNotOpen):
        open_entry(junk, composed.openings)
