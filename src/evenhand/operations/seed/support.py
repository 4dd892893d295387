"""Live one synthetic concern from the panel on: consent, plan, sessions, reviews, exit, follow-up; or what comes instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from evenhand.operations.seed import words
from evenhand.operations.seed.life import SCHOOLS, Life
from evenhand.operations.seed.partnership import COUNCILS
from evenhand.operations.seed.underway import PARKED

REFRESH = timedelta(days=80)
PROVIDERS = ("northlight", "second-word")
KINDS = (
    "intervention_provider",
    "mentoring",
    "mental_health",
    "education_training",
    "housing",
    "family",
    "careers",
    "online_safety",
)


class Supported(Life):
    """A concern that the panel hears, and all that can follow."""

    outcome: str = ""
    deferred: bool = False
    returned: bool = False
    provider: str = ""
    needed: bool = False
    in_force: bool = False
    parent_said: bool = False

    def onward(self) -> Iterator[datetime]:
        """Go on after the section 36 decision."""
        road = self.story.road
        if road == "section_36_police_led":
            yield from self._police_led()
            return
        yield from self._wait_for_panel()

    def _wait_for_panel(self) -> Iterator[datetime]:
        yield PARKED
        if self.outcome == "not_adopted":
            self.ended = True
        elif self.outcome == "police_led":
            yield from self._police_led()
        elif self.outcome == "adopted":
            yield from self._offered()

    def panel_view(self) -> str:
        """Return what most at the table think."""
        if self.story.put_off and not self.deferred:
            return "defer"
        if self.returned:
            return "not_adopt"
        return {"panel_not_adopted": "not_adopt", "panel_police_led": "police_led"}.get(
            self.story.road, "adopt"
        )

    def heard(self, outcome: str) -> None:
        """Take what the panel decided."""
        self.outcome = outcome
        self.deferred = self.deferred or outcome == "deferred"

    # ------------------------------------------------------------------ consent

    def _offered(self) -> Iterator[datetime]:
        offer = self.story.offer
        yield self.after(3)
        if offer == "social_care_leads":
            yield from self._social_care_leads()
            return
        with self.hand.visit(self.moment):
            if not self.identified or not self.story.born:
                # Nobody may be asked before it is known who they are, and whether they are under 18.
                told: dict[str, object] = {
                    "names": "\n".join(self.story.names),
                    "born": self.story.born or "2001",
                }
                self.do("case_officer", "identify", "new_person", told)
                self.identified = True
            self.do("case_officer", "ask_consent", "asked",
                    {"asked_on": self.on(), "way": self.rng.choice(("meeting", "letter", "phone")),
                     "asked_whom": "The mother, and the young person alone." if self._child() else "The person.",
                     "told_about_data": "Who sees what, for how long, and that no is a good answer."})  # fmt: skip
        yield self.after(self.rng.choice((2.0, 4.0, 6.0)))
        said: dict[str, object] = {"said_on": "", "way": "meeting"}
        with self.hand.visit(self.moment):
            said["said_on"] = self.on()
            if offer in {"refused", "young_person_refused"}:
                self.do("case_officer", "record_consent", offer if self._child() else "refused", said)
            else:
                self.parent_said = self._child()
                given = {
                    "given_by": "parent" if self._child() else "self",
                    "own_view": "Would like to try it.",
                }
                self.do("case_officer", "record_consent", "given", said | given)
        if offer in {"refused", "young_person_refused"}:
            yield from self._after_no()
        else:
            yield from self._plan()

    def _child(self) -> bool:
        """Say whether they are under 18 on the day of the visit, as far as the birth date is known."""
        if not self.story.born:
            return self.story.is_child
        year, month, *day = (int(part) for part in self.story.born.split("-"))
        today = self.hand.moment.date()
        return today.year - year - ((today.month, today.day) < (month, day[0] if day else 31)) < 18

    def _after_no(self) -> Iterator[datetime]:
        yield self.after(self.rng.choice((3.0, 5.0)))
        with self.hand.visit(self.moment):
            self.assess("case_officer")
        yield self.after(self.rng.choice((2.0, 4.0)))
        if self.rng.random() < 0.1:
            with self.hand.visit(self.moment):
                # Under a police lead nobody sees the support part, so its needs are answered before.
                self._answer_needs("declined")
                decided = {self.by("gateway_supervisor")}
                self.do("gateway_supervisor", "police_led", "police_led_after_refusal",
                        {"why_police": "A matter that was open before the offer goes on.", "evidence": self.evidence,
                         "evidence_before": "What was on file before the offer, item by item.", "review_on": self.ahead(85)},
                        why="police_led", by=self.by("gateway_supervisor", other_than=decided))  # fmt: skip
            yield from self._police_led()
            return
        yield from self._exit("consent_ended")

    def _social_care_leads(self) -> Iterator[datetime]:
        with self.hand.visit(self.moment):
            self.do("panel_chair", "signpost", "sent",
                    {"destination": "childrens_social_care", "receiver": str(self.partnership.agencies[self.council]),
                     "basis": "special_safeguarding", "what": "A child who may be in danger at home."})  # fmt: skip
        yield self.after(1)
        with self.hand.visit(self.moment):
            lead = self.by("social_care_lead")
            self.do(
                "social_care_lead", "accept_signpost", "accepted", {"who": "The assessment team"}, by=lead
            )
        yield self.after(1)
        with self.hand.visit(self.moment):
            self.do("panel_chair", "social_care_leads", "handed_over",
                    {"danger_from_asking": "The person said that asking at home would bring a beating.",
                     "agreed": "An assessment under section 47, begun the same day."})  # fmt: skip
        yield from self._follow_up()

    # ------------------------------------------------------------------ support

    def _plan(self) -> Iterator[datetime]:
        yield self.after(self.rng.choice((2.0, 5.0, 7.0)))
        sessions = self.rng.choice((4, 6, 6, 8))
        self.provider = self.rng.choice(PROVIDERS)
        with self.hand.visit(self.moment):
            needs = self.rng.sample(words.NEEDS, self.rng.choice((1, 2, 2, 3)))
            self.do("panel_coordinator", "record_needs", "recorded", {"needs": "\n".join(needs)})
            self.needed = True
            self._make_plan(sessions)
        if self.story.offer == "transferred":
            yield self.after(30)
            yield from self._transfer()
        if self.story.offer == "escalated":
            yield self.after(50)
            with self.hand.visit(self.moment):
                self.do("gateway_supervisor", "escalate", "escalated",
                        {"grounds": "Steps towards an attack, found by chance in another matter.", "evidence": self.evidence,
                         "panel_told": "That the case has left the programme."})  # fmt: skip
            self.ended = True
            return
        yield from self._sessions(sessions)

    def _ask_at_eighteen(self) -> None:
        """Ask the grown person: a parent's yes ends on the eighteenth birthday."""
        if not self.parent_said or self._child():
            return
        self.parent_said = False
        asked: dict[str, object] = {
            "asked_on": self.on(),
            "way": "meeting",
            "asked_whom": "The person, now an adult.",
            "told_about_data": "As before, and that it is theirs alone to say.",
        }
        self.do("case_officer", "ask_consent", "asked", asked)
        said: dict[str, object] = {"said_on": self.on(), "way": "meeting", "given_by": "self"}
        self.do("case_officer", "renew_consent", "given", said)

    def _make_plan(self, sessions: int) -> None:
        self._ask_at_eighteen()
        self.in_force = True
        self.do("panel_chair", "make_plan", "in_force",
                {"consent_how": "The case officer asks, at home, with time to think.", "support": self.rng.sample(KINDS, 2),
                 "support_nature": "Each need has its own line in the file.", "responsible": "The chair; the provider for sessions.",
                 "how_when": "Every two weeks, away from home.", "provider": str(self.partnership.agencies[self.provider]),
                 "sessions": str(sessions), "risk_owner": str(self.by("case_officer"))})  # fmt: skip

    def _sessions(self, sessions: int) -> Iterator[datetime]:
        stops = self.rng.randint(1, max(1, sessions - 2)) if self.story.offer == "withdrawn" else sessions + 1
        silent = self.story.silent_provider
        checked = self.moment
        for number in range(1, sessions + 1):
            yield self.after(self.rng.choice((12.0, 14.0, 16.0)))
            if number >= stops:
                yield from self._withdraw()
                return
            if silent and number > 1:
                # Nobody writes anything; weeks later somebody notices and finds another provider.
                silent = False
                yield self.after(self.rng.choice((45.0, 70.0)))
                self.provider = next(p for p in PROVIDERS if p != self.provider)
                with self.hand.visit(self.moment):
                    self._review(
                        "plan_changes", "The provider fell silent after one session; another takes over."
                    )
                    self._make_plan(sessions - 1)
                continue
            with self.hand.visit(self.moment):
                self._session()
                if self.moment - checked > timedelta(days=40):
                    checked = self.moment
                    self.do(
                        "deconfliction_officer",
                        "deconflict",
                        "proceed",
                        {"checked": self.rng.choice(words.CHECKED)},
                    )
                    self._review("goes_on", "None missed without a reason.")
        yield self.after(6)
        yield from self._exit(
            self.rng.choice(
                ("no_further_concerns", "no_further_concerns", "concerns_manageable", "other_service")
            )
        )

    def _session(self) -> None:
        self._ask_at_eighteen()
        worker = self.by("provider", self.provider)
        came = self.rng.random()
        if came < 0.84:
            self.do("provider", "record_session", "delivered",
                    {"held_on": self.on(), "result": "worked", "report": self.rng.choice(words.SESSION)}, by=worker)  # fmt: skip
        elif came < 0.96:
            self.do("provider", "record_session", "person_absent",
                    {"held_on": self.on(), "why_not": self.rng.choice(words.ABSENT)}, by=worker)  # fmt: skip
        else:
            self.do("provider", "record_session", "provider_absent",
                    {"held_on": self.on(), "why_not": self.rng.choice(words.PROVIDER_AWAY)}, by=worker)  # fmt: skip

    def _review(self, outcome: str, compared: str) -> None:
        if self.hand.moment - self.assessed_at > REFRESH:
            self.assess("case_officer")
        self.do("panel_chair", "review_support", outcome,
                {"progress": self.rng.choice(words.PROGRESS), "sessions_compared": compared,
                 "persons_view": self.rng.choice(words.PERSONS_VIEW), "evidence": self.evidence})  # fmt: skip

    def _withdraw(self) -> Iterator[datetime]:
        with self.hand.visit(self.moment):
            self.in_force = False
            young = self._child() and self.rng.random() < 0.4
            self.do("case_officer", "withdraw_consent", "young_person_refused" if young else "withdrawn",
                    {"said_on": self.on(), "told_whom": "The case officer."})  # fmt: skip
        yield from self._after_no()

    def _transfer(self) -> Iterator[datetime]:
        place = [code for code, _, _ in COUNCILS]
        other = place[(place.index(self.council) + 1) % len(place)]
        with self.hand.visit(self.moment):
            self.do("panel_coordinator", "propose_transfer", "proposed",
                    {"council": str(self.partnership.agencies[other]), "moved_on": self.on(),
                     "handover": "Sessions go on with the same provider; the school place is not found yet."})  # fmt: skip
        yield self.after(self.rng.choice((2.0, 3.0)))
        with self.hand.visit(self.moment):
            receiver = self.by("panel_coordinator", other)
            self.do("panel_coordinator", "accept_transfer", "accepted",
                    {"owner_named": self.partnership.people[receiver].rsplit("|", 1)[0]}, by=receiver)  # fmt: skip
        self.council = other

    # ------------------------------------------------------------------ the end and after

    def _answer_needs(self, state: str) -> None:
        """Say of every need that is still open what became of it."""
        coordinator = self.by("panel_coordinator")
        needs = self.hand.open_needs(coordinator, self.case_id) if self.needed else []
        if needs:
            answers: dict[str, object] = {"needs": needs, "state": state}
            self.do("panel_coordinator", "answer_needs", "answered", answers, by=coordinator)

    def _exit(self, ground: str) -> Iterator[datetime]:
        with self.hand.visit(self.moment):
            if self.hand.moment - self.assessed_at > REFRESH:
                self.assess("case_officer")
            coordinator = self.by("panel_coordinator")
            self._answer_needs("declined" if ground == "consent_ended" else "met")
            self.do("panel_coordinator", "propose_exit", "proposed",
                    {"ground": ground, "checked": ["needs", "person"] + (["plan", "sessions"] if self.provider else []),
                     "closing_assessment": self.rng.choice(words.SUMMARIES), "evidence": self.evidence,
                     "onward": "Considered with health and social care; both know whom to call."}, by=coordinator)  # fmt: skip
        yield self.after(self.rng.choice((2.0, 4.0)))
        with self.hand.visit(self.moment):
            self.do("gateway_supervisor", "approve_exit", "approved" if self.in_force else "approved_without_support",
                    {"plan_compared": "Line by line, with what was reached and what was not."})  # fmt: skip
        yield from self._follow_up()

    def _follow_up(self) -> Iterator[datetime]:
        self.ended = True
        yield self.after(180)
        back = self.story.comes_back and not self.returned and self.story.offer != "transferred"
        with self.hand.visit(self.moment):
            self._follow("concern_came_back" if back else "six_months", "concern" if back else "well")
            if back:
                self.do("gateway_supervisor", "reopen", "to_panel",
                        {"evidence": self.evidence, "cumulative_picture": self.rng.choice(words.CUMULATIVE)})  # fmt: skip
                self.ended, self.returned = False, True
        if back:
            yield from self._wait_for_panel()
            return
        yield self.after(180)
        with self.hand.visit(self.moment):
            self._follow("twelve_months", self.rng.choice(("well", "well", "needs_other", "not_reached")))

    def _follow(self, outcome: str, result: str) -> None:
        self.do("panel_coordinator", "follow_up", outcome,
                {"done_on": self.on(), "result": result, "contact": "The person, by telephone, and " + SCHOOLS[self.council]})  # fmt: skip

    def _police_led(self) -> Iterator[datetime]:
        for _ in range(2):
            yield self.after(85)
            with self.hand.visit(self.moment):
                self.assess("case_officer")
                self.do("gateway_supervisor", "review_police_led", "goes_on",
                        {"still_needed": "The other matter is not decided.", "persons_view": "They know of it, and have a solicitor.",
                         "evidence": self.evidence})  # fmt: skip
        yield self.after(60)
        with self.hand.visit(self.moment):
            self.do(
                "gateway_supervisor",
                "end_police_led",
                "ended",
                {"onward": "The GP and probation know whom to call."},
            )
        yield self.after(2)
        with self.hand.visit(self.moment):
            self.do("panel_chair", "approve_exit", "approved" if self.in_force else "approved_without_support",
                    {"plan_compared": "Against what the lead was for."})  # fmt: skip
        yield from self._follow_up()
