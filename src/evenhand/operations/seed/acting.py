"""Act through the gate as anybody in the partnership, at any moment of the demo's past."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, connections, transaction

from evenhand.casework import meetings, monitoring
from evenhand.casework.refer import refer
from evenhand.casework.steps import WRITERS
from evenhand.gate.act import Act, Done, Invalid, Refused, Writing, act
from evenhand.gate.entry import Who, enter, enter_door, open_session
from evenhand.gate.policy import pack
from evenhand.kernels.policy import Journey, Pack
from evenhand.records.evidence import Evidence
from evenhand.records.meeting import AgendaItem
from evenhand.records.support import Need

PREPARE_AFTER = 2


class SeedRefused(Exception):
    """The gate refused an act of the synthetic past: the stories no longer fit the policy; says which and why."""


def turns_of(rules: Pack) -> list[date]:
    """Return the days on which a list, a clock's value or an edition comes into force or goes out, oldest first."""
    spans = [
        (c.effective_from, c.effective_to) for found in rules.lists.values() for c in found.codes.values()
    ]
    spans += [(v.effective_from, v.effective_to) for clock in rules.clocks.values() for v in clock.values]
    spans += [(j.effective_from, j.effective_to) for editions in rules.editions.values() for j in editions]
    days = {date.min} | {since for since, _ in spans if since}
    return sorted(days | {until + timedelta(days=1) for _, until in spans if until})


class Hand:
    """One pair of hands that act as whoever is named: one transaction a visit, several acts in it."""

    def __init__(self, *, journey: str = "channel") -> None:
        self.pack = pack()
        self.journey: Journey = self.pack.journeys[journey]
        self.moment = datetime.min.replace(tzinfo=UTC)
        self._tokens: dict[UUID, str] = {}
        self._who: Who | None = None
        self._inside = ExitStack()
        self.acts = 0
        self._turns = turns_of(self.pack)
        connection.ensure_connection()
        # One process, one person at a time and no pool: prepared statements and deferred flushes are safe here,
        # and a refusal ends the whole visit, so that no savepoint is needed inside it.
        held = connections["default"]
        held.connection.prepare_threshold = PREPARE_AFTER
        held.features.uses_savepoints = False
        with connection.cursor() as cursor:
            cursor.execute("set synchronous_commit = off")

    @contextmanager
    def visit(self, moment: datetime) -> Iterator[None]:
        """Do what belongs together in one transaction, at a moment of the past."""
        self._who = None
        with transaction.atomic(), ExitStack() as self._inside:
            self._set(moment)
            yield
        self._who = None

    def later(self, minutes: int) -> None:
        """Let minutes pass within the visit."""
        self._set(self.moment + timedelta(minutes=minutes))

    def _set(self, moment: datetime) -> None:
        # The clock goes first: who somebody is depends on the roles they held that day.
        with connection.cursor() as cursor:
            cursor.execute("select set_config('wall.demo_now', %s, true)", [moment.isoformat()])
        self.moment = moment
        self._remember_lists(self.pack.calendar.local_day(moment))

    def _remember_lists(self, day: date) -> None:
        """Take the hash of the lists in force from the last day on which they changed, not anew for each day."""
        known = self.pack.hashed
        if ("lists", day.isoformat()) not in known:
            since = self._turns[bisect_right(self._turns, day) - 1]
            known["lists", day.isoformat()] = self.pack.lists_hash(since)

    def be(self, somebody: UUID) -> Who:
        """Come in as somebody."""
        if self._who is None or self._who.practitioner_id != somebody:
            if somebody not in self._tokens:
                self._tokens[somebody] = open_session(somebody)
            self._who = self._inside.enter_context(enter(self._tokens[somebody]))
        return self._who

    def refer(
        self,
        somebody: UUID | None,
        area: str,
        answers: Mapping[str, object],
        reason: str,
        monitored: Mapping[str, str],
    ) -> Done:
        """Tell of a worry, and what was said for monitoring; nobody in particular comes through the public door."""
        wanted = Act(self.journey.start_step, "received", answers, reason=reason)
        self.acts += 1
        if somebody is None:
            with enter_door() as who:
                self._who = None
                return self._sure(wanted, lambda: self._refer(wanted, who, area, monitored))
        who = self.be(somebody)
        return self._sure(wanted, lambda: self._refer(wanted, who, area, monitored))

    def _refer(self, wanted: Act, who: Who, area: str, monitored: Mapping[str, str]) -> Done:
        done = refer(wanted, who, now=self.moment, area=area, door="page", journey=self.journey.code)
        monitoring.keep(
            done.case_id, monitoring.checked(self.pack, monitored, self.pack.calendar.local_day(self.moment))
        )
        return done

    def take(
        self,
        somebody: UUID,
        case_id: UUID,
        step: str,
        outcome: str,
        answers: Mapping[str, object],
        *,
        reason: str,
        minutes: int = 5,
    ) -> Done:
        """Take a step as somebody, some minutes after what came before; raises SeedRefused."""
        self.later(minutes)
        who = self.be(somebody)
        found = self.journey.steps[step]
        form = self.pack.forms[found.form]
        told = dict(answers)
        if any(field.code == "reason" for field in form.asked(outcome)):
            told.setdefault("reason", reason)
        wanted = Act(step, outcome, told, reason=reason)
        write: Callable[[Writing], None] | None = WRITERS.get(found.verb)
        self.acts += 1
        return self._sure(wanted, lambda: act(case_id, wanted, who, effects=write))

    def _sure(self, wanted: Act, do: Callable[[], Done]) -> Done:
        try:
            return do()
        except (Refused, Invalid) as refused:
            raise SeedRefused(
                f"{wanted.step} → {wanted.outcome} on {self.moment:%d %B %Y}: {refused}"
            ) from refused

    def evidence(self, somebody: UUID, case_id: UUID) -> list[str]:
        """Return the ids of a case's evidence, as a form links them."""
        self.be(somebody)
        found = Evidence.objects.filter(case_id=case_id).order_by("recorded_at")
        return [str(number) for number in found.values_list("id", flat=True)]

    def open_needs(self, somebody: UUID, case_id: UUID) -> list[str]:
        """Return the ids of the needs that nobody has answered."""
        self.be(somebody)
        return [
            str(n) for n in Need.objects.filter(case_id=case_id, state="open").values_list("id", flat=True)
        ]

    def call_meeting(self, somebody: UUID, council: UUID, starts_at: datetime, members: list[UUID]) -> UUID:
        """Call a meeting of a panel."""
        who = self.be(somebody)
        return meetings.call(
            who,
            agency=council,
            starts_at=starts_at,
            where="Town Hall, committee room",
            members=members,
            now=self.moment,
        )

    def put_on_agenda(self, somebody: UUID, meeting: UUID, case_id: UUID) -> UUID:
        """Put a case on the agenda; return the item."""
        meetings.put_on_agenda(meeting, case_id, self.be(somebody))
        self.acts += 1
        number: Any = AgendaItem.objects.values_list("id", flat=True).get(meeting_id=meeting, case_id=case_id)
        return UUID(str(number))

    def take_attendance(self, somebody: UUID, meeting: UUID, present: list[UUID]) -> None:
        """Say who came."""
        meetings.take_attendance(meeting, present, self.be(somebody), now=self.moment)

    def give_view(self, somebody: UUID, item: UUID, whose: UUID, view: str, words: str) -> None:
        """Minute one agency's view."""
        meetings.give_view(item, whose, view, words, self.be(somebody))
        self.acts += 1
