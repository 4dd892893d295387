"""Lay out one case file for its page: every section in words, as far as whoever asks may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from evenhand.casework.case_file import CaseFile, Item, Moment, RunningClock
from evenhand.kernels.policy import Offer, Reason
from evenhand.web.apart_words import apart_words, told_words
from evenhand.web.due import Due, due_words
from evenhand.web.jinja import show_date
from evenhand.web.wording import FactorLine, Line, Wording, day_words, people_named_in

PERSON = {"names", "born", "age_statement", "address", "language_needs"}
MAIN_VERBS = {
    "screen", "deconflict", "assess", "decide", "convene", "consent", "plan", "deliver", "review", "propose",
    "close", "follow_up", "accept", "look_again",
}  # fmt: skip
VIEW_WORDS = {
    "adopt": "Support is offered",
    "not_adopt": "Not supported",
    "defer": "Put off",
    "police_led": "The police lead",
}
CONSENT_WORDS = {
    "asked": "Asked, no answer yet",
    "given": "Given",
    "refused": "Refused",
    "withdrawn": "Withdrawn",
    "lapsed": "Ended at 18; to be asked again",
}


@dataclass(frozen=True)
class Way:
    """A step as a page offers it: its label and address, or the reasons why not; and whether it leads the case on."""

    label: str
    href: str
    reasons: tuple[Reason, ...] = ()
    leads_on: bool = False

    @property
    def for_others(self) -> bool:
        """Say whether the first thing in the way is that another role takes the step."""
        return bool(self.reasons) and self.reasons[0].code == "not_your_role"


@dataclass(frozen=True)
class ClockLine:
    """A clock with the sentence that says when it is due."""

    clock: RunningClock
    due: Due


@dataclass(frozen=True)
class Entry:
    """One moment of the chronology, its answers in words."""

    moment: Moment
    lines: tuple[Line, ...]
    factors: tuple[FactorLine, ...]


@dataclass(frozen=True)
class Row:
    """A row of a section: its opened contents with the words that go with it."""

    item: Item
    words: Mapping[str, object] = field(default_factory=dict)


def wording_of(file: CaseFile, agencies: Mapping[str, str]) -> Wording:
    """Return the words for the codes and ids of this case."""
    others = {str(i.id): evidence_words(i) for i in file.of("evidence")}
    others |= {str(i.id): str(i.contents.get("name", "")) for i in file.of("document")}
    others |= {str(i.id): str(i.contents.get("need", "")) for i in file.of("need")}
    others |= {str(i.id): str(i.contents.get("text", ""))[:80] for i in file.of("note")}
    others |= {str(i.id): apart_words(file, i) for i in file.of("restriction")}
    others |= {str(i.id): told_words(file, i) for i in file.of("disclosure")}
    return Wording(
        pack=file.standing.pack,
        agencies={**agencies, **file.agencies},
        people=people_named_in(item.contents for item in file.items),
        others=others,
    )


def evidence_words(item: Item) -> str:
    """Return an item of evidence in one line: fact or opinion, what, when."""
    kind = _("Fact") if item.columns.get("kind") == "fact" else _("Opinion")
    what = " ".join(str(item.contents.get("what", "")).split())
    when = item.contents.get("happened_on") or ""
    said = f"{kind}: {what[:110]}{'…' if len(what) > 110 else ''}"
    return f"{said} ({day_words(str(when))})" if when else said


def ways(file: CaseFile, words: Wording) -> tuple[list[Way], list[Way], list[Way]]:
    """Return the steps of the ordinary way, those that keep its file, and those that cannot be taken, with why."""
    moving, keeping, refused = [], [], []
    main = MAIN_VERBS | (set() if file.identity else {"identify"}) | (set() if is_full(file) else {"reply"})
    for offer in file.offers:
        if offer.urgent:
            continue
        label = words.say(offer.label)
        href = step_address(file, offer)
        if not offer.allowed:
            refused.append(Way(label, "", offer.reasons, leads_on=offer.verb in main))
        elif offer.verb in main:
            moving.append(Way(label, href))
        else:
            keeping.append(Way(label, href))
    return moving, keeping, refused


def urgent_way(file: CaseFile) -> str:
    """Return the address of the step for danger in this case, where there is one."""
    return next((step_address(file, o) for o in file.offers if o.urgent and o.allowed), "")


def step_address(file: CaseFile, offer: Offer) -> str:
    """Return the address of a step's page."""
    return reverse("step", args=[file.standing.case_id, offer.step])


def clock_lines(file: CaseFile) -> list[ClockLine]:
    """Return the running clocks, soonest due first."""
    now, calendar = file.standing.now, file.standing.pack.calendar
    return [ClockLine(c, due_words(c.due_at, now, calendar)) for c in file.clocks if not c.stopped]


def about(file: CaseFile, words: Wording) -> list[Line]:
    """Return who the case is about: as a human said, or as the report tells until then."""
    identity, report = file.identity, file.report
    known: dict[str, object] = (
        dict(identity)
        if identity
        else {
            "names": report.get("names"),
            "born_on": report.get("born"),
            "address": report.get("address"),
            "language_needs": report.get("language_needs"),
            "adult": None if report.get("age_statement") is None else not report["age_statement"],
        }
    )
    lines = [
        Line(_("Names"), _several(known.get("names"))),
        Line(_("Born"), (day_words(str(known["born_on"])),) if known.get("born_on") else ()),
        Line(_("Address"), _several(known.get("address"))),
        Line(_("What helps in speaking with them"), _several(known.get("language_needs"))),
    ]
    if file.standing.facts["age_known"]:
        lines.insert(
            2, Line(_("Age"), (_("Under 18") if file.standing.facts["is_child"] else _("18 or over"),))
        )
    return [line for line in lines if line.value]


def _several(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(part) for part in value)
    return (str(value),) if value else ()


def report_lines(file: CaseFile, words: Wording) -> list[Line]:
    """Return what was said in the report, without what stands under who it is about."""
    form = words.pack.forms[file.standing.journey.steps[file.standing.journey.start_step].form]
    return words.lines(form, file.report, without=PERSON)


def chronology(file: CaseFile, words: Wording) -> list[Entry]:
    """Return what happened, the newest first."""
    entries = []
    steps = file.standing.journey.steps
    for moment in sorted(file.moments, key=lambda m: (m.happened_at, m.recorded_at), reverse=True):
        step = steps.get(moment.step)
        form = words.pack.forms.get(step.form) if step else None
        if form is None or moment.step == file.standing.journey.start_step:
            entries.append(Entry(moment, (), ()))
            continue
        lines = tuple(words.lines(form, moment.answers, without=("reason",)))
        entries.append(Entry(moment, lines, tuple(words.factors(form, moment.answers))))
    return entries


def requests(file: CaseFile, words: Wording) -> list[Row]:
    """Return the questions to partners with their replies."""
    form = words.pack.forms.get("reply")
    rows = []
    for item in file.of("information_request"):
        reply = item.contents.get("reply") or {}
        lines = words.lines(form, reply) if form and reply else []
        rows.append(
            Row(
                item,
                {
                    "agency": words.agencies.get(str(item.columns.get("agency_id")), ""),
                    "basis": words.code("legal_bases", item.columns.get("basis", "")),
                    "asked_at": _instant(item.columns.get("asked_at")),
                    "replied_at": _instant(item.columns.get("replied_at")),
                    "reply": lines,
                },
            )
        )
    return rows


def onward(file: CaseFile, words: Wording) -> list[Row]:
    """Return the onward referrals with what became of them."""
    states = {"offered": _("Offered, no answer yet"), "accepted": _("Accepted"), "returned": _("Returned")}
    return [
        Row(
            item,
            {
                "agency": words.agencies.get(str(item.columns.get("agency_id")), ""),
                "service": words.code("destinations", item.columns.get("service", "")),
                "state": states.get(str(item.columns.get("state")), ""),
                "basis": words.code("legal_bases", item.contents.get("basis", "")),
            },
        )
        for item in file.of("onward_referral")
    ]


@dataclass(frozen=True)
class Support:
    """Support as it stands: consent, plan, needs, and sessions delivered against commissioned."""

    consents: list[Row]
    consent: str
    plan: list[Line]
    plan_of: str
    needs: list[Row]
    actions: list[Row]
    commissioned: int
    delivered: int
    provider: str
    sessions: list[Row]

    @property
    def there_is_any(self) -> bool:
        """Say whether anything about support is on the file."""
        return bool(self.consents or self.plan or self.needs or self.sessions or self.commissioned)


def support(file: CaseFile, words: Wording) -> Support:
    """Return what is known of support, each thing with its date."""
    need_words = {
        "open": _("Not answered yet"),
        "met": _("Met"),
        "declined": _("The person declined"),
        "reasoned": _("Not met, with the reason"),
    }
    consents = [
        Row(
            item,
            {
                "state": _(CONSENT_WORDS.get(str(item.columns["state"]), str(item.columns["state"]))),
                "by": _("a parent or guardian") if item.columns["by"] == "parent" else _("the person"),
                "on": day_words(str(item.columns["on"])),
                "way": words.code("consent_ways", item.contents.get("way", "")),
                "own_view": item.contents.get("own_view", ""),
            },
        )
        for item in file.of("consent")
    ]
    plans, commissions = file.of("plan"), file.of("commission")
    running = [c for c in commissions if c.columns.get("ended_on") is None]
    sessions = file.of("provider_session")
    current = {str(c.id) for c in running}
    form = words.pack.forms.get("plan")
    return Support(
        consents=consents,
        consent=_(CONSENT_WORDS.get(str(file.standing.facts["consent"]), "Not asked yet")),
        plan=words.lines(form, plans[-1].contents, without=("reason",)) if plans and form else [],
        plan_of=show_date(plans[-1].recorded_at) if plans else "",
        needs=[Row(i, {"state": need_words.get(str(i.columns["state"]), "")}) for i in file.of("need")],
        actions=[Row(i, {}) for i in file.of("action")],
        commissioned=sum(int(c.columns["sessions"]) for c in running),
        delivered=sum(
            bool(s.columns["delivered"]) and str(s.columns["commission_id"]) in current for s in sessions
        ),
        provider=words.agencies.get(str(running[-1].columns["agency_id"]), "") if running else "",
        sessions=[
            Row(
                item,
                {
                    "on": day_words(str(item.columns["on"])),
                    "result": words.code("session_results", item.contents.get("result", ""))
                    if item.columns["delivered"]
                    else _("Did not take place"),
                    "said": item.contents.get("report") or item.contents.get("why_not") or "",
                },
            )
            for item in sessions
        ],
    )


def panel(file: CaseFile) -> list[Row]:
    """Return each agency's view of the case, in words, with the day it was minuted."""
    return [
        Row(
            item,
            {
                "view": _(VIEW_WORDS.get(str(item.columns["view"]), str(item.columns["view"]))),
                "who": item.columns.get("practitioner_name", ""),
            },
        )
        for item in file.of("panel_view")
    ]


def hold_words(file: CaseFile) -> str:
    """Return “not before” a day, or nothing when steps may be taken: all that this page ever says of it."""
    held = file.of("hold")
    until = held[-1].columns.get("not_before") if held else None
    if not until or date.fromisoformat(until) <= file.standing.pack.calendar.local_day(file.standing.now):
        return ""
    return day_words(str(until))


def checks(file: CaseFile) -> list[Row]:
    """Return the checks against live work, for those in their sealed audience."""
    return [Row(i, {}) for i in file.of("deconfliction")]


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None


def known_as(file: CaseFile) -> str:
    """Return the first name that the case knows its person by, or "" before a human has said who it is."""
    names = file.identity.get("names") or [plan.contents.get("known_as", "") for plan in file.of("plan")[-1:]]
    return str(names[0]) if names else ""


def is_full(file: CaseFile) -> bool:
    """Say whether whoever asks sees the file itself, and not only what they were asked."""
    return "file" in file.standing.parts


def kept_out(file: CaseFile, words: Wording) -> list[str]:
    """Say who is kept out of the case, and whether somebody independent has looked at that yet."""
    said = {"named": _("until somebody independent has looked"), "kept_out": _("for good")}
    return [
        f"{item.columns.get('practitioner_name') or _('A name that fits nobody here')}, {said[item.columns['state']]}"
        for item in file.of("kept_out")
        if item.columns["state"] in said
    ]
