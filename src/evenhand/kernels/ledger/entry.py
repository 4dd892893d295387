"""Turn what was done into a line that tells nothing, and the openings that tell it all.

The line is what the record's tree is built from and what everybody may see: a random number and one
commitment for each slot. The openings hold the words. They belong under a key: when the key is destroyed,
nobody can read what happened, and the line still proves that something did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evenhand.kernels.ledger.commitment import STANDARD_NAMES, DoesNotOpen, check_opening, commit

__all__ = [
    "LINE_LENGTH",
    "STANDARD_NAMES",
    "Composed",
    "DoesNotOpen",
    "Unwritable",
    "compose",
    "open_entry",
    "padding",
]

LINE_LENGTH = 379
"""Every line has this many bytes, whatever it says."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_LINE = re.compile(rb"1 [0-9a-f]{32} [A-Za-z0-9+/]{342}==\Z")
_OPENINGS = re.compile(rb"[0-9a-f]{32}\t[0-9a-f]{64}\t")
_ESCAPED = {chr(byte): f"\\x{byte:02x}" for byte in (*range(32), 127)} | {
    "\t": r"\t",
    "\n": r"\n",
    "\r": r"\r",
    "\\": r"\\",
}
_MEANT = {escape: character for character, escape in _ESCAPED.items()}
_TO_ESCAPE = str.maketrans(_ESCAPED)
_ESCAPE = re.compile(r"\\x..|\\.|\\", re.DOTALL)


class Unwritable(ValueError):
    """These contents cannot be made an entry; says why."""


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
        raise Unwritable("random_bytes did not give as many bytes as it was asked for")
    openings = _write(number.hex(), seed.hex(), contents)
    return Composed(line=commit(openings), openings=openings)


def padding(random_bytes: Callable[[int], bytes]) -> bytes:
    """Return a line that says nothing and that nobody can tell from one that does."""
    return compose({}, random_bytes=random_bytes).line


def open_entry(line: bytes, openings: bytes) -> Mapping[str, str]:
    """Return what an entry says, after every commitment was found to match.

    raises  DoesNotOpen, when a commitment does not match, or either is not in its one form
    """
    if not _LINE.match(line):
        raise DoesNotOpen("the line is not in the form of an entry")
    check_opening(line, openings)
    try:
        number, seed, *cells = openings.decode().split("\t")
        pairs = [cell.partition("=") for cell in cells if cell]
        contents = {name: _ESCAPE.sub(lambda found: _MEANT[found[0]], value) for name, _, value in pairs}
        well_formed = _write(number, seed, contents) == openings and _OPENINGS.match(openings)
    except (UnicodeDecodeError, KeyError):
        well_formed = None
    if not well_formed or not all(_NAME.match(name) for name in contents):
        raise DoesNotOpen("the openings are not in their one form")
    return contents


def _write(number: str, seed: str, contents: Mapping[str, str]) -> bytes:
    """Write openings: number, seed, and a cell for each slot; the last slot holds any number of cells."""
    cells = [
        f"{name}={contents[name].translate(_TO_ESCAPE)}" if name in contents else ""
        for name in STANDARD_NAMES
    ]
    more = [
        f"{name}={contents[name].translate(_TO_ESCAPE)}"
        for name in sorted(contents)
        if name not in STANDARD_NAMES
    ]
    return "\t".join((number, seed, *cells, *(more or ("",)))).encode()
