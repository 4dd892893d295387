"""Read and check signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

ED25519, COSIGNATURE = 1, 4
"""The two kinds of signature spoken here: a log's own, and a witness's with a time."""

SignatureCheck = Callable[[bytes, bytes, bytes], bool]
"""(public key, message, signature) → whether it matches."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_MOST_SIGNATURES = 100


class Broken(Exception):
    """Something is not as it was written; says what is wrong with it."""


@dataclass(frozen=True)
class Key:
    """A public Ed25519 key under its name; `kind` says what it signs."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    def __str__(self) -> str:
        encoded = b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


@dataclass(frozen=True)
class Signature:
    """One line that signs a note, as it claims to be."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"— {self.name} {b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text, with the lines that sign it; trust it only after `signed_by`."""

    text: str
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        return f"{self.text}\n{''.join(map(str, self.signatures))}".encode()


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: with so many lines, the tree has this root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)
        return "".join(line + "\n" for line in lines)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that stand for a key in signature lines (C2SP signed-note, "Signatures")."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def unbase64(text: str) -> bytes:
    """Decode base64 that is written in its one form."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        raise Broken("holds base64 that cannot be read") from None
    if b64encode(data).decode() != text:
        raise Broken("holds base64 that is not in its one form")
    return data


def read_key(text: str, kind: int) -> Key:
    """Read a public key, `name+id+base64(kind, key)`; its id must be that of its name and bytes."""
    name, _, rest = text.partition("+")
    claimed, plus, encoded = rest.partition("+")
    if not name or not plus or re.search(r"\s", text):
        raise Broken("is not a public key of the form name+id+key")
    data = unbase64(encoded)
    if len(data) != 33 or data[0] != kind:
        raise Broken("is not an Ed25519 key " + ("of a log" if kind == ED25519 else "of a witness"))
    if key_id(name, kind, data[1:]).hex() != claimed:
        raise Broken("holds a key id that does not belong to the key")
    return Key(name, bytes.fromhex(claimed), kind, data[1:])


def read_signature(line: str) -> Signature:
    """Read one signature line, without its line end."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not parts[1] or "+" in parts[1] or re.search(r"\s", parts[1]):
        raise Broken("has a signature line that cannot be read")
    value = unbase64(parts[2])
    if len(value) < 5:
        raise Broken("has a signature line that is too short")
    return Signature(parts[1], value[:4], value[4:])


def read_note(data: bytes) -> Note:
    """Take a signed note apart."""
    try:
        text, blank, tail = data.decode().rpartition("\n\n")
    except UnicodeDecodeError:
        raise Broken("is not text") from None
    if not blank or not text or not tail.endswith("\n") or _CONTROL.search(text + tail):
        raise Broken("is not a signed note")
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise Broken("has too many signatures")
    return Note(text + "\n", tuple(map(read_signature, lines)))


def signed_by(note: Note, key: Key, check: SignatureCheck) -> int | None:
    """Say when the holder of a key signed: a POSIX time, or 0 where the kind of signature has none.

    returns  None, when no line claims to be of this key
    raises   Broken, when one claims to be and does not match
    """
    when = None
    for signature in note.signatures:
        if (signature.name, signature.key_id) != (key.name, key.key_id):
            continue
        stamp, value, message = 0, signature.value, note.text.encode()
        if key.kind == COSIGNATURE:
            stamp, value = int.from_bytes(value[:8], "big"), value[8:]
            message = cosigned_message(note.text, stamp)
        if stamp >= 2**63 or not check(key.public, message, value):
            raise Broken(f"carries a signature of {key.name} that does not match")
        when = stamp
    return when


def cosigned_message(text: str, at: int) -> bytes:
    """Return what a witness signs: that it saw this checkpoint, consistent with all before, at this time."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def read_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint."""
    *lines, after = text.split("\n")
    if len(lines) < 3 or after or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise Broken("is not a checkpoint")
    root = unbase64(lines[2])
    if len(root) != 32:
        raise Broken("has a root of the wrong length")
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:]))
