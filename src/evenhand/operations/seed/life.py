"""Live one synthetic concern from the first word to the panel, or to its end before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from evenhand.operations.seed import words
from evenhand.operations.seed.partnership import FORCE
from evenhand.operations.seed.shares import concerns_on, monitored
from evenhand.operations.seed.stories import drawn
from evenhand.operations.seed.underway import PARKED, Underway

# Who receives an onward referral, by kind of service: agency ("" is the council of the area), share.
SERVICES = {
    ("mental_health", "marchwater-mind"): 24.0,
    ("health", "marchwater-health"): 10.0,
    ("education", "*school"): 22.0,
    ("childrens_social_care", ""): 16.0,
    ("adult_social_care", ""): 10.0,
    ("housing", ""): 8.0,
    ("youth_justice", "marchwater-probation"): 4.0,
    ("other_service", "copperdale-youth"): 6.0,
}
REPORTERS = {
    "police": FORCE, "health": "marchwater-health", "hmpps": "marchwater-probation",
    "home_office_other": "marchwater-resettlement",
}  # fmt: skip
FAITH = ("lantern-street", "st-brannoc", "gurdwara-ashmere", "copperdale-youth")
SCHOOLS = {
    "ashmere": "ashmere-college", "brackenford": "brackenford-academy", "copperdale": "copperdale-high",
    "dunmarrow": "dunmarrow-school", "ellerwick": "ellerwick-primary", "fallowmouth": "fallowmouth-school",
}  # fmt: skip


class Life(Underway):
    """One concern on its way to a decision."""

    def live(self) -> Iterator[datetime]:
        """Yield the moment of each next visit, and do what is done then when asked to go on."""
        yield self.story.told_at
        with self.hand.visit(self.moment):
            self._tell()
        yield self.after(0.4)
        yield from self._deconflict()
        if self.story.road == "screened_out":
            with self.hand.visit(self.moment):
                self._screen_out()
            return
        yield from self._gateway()

    def _tell(self) -> None:
        story, rng = self.story, self.rng
        answers: dict[str, object] = {
            "danger": "yes" if story.danger else "no",
            "what_happened": words.what_happened(story.sector, story.sees, rng),
            "why_now": rng.choice(words.WORRY),
            "sector": story.sector,
            "person_knows": "yes" if rng.random() < 0.35 else "no",
        }
        if story.named:
            answers |= {"names": "\n".join(story.names), "address": story.address}
        if story.born:
            answers["born"] = story.born
        if story.age_at is not None and not story.born:
            answers["age_statement"] = "yes" if story.age_at < 18 else "no"
        if story.language_needs:
            answers["language_needs"] = story.language_needs
        if rng.random() < 0.5:
            answers["already_done"] = rng.choice(words.DONE)
        done = self.hand.refer(
            self._reporter(),
            self.council,
            answers,
            "I am worried and would like somebody to look at it.",
            monitored(f"{story.told_at} {story.sector} {self.council}"),
        )
        self.case_id = done.case_id
        if story.danger:
            self.do("duty_officer", "danger_now", "reported",
                    {"kind": "to_person", "what": "They said they would not be here tomorrow.", "acted": "999 was called."})  # fmt: skip

    def _reporter(self) -> UUID | None:
        sector = self.story.sector
        if self.story.anonymous or sector == "friends_family":
            return None
        day = self.story.told_at.date()
        if sector == "education":
            agency = SCHOOLS[self.council]
        elif sector == "community":
            agency = self.rng.choice(FAITH)
        else:
            agency = REPORTERS.get(sector, self.council)
        return self.rng.choice(self.partnership.holders("safeguarding_lead", agency, day))

    def _deconflict(self) -> Iterator[datetime]:
        with self.hand.visit(self.moment):
            if self.story.waits:
                self.do("deconfliction_officer", "deconflict", "wait",
                        {"checked": self.rng.choice(words.WAIT), "not_before": self.ahead(12)})  # fmt: skip
            else:
                self.do(
                    "deconfliction_officer",
                    "deconflict",
                    "proceed",
                    {"checked": self.rng.choice(words.CHECKED)},
                )
            if self.story.danger:
                self._second_look()
        if self.story.waits:
            yield self.after(13)
            with self.hand.visit(self.moment):
                self.do(
                    "deconfliction_officer",
                    "deconflict",
                    "proceed",
                    {"checked": self.rng.choice(words.CHECKED)},
                )
        yield self.after(self.rng.choice((0.3, 0.6, 1.0, 1.0, 1.6)))

    def _second_look(self) -> None:
        rang = self.by("duty_officer")
        self.do("duty_officer", "look_again", "looked",
                {"written_up": "The crisis team saw them within two hours; the family is with them.", "result": "with_other"},
                by=self.by("duty_officer", FORCE, other_than={rang}))  # fmt: skip

    def _concern(self) -> str:
        """Return the kind of concern, from the list in force on the day on which it is written down."""
        shares = concerns_on(self.hand.moment.date())
        return self.story.concern if self.story.concern in shares else drawn(self.rng, shares)

    def _screen_out(self) -> None:
        ground = drawn(
            self.rng,
            {
                "misunderstood": 5.0,
                "not_prevent": 3.0,
                "out_of_area": 1.0,
                "malicious": 0.5,
                "too_little": 1.0,
            },
        )
        self.do("gateway_officer", "screen", "not_appropriate",
                {"concern": self._concern(), "ground": ground, "beyond_ideology": self.rng.choice(words.BEYOND)},
                why="no_further_action")  # fmt: skip
        self.ended = True

    def _gateway(self) -> Iterator[datetime]:
        story = self.story
        with self.hand.visit(self.moment):
            officer = self.do("gateway_officer", "screen", "proceed", {"concern": self._concern()})
        if story.interest:
            # On its own: giving the case to somebody else and moving it would each wait for the other's turn.
            with self.hand.visit(self.moment + timedelta(minutes=40)):
                self.do("gateway_officer", "declare_interest", "declared", {"kind": "friend"}, by=officer)
                self.barred.add(officer)
        with self.hand.visit(self.moment + timedelta(minutes=75)):
            self._answer_reporter()
            self._identify()
        yield self.after(self.rng.choice((1.0, 2.0, 3.0)))
        with self.hand.visit(self.moment):
            self._look_into_it()
        yield self.after(self.rng.choice((0.5, 1.0, 1.5, 2.0)))
        if story.road == "gateway_signposted":
            yield from self.signposted()
        with self.hand.visit(self.moment):
            self.tell_person()
            self._link_earlier()
        yield self.after(0.2)
        decided = {"gateway_no_further_action": "not_appropriate", "gateway_signposted": "signposted"}.get(
            story.road, ""
        )
        with self.hand.visit(self.moment):
            if decided:
                self._end("decide_gateway", decided)
                return
            self.do("gateway_supervisor", "decide_gateway", "limited" if story.gathers else "clear", self._decision(),
                    why="limited" if story.gathers else "clear")  # fmt: skip
        if story.gathers:
            yield from self._gather()
        yield self.after(self.rng.choice((1.0, 1.5, 2.0)))
        yield from self._section_36()

    def _answer_reporter(self) -> None:
        said = (
            "No way to answer was left." if self.story.anonymous else self.rng.choice(words.SAID_TO_REPORTER)
        )
        self.do("gateway_officer", "tell_reporter", "told", {"said": said, "told_on": self.on()})

    def _identify(self) -> None:
        story = self.story
        if not story.named:
            self.do("gateway_officer", "identify", "left_open")
            return
        told: dict[str, object] = {"names": "\n".join(story.names), "address": story.address}
        if story.born:
            told["born"] = story.born
        self.do("gateway_officer", "identify", "new_person", told)
        self.identified = True

    def _look_into_it(self) -> None:
        rng, officer = self.rng, self.by("gateway_officer")
        for at in range(1 if rng.random() < 0.8 else 2):
            fact = at == 0 or rng.random() < 0.5
            self.do("gateway_officer", "add_evidence", "added",
                    {"kind": "fact" if fact else "opinion",
                     "what": rng.choice(words.EVIDENCE_FACTS if fact else words.EVIDENCE_OPINIONS),
                     "source": rng.choice(("referrer", "family", "observation", "police_record")),
                     "happened_on": self.on(self.story.told_at.date() - timedelta(days=rng.randint(1, 60)))})  # fmt: skip
        self.evidence = self.hand.evidence(officer, self.case_id)
        self.assess("gateway_officer", first=True)
        if rng.random() < 0.08:
            self.do("gateway_officer", "add_note", "added", {"kind": "case", "text": rng.choice(words.NOTES)})

    def _link_earlier(self) -> None:
        before = self.before
        if before is None or not before.ended or not before.identified or not self.identified:
            return
        self.do("gateway_supervisor", "link_person", "linked",
                {"other": str(before.case_id), "ground": "name_birth", "relations": "This case; the earlier one stays as it was."})  # fmt: skip
        self.cumulative = self.rng.choice(words.CUMULATIVE)

    def _decision(self) -> dict[str, object]:
        found: dict[str, object] = {"evidence": self.evidence}
        if self.cumulative:
            found["cumulative_picture"] = self.cumulative
        return found

    def signposted(self) -> Iterator[datetime]:
        """Refer onward until a service has accepted."""
        for attempt in range(3):
            service, receiver = drawn(self.rng, SERVICES)
            agency = {"": self.council, "*school": SCHOOLS[self.council]}.get(receiver, receiver)
            with self.hand.visit(self.moment):
                self.do("gateway_officer" if self.story.road.startswith("gateway") else "case_officer", "signpost", "sent",
                        {"destination": service, "receiver": str(self.partnership.agencies[agency]), "basis": "public_task",
                         "what": self.rng.choice(words.NEEDS), "person_agrees": "yes"})  # fmt: skip
            yield self.after(self.rng.choice((1.0, 2.0, 4.0)))
            accepted = attempt == 2 or self.rng.random() < 0.92
            with self.hand.visit(self.moment):
                lead = self.by("safeguarding_lead", agency)
                self.do("safeguarding_lead", "accept_signpost", "accepted" if accepted else "returned",
                        {"who": self.partnership.people[lead].rsplit("|", 1)[0]} if accepted else {}, by=lead)  # fmt: skip
            yield self.after(0.5)
            if accepted:
                return

    def _end(self, step: str, outcome: str) -> None:
        ground = "signposted" if outcome == "signposted" else drawn(
            self.rng, {"no_ct_concern": 6.0, "insufficient_information": 1.0, "already_managed": 2.0, "malicious_misinformed": 0.4, "left_area": 0.5}
        )  # fmt: skip
        told = self._decision() | {"ground": ground, "beyond_ideology": self.rng.choice(words.BEYOND)}
        if step == "decide_section_36":
            told["grounds"] = self.rng.choice(words.SUMMARIES)
        self.do(
            "gateway_supervisor",
            step,
            outcome,
            told,
            why="signposted" if outcome == "signposted" else "no_further_action",
        )
        self.ended = True

    def _gather(self) -> Iterator[datetime]:
        for _ in range(self.rng.choice((1, 1, 1, 2))):
            yield self.after(1)
            agency = self.rng.choice(
                (SCHOOLS[self.council], "marchwater-mind", "marchwater-health", "marchwater-probation")
            )
            with self.hand.visit(self.moment):
                self.do("case_officer", "ask", "asked",
                        {"whom": str(self.partnership.agencies[agency]), "fact": self.rng.choice(words.FACTS_ASKED),
                         "basis": "partner_duty"})  # fmt: skip
            yield self.after(self.rng.choice((2.0, 3.0, 4.0)))
            with self.hand.visit(self.moment):
                lead = self.by("safeguarding_lead", agency)
                if self.rng.random() < 0.85:
                    self.do("safeguarding_lead", "reply", "answered",
                            {"answer": self.rng.choice(words.REPLIES), "ground": "answered"}, by=lead)  # fmt: skip
                else:
                    self.do("safeguarding_lead", "reply", "declined", {"ground": "nothing_held"}, by=lead)
        yield self.after(1)
        with self.hand.visit(self.moment):
            self.do("case_officer", "finish_gathering", "ready")

    def _section_36(self) -> Iterator[datetime]:
        road = self.story.road
        if road == "section_36_signposted":
            yield from self.signposted()
        with self.hand.visit(self.moment):
            if road == "section_36_signposted":
                self._end("decide_section_36", "signposted")
                return
            if road == "section_36_no_further_action":
                self._end("decide_section_36", "no_further_action")
                return
            told = self._decision() | {"grounds": self.rng.choice(words.SUMMARIES)}
            if road == "escalated":
                self.do("gateway_supervisor", "escalate", "escalated",
                        {"grounds": "A threat against a named place, with steps taken towards it.", "evidence": self.evidence,
                         "panel_told": "That the case has left the programme."})  # fmt: skip
                self.ended = True
                return
            if road == "section_36_police_led":
                self.do("gateway_supervisor", "decide_section_36", "police_led",
                        told | {"why_police": "Another matter goes on that a panel may not hear of."}, why="police_led")  # fmt: skip
            else:
                self.do(
                    "gateway_supervisor", "decide_section_36", "refer_to_panel", told, why="refer_to_panel"
                )
        yield from self.onward()

    def onward(self) -> Iterator[datetime]:
        """Go on after the section 36 decision; a longer road says how."""
        yield PARKED
