"""Write down, and check, that one line stands in a signed record (C2SP tlog-proof)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from evenhand.kernels.ledger.note import (
    COSIGNATURE,
    Broken,
    Checkpoint,
    Key,
    SignatureCheck,
    read_checkpoint,
    read_note,
    signed_by,
    unbase64,
)
from evenhand.kernels.ledger.proofs import ProofFails, check_inclusion
from evenhand.kernels.ledger.tree import leaf_hash

_FORM = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_LONGEST = 63


@dataclass(frozen=True)
class Included:
    """A line stands at `index` (from 0) of the record that `checkpoint` signs; who cosigned it, and when."""

    index: int
    checkpoint: Checkpoint
    cosigned: dict[str, int]


def write_proof(index: int, hashes: Sequence[bytes], checkpoint: bytes, *, extra: bytes = b"") -> bytes:
    """Return the text of a proof that the leaf at `index` (from 0) is in the tree that a signed note names.

    extra  what goes with it; we put the line there, so that one file is enough to check
    """
    steps = "".join(b64encode(step).decode() + "\n" for step in hashes)
    more = f"extra {b64encode(extra).decode()}\n" if extra else ""
    return f"{_FORM}\n{more}index {index}\n{steps}\n".encode() + checkpoint


def check_proof(
    proof: bytes, line: bytes | None = None, *, key: Key, witnesses: Sequence[Key] = (), check: SignatureCheck
) -> Included:
    """Hold that a line stands in the record of a log.

    proof      as `write_proof` makes it
    line       the line's raw bytes, without a line end; without one, the one that the proof carries
    key        the log's key, from somebody you trust
    witnesses  keys of witnesses whose cosignatures count
    raises     Broken or ProofFails, with what is wrong
    """
    head, blank, note_bytes = proof.partition(b"\n\n")
    try:
        form, *rest = head.decode().split("\n")
    except UnicodeDecodeError:
        raise Broken("is not text") from None
    if form != _FORM or not blank:
        raise Broken("is not a proof of the form tlog-proof@v1")
    if rest and rest[0].startswith("extra "):
        carried = unbase64(rest.pop(0).removeprefix("extra "))
        line = carried if line is None else line
    if line is None:
        raise Broken("does not carry its line, and none was given")
    match = _INDEX.fullmatch(rest[0]) if rest else None
    if match is None or len(rest) > _LONGEST + 1:
        raise Broken("does not say where the line stands")
    hashes = [unbase64(step) for step in rest[1:]]
    note = read_note(note_bytes)
    if signed_by(note, key, check) is None:
        raise Broken(f"is not signed by {key}")
    checkpoint = read_checkpoint(note.text)
    if checkpoint.origin != key.name:
        raise Broken(f"is of another log, {checkpoint.origin}")
    if any(len(step) != 32 for step in hashes):
        raise ProofFails("a hash in it has not 32 bytes")
    check_inclusion(leaf_hash(line), int(match[1]), checkpoint.size, hashes, checkpoint.root)
    times = {w.name: signed_by(note, w, check) for w in witnesses if w.kind == COSIGNATURE}
    return Included(
        int(match[1]), checkpoint, {name: when for name, when in times.items() if when is not None}
    )
