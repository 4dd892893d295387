"""Signed notes, checkpoints, cosignatures and the witness, against what their specifications print."""

from __future__ import annotations

import os
from base64 import b64decode
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.kernels.ledger.note import (
    COSIGNATURE,
    ED25519,
    Broken,
    Checkpoint,
    Note,
    key_id,
    read_checkpoint,
    read_key,
    read_note,
    read_signature,
    signed_by,
)
from evenhand.kernels.ledger.proofs import Nodes, consistency_proof, root_at
from evenhand.kernels.ledger.signing import fast_verify, new_key, read_signing_key, sign_checkpoint, sign_note
from evenhand.kernels.ledger.tree import EMPTY_ROOT, leaf_hash
from evenhand.kernels.ledger.witness import (
    Answer,
    Request,
    WitnessElsewhere,
    WitnessRefused,
    answer,
    cosigned,
    cosigned_by,
    read_request,
)

# The example of golang.org/x/mod/sumdb/note (BSD-3-Clause), which defined the format.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETER_NOTE = (
    PETER_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of C2SP tlog-cosignature and tlog-checkpoint (CC BY 4.0).
SOFA = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
# The example request of C2SP tlog-witness (CC BY 4.0).
SOFA_REQUEST = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
LOG = new_key("log.example", ED25519, random_bytes=lambda n: b"\1" * n)
WITNESS = new_key("witness.example", COSIGNATURE, random_bytes=lambda n: b"\2" * n)
NODES = Nodes(leaf_hash(str(i).encode()) for i in range(200))
FORKED = Nodes(leaf_hash(f"other {i}".encode()) for i in range(200))
NOW = 1_790_000_000


def test_the_example_of_the_format_is_read_signed_and_verified() -> None:
    key = read_key(PETER, ED25519)
    assert str(key) == PETER
    assert signed_by(read_note(PETER_NOTE.encode()), key, fast_verify) == 0
    secret = read_signing_key(PETER_SECRET)
    assert secret.key == key
    assert secret.secret_text() == PETER_SECRET
    assert sign_note(PETER_TEXT, secret) == PETER_NOTE.encode()


def test_a_witness_key_of_the_wild_has_the_id_that_it_claims() -> None:
    # From the tests of transparency-dev/formats (BSD-3-Clause): a kind 4 key.
    wild = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    key = read_key(wild, COSIGNATURE)
    assert key.key_id == sha256(b"remora.n621.de\n\4" + key.public).digest()[:4] == bytes.fromhex("da77ade7")
    with pytest.raises(Broken, match="of a log"):
        read_key(wild, ED25519)


def test_the_example_checkpoint_is_read_as_its_specification_says() -> None:
    note = read_note(SOFA.encode())
    checkpoint = read_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root == b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert int.from_bytes(note.signatures[1].value[:8], "big") == 1679315147
    assert bytes(note) == SOFA.encode()
    assert str(checkpoint) == note.text


def test_a_witness_signs_the_lines_that_the_specification_names() -> None:
    text = str(Checkpoint("log.example", 5, root_at(NODES, 5)))
    signature = WITNESS.sign(text, at=1679315147)
    message = b"cosignature/v1\ntime 1679315147\n" + text.encode()
    assert signature.key_id == key_id("witness.example", COSIGNATURE, WITNESS.key.public)
    assert fast_verify(WITNESS.key.public, message, signature.value[8:])
    assert signed_by(Note(text, (signature,)), WITNESS.key, fast_verify) == 1679315147


def test_a_secret_key_is_not_shown_by_accident() -> None:
    assert LOG.seed.hex() not in repr(LOG)
    assert repr(LOG.seed) not in repr(LOG)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\tb", "a\u00a0b"])
def test_a_name_that_could_not_be_read_back_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name"):
        new_key(name, ED25519, random_bytes=os.urandom)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("PeterNeumann", "PeterNewmann"),
        PETER[:-1] + "X",
        PETER[:-4],
        PETER + "\n",
        PETER + " ",
    ],
)
def test_a_key_that_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(Broken):
        read_key(text, ED25519)


@given(st.integers(0, len(PETER_NOTE.encode()) - 1), st.integers(0, 255))
def test_no_byte_of_a_note_may_change(at: int, byte: int) -> None:
    data = PETER_NOTE.encode()
    changed = data[:at] + bytes([byte]) + data[at + 1 :]
    try:
        signed = signed_by(read_note(changed), read_key(PETER, ED25519), fast_verify)
    except Broken:
        signed = None
    assert (signed is not None) == (changed == data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n01\n" + SOFA.split("\n")[2] + "\n",
        "a\n-1\n" + SOFA.split("\n")[2] + "\n",
        "a\n1\nAAAA\n",
        "a\n1\n!!!!\n",
        "a\n1\n" + SOFA.split("\n")[2],
        "\n1\n" + SOFA.split("\n")[2] + "\n",
        "a\n99999999999999999999\n" + SOFA.split("\n")[2] + "\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Broken):
        read_checkpoint(text)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_junk_is_refused_and_nothing_worse(junk: bytes) -> None:
    for read in (read_note, read_request):
        with suppress(Broken):
            read(junk)
    given_answer = answer(junk, logs={}, latest={}, key=WITNESS, at=NOW)
    assert given_answer.status in {400, 404}


def ask(
    old: int, new: int, *, nodes: Nodes = NODES, seen: int | None = None, log: str = "log.example"
) -> Answer:
    """Ask the witness, which has seen so many lines of the true log, to cosign."""
    seen = old if seen is None else seen
    latest = {"log.example": Checkpoint("log.example", seen, root_at(NODES, seen))} if seen else {}
    proof = tuple(consistency_proof(nodes, old, new)) if old <= new else ()
    checkpoint = sign_checkpoint(new, root_at(nodes, new), LOG)
    request = bytes(Request(old, proof, checkpoint))
    return answer(request, logs={log: LOG.key}, latest=latest, key=WITNESS, at=NOW)


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_log_that_only_grew_is_cosigned(one: int, two: int) -> None:
    old, new = sorted((one, two))
    checkpoint = sign_checkpoint(new, root_at(NODES, new), LOG)
    given_answer = ask(old, new)
    assert given_answer.status == 200
    assert given_answer.remember == Checkpoint("log.example", new, root_at(NODES, new))
    note = read_note(
        cosigned(given_answer.status, given_answer.body, checkpoint=checkpoint, witness=WITNESS.key)
    )
    assert cosigned_by(note, [WITNESS.key]) == {"witness.example": NOW}
    assert signed_by(note, LOG.key, fast_verify) == 0


def test_the_request_is_written_as_the_specification_prints_it() -> None:
    request = read_request(SOFA_REQUEST.encode())
    assert request.old_size == 20852014
    assert len(request.proof) == 4
    assert bytes(request) == SOFA_REQUEST.encode()


def test_another_old_size_is_answered_with_the_size_last_cosigned() -> None:
    given_answer = ask(10, 50, seen=20)
    assert (given_answer.status, given_answer.body, given_answer.content_type) == (
        409,
        b"20\n",
        "text/x.tlog.size",
    )
    assert not given_answer.fork
    assert given_answer.remember is None
    with pytest.raises(WitnessElsewhere, match="ask again") as refused:
        cosigned(409, b"20\n", checkpoint=sign_checkpoint(50, root_at(NODES, 50), LOG), witness=WITNESS.key)
    assert refused.value.size == 20


def test_a_restored_log_is_refused_and_told_so() -> None:
    given_answer = ask(30, 40, seen=100)
    assert (given_answer.status, given_answer.body, given_answer.fork) == (409, b"100\n", True)
    with pytest.raises(WitnessElsewhere, match="restored from an old copy"):
        cosigned(409, b"100\n", checkpoint=sign_checkpoint(40, root_at(NODES, 40), LOG), witness=WITNESS.key)


def test_a_fork_is_refused_at_the_same_size_and_at_a_larger_one() -> None:
    same = ask(50, 50, nodes=FORKED)
    assert (same.status, same.body, same.fork, same.remember) == (409, b"50\n", True, None)
    larger = ask(50, 80, nodes=FORKED)
    assert (larger.status, larger.fork, larger.remember) == (422, True, None)


def test_a_stranger_and_a_false_signature_are_refused() -> None:
    assert ask(0, 5, log="another.example").status == 404
    forged = sign_checkpoint(5, root_at(NODES, 5), new_key("log.example", ED25519, random_bytes=os.urandom))
    request = bytes(Request(0, (), forged))
    refused = answer(request, logs={"log.example": LOG.key}, latest={}, key=WITNESS, at=NOW)
    assert (refused.status, refused.remember) == (403, None)


def test_an_old_size_above_the_new_one_is_a_bad_request() -> None:
    assert ask(60, 50).status == 400


def test_a_first_checkpoint_needs_no_proof_and_may_carry_none() -> None:
    checkpoint = sign_checkpoint(5, root_at(NODES, 5), LOG)
    spurious = bytes(Request(0, (bytes(32),), checkpoint))
    assert answer(spurious, logs={"log.example": LOG.key}, latest={}, key=WITNESS, at=NOW).status == 422
    wrong_empty = bytes(Request(0, (), sign_checkpoint(0, bytes(32), LOG)))
    assert answer(wrong_empty, logs={"log.example": LOG.key}, latest={}, key=WITNESS, at=NOW).status == 409
    empty = bytes(Request(0, (), sign_checkpoint(0, EMPTY_ROOT, LOG)))
    assert answer(empty, logs={"log.example": LOG.key}, latest={}, key=WITNESS, at=NOW).status == 200


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (403, b"", "signature"),
        (404, b"", "does not know"),
        (422, b"", "forked"),
        (500, b"", "no part of the protocol"),
        (409, b"many\n", "does not say"),
        (200, b"", "cannot be read"),
        (200, b"\xff\n", "cannot be read"),
        (200, "— someone.else AAAAAAAA\n".encode(), "does not hold one signature"),
    ],
)
def test_what_is_no_cosignature_is_refused(status: int, body: bytes, why: str) -> None:
    with pytest.raises(WitnessRefused, match=why):
        cosigned(status, body, checkpoint=sign_checkpoint(5, root_at(NODES, 5), LOG), witness=WITNESS.key)


def test_a_cosignature_of_another_checkpoint_is_refused() -> None:
    with pytest.raises(WitnessRefused, match="does not match"):
        cosigned(
            200, ask(0, 6).body, checkpoint=sign_checkpoint(5, root_at(NODES, 5), LOG), witness=WITNESS.key
        )


def test_a_signature_line_too_short_or_odd_is_refused() -> None:
    for line in ("— a AAAA", "- a AAAAAAAA", "— a", "— a b AAAAAAAA", "— a+b AAAAAAAA", "—  AAAAAAAA"):
        with pytest.raises(Broken):
            read_signature(line)
