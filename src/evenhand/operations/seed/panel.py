"""Hold the monthly panel of one council: call it, put cases on the agenda, hear each agency, decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from evenhand.operations.seed import words
from evenhand.operations.seed.acting import Hand
from evenhand.operations.seed.partnership import FORCE, Partnership
from evenhand.operations.seed.support import Supported
from evenhand.operations.seed.underway import LONDON

CALLED_BEFORE = timedelta(days=6)
HEALTH = "marchwater-mind"


class Panel:
    """One council's panel with the cases that wait for it."""

    def __init__(self, council: str, hand: Hand, who: Partnership, seed: int) -> None:
        self.council = council
        self.hand = hand
        self.partnership = who
        self.rng = Random(f"{seed} panel {council}")  # noqa: S311 - invents, protects nothing
        self.moment = datetime.min.replace(tzinfo=UTC)
        self.waiting: list[Supported] = []

    def live(self, since: datetime, wake: Callable[[Supported, datetime], None]) -> Iterator[datetime]:
        """Meet once a month for as long as anybody asks; `wake` lets a case go on after it was heard."""
        day = since
        while True:
            sits = self._second_tuesday(day)
            day = (sits + timedelta(days=24)).replace(day=1)
            yield sits - CALLED_BEFORE
            if not self.waiting:
                continue
            agenda: list[tuple[Supported, UUID]] = []
            coordinator = self._who("panel_coordinator", self.council)
            with self.hand.visit(self.moment):
                members = self._members()
                meeting = self.hand.call_meeting(
                    coordinator, self.partnership.agencies[self.council], sits, members
                )
                for case in self.waiting:
                    agenda.append((case, self.hand.put_on_agenda(coordinator, meeting, case.case_id)))
            self.waiting = []
            yield sits
            with self.hand.visit(self.moment):
                self.hand.take_attendance(coordinator, meeting, members)
            for number, (case, item) in enumerate(agenda):
                case.moment = self.moment + timedelta(minutes=20 * number + 5)
                with self.hand.visit(case.moment):
                    again = self._hear(case, item, coordinator, meeting)
                if again:
                    self.waiting.append(case)
                else:
                    wake(case, case.after(1))

    def _second_tuesday(self, day: datetime) -> datetime:
        first = day.astimezone(LONDON).replace(day=1, hour=10, minute=0, second=0, microsecond=0)
        tuesday = first + timedelta(days=(1 - first.weekday()) % 7 + 7)
        return tuesday.astimezone(UTC)

    def _who(self, role: str, agency: str) -> UUID:
        day = self.moment.date()
        held = self.partnership.holders(role, agency, day)
        return held[-1]

    def _members(self) -> list[UUID]:
        """Return who sits: the chair, the council's member, the force's and mental health's."""
        return [
            self._who("panel_chair", self.council),
            self._who("panel_member", self.council),
            self._who("panel_member", FORCE),
            self._who("safeguarding_lead", HEALTH),
        ]

    def _hear(self, case: Supported, item: UUID, coordinator: UUID, meeting: UUID) -> bool:
        """Minute the views and decide; true when the panel waits for the next meeting."""
        chair, _, police, health = self._members()
        view = case.panel_view()
        other = {"adopt": "not_adopt", "not_adopt": "adopt"}.get(view, view)
        for whose in (police, chair, health):
            said = other if case.story.dissent and whose == health else view
            self.hand.later(2)
            self.hand.give_view(coordinator, item, whose, said, self.rng.choice(words.PANEL_WORDS[said]))
        told: dict[str, object] = {"meeting": str(meeting)}
        outcome = {
            "adopt": "adopted",
            "not_adopt": "not_adopted",
            "defer": "deferred",
            "police_led": "police_led",
        }[view]
        if outcome != "deferred":
            told["evidence"] = case.evidence
        told |= {
            "adopted": {"support_outline": "A mentor, and a way back into learning."},
            "not_adopted": {
                "health_care_considered": "Considered with both; the GP and early help go on, and have said so."
            },
            "deferred": {"ground": "information"},
            "police_led": {"why_police": "Another matter goes on that a panel may not hear of."},
        }[outcome]
        case.do("panel_chair", "convene", outcome, told, why="panel", by=chair)
        case.heard(outcome)
        return outcome == "deferred"
