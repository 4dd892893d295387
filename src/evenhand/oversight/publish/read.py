"""Read releases: those that are open to everybody, and for those who make them how far each is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from evenhand.gate.entry import practitioner_names
from evenhand.oversight.publish import keep
from evenhand.oversight.publish.book import Book, book
from evenhand.oversight.publish.cube import Cells
from evenhand.records.release import ReleaseFile, SealedLook, StatisticalRelease


class NotThere(Exception):
    """There is no such release, or not yet."""


@dataclass(frozen=True)
class Line:
    """A release as a list shows it."""

    id: UUID
    code: str
    title: str
    edition: int
    state: str
    asked_at: datetime
    opens_at: datetime | None
    signed_at: datetime | None
    reason: str
    progress: Mapping[str, Any]
    failure: str
    account: Mapping[str, Any]
    files_hash: str
    extract_hash: str
    built_at: datetime | None
    asked_by: UUID
    signed_by: UUID | None
    sign_reason: str

    def state_at(self, now: datetime) -> str:
        """Return its state in words: a signed one is open once its hour has come."""
        if self.state == "signed" and self.opens_at is not None and self.opens_at <= now:
            return "open"
        return self.state


@dataclass(frozen=True)
class Look:
    """A wish to see sealed cells."""

    id: UUID
    asked_by: UUID
    asked_at: datetime
    reason: str
    agreed_by: UUID | None
    until: datetime | None


def _line(row: StatisticalRelease) -> Line:
    return Line(
        row.id,
        row.code,
        row.title,
        row.edition,
        row.state,
        row.asked_at,
        row.opens_at,
        row.signed_at,
        row.reason,
        row.progress,
        row.failure,
        row.account,
        row.files_hash,
        row.extract_hash,
        row.built_at,
        row.asked_by,
        row.signed_by,
        row.sign_reason,
    )


def open_releases(now: datetime) -> list[Line]:
    """Return the releases whose hour has come, the newest first: the same for everybody."""
    rows = StatisticalRelease.objects.filter(state="signed", opens_at__lte=now)
    return [_line(row) for row in rows.order_by("-opens_at", "-code")]


def open_release(code: str, now: datetime) -> Line:
    """Return an open release by its code; raises NotThere, before its hour as for one that does not exist."""
    row = StatisticalRelease.objects.filter(code=code, state="signed", opens_at__lte=now).first()
    if row is None:
        raise NotThere
    return _line(row)


def editions(line: Line, now: datetime) -> list[Line]:
    """Return every open edition of the same release, the first first."""
    plan = StatisticalRelease.objects.filter(id=line.id).values_list("plan", flat=True).first()
    rows = StatisticalRelease.objects.filter(plan=plan, state="signed", opens_at__lte=now)
    return [_line(row) for row in rows.order_by("edition")]


def all_releases(*, first: int, most: int) -> list[Line]:
    """Return releases in every state, the newest first, for those who make and sign them."""
    rows = StatisticalRelease.objects.order_by("-asked_at", "-code")[first : first + most]
    return [_line(row) for row in rows]


def release(number: UUID) -> Line:
    """Return a release in any state; raises NotThere."""
    row = StatisticalRelease.objects.filter(id=number).first()
    if row is None:
        raise NotThere
    return _line(row)


def contents(number: UUID) -> Book:
    """Return what stands in a release: the same sheets as in its spreadsheets, from the files that were verified."""
    wanted = ReleaseFile.objects.filter(release_id=number).exclude(path__startswith="charts/")
    rows = wanted.exclude(path__startswith="earlier/").values_list("path", "contents")
    texts = {path: bytes(data).decode() for path, data in rows if path.endswith((".json", ".csv"))}
    if "release.json" not in texts:
        raise NotThere
    return book(texts)


def about(number: UUID) -> dict[str, Any]:
    """Return what release.json says."""
    data: dict[str, Any] = json.loads(file(number, "release.json"))
    return data


def paths(number: UUID) -> list[str]:
    """Return the paths of every file of a release."""
    rows = ReleaseFile.objects.filter(release_id=number).order_by("path")
    return list(rows.values_list("path", flat=True))


def file(number: UUID, path: str) -> bytes:
    """Return one file as it was verified; raises NotThere, also when its bytes are no longer those."""
    row = ReleaseFile.objects.filter(release_id=number, path=path).first()
    if row is None:
        raise NotThere
    data = bytes(row.contents)
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise NotThere
    return data


def looks(number: UUID) -> list[Look]:
    """Return who asked to see the sealed cells of a release, and who agreed."""
    rows = SealedLook.objects.filter(release_id=number).order_by("-asked_at")
    return [Look(r.id, r.asked_by, r.asked_at, r.reason, r.agreed_by, r.until) for r in rows]


def sealed_cells(number: UUID) -> tuple[Cells, int] | None:
    """Return the frozen cells and the smallest count that is not sealed apart; None, when they have ended.

    Whoever may not see them gets the same as when there are none.
    """
    row = StatisticalRelease.objects.filter(id=number).first()
    if row is None:
        raise NotThere
    frozen = keep.frozen_of(row)
    return None if frozen is None else (frozen.period, len(frozen.period.counts))


def names(ids: list[UUID]) -> dict[UUID, str]:
    """Return the names of those who made and signed a release."""
    return practitioner_names(ids)
