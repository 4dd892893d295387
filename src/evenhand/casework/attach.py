"""Attach: keep a file with the case, checked and encrypted under its key."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from evenhand.gate import keys
from evenhand.gate.act import Invalid, Writing
from evenhand.gate.entry import StoreAway
from evenhand.outside.antivirus import scan
from evenhand.records.evidence import Document

PART = "file"
MOST_BYTES = 10 * 1024 * 1024
ALLOWED = {
    ".pdf": (b"%PDF",),
    ".png": (b"\x89PNG",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".txt": (),
    ".docx": (b"PK\x03\x04",),
    ".odt": (b"PK\x03\x04",),
}


@dataclass(frozen=True)
class Upload:
    """A file as it came through a door."""

    name: str
    contents: bytes


def check_upload(upload: Upload) -> str | None:
    """Return what is wrong with a file, in a sentence, or nothing."""
    suffix = Path(upload.name).suffix.lower()
    if suffix not in ALLOWED:
        return "Attach a PDF, picture, text or document file."
    if len(upload.contents) > MOST_BYTES:
        return "Attach a file of 10 MB or less."
    if not upload.contents:
        return "This file is empty. Attach it again."
    signs = ALLOWED[suffix]
    if signs and not upload.contents.startswith(signs):
        return f"This is not a {suffix[1:].upper()} file inside. Save it again and attach that."
    return None


def attach(writing: Writing, uploads: Mapping[UUID, Upload]) -> None:
    """Keep files with the case in the act that brings them; raises Invalid, and then nothing is kept."""
    for number, upload in uploads.items():
        wrong = check_upload(upload)
        if wrong:
            raise Invalid({"documents": wrong})
        verdict = scan(upload.contents)
        if not verdict.clean:
            raise Invalid({"documents": "This file was refused by the virus check."})
        to = writing.kept.holders(writing.case_id, PART)
        sha256 = hashlib.sha256(upload.contents).hexdigest()
        writing.put(
            Document,
            id=number,
            part=PART,
            size=len(upload.contents),
            # In clear it would tell whether a file that somebody has in hand is this one.
            sha256="" if to else sha256,
            checked=verdict.by,
            sealed={"name": Path(upload.name).name[:200], "sha256": sha256},
        )
        by = writing.who.practitioner_id
        _keep(_path(number), keys.close_bytes_to(writing.case_id, PART, upload.contents, to, by=by))


def _path(number: UUID) -> Path:
    return Path(settings.FILES_FOLDER) / number.hex[:2] / number.hex


def _keep(path: Path, contents: bytes) -> None:
    """Put a file on disk whole, before the act that names it is on record; raises StoreAway, and then there is none."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise StoreAway("the folder of files cannot be written") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StoreAway("the folder of files cannot be written") from error


def read_document(document: Document) -> Upload:
    """Return a kept file; whoever asks has come through the wall to its row. Raises KeptForPeople."""
    name = keys.open_(document.case_id, document.sealed).get("name", "file")
    return Upload(str(name), keys.open_bytes(document.case_id, _path(document.id).read_bytes()))
