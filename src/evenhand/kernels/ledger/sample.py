"""Make up a record, sealed and witnessed as a real one is, for trying the checker out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

from evenhand.kernels.ledger.entry import compose, padding
from evenhand.kernels.ledger.export import write_export
from evenhand.kernels.ledger.note import COSIGNATURE, ED25519, Checkpoint
from evenhand.kernels.ledger.proofs import Nodes, consistency_proof, root_at
from evenhand.kernels.ledger.signing import SigningKey, new_key, sign_checkpoint
from evenhand.kernels.ledger.tree import leaf_hash
from evenhand.kernels.ledger.witness import Request, answer, cosigned

_STARTED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
_ACTORS = tuple(f"officer-{number:02}" for number in range(1, 21))
_VERBS = (
    ("refer", "referral", "a worry that somebody brought"),
    ("screen", "screening", "duty to decide within five working days"),
    ("look", "", "preparing the panel"),
    ("assess", "gateway_assessment", "duty to assess"),
    ("convene", "panel", "monthly panel"),
    ("close", "closure", "no further action"),
)
_ERASED_ONE_IN = 8
_PADDING_ONE_IN = 16


_TOLD = 4096


def write_sample(
    out: Path,
    *,
    entries: int,
    checkpoints: int = 8,
    random_bytes: Callable[[int], bytes],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Leave an export of a made-up record.

    entries      lines in it; about one in sixteen is padding, and of the rest about one in eight was erased
    checkpoints  how many (fewer when there are fewer entries), each cosigned by one witness
    progress     is told now and then how many lines there are, and of how many
    raises       ValueError for counts that cannot be; `export.Unexportable`, when the folder is there already
    """
    if entries < 0 or checkpoints < 1:
        raise ValueError("a record has no fewer than 0 entries, and at least 1 checkpoint")
    log = new_key("evenhand.example/record", ED25519, random_bytes=random_bytes)
    witness = new_key("council.example/witness", COSIGNATURE, random_bytes=random_bytes)
    notes: list[bytes] = []
    nodes, last = Nodes(), None
    sizes = {entries * step // checkpoints for step in range(1, checkpoints + 1)}
    with TemporaryFile() as lines_file, TemporaryFile() as openings_file:
        for number, (line, opening) in enumerate(_entries(entries, random_bytes), 1):
            lines_file.write(line + b"\n")
            nodes.append(leaf_hash(line))
            if opening:
                openings_file.write(b"%d %b\n" % (number, opening))
            if progress and (number % _TOLD == 0 or number == entries):
                progress(number, entries)
            if number in sizes:
                last = _seal(notes, nodes, last, log, witness)
        if not notes:
            _seal(notes, nodes, last, log, witness)
        lines_file.seek(0)
        openings_file.seek(0)
        write_export(
            out,
            lines=(line[:-1] for line in lines_file),
            openings=(
                (int(number), opening[:-1])
                for number, _, opening in (o.partition(b" ") for o in openings_file)
            ),
            checkpoints=notes,
            log_key=log,
            witnesses=[witness.key],
        )


def _entries(count: int, random_bytes: Callable[[int], bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Make up lines, each with its openings, or with none where these were erased or never were."""
    choose = random.Random(random_bytes(8))  # noqa: S311 - made-up data, not keys
    at = _STARTED_AT
    for number in range(count):
        at += timedelta(seconds=choose.randrange(5, 600))
        if choose.randrange(_PADDING_ONE_IN) == 0:
            yield padding(random_bytes), b""
            continue
        verb, step, ground = choose.choice(_VERBS)
        composed = compose(
            {
                "actor": choose.choice(_ACTORS),
                "verb": verb,
                "case": f"{choose.randrange(36**6):x}",
                "at": at.isoformat().replace("+00:00", "Z"),
                "ground": ground,
                "detail": f"made-up entry {number + 1}",
            }
            | ({"step": step} if step else {}),
            random_bytes=random_bytes,
        )
        yield composed.line, b"" if choose.randrange(_ERASED_ONE_IN) == 0 else composed.openings


def _seal(
    notes: list[bytes], nodes: Nodes, last: Checkpoint | None, log: SigningKey, witness: SigningKey
) -> Checkpoint:
    """Sign a checkpoint over all lines so far and have it cosigned, as over the network."""
    checkpoint = sign_checkpoint(nodes.size, root_at(nodes, nodes.size), log)
    old = last.size if last else 0
    request = bytes(Request(old, tuple(consistency_proof(nodes, old, nodes.size)), checkpoint))
    seen = {log.key.name: last} if last else {}
    at = int(_STARTED_AT.timestamp()) + 60 * (len(notes) + 1)
    answered = answer(request, logs={log.key.name: log.key}, latest=seen, key=witness, at=at)
    notes.append(cosigned(answered.status, answered.body, checkpoint=checkpoint, witness=witness.key))
    return answered.remember or Checkpoint(log.key.name, 0, b"")
