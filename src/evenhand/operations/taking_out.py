"""Take the whole instance out in open formats, with its record, locked to two agencies; and open it again."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.db import models

from evenhand.gate import keys, ledger, splitting
from evenhand.gate.entry import enter_house, now
from evenhand.records.case_row import CaseRow
from evenhand.records.rights import ExportApproval, ExportRequest

KEY, CONTENTS = "locked.key", "contents.locked"
AGENCIES = 2
NONCE_BYTES = 12
SEALED = ("sealed", "sealed_reply")
# What somebody signs in with, answers that no decider may read, and what is derived from the rest stay where they are.
LEFT = frozenset(
    {
        "user",
        "invitation",
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

    Each table is one file of JSON lines, opened with the keys of its cases; what was erased is not there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotApproved(f"{folder} is not empty")
    with enter_house():
        moment = now()
        request = ExportRequest.objects.filter(id=number, what="whole").select_for_update().first()
        if request is None:
            raise NotApproved("there is no such export")
        locks = _locks(request, moment)
        out = io.BytesIO()
        rows = 0
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for model in _models():
                lines = list(_lines(model))
                rows += len(lines)
                archive.writestr(f"{model._meta.db_table}.jsonl", "\n".join(lines))
        key = os.urandom(32)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(key).encrypt(nonce, out.getvalue(), str(number).encode())
        (folder / KEY).write_bytes(number.bytes + splitting.lock(key, locks))
        (folder / CONTENTS).write_bytes(sealed)
        ExportRequest.objects.filter(id=number).update(taken_at=moment, rows=rows)
        line = ledger.entry(
            actor=request.asked_by_id,
            verb="export",
            case=str(number),
            at=moment,
            ground=request.purpose,
            detail="whole",
        )
        ledger.write(None, [line])
    return rows


def open_whole(folder: Path, phrases: tuple[str, str], to: Path) -> list[str]:
    """Open what was taken out with both agencies' phrases; returns the files written. Raises WrongPhrase."""
    told = (folder / KEY).read_bytes()
    sealed = (folder / CONTENTS).read_bytes()
    number = UUID(bytes=told[:16])
    key: bytes | None = None
    for order in (phrases, phrases[::-1]):
        try:
            key = splitting.unlock(told[16:], order)
        except splitting.WrongPhrase:
            continue
        break
    if key is None:
        raise splitting.WrongPhrase("a phrase is wrong")
    try:
        contents = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], str(number).encode())
    except InvalidTag as changed:
        raise splitting.WrongPhrase("what was taken out has been changed") from changed
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        names = [name for name in archive.namelist() if "/" not in name and not name.startswith(".")]
        for name in names:
            (to / name).write_bytes(archive.read(name))
    return sorted(names)


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
