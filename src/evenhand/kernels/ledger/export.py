"""Write a record out as plain files that anybody can check without Evenhand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from evenhand.kernels.ledger.note import COSIGNATURE, ED25519, Key
from evenhand.kernels.ledger.signing import SigningKey, fast_verify, sign_note
from evenhand.kernels.ledger.standalone import standalone_checker
from evenhand.kernels.ledger.tree import leaf_hash
from evenhand.kernels.ledger.verify import FILES, MANIFEST, MANIFEST_FORM, verify


class Unexportable(Exception):
    """This cannot be written as an export; says why. Nothing is left behind."""


def write_export(
    out: Path,
    *,
    lines: Iterable[bytes],
    openings: Iterable[tuple[int, bytes]],
    checkpoints: Sequence[bytes],
    log_key: SigningKey,
    witnesses: Sequence[Key] = (),
) -> None:
    """Leave a folder that holds a record and all that is needed to check it, or leave nothing.

    out          a folder that is not there yet, or is empty
    lines        all lines of the record from the first, as raw bytes without line ends, in the tree's order
    openings     (number of the line, from 1; openings as `compose` made them), in ascending order, of the
                 entries that may be told and whose keys still exist
    checkpoints  signed notes from the oldest, with any cosignatures; the last one covers exactly these lines
    log_key      the log's key (ED25519): it signs the manifest
    witnesses    the keys (COSIGNATURE) of all whose cosignatures stand on these checkpoints
    raises       Unexportable, when the parts do not make a record that verifies
    """
    if log_key.key.kind != ED25519 or any(witness.kind != COSIGNATURE for witness in witnesses):
        raise Unexportable("a log signs with one kind of key, and a witness with the other")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise Unexportable(f"{out} is there already: an export goes into a new folder")
    part = out.with_name(f"{out.name}.part")
    try:
        part.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise Unexportable(f"{part} is there already: another export is under way, or broke off") from None
    try:
        _write_record(part, lines, openings)
        (part / "checkpoints.txt").write_bytes(b"\n".join(checkpoints))
        (part / "log.pub").write_text(f"{log_key.key}\n", encoding="utf-8")
        (part / "witnesses.pub").write_text(
            "".join(f"{witness}\n" for witness in witnesses), encoding="utf-8"
        )
        (part / "verify.py").write_bytes(standalone_checker())
        text = "".join(_listed(part / name) for name in FILES)
        manifest = sign_note(f"{MANIFEST_FORM}\n{log_key.key.name}\n{text}", log_key)
        (part / MANIFEST).write_bytes(manifest)
        problems = verify(str(part), key=str(log_key.key), check=fast_verify).problems
        if problems:
            raise Unexportable(f"these parts do not make a record that verifies: {problems[0]}")
        if out.exists():
            out.rmdir()
        part.rename(out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _write_record(folder: Path, lines: Iterable[bytes], openings: Iterable[tuple[int, bytes]]) -> None:
    """Write lines, their hashes, and openings."""
    with (folder / "lines.txt").open("wb") as lines_file, (folder / "leaves.txt").open("wb") as leaves_file:
        for number, line in enumerate(lines, 1):
            if b"\n" in line:
                raise Unexportable(f"line {number} holds a line end")
            lines_file.write(line + b"\n")
            leaves_file.write(leaf_hash(line).hex().encode() + b"\n")
    with (folder / "openings.txt").open("wb") as openings_file:
        for number, opening in openings:
            if b"\n" in opening:
                raise Unexportable(f"the openings of line {number} hold a line end")
            openings_file.write(b"%d\t%b\n" % (number, opening))


def _listed(path: Path) -> str:
    """Return a file's line in the manifest: SHA-256, bytes, name."""
    with path.open("rb") as file:
        total = sha256()
        while block := file.read(1 << 20):
            total.update(block)
    return f"{total.hexdigest()} {os.path.getsize(path)} {path.name}\n"
