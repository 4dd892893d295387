"""Commit to what an entry says, slot by slot, so that a line shows nothing and still binds everything."""

from __future__ import annotations

from base64 import b64decode
from binascii import b2a_base64
from hashlib import sha256, shake_256
from struct import Struct

STANDARD_NAMES = ("actor", "verb", "step", "case", "at", "ground", "detail")
"""What an entry says, each in a slot of its own; any further names share the last slot, `more`."""

_SLOTS = len(STANDARD_NAMES) + 1
_SALTING = b"evenhand entry salts 1\0"
_salts_of = Struct("32s" * _SLOTS).unpack


class DoesNotOpen(Exception):
    """The openings are not those that the line was made from; says where they part."""


def commit(openings: bytes) -> bytes:
    """Return the line that these openings open, reading no more of them than where they part.

    openings  number, seed, and one cell for each slot, with tabs between: `name=value`, or nothing
    returns   `1`, the number, and the slots' commitments in base64: SHA-256 of a 32-byte salt and the cell.
              The salts come from the seed's hex by SHAKE-256, one for each slot, so that a cell can be opened
              without the others. An empty cell is committed to as well: an entry opened whole hides no slot
    raises    DoesNotOpen, when there are too few cells, or one stands in a slot that is not its own
    """
    parts = openings.split(b"\t", _SLOTS + 1)
    if len(parts) != _SLOTS + 2:
        raise DoesNotOpen("the openings have too few cells")
    # Written out rather than looped over: whoever checks a million entries waits for these lines.
    number, seed, actor, verb, step, case, at, ground, detail, more = parts
    if not (
        (not actor or actor[:6] == b"actor=")
        and (not verb or verb[:5] == b"verb=")
        and (not step or step[:5] == b"step=")
        and (not case or case[:5] == b"case=")
        and (not at or at[:3] == b"at=")
        and (not ground or ground[:7] == b"ground=")
        and (not detail or detail[:7] == b"detail=")
    ):
        raise DoesNotOpen("a cell stands in a slot that is not its own")
    s0, s1, s2, s3, s4, s5, s6, s7 = _salts_of(shake_256(_SALTING + seed).digest(32 * _SLOTS))
    commitments = (
        sha256(s0 + actor).digest(),
        sha256(s1 + verb).digest(),
        sha256(s2 + step).digest(),
        sha256(s3 + case).digest(),
        sha256(s4 + at).digest(),
        sha256(s5 + ground).digest(),
        sha256(s6 + detail).digest(),
        sha256(s7 + more).digest(),
    )
    return b"1 %b %b" % (number, b2a_base64(b"".join(commitments), newline=False))


def check_opening(line: bytes, openings: bytes) -> None:
    """Hold that a line was made from these openings.

    raises  DoesNotOpen, when a commitment does not match
    """
    due = commit(openings)
    if due == line:
        return
    if due[:35] != line[:35]:
        raise DoesNotOpen("the openings belong to another line")
    raise DoesNotOpen(f"{_parted(line, due)} is not what the line commits to")


def _parted(line: bytes, due: bytes) -> str:
    """Name the first slot in which two lines part."""
    try:
        held, made = b64decode(line[35:]), b64decode(due[35:])
    except ValueError:
        return "this"
    for i, name in enumerate((*STANDARD_NAMES, "more")):
        if held[32 * i : 32 * i + 32] != made[32 * i : 32 * i + 32]:
            return name
    return "this"
