"""Meetings: call one, put cases on its agenda, take attendance, minute each agency's view."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from evenhand.casework.apart import in_use
from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import Who
from evenhand.gate.panel import callers, chairs, hearing_places
from evenhand.gate.standing import Standing, standing
from evenhand.kernels.policy import Reason
from evenhand.records.case import Case
from evenhand.records.meeting import AgendaItem, Meeting, PanelView, Seat
from evenhand.records.practitioner import Practitioner

A_PAGE = 100
VIEWS = ("adopt", "not_adopt", "defer", "police_led")


class _Callers(Container[str]):
    """The roles that call meetings and keep their minutes: who convenes by the policy, and who owns what waits to be heard."""

    def __contains__(self, role: object) -> bool:
        return role in callers()


CALLERS: Container[str] = _Callers()


@dataclass(frozen=True)
class MeetingPage:
    """One meeting as a member sees it."""

    meeting: Meeting
    chair: str
    seats: tuple[Seat, ...]
    items: tuple[AgendaItem, ...]
    views: dict[UUID, list[tuple[PanelView, dict[str, Any]]]]
    may_run: bool


def meetings(*, most: int = 50) -> list[Meeting]:
    """Return the meetings of one's panels, the newest first."""
    return list(Meeting.objects.select_related("agency", "chair").order_by("-starts_at")[:most])


def call(
    who: Who, *, agency: UUID, starts_at: datetime, where: str, members: Sequence[UUID], now: datetime
) -> UUID:
    """Call a meeting of a panel; its caller holds the chair's or coordinator's role there."""
    if not any(role in CALLERS and at == agency for role, at in who.holdings):
        raise Refused((Reason("not_your_role", "The panel’s chair or coordinator calls its meetings.", ""),))
    chair = _chair(agency, who)
    people = {p.id: p for p in Practitioner.objects.filter(id__in=[*members, chair], active=True)}
    if chair not in people:
        raise Invalid({"members": "The panel has no chair today. Ask an administrator."})
    with transaction.atomic():
        number = uuid4()
        Meeting.objects.bulk_create(
            [
                Meeting(
                    id=number, agency_id=agency, starts_at=starts_at, where=where[:200], chair_id=chair,
                    called_by=who.practitioner_id,
                )
            ]
        )  # fmt: skip
        Seat.objects.bulk_create(
            [
                Seat(meeting_id=number, practitioner_id=p.id, agency_id=p.agency_id, role="panel_chair" if p.id == chair else "panel_member")
                for p in people.values()
            ]
        )  # fmt: skip
        ledger.write(
            None,
            [
                ledger.entry(
                    actor=who.practitioner_id, verb="call_meeting", case="", at=now, detail=str(number)
                )
            ],
        )
    return number


def _chair(agency: UUID, who: Who) -> UUID:
    if any(role in chairs() and at == agency for role, at in who.holdings):
        return who.practitioner_id
    with connection.cursor() as cursor:
        cursor.execute(
            "select h.practitioner_id from role_holding h join practitioner p on p.id = h.practitioner_id and p.active"
            " where h.role = any(%s) and h.agency_id = %s"
            " and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today())"
            " order by h.from_date desc, h.practitioner_id limit 1",
            [sorted(chairs()), agency],
        )
        row = cursor.fetchone()
    if row is None:
        raise Invalid({"members": "The panel has no chair today. Ask an administrator."})
    return UUID(str(row[0]))


def meeting_page(meeting_id: UUID, who: Who) -> MeetingPage:
    """Return one meeting with its agenda as far as whoever asks may see; raises NoSuchCase."""
    meeting = Meeting.objects.select_related("agency", "chair").filter(id=meeting_id).first()
    if meeting is None:
        raise NoSuchCase
    items = tuple(
        AgendaItem.objects.select_related("case", "decision")
        .filter(meeting_id=meeting_id)
        .order_by("position")
    )
    views: dict[UUID, list[tuple[PanelView, dict[str, Any]]]] = {item.id: [] for item in items}
    for view in (
        PanelView.objects.select_related("practitioner", "agency")
        .filter(item__in=items)
        .order_by("recorded_at")
    ):
        views[view.item_id].append((view, keys.open_(view.case_id, view.sealed)))
    return MeetingPage(
        meeting=meeting,
        chair=meeting.chair.name,
        seats=tuple(Seat.objects.select_related("practitioner", "agency").filter(meeting_id=meeting_id).order_by("practitioner__name")),
        items=items,
        views=views,
        may_run=any(role in CALLERS and at == meeting.agency_id for role, at in who.holdings),
    )  # fmt: skip


def put_on_agenda(meeting_id: UUID, case_id: UUID, who: Who) -> None:
    """Put a case that awaits the panel on a meeting's agenda; again changes nothing."""
    page, found = _run(meeting_id, who), standing(case_id, who)
    if not any(s.verb == "convene" for s in found.journey.steps_from(found.place)):
        raise Refused((Reason("not_from_here", "This case is not waiting for a panel.", ""),))
    if any(item.case_id == case_id for item in page.items):
        return
    with transaction.atomic():
        item = AgendaItem(
            id=uuid4(), case_id=case_id, part="file", meeting_id=meeting_id, position=len(page.items) + 1,
            recorded_by=who.practitioner_id,
        )  # fmt: skip
        AgendaItem.objects.bulk_create([item])
        _line(found, who, "put_on_agenda", str(meeting_id))


def take_attendance(meeting_id: UUID, present: Sequence[UUID], who: Who, *, now: datetime) -> None:
    """Say who came; whoever has an interest in a case does not count for it."""
    _run(meeting_id, who)
    with transaction.atomic():
        for seat in Seat.objects.filter(meeting_id=meeting_id):
            seat.attended = seat.practitioner_id in set(present)
            seat.save(update_fields=["attended"])
        ledger.write(
            None,
            [
                ledger.entry(
                    actor=who.practitioner_id, verb="attendance", case="", at=now, detail=str(meeting_id)
                )
            ],
        )


def give_view(item_id: UUID, practitioner: UUID, view: str, words: str, who: Who) -> None:
    """Minute one agency's view of one case; a later view of the same agency replaces the earlier in the tally."""
    item = AgendaItem.objects.filter(id=item_id).first()
    if item is None:
        raise NoSuchCase
    if item.decision_id is not None:
        raise Refused((Reason("decided", "The panel has decided on this case at this meeting.", ""),))
    if not keys.has_key(item.case_id):
        raise Refused((Reason("erased", "What was in this case has been erased.", ""),))
    if view not in VIEWS:
        raise Invalid({"view": "Choose one of the views in the list."})
    if not words.strip():
        raise Invalid({"words": "Minute what this agency said, in a sentence or two."})
    seat = Seat.objects.filter(
        meeting_id=item.meeting_id, practitioner_id=practitioner, attended=True
    ).first()
    if seat is None:
        raise Invalid({"practitioner": "Only somebody who is at the meeting gives a view."})
    if practitioner != who.practitioner_id:
        _run(item.meeting_id, who)
    found = standing(item.case_id, who)
    with transaction.atomic():
        PanelView.objects.bulk_create(
            [
                PanelView(
                    id=uuid4(), case_id=item.case_id, part="file", item_id=item.id, practitioner_id=practitioner,
                    agency_id=seat.agency_id, view=view, sealed=keys.close(item.case_id, {"words": words.strip()[:4000]}),
                    recorded_by=who.practitioner_id,
                )
            ]
        )  # fmt: skip
        _line(found, who, "panel_view", view)


@dataclass(frozen=True)
class Waiting:
    """A page of the cases that await a panel, the soonest due first, and how many there are in all."""

    cases: tuple[Case, ...]
    first: int
    total: int


def waiting(who: Who, *, but: Sequence[UUID] = (), page: int = 1) -> Waiting:
    """Return a page of the cases that await a panel and that whoever asks may see; a page too far is the last one.

    but   leave out these, which are on the agenda already
    page  from 1
    """
    found = in_use(Case.objects.filter(place__in=hearing_places(), closed_at=None).exclude(id__in=but))
    total = found.count()
    first = (min(max(page, 1), max(1, -(-total // A_PAGE))) - 1) * A_PAGE
    return Waiting(tuple(found.order_by("due_at", "id")[first : first + A_PAGE]), first, total)


def _run(meeting_id: UUID, who: Who) -> MeetingPage:
    page = meeting_page(meeting_id, who)
    if not page.may_run:
        raise Refused((Reason("not_your_role", "The panel’s chair or coordinator keeps the minutes.", ""),))
    return page


def _line(found: Standing, who: Who, verb: str, detail: str) -> None:
    ledger.write(
        found.case_id,
        [
            ledger.entry(
                actor=who.practitioner_id, verb=verb, case=found.reference, at=found.now, detail=detail
            )
        ],
    )
