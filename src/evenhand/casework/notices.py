"""Read the messages that the house has left for a practitioner, and mark them as read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from evenhand.gate.entry import Who
from evenhand.records.case import CasePart
from evenhand.records.duty import Notice

MOST = 20


@dataclass(frozen=True)
class NoticeShown:
    """A message to one practitioner; it names no person. `case_id` only where they may open the case now."""

    id: UUID
    case_id: UUID | None
    text: str
    made_at: datetime
    read: bool


def notices(who: Who, *, unread_only: bool = False, most: int = MOST) -> list[NoticeShown]:
    """Return the newest messages for whoever asks."""
    rows = Notice.objects.filter(practitioner_id=who.practitioner_id)
    if unread_only:
        rows = rows.filter(read_at=None)
    found = list(rows.order_by("-made_at")[:most])
    about = [row.case_id for row in found if row.case_id]
    # Whoever told of a worry hears that it arrived, and may not look into the case.
    open_now = (
        set(CasePart.objects.filter(case_id__in=about).values_list("case_id", flat=True)) if about else ()
    )
    return [
        NoticeShown(
            row.id,
            row.case_id if row.case_id in open_now else None,
            row.text,
            row.made_at,
            row.read_at is not None,
        )
        for row in found
    ]


def mark_read(numbers: list[UUID], who: Who, *, now: datetime) -> int:
    """Mark messages as read; returns how many were unread and one's own."""
    rows = Notice.objects.filter(id__in=numbers, practitioner_id=who.practitioner_id, read_at=None)
    return rows.update(read_at=now)
