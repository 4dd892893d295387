"""Check an exported record: every line, signature, commitment and file, and say what is wrong first."""

from __future__ import annotations

import os
import re
from binascii import hexlify
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from errno import ENOENT
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import BinaryIO

from evenhand.kernels.ledger.commitment import DoesNotOpen, check_opening
from evenhand.kernels.ledger.ed25519 import ed25519_verify
from evenhand.kernels.ledger.note import (
    COSIGNATURE,
    ED25519,
    Broken,
    Checkpoint,
    Key,
    SignatureCheck,
    read_checkpoint,
    read_key,
    read_note,
    signed_by,
)
from evenhand.kernels.ledger.tree import EMPTY_ROOT, Frontier, fold, grow_in_chunks, levels_above, peaks_of

FILES = (
    "checkpoints.txt",
    "leaves.txt",
    "lines.txt",
    "log.pub",
    "openings.txt",
    "verify.py",
    "witnesses.pub",
)
MANIFEST = "manifest.txt"
MANIFEST_FORM = "evenhand-export/v1"
_AT_ONCE = 4096
_LONGEST_LINE = 65_535  # bytes: what a bundle of lines can hold, so that no line can fill the memory
_LONGEST_OPENING = 1 << 24
_UNOPENED_NAMED = 3
_ZERO = ord("0")
_LISTED = re.compile(r"([0-9a-f]{64}) (0|[1-9][0-9]*) ([a-zA-Z0-9_-][a-zA-Z0-9._-]*)")


@dataclass(frozen=True)
class Verified:
    """What was found in an export, and in `problems` what is wrong with it, the most telling first."""

    problems: tuple[str, ...]
    origin: str
    lines: int
    root: bytes
    checkpoints: int
    cosignatures: int
    last_cosigned_at: int
    opened: int


def verify(
    folder: str,
    *,
    key: str | None = None,
    seen: bytes | None = None,
    check: SignatureCheck = ed25519_verify,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Check every byte of an export.

    key    the log's public key as text; without one the export's own is believed, so that a record signed
           anew by somebody else would pass
    seen   a checkpoint got elsewhere, which this record must contain
    progress  is told now and then how many lines were checked, and of how many
    """
    export = _Export(folder, check, progress)
    export.about("log.pub", export.read_log_key, key)
    if export.key:
        export.about("witnesses.pub", export.read_witnesses)
        export.about("checkpoints.txt", export.read_checkpoints)
        if seen is not None:
            export.about("the checkpoint got elsewhere", export.read_seen, seen)
        export.about("the record", export.read_record)
        export.about(MANIFEST, export.read_manifest)
    return export.outcome()


class _Export:
    """An export being checked; each part adds to what is found and to what is wrong."""

    def __init__(
        self, folder: str, check: SignatureCheck, progress: Callable[[int, int], None] | None
    ) -> None:
        self.folder, self.check, self.progress = folder, check, progress
        self.problems: list[str] = []
        self.key: Key | None = None
        self.witnesses: list[Key] = []
        self.checkpoints: list[tuple[str, Checkpoint]] = []
        self.last = Frontier()
        self.cosignatures = self.last_cosigned_at = self.opened = self.unopened = 0

    def outcome(self) -> Verified:
        """Sum up."""
        return Verified(
            problems=tuple(self.problems),
            origin=self.key.name if self.key else "",
            lines=self.last.size,
            root=self.last.root,
            checkpoints=len(self.checkpoints),
            cosignatures=self.cosignatures,
            last_cosigned_at=self.last_cosigned_at,
            opened=self.opened,
        )

    def about(self, what: str, task: Callable[..., None], *given: object) -> None:
        """Do one part of the work; when it fails, say where."""
        try:
            task(*given)
        except Broken as broken:
            self.problems.append(f"{what} {broken}")
        except MemoryError:
            self.problems.append(f"{what} is larger than the memory of this machine")
        except OSError as error:
            self.problems.append(
                f"{os.path.basename(str(error.filename or what))} cannot be read: {error.strerror}"
            )

    def open(self, name: str) -> BinaryIO:
        """Open one file of the export, which must be a plain file: a pipe would be waited for without end."""
        path = os.path.join(self.folder, name)
        if not os.path.isfile(path):
            raise FileNotFoundError(ENOENT, "there is no such file", path)
        return open(path, "rb")

    def read(self, name: str) -> bytes:
        """Return one file of the export."""
        with self.open(name) as file:
            return file.read()

    def read_log_key(self, given: str | None) -> None:
        """Find the key to check against; the export must name the same."""
        own = ""
        try:
            own = self.read("log.pub").decode(errors="replace")
        except OSError as error:
            self.problems.append(f"log.pub cannot be read: {error.strerror}")
        if given is None:
            self.key = read_key(own.removesuffix("\n"), ED25519)
            return
        try:
            self.key = read_key(given.strip(), ED25519)
        except Broken as broken:
            self.problems.append(f"the key that was given {broken}")
            return
        if own != f"{self.key}\n":
            self.problems.append(
                "log.pub is not the key that was given: altered, of another log, or signed anew"
            )

    def read_witnesses(self) -> None:
        """Read the witnesses' keys, one a line."""
        for line in self.read("witnesses.pub").decode(errors="replace").splitlines():
            self.witnesses.append(read_key(line, COSIGNATURE))

    def read_checkpoints(self) -> None:
        """Check the signatures of every checkpoint, and keep those that the log signed."""
        parts = self.read("checkpoints.txt").split(b"\n\n")
        if parts == [b""]:
            raise Broken("holds no checkpoint")
        for number, at in enumerate(range(0, len(parts) - 1, 2), 1):
            end = b"" if at + 2 == len(parts) else b"\n"
            data = parts[at] + b"\n\n" + parts[at + 1] + end
            self.about(
                f"checkpoints.txt checkpoint {number}", self._read_checkpoint, f"checkpoint {number}", data
            )
        if len(parts) % 2:
            raise Broken("breaks off in the middle of a checkpoint")

    def _read_checkpoint(self, called: str, data: bytes) -> None:
        """Check one checkpoint's signatures, and that it does not go back."""
        note = read_note(data)
        assert self.key is not None  # noqa: S101 - nothing is read before the key
        if signed_by(note, self.key, self.check) is None:
            raise Broken(f"is not signed by {self.key}")
        checkpoint = read_checkpoint(note.text)
        if checkpoint.origin != self.key.name:
            raise Broken(f"is of another log, {checkpoint.origin}")
        if self.checkpoints and checkpoint.size < self.checkpoints[-1][1].size:
            raise Broken("is of fewer lines than the one before it")
        self.checkpoints.append((called, checkpoint))
        found = [signed_by(note, witness, self.check) for witness in self.witnesses]
        times = [when for when in found if when is not None]
        if len(times) + 1 != len(note.signatures):
            raise Broken("carries a signature twice, or of somebody whom witnesses.pub does not name")
        self.cosignatures += len(times)
        self.last_cosigned_at = max([self.last_cosigned_at, *times])

    def read_seen(self, data: bytes) -> None:
        """Take a checkpoint got elsewhere among those that the record must bear out."""
        assert self.key is not None  # noqa: S101 - nothing is read before the key
        note = read_note(data)
        if signed_by(note, self.key, self.check) is None:
            raise Broken(f"is not signed by {self.key}")
        seen = read_checkpoint(note.text)
        newest = max((checkpoint.size for _, checkpoint in self.checkpoints), default=0)
        if seen.size > newest:
            raise Broken(f"is of {seen.size} lines: this export ends at {newest}, and the rest was left out")
        same = [checkpoint.root for _, checkpoint in self.checkpoints if checkpoint.size == seen.size]
        if same and same[0] != seen.root:
            raise Broken(f"has another root at {seen.size} lines: the log has forked")
        self.checkpoints.insert(0, ("the checkpoint got elsewhere", seen))
        self.checkpoints.sort(key=lambda pair: pair[1].size)

    def read_record(self) -> None:
        """Hash every line into the tree, hold it against leaves and checkpoints, and check every opening."""
        if not self.checkpoints:
            raise Broken("cannot be trusted: no checkpoint of it is signed by the log")
        due = sorted({checkpoint.size for _, checkpoint in self.checkpoints})
        roots, same = {0: EMPTY_ROOT}, True
        with self.open("lines.txt") as lines_file, self.open("leaves.txt") as leaves_file, \
                self.open("openings.txt") as openings_file:  # fmt: skip
            openings = _Openings(openings_file)
            for lines in _chunks(lines_file):
                leaves = [sha256(b"\0" + line).digest() for line in lines]
                start, end = self.last.size, self.last.size + len(lines)
                passed = [size for size in due if start < size <= end]
                self.last, found = grow_in_chunks(self.last, leaves, passed)
                roots.update(found)
                written = hexlify(b"".join(leaves), "\n", 32) + b"\n"
                same = same and leaves_file.read(len(written)) == written
                self._check_openings(openings, lines, start)
                if self.progress:
                    self.progress(min(end, due[-1]), due[-1])
            same = same and not leaves_file.read(1)
            if openings.of_line or openings.unreadable:
                self.problems.append(
                    f"openings.txt line {openings.at} cannot be read, or is of no line that is there"
                )
        wrong = [
            called for called, checkpoint in self.checkpoints if roots.get(checkpoint.size) != checkpoint.root
        ]
        if same and not wrong and due[-1] < self.last.size:
            self.problems.append(
                f"lines.txt line {due[-1] + 1} and all after it stand under no signed checkpoint"
            )
        elif wrong or not same or due[-1] != self.last.size:
            self.problems.insert(0, self._locate(wrong))

    def _check_openings(self, openings: _Openings, lines: list[bytes], start: int) -> None:
        """Check the openings of these lines, the first of which stands after `start` others."""
        end, go_on = start + len(lines), openings.go_on
        while start < openings.of_line <= end:
            try:
                check_opening(lines[openings.of_line - start - 1], openings.opening)
                self.opened += 1
            except DoesNotOpen as reason:
                self.unopened += 1
                if self.unopened <= _UNOPENED_NAMED:
                    where = f"openings.txt line {openings.at} (of lines.txt line {openings.of_line})"
                    self.problems.append(f"{where} does not open: {reason}")
            go_on()

    def _locate(self, wrong: list[str]) -> str:
        """Name the line that is wrong, by its leaf hash where the signed checkpoints bear the leaf hashes out."""
        with self.open("lines.txt") as file:
            held = [sha256(b"\0" + line).digest() for lines in _chunks(file) for line in lines]
        written = self.read("leaves.txt").split(b"\n")
        due = self.checkpoints[-1][1]
        leaves = [bytes.fromhex(leaf.decode()) for leaf in written if re.fullmatch(rb"[0-9a-f]{64}", leaf)]
        if len(leaves) == due.size and _root(leaves) == due.root and held != leaves:
            return first_difference(held, leaves)
        if wrong and len(held) == due.size and _root(held) == due.root:
            return f"{wrong[0]} is not of this record: the log signed two histories"
        if len(held) == due.size and not wrong:
            right = [leaf.hex().encode() for leaf in held]
            at = next((at for at, leaf in enumerate(right) if written[at : at + 1] != [leaf]), len(right))
            return f"leaves.txt line {at + 1} is altered"
        if not wrong or len(held) != due.size:
            return f"lines.txt has {len(held)} lines where {due.size} were signed, and leaves.txt does not tell which"
        bad = next(at for at, (called, _) in enumerate(self.checkpoints) if called == wrong[0])
        good = self.checkpoints[bad - 1][1].size if bad else 0
        return f"lines.txt is altered between lines {good + 1} and {self.checkpoints[bad][1].size}: {wrong[0]} does not fit"

    def read_manifest(self) -> None:
        """Check the manifest's signature, every file against it, and that there are no others."""
        assert self.key is not None  # noqa: S101 - nothing is read before the key
        if os.path.islink(os.path.join(self.folder, MANIFEST)):
            raise Broken("is missing: a link stands there")
        note = read_note(self.read(MANIFEST))
        if signed_by(note, self.key, self.check) is None or len(note.signatures) != 1:
            raise Broken(f"is not signed by {self.key}, and by it alone")
        form, origin, *lines, _ = note.text.split("\n")
        matches = [_LISTED.fullmatch(line) for line in lines]
        if (form, origin) != (MANIFEST_FORM, self.key.name) or None in matches:
            raise Broken("is not the manifest of an export of this log")
        listed = {match[3]: (match[1], int(match[2])) for match in matches if match}
        for name in sorted(set(FILES) - set(listed)):
            self.problems.append(f"{name} is not in the manifest")
        for name in sorted(set(os.listdir(self.folder)) - set(listed) - {MANIFEST}):
            self.problems.append(f"{name} is a file too many: the manifest does not list it")
        for name in sorted(listed):
            self.about(name, self._read_file, name, *listed[name])

    def _read_file(self, name: str, digest: str, length: int) -> None:
        """Hold one file against the manifest."""
        path, total = os.path.join(self.folder, name), sha256()
        if os.path.islink(path) or not os.path.isfile(path):
            raise Broken("is missing")
        same = os.path.getsize(path) == length
        if same:
            with open(path, "rb") as file:
                for block in iter(partial(file.read, 1 << 20), b""):
                    total.update(block)
        if not same or total.hexdigest() != digest:
            raise Broken("is altered: it is not the file that the manifest lists")


class _Openings:
    """The openings of an export in turn: `of_line` is the line it is of, or 0 after the last."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = iter(partial(file.readline, _LONGEST_OPENING), b"")
        self.at = self.of_line = 0
        self.opening, self.unreadable = b"", False
        self.go_on()

    def go_on(self) -> None:
        """Go to the next opening; stop at one that cannot be read or is out of order."""
        self.at += 1
        line = next(self._lines, b"")
        number, _, opening = line.partition(b"\t")
        # In the one form that a number has, and more than the one before it.
        if number.isdigit() and number[0] != _ZERO and len(number) < 20 and line[-1:] == b"\n":
            of_line = int(number)
            if of_line > self.of_line:
                self.of_line, self.opening = of_line, opening[:-1]
                return
        self.of_line, self.unreadable = 0, bool(line)


def first_difference(held: list[bytes], due: list[bytes]) -> str:
    """Name the first line that is not the one that was signed, given the leaf hashes of both."""
    shorter = min(len(held), len(due))
    at = next((at for at in range(shorter) if held[at] != due[at]), shorter)
    line = f"lines.txt line {at + 1}"
    if at == len(held):
        return f"{line} is missing: the record goes on to line {len(due)}"
    if at == len(due):
        return f"{line} was inserted: the record ends with line {at}"
    known, wanted = held[at] in due[at:], due[at] in held[at:]
    stands = f"what stands there is line {due.index(held[at], at) + 1}" if known else ""
    if known and not wanted:
        return f"{line} is missing: {stands}"
    if known and len(held) <= len(due):
        return f"{line} is out of order: {stands}"
    if wanted and len(held) > len(due):
        return f"{line} was inserted: what belongs there is now line {held.index(due[at], at) + 1}"
    return f"{line} is altered"


def _chunks(file: BinaryIO) -> Iterator[list[bytes]]:
    """Read a file's lines without their ends, so many at a time; an unended last line counts as altered."""
    read, before = iter(partial(file.readline, _LONGEST_LINE + 2), b""), 0
    while lines := list(islice(read, _AT_ONCE)):
        if max(map(len, lines)) > _LONGEST_LINE + 1:
            long = next(at for at, line in enumerate(lines, before + 1) if len(line) > _LONGEST_LINE + 1)
            raise Broken(f"cannot be read: lines.txt line {long} is longer than a line can be")
        if not lines[-1].endswith(b"\n"):
            lines[-1] += b" without an end\n"
        before += len(lines)
        yield [line[:-1] for line in lines]


def _root(leaves: list[bytes]) -> bytes:
    """Return the root over some leaf hashes."""
    return fold(peaks_of(levels_above(leaves), len(leaves)))
