"""Keep one synthetic concern under way: its pace, who works on it, and what they do again and again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from evenhand.operations.seed import words
from evenhand.operations.seed.acting import Hand
from evenhand.operations.seed.partnership import FORCE, Partnership
from evenhand.operations.seed.stories import Story

LONDON = ZoneInfo("Europe/London")
TOLD_BEFORE = timedelta(days=20)
PARKED = datetime.max.replace(tzinfo=UTC)
FORCE_ROLES = {
    "gateway_officer", "gateway_supervisor", "case_officer", "deconfliction_officer", "duty_officer",
}  # fmt: skip


class Underway:
    """One case under way: who works on it, what has been done, and the pace at which it goes."""

    def __init__(self, story: Story, council: str, hand: Hand, who: Partnership) -> None:
        self.story = story
        self.council = council
        self.hand = hand
        self.partnership = who
        self.rng = Random(story.seed)  # noqa: S311 - invents, protects nothing
        self.moment = story.told_at
        self.case_id = UUID(int=0)
        self.ended = False
        self.evidence: list[str] = []
        self.assessed_at = story.told_at
        self.review_on: date | None = None
        self.barred: set[UUID] = set()
        self.before: Underway | None = None
        self.identified = False
        self.cumulative = ""
        self._staff: dict[tuple[str, str], UUID] = {}
        self._slow = story.stuck

    # ------------------------------------------------------------------ pace and people

    def after(self, days: float) -> datetime:
        """Return a working moment some days on; who is slow once is slow by weeks."""
        if self._slow and self.rng.random() < 0.35:
            days, self._slow = days + self._slow * 7, 0
        elif self.rng.random() < 0.15:
            days *= 2.2
        then = (self.moment + timedelta(days=days)).astimezone(LONDON)
        then = then.replace(hour=self.rng.randint(9, 16), minute=self.rng.randint(0, 59))
        while not self.hand.pack.calendar.is_working_day(then.date()):
            then += timedelta(days=1)
        return max(then.astimezone(UTC), self.moment + timedelta(minutes=30))

    def by(self, role: str, agency: str | None = None, *, other_than: set[UUID] | None = None) -> UUID:
        """Return who does this here: the same person as long as they hold the role and may."""
        at = agency or (FORCE if agency is None and role in FORCE_ROLES else self.council)
        day = self.hand.moment.date()
        holders = [p for p in self.partnership.holders(role, at, day) if p not in self.barred]
        if other_than is not None:
            return next(p for p in holders if p not in other_than)
        kept = self._staff.get((role, at))
        if kept not in holders:
            kept = self.rng.choice(holders)
            self._staff[role, at] = kept
        return kept

    def do(self, role: str, step: str, outcome: str, answers: dict[str, object] | None = None, *, why: str = "general",
           agency: str | None = None, by: UUID | None = None, minutes: int | None = None) -> UUID:  # fmt: skip
        """Take a step as whoever holds a role; return who it was.

        Before the day for looking again at not telling comes, the person is told: after it nothing else may go on.
        """
        near = self.hand.moment.date() + TOLD_BEFORE
        if (
            self.review_on is not None
            and self.review_on <= near
            and step not in {"tell_person", "declare_interest"}
        ):
            self.tell_person()
        somebody = by or self.by(role, agency)
        self.hand.take(
            somebody,
            self.case_id,
            step,
            outcome,
            answers or {},
            reason=words.reason(why, self.rng),
            minutes=self.rng.randint(4, 25) if minutes is None else minutes,
        )
        return somebody

    def on(self, day: date | None = None) -> str:
        """Return a day as a form writes it; without one the day of the visit in London."""
        return (day or self.hand.moment.astimezone(LONDON).date()).isoformat()

    def ahead(self, days: int) -> str:
        """Return a day from the visit on."""
        return self.on(self.hand.moment.astimezone(LONDON).date() + timedelta(days=days))

    def assess(self, role: str, *, first: bool = False) -> None:
        """Write an assessment: each factor by itself, nothing summed."""
        rng = self.rng
        factors: dict[str, object] = {}
        for factor in self.hand.pack.forms["assessment"].factors:
            answer = rng.choices(("not_known", "absent", "partly", "present"), (5, 3, 2, 1))[0]
            if answer == "not_known":
                continue
            factors[factor.code] = {
                "answer": answer, "confidence": rng.choice(("low", "medium", "high")),
                "confidence_reason": rng.choice(words.CONFIDENCE),
            } | ({"evidence": rng.sample(self.evidence, 1)} if answer != "absent" else {})  # fmt: skip
        self.do(role, "assess", "recorded",
                {"factors": factors, "other_explanations": rng.choice(words.EXPLAINS),
                 "changes": "first" if first else rng.choice(words.PROGRESS), "persons_view": rng.choice(words.PERSONS_VIEW),
                 "summary": rng.choice(words.SUMMARIES), "management_plan": rng.choice(words.MANAGE),
                 "evidence": self.evidence})  # fmt: skip
        self.assessed_at = self.hand.moment

    def tell_person(self) -> None:
        """Tell the person, or for a few say why not yet, with a day on which somebody looks again."""
        if self.story.kept_back and self.review_on is None:
            days = self.rng.choice((45, 60, 90))
            supervisor = self.by("gateway_supervisor")
            self.do("gateway_supervisor", "not_tell_person", "not_yet",
                    {"ground": self.rng.choice(("harm_person", "reporter_identified", "harm_child", "prejudice_investigation")),
                     "owner": str(supervisor), "review_on": self.ahead(days)}, by=supervisor)  # fmt: skip
            self.review_on = date.fromisoformat(self.ahead(days))
            return
        way = (
            "through_parent"
            if self.story.is_child
            else self.rng.choice(("meeting", "letter", "through_professional"))
        )
        self.review_on = date.max
        self.do(
            "case_officer",
            "tell_person",
            "told",
            {"told_on": self.on(), "way": way, "told_what": self.rng.choice(words.TOLD)},
        )
