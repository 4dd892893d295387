"""Keep a release: its frozen cells sealed, its files as they were verified, and every edition before it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID, uuid5

import numpy as np
from django.db import transaction

from evenhand.gate import keys
from evenhand.kernels.disclosure.programme import Ints
from evenhand.kernels.disclosure.release import MANIFEST
from evenhand.oversight.publish.frozen import Frozen
from evenhand.oversight.publish.plan import Plan
from evenhand.oversight.publish.protect import Earlier
from evenhand.oversight.publish.trouble import ChangedExtract
from evenhand.records.release import ReleaseCells, ReleaseFile, StatisticalRelease

WHOLE, SMALL, COUNTS = "whole", "small", "counts"
_APART = UUID("5c1a3b0e-8a44-4b7e-9d1f-2f8a6a6de001")


def small_key(release: UUID) -> UUID:
    """Return the name of the key of the cells under the threshold: it ends before the release's own."""
    return uuid5(_APART, str(release))


def keep_frozen(release: UUID, frozen: Frozen, plan: Plan, today: date) -> str:
    """Seal the frozen cells, those under the threshold apart, before anything is worked out of them.

    returns   what the extract is known by in public: a hash under a salt that is sealed with the cells, so
              that it shows a change and tells nothing of a count
    """
    above, under = frozen.split(plan.policy.threshold)
    ends = today + timedelta(days=plan.kept_days)
    salt = fresh_salt()
    for number in (release, small_key(release)):
        keys.make_key(number)
    ReleaseCells.objects.bulk_create(
        [
            ReleaseCells(
                release_id=release,
                part=WHOLE,
                sealed=keys.close(release, {"salt": salt.hex(), "cells": above.to_json()}),
            ),
            ReleaseCells(
                release_id=release,
                part=SMALL,
                sealed=keys.close(small_key(release), under.to_json()),
                ends_on=ends,
            ),
        ]
    )
    return salted(frozen, salt)


def frozen_of(release: StatisticalRelease) -> Frozen | None:
    """Return what was frozen for a release; None, when nothing was or its small cells have ended.

    raises   ChangedExtract, when it is not what its hash was taken of
    """
    parts = {row.part: row.sealed for row in ReleaseCells.objects.filter(release_id=release.id)}
    if WHOLE not in parts or SMALL not in parts:
        return None
    whole = keys.open_(release.id, parts[WHOLE])
    under = keys.open_(small_key(release.id), parts[SMALL])
    if not whole or not under:
        return None
    frozen = Frozen.from_json(whole["cells"]).joined(Frozen.from_json(under))
    if release.extract_hash and salted(frozen, bytes.fromhex(whole["salt"])) != release.extract_hash:
        raise ChangedExtract(
            f"the frozen cells of {release.code} are not those that were frozen: their hash differs"
        )
    return frozen


def fresh_salt() -> bytes:
    """Return a salt that nobody can guess."""
    return os.urandom(32)


def salted(frozen: Frozen, salt: bytes) -> str:
    """Return the hash of an extract under a salt."""
    return hashlib.blake2b(frozen.hash().encode(), key=salt, digest_size=32).hexdigest()


def keep_files(release: UUID, files: Mapping[str, bytes]) -> None:
    """Put the verified files of a release in place of those of a build that did not end."""
    with transaction.atomic():
        ReleaseFile.objects.filter(release_id=release).delete()
        ReleaseFile.objects.bulk_create(
            [
                ReleaseFile(
                    release_id=release, path=path, sha256=hashlib.sha256(data).hexdigest(), contents=data
                )
                for path, data in files.items()
            ],
            batch_size=20,
        )


def keep_counts(release: UUID, counts: Mapping[str, Ints]) -> None:
    """Seal the true counts of each table with the small cells: later releases are held against them."""
    data = {name: values.tolist() for name, values in counts.items()}
    ReleaseCells.objects.filter(release_id=release, part=COUNTS).delete()
    ends = ReleaseCells.objects.filter(release_id=release, part=SMALL).values_list("ends_on", flat=True)
    ReleaseCells.objects.bulk_create(
        [
            ReleaseCells(
                release_id=release,
                part=COUNTS,
                sealed=keys.close(small_key(release), data),
                ends_on=ends.first(),
            )
        ]
    )


def files_of(release: UUID) -> dict[str, bytes]:
    """Return every file of a release."""
    rows = ReleaseFile.objects.filter(release_id=release).values_list("path", "contents")
    return {path: bytes(contents) for path, contents in rows}


def files_hash(files: Mapping[str, bytes]) -> str:
    """Return the one hash that stands for all files: that of the manifest, which names the others."""
    return hashlib.sha256(files[MANIFEST]).hexdigest()


def earlier_than(release: StatisticalRelease | None, plan: Plan) -> list[Earlier]:
    """Return every signed release of the same kind of records, oldest first.

    One that is signed and waits for its hour counts too: it will be out before anybody can compare.
    """
    found = []
    for row in StatisticalRelease.objects.filter(state="signed", pack=plan.pack).order_by("signed_at"):
        if release is not None and row.id == release.id:
            continue
        files = files_of(row.id)
        texts = {path: data.decode() for path, data in files.items() if _is_text(path)}
        if json.loads(texts["release.json"]).get("counts") != plan.counts:
            continue
        found.append(Earlier(row.code, texts, _counts(row, texts)))
    return found


def _is_text(path: str) -> bool:
    return path.endswith((".json", ".csv")) and not path.startswith("earlier/")


def _counts(row: StatisticalRelease, texts: Mapping[str, str]) -> dict[str, Ints] | None:
    """Return the true counts of an earlier release; None, when they have ended."""
    part = ReleaseCells.objects.filter(release_id=row.id, part=COUNTS).first()
    data = keys.open_(small_key(row.id), part.sealed) if part is not None else {}
    if not data:
        return None
    counts = {str(name): np.array(values, dtype=np.int64) for name, values in data.items()}
    _still_those(row.code, texts, counts)
    return counts


def _still_those(code: str, texts: Mapping[str, str], counts: Mapping[str, Ints]) -> None:
    """Raise ChangedExtract, when the kept counts are not those that were printed."""
    about = json.loads(texts["release.json"])
    for described in about["tables"]:
        rows = csv.DictReader(io.StringIO(texts[f"tables/{described['name']}.csv"]))
        for row, count in zip(rows, counts[described["name"]].ravel(), strict=True):
            if row["count"] != "[c]" and int(row["count"]) != int(count):
                raise ChangedExtract(f"the kept counts of {code} are not those it printed")


def end_small_cells(today: date) -> int:
    """Destroy the keys of small cells whose day has come; returns how many releases lost theirs."""
    due = ReleaseCells.objects.filter(ends_on__lte=today)
    releases = set(due.values_list("release_id", flat=True))
    for release in releases:
        keys.destroy_key(small_key(release))
    due.delete()
    return len(releases)
