"""Take the whole instance out in open formats, with its documents and its record, locked to two agencies."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models

from evenhand.casework.attach import read_document
from evenhand.gate import keys, ledger, splitting
from evenhand.gate.entry import enter_house, now
from evenhand.kernels.ledger.standalone import one_file
from evenhand.operations.backup.envelope import seal
from evenhand.operations.opening import CONTENTS, KEY, OPENER, open_whole, part_name
from evenhand.operations.sealing.export import NothingToExport, export
from evenhand.outside.keystore import KeyGone
from evenhand.records.case_row import CaseRow
from evenhand.records.evidence import Document
from evenhand.records.rights import ExportApproval, ExportRequest
from evenhand.records.sealed import Unreadable

__all__ = ["CONTENTS", "KEY", "NotApproved", "open_whole", "take_out_whole"]
AGENCIES = 2
BUFFERED = 1 << 20
README = """What was taken out of one instance of Evenhand.

TABLE.jsonl   each row of a table as a line of JSON, in UTF-8; contents opened with the keys of their cases. `_locked` stands
              where something is sealed to people's own keys, which no machine has. What was erased is not there.
documents/    each document that was attached, under its number; name and case are in document.jsonl
record/       the signed record: `python3 record/verify.py --key LOG.PUB` checks it with Python alone (record/verify.py says how)
"""
HEAD = '''"""Open what was taken out of an instance, with the phrases of both agencies.

    python3 open.py --out FOLDER [--phrases FILE]

Needs Python 3.11 or newer and the package `cryptography`. FILE holds the two phrases, one a line; without it they are asked.
"""

from __future__ import annotations
'''
TAIL = """

if __name__ == "__main__":
    import argparse
    import getpass

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--phrases", type=Path)
    given = parser.parse_args()
    if given.phrases:
        lines = [line.strip() for line in given.phrases.read_text(encoding="utf-8").splitlines() if line.strip()]
    else:
        lines = [getpass.getpass(f"Phrase of the {which} agency: ").strip() for which in ("first", "second")]
    try:
        one, other = lines
        print(len(open_whole(Path(__file__).parent, (one, other), given.out)), "files in", given.out)
    except (WrongPhrase, ValueError) as wrong:
        raise SystemExit(f"not opened: {wrong}")
"""
SEALED = ("sealed", "sealed_reply")
# What somebody signs in with, answers that no decider may read, and what is derived from the rest stay where they are.
LEFT = frozenset(
    {
        "user",
        "invitation",
        "signinmemory",
        "monitoringanswer",
        "duty",
        "notice",
        "heartbeat",
        "draft",
        "importedrow",
        "keepingday",
    }
)


class NotApproved(Exception):
    """Two agencies have not said yes, or it was taken already, or its time is over; says which in one line."""


def take_out_whole(number: UUID, folder: Path) -> int:
    """Write everything to a folder, once; returns how many rows. Raises NotApproved.

    Each table is one file of JSON lines, opened with the keys of its cases; the documents and the signed record lie beside
    them; what was erased is not there. Nothing of it is on disk unlocked but, while this runs, the record's own folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotApproved(f"{folder} is not empty")
    with enter_house():
        _locks(_asked(number), now())
    record = Path(tempfile.mkdtemp(dir=folder, prefix=".record-"))
    try:
        complaints = _record(record / "export")
        with enter_house():
            moment, request = now(), _asked(number)
            locks = _locks(request, moment)
            key, rows = os.urandom(32), [0]
            seal(folder / CONTENTS, part_name(number), key, _contents(record / "export", complaints, rows))
            (folder / KEY).write_bytes(number.bytes + splitting.lock(key, locks))
            (folder / OPENER).write_bytes(_opener())
            ExportRequest.objects.filter(id=number).update(taken_at=moment, rows=rows[0])
            line = ledger.entry(
                actor=request.asked_by_id,
                verb="export",
                case=str(number),
                at=moment,
                ground=request.purpose,
                detail="whole",
            )
            ledger.write(None, [line])
    except BaseException:
        for path in folder.iterdir():
            if path.is_file():
                path.unlink()
        raise
    finally:
        shutil.rmtree(record, ignore_errors=True)
    return rows[0]


def _asked(number: UUID) -> ExportRequest:
    request = ExportRequest.objects.filter(id=number, what="whole").select_for_update().first()
    if request is None:
        raise NotApproved("there is no such export")
    return request


def _record(folder: Path) -> tuple[str, ...]:
    """Write the signed record with every entry that still opens; returns why there is none, where it does not hold."""
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select distinct case_id from entry_of")
        cases = [row[0] for row in cursor.fetchall()]
    try:
        export(folder, cases=dict.fromkeys(cases))
    except NothingToExport as nothing:
        return nothing.complaints
    return ()


class _Pieces:
    """What a zip archive is written to: bytes that are taken away as they come."""

    def __init__(self) -> None:
        self.held, self.waiting = list[bytes](), 0

    def write(self, data: bytes) -> int:
        self.held.append(bytes(data))
        self.waiting += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def taken(self) -> bytes:
        whole, self.held, self.waiting = b"".join(self.held), [], 0
        return whole


def _contents(record: Path, complaints: tuple[str, ...], rows: list[int]) -> Iterator[bytes]:
    """Yield the archive piece by piece, so that an instance larger than memory can be taken out; count its rows."""
    out = _Pieces()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # write and flush are all it asks for
        archive.writestr("README.txt", README)
        for model in _models():
            with archive.open(f"{model._meta.db_table}.jsonl", "w", force_zip64=True) as table:
                for line in _lines(model):
                    rows[0] += 1
                    table.write(line.encode() + b"\n")
                    if out.waiting > BUFFERED:
                        yield out.taken()
        away = []
        for document in Document.objects.using("admin").order_by("pk").iterator():
            try:
                archive.writestr(f"documents/{document.id}", read_document(document).contents)
            except (OSError, KeyGone, Unreadable):
                away.append(str(document.id))
            yield out.taken()
        if away:
            archive.writestr("documents/not-there.txt", "\n".join(away) + "\n")
        if complaints:
            archive.writestr("record/does-not-hold.txt", "\n".join(complaints) + "\n")
        for path in sorted(record.iterdir()) if record.is_dir() else []:
            with (
                archive.open(f"record/{path.name}", "w", force_zip64=True) as member,
                path.open("rb") as file,
            ):
                while piece := file.read(BUFFERED):
                    member.write(piece)
                    yield out.taken()
    yield out.taken()


def _opener() -> bytes:
    """Return a program that opens this without Evenhand."""
    names = ("evenhand.gate.splitting", "evenhand.operations.backup.envelope", "evenhand.operations.opening")
    found = [find_spec(name) for name in names]
    return one_file([Path(spec.origin) for spec in found if spec and spec.origin], head=HEAD, tail=TAIL)


def _locks(request: ExportRequest, moment: datetime) -> list[tuple[bytes, bytes]]:
    if request.taken_at is not None:
        raise NotApproved("this export was taken out already")
    if request.expires_at <= moment:
        raise NotApproved("the time for this export is over")
    found = list(ExportApproval.objects.filter(request_id=request.id).order_by("at"))
    if any(not approval.agreed for approval in found):
        raise NotApproved("this export was refused")
    by_agency = {a.agency_id: a for a in found if a.salt and a.public_key and a.by_id != request.asked_by_id}
    if len(by_agency) < AGENCIES:
        raise NotApproved("two agencies have to approve, each by somebody who did not ask")
    return [(bytes(a.salt or b""), bytes(a.public_key or b"")) for a in list(by_agency.values())[:AGENCIES]]


def _models() -> list[type[models.Model]]:
    found = [m for m in apps.get_app_config("records").get_models() if m._meta.model_name not in LEFT]
    return sorted(found, key=lambda m: m._meta.db_table)


def _lines(model: type[models.Model]) -> Iterator[str]:
    names = [field.attname for field in model._meta.concrete_fields if field.name not in {"aud", "bar"}]
    # As administrator: the house reads only what its work needs, and here nothing may be missing.
    for row in model._default_manager.using("admin").order_by("pk").values(*names).iterator():
        yield json.dumps(_opened(model, row), ensure_ascii=False, default=_plain, sort_keys=True)


def _opened(model: type[models.Model], row: dict[str, Any]) -> dict[str, Any]:
    owner = row.get("case_id") if issubclass(model, CaseRow) else None
    if owner is None:
        return row
    return {
        name: keys.open_(owner, value) if name in SEALED and value is not None else value
        for name, value in row.items()
    }


def _plain(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)
