"""Ask a witness to cosign a checkpoint, and be one that refuses a fork (C2SP tlog-witness, add-checkpoint)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evenhand.kernels.ledger.note import (
    Broken,
    Checkpoint,
    Key,
    Note,
    Signature,
    SignatureCheck,
    read_checkpoint,
    read_note,
    read_signature,
    signed_by,
    unbase64,
)
from evenhand.kernels.ledger.proofs import ProofFails, check_consistency
from evenhand.kernels.ledger.signing import SigningKey, fast_verify
from evenhand.kernels.ledger.tree import EMPTY_ROOT

SIZE_TYPE = "text/x.tlog.size"
_TEXT_TYPE = "text/plain; charset=utf-8"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_LONGEST_PROOF = 63


class WitnessRefused(Exception):
    """The witness did not cosign; says what it answered and what that means."""


class WitnessElsewhere(WitnessRefused):
    """The witness stands at another size: ask again from `size`, unless the log went back behind it."""

    def __init__(self, size: int, own: int) -> None:
        self.size = size
        meaning = (
            "ask again with a proof from there"
            if size < own
            else "this log went back, or forked: it may have been restored from an old copy. Do not sign on top of it"
        )
        super().__init__(f"the witness has seen {size} lines and was shown {own}: {meaning}")


@dataclass(frozen=True)
class Request:
    """What a log asks: cosign this checkpoint, which holds all of the one you cosigned last."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def __bytes__(self) -> bytes:
        hashes = "".join(b64encode(step).decode() + "\n" for step in self.proof)
        return f"old {self.old_size}\n{hashes}\n".encode() + self.checkpoint


@dataclass(frozen=True)
class Answer:
    """What a witness answers over HTTP. `remember` must be on disk before the answer goes out.

    reason  in words, for the witness's own log; a refusal that shows a fork has `fork` set
    """

    status: int
    content_type: str
    body: bytes
    reason: str
    remember: Checkpoint | None = None
    fork: bool = False


def read_request(body: bytes) -> Request:
    """Read an add-checkpoint request.

    raises  Broken, when it is not one
    """
    head, blank, checkpoint = body.partition(b"\n\n")
    try:
        first, *rest = head.decode().split("\n")
    except UnicodeDecodeError:
        raise Broken("is not text") from None
    match = _OLD.fullmatch(first)
    if not match or not blank or len(rest) > _LONGEST_PROOF:
        raise Broken("is not an add-checkpoint request")
    proof = tuple(unbase64(line) for line in rest)
    if any(len(step) != 32 for step in proof):
        raise Broken("holds a hash of the wrong length")
    return Request(int(match[1]), proof, checkpoint)


def answer(
    body: bytes,
    *,
    logs: Mapping[str, Key],
    latest: Mapping[str, Checkpoint],
    key: SigningKey,
    at: int,
    check: SignatureCheck = fast_verify,
) -> Answer:
    """Cosign a log's checkpoint, or say why not.

    body    the request's body
    logs    the keys of the logs that this witness serves, by origin
    latest  the last checkpoint cosigned of each log. Reading it and storing `remember` must be one atomic step
    key     the witness's own, of the kind COSIGNATURE
    at      now, in whole seconds since 1970                                                              [s]
    """
    try:
        request = read_request(body)
        note = read_note(request.checkpoint)
        shown = read_checkpoint(note.text)
    except Broken as broken:
        return _refuse(400, f"the request {broken}")
    if shown.origin not in logs:
        return _refuse(404, "no such log is known here")
    try:
        signed = signed_by(note, logs[shown.origin], check) is not None
    except Broken:
        signed = False
    if not signed:
        return _refuse(403, f"the checkpoint is not signed by {shown.origin}")
    if request.old_size > shown.size:
        return _refuse(400, "the old size is above the checkpoint's")
    last = latest.get(shown.origin, Checkpoint(shown.origin, 0, EMPTY_ROOT))
    if request.old_size != last.size:
        went_back = shown.size < last.size
        return _conflict(last, f"the log showed {request.old_size} lines as the last seen", fork=went_back)
    if shown.size == last.size and shown.root != last.root:
        return _conflict(last, f"two roots for {last.size} lines: the log has forked", fork=True)
    try:
        check_consistency(last.size, shown.size, request.proof, last.root, shown.root)
    except ProofFails as fails:
        return _refuse(422, f"{fails}; the new checkpoint does not hold the old one", fork=True)
    signature = str(key.sign(note.text, at=at)).encode()
    return Answer(200, _TEXT_TYPE, signature, f"cosigned {shown.size} lines", remember=shown)


def cosigned(
    status: int, body: bytes, *, checkpoint: bytes, witness: Key, check: SignatureCheck = fast_verify
) -> bytes:
    """Return the checkpoint with the witness's signature added to it.

    status, body  what the witness answered
    checkpoint    the signed note that it was shown
    raises        WitnessElsewhere (its size is in it) or WitnessRefused, when it did not cosign
    """
    note = read_note(checkpoint)
    text = body.decode(errors="replace")
    if status == 409:
        if not re.fullmatch(r"(0|[1-9][0-9]{0,18})\n", text):
            raise WitnessRefused("the witness stands at another size, and does not say at which")
        raise WitnessElsewhere(int(text), read_checkpoint(note.text).size)
    if status != 200:
        raise WitnessRefused(
            f"the witness answered {status}: {_MEANINGS.get(status, 'no part of the protocol')}"
        )
    try:
        lines = [read_signature(line) for line in text.removesuffix("\n").split("\n")]
        added = Note(
            note.text,
            tuple(line for line in lines if (line.name, line.key_id) == (witness.name, witness.key_id)),
        )
        if len(added.signatures) != 1 or signed_by(added, witness, check) is None:
            raise Broken(f"does not hold one signature of {witness.name}")
    except Broken as broken:
        raise WitnessRefused(f"the witness's answer {broken}") from None
    return bytes(Note(note.text, _without(note, witness) + added.signatures))


def cosigned_by(note: Note, witnesses: Sequence[Key], check: SignatureCheck = fast_verify) -> dict[str, int]:
    """Return the witnesses that cosigned, with the time that each states.

    raises  Broken, when a line claims to be of one of them and does not match
    """
    times = {witness.name: signed_by(note, witness, check) for witness in witnesses}
    return {name: when for name, when in times.items() if when is not None}


_MEANINGS = {
    400: "the request was malformed",
    403: "it does not accept the log's signature",
    404: "it does not know this log",
    422: "the proof does not hold: to this witness the log has forked",
}


def _without(note: Note, key: Key) -> tuple[Signature, ...]:
    """Return a note's signatures without those of one key."""
    return tuple(line for line in note.signatures if (line.name, line.key_id) != (key.name, key.key_id))


def _refuse(status: int, reason: str, *, fork: bool = False) -> Answer:
    """Answer with a status and its reason."""
    return Answer(status, _TEXT_TYPE, f"{reason}\n".encode(), reason, fork=fork)


def _conflict(last: Checkpoint, reason: str, *, fork: bool) -> Answer:
    """Answer 409 with the size last cosigned, as the protocol wants."""
    return Answer(409, SIZE_TYPE, f"{last.size}\n".encode(), reason, fork=fork)
