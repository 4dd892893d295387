"""Turn what was done into a line that tells nothing, and the openings that tell it all.

The line is what the record's tree is built from and what everybody may see: a random number and one
commitment for each slot. The openings hold the words. They belong under a key: when the key is destroyed,
nobody can read what happened, and the line still proves that something did.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256, shake_256

STANDARD_NAMES = ("actor", "verb", "step", "case", "at", "ground", "detail")
"""What an entry says, each under a commitment of its own; any further names share the last slot."""

LINE_LENGTH = 379
"""Every line has this many bytes, whatever it says."""

_FORM = b"1"
_SLOTS = len(STANDARD_NAMES) + 1
_SALTING = b"evenhand entry salts 1\0"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_LINE = re.compile(rb"1 [0-9a-f]{32} [A-Za-z0-9+/]{342}==\Z")


class Unwritable(ValueError):
    """These contents cannot be made an entry; says why."""


class DoesNotOpen(Exception):
    """The openings are not those that the line was made from; says where they part."""


@dataclass(frozen=True)
class Composed:
    """An entry ready to store: `line` in clear, `openings` only under a key."""

    line: bytes
    openings: bytes


def compose(contents: Mapping[str, str], *, random_bytes: Callable[[int], bytes]) -> Composed:
    """Write an entry whose line tells nothing of what it says.

    contents      names (a-z, 0-9, _; at most 64) and what each says; none at all makes a line of padding,
                  which nobody can tell from another
    random_bytes  `os.urandom` or `secrets.token_bytes`: (how many) → bytes
    returns       Composed(line, openings): line is LINE_LENGTH bytes of ASCII without a line end
    raises        Unwritable, when a name or a value cannot be written
    """
    for name, value in contents.items():
        if not isinstance(name, str) or not _NAME.match(name):
            raise Unwritable(f"{name!r} is no name for contents: small letters, digits and _ only")
        if not isinstance(value, str):
            raise Unwritable(f"{name} must be text, not {type(value).__name__}")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unwritable(f"{name} holds half a character pair, which is not text") from None
    number, seed = random_bytes(16), random_bytes(32)
    if len(number) != 16 or len(seed) != 32:
        raise Unwritable("random_bytes gave fewer bytes than it was asked for")
    return Composed(
        line=_line(number.hex(), seed, contents),
        openings=_canonical({"contents": dict(contents), "number": number.hex(), "seed": seed.hex()}),
    )


def padding(random_bytes: Callable[[int], bytes]) -> bytes:
    """Return a line that says nothing and that nobody can tell from one that does."""
    return compose({}, random_bytes=random_bytes).line


def open_entry(line: bytes, openings: bytes) -> Mapping[str, str]:
    """Return what an entry says, after every commitment was found to match.

    raises  DoesNotOpen, when a commitment does not match, or either is not in its one form
    """
    if not _LINE.match(line):
        raise DoesNotOpen("the line is not in the form of an entry")
    number, seed, contents = _parse(openings)
    if number.encode() != line[2:34]:
        raise DoesNotOpen("the openings belong to another line")
    if _line(number, seed, contents) == line:
        return contents
    for slot, (held, due) in enumerate(zip(_committed(line), _commitments(seed, contents), strict=True)):
        if held != due:
            raise DoesNotOpen(f"the commitment to {_slot_name(slot)} does not match")
    raise DoesNotOpen("the line is not in its one form")


def _parse(openings: bytes) -> tuple[str, bytes, dict[str, str]]:
    """Read openings, which have exactly one form, so that no two differ and open the same line."""
    try:
        said = json.loads(openings)
        number, seed, contents = said["number"], bytes.fromhex(said["seed"]), said["contents"]
        well_formed = (
            _canonical(said) == openings
            and len(said) == 3
            and len(seed) == 32
            and isinstance(number, str)
            and all(isinstance(value, str) and _NAME.match(name) for name, value in contents.items())
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        well_formed = False
    if not well_formed:
        raise DoesNotOpen("the openings are not in their one form")
    return number, seed, contents


def _canonical(value: object) -> bytes:
    """Write JSON in the one form of RFC 8785 (for objects of text with ASCII names, as here)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _commitments(seed: bytes, contents: Mapping[str, str]) -> list[bytes]:
    """Commit to each slot: SHA-256 of salt, name, NUL, value; without NUL and value when nothing is said.

    A name holds no NUL, so nothing else can be read into the same bytes. Absence is committed to as well:
    an entry that is opened whole cannot hide a slot.
    """
    salts = shake_256(_SALTING + seed).digest(32 * _SLOTS)
    more = {name: value for name, value in contents.items() if name not in STANDARD_NAMES}
    commitments = []
    for slot in range(_SLOTS):
        name = _slot_name(slot)
        salted = salts[32 * slot : 32 * slot + 32] + name.encode()
        if slot == _SLOTS - 1 and more:
            salted += b"\0" + _canonical(more)
        elif name in contents and slot < _SLOTS - 1:
            salted += b"\0" + contents[name].encode()
        commitments.append(sha256(salted).digest())
    return commitments


def _slot_name(slot: int) -> str:
    """Name a slot: one of the standard names, or `more` for all the others together."""
    return STANDARD_NAMES[slot] if slot < len(STANDARD_NAMES) else "more"


def _line(number: str, seed: bytes, contents: Mapping[str, str]) -> bytes:
    """Write the line: form, number, and the commitments in base64."""
    return b" ".join((_FORM, number.encode(), b64encode(b"".join(_commitments(seed, contents)))))


def _committed(line: bytes) -> list[bytes]:
    """Read the commitments of a well-formed line."""
    joined = b64decode(line[35:])
    return [joined[32 * slot : 32 * slot + 32] for slot in range(_SLOTS)]
