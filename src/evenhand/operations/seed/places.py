"""Fill the demo with places to protect: sites through their festivals, a rota, an answer to a rise, and what was promised."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from evenhand.casework.protect import ACTS, Done, take
from evenhand.casework.protect.warning import acknowledge
from evenhand.gate import demo
from evenhand.gate.entry import enter, enter_door, open_session
from evenhand.kernels.festivals import Observed, between
from evenhand.operations.seed.partnership import FORCE, Partnership
from evenhand.operations.watch_areas import mirror

# name, area, tradition, kind, weekday of the main gathering, its hours
SITES = (
    ("Lantern Street Mosque", "ashmere", "muslim", "place_of_worship", "friday", "12:30", "14:30"),
    ("Ashmere Gurdwara", "ashmere", "sikh", "place_of_worship", "sunday", "10:00", "14:00"),
    ("Copperdale Synagogue", "copperdale", "jewish", "place_of_worship", "saturday", "09:30", "12:30"),
    ("Hill Road Mandir", "brackenford", "hindu", "place_of_worship", "sunday", "11:00", "13:00"),
    ("St Brannoc’s Church", "dunmarrow", "christian", "place_of_worship", "sunday", "10:00", "11:30"),
    ("Brackenford Crescent School", "brackenford", "muslim", "faith_school", "monday", "08:00", "09:00"),
)
SCHEMES = {"muslim": "mosques", "jewish": "jewish_grant"}
PRIORITIES = ("first", "second", "third")
AHEAD = timedelta(days=200)


class _Hands:
    """Somebody of the demo who acts at a moment of its past."""

    def __init__(self, somebody: UUID) -> None:
        self.id = somebody
        self._token = open_session(somebody)

    def act(self, at: datetime, code: str, target: UUID | None = None, **answers: str) -> Done:
        """Take one act about a place."""
        with enter(self._token) as who, demo.at(at):
            return take(ACTS, code, target, answers, who, number=uuid4())


def protect_places(who: Partnership, now: datetime) -> int:
    """Put sites, plans, a rota, an answer and promises into the demo; returns how many sites there are."""
    mirror()
    today = now.date()
    planner = _Hands(who.holders("protection_planner", FORCE, today)[0])
    responder = _Hands(who.holders("responder", FORCE, today)[0])
    sites = [_site(planner, responder, number, site, now) for number, site in enumerate(SITES)]
    _rota(planner, now)
    _answer(responder, sites[0], now)
    return len(sites)


def _site(planner: _Hands, responder: _Hands, number: int, site: tuple[str, ...], now: datetime) -> UUID:
    name, area, tradition, kind, weekday, opens, closes = site
    begun, today = now - timedelta(days=60 - number), now.date()
    why = "The site asked for it."
    found = planner.act(
        begun, "site", area=area, name=name, kind=kind, tradition=tradition, address=f"{number + 1} Example Road", reason=why
    ).number  # fmt: skip
    contact = planner.act(
        begun, "contact", found, contact=f"Contact {number + 1}", job="Keys and alarms", phone=f"01632 960 0{number:02d}", reason=why
    ).number  # fmt: skip
    gathering = {
        "minutes": "60",
        "visits": "1",
        "reason": "As the site says.",
        "opens": opens,
        "closes": closes,
    }
    planner.act(begun, "time", found, kind="weekly", weekday=weekday, priority=PRIORITIES[1], **gathering)
    for festival in _next_festivals(tradition, today):
        planner.act(
            begun, "time", found, kind="festival", festival=festival, day_offset="1", priority=PRIORITIES[0],
            **(gathering | {"opens": "18:00", "closes": "21:00", "visits": "2"}),
        )  # fmt: skip
    planner.act(
        begun, "weakness", found, weakness="Nobody can see the side door from the street.", reason=why
    )
    planner.act(
        begun, "plan", found, officer=str(responder.id), from_on=begun.date().isoformat(),
        to_on=(today + AHEAD).isoformat(), review_on=(today + timedelta(days=14 + number)).isoformat(),
        aims="That people come without fear.", measures="Visits at the main gathering; a crew at festivals.", reason=why,
    )  # fmt: skip
    visited = now - timedelta(days=10 + number)
    visit = planner.act(
        visited - timedelta(days=3), "visit", found, kind="visit", on_day=visited.date().isoformat(), clock=opens, minutes="30",
        crew="Neighbourhood team", reason="A word with the contact.",
    ).number  # fmt: skip
    if number % 3 != 2:
        planner.act(
            visited + timedelta(days=1),
            "log-visit",
            visit,
            took_place="yes",
            words="Quiet; the gate was locked.",
        )
    scheme = SCHEMES.get(tradition, "places_of_worship")
    applied = planner.act(
        begun, "apply", found, scheme=scheme, on_day=begun.date().isoformat(), words="Lighting and a camera at the side door."
    ).number  # fmt: skip
    planner.act(
        begun + timedelta(days=20), "application", applied, state="applied", on_day=(begun + timedelta(days=20)).date().isoformat(),
        due_on=(today + timedelta(days=30)).isoformat(), words="Sent.",
    )  # fmt: skip
    if number == 0:
        _warn(planner, responder, found, contact, now)
    return found


def _warn(planner: _Hands, responder: _Hands, site: UUID, contact: UUID, now: datetime) -> None:
    told = "More has been counted near you than usual. A crew comes on Friday. Please lock the side door."
    sent = planner.act(
        now - timedelta(days=4), "warn", site, contact=str(contact), officer=str(responder.id), warning=told,
        reason="The alarm of this week.",
    )  # fmt: skip
    with enter_door(), demo.at(now - timedelta(days=3)):
        acknowledge(sent.kept["token"], "Thank you. The lock is being mended.")


def _next_festivals(tradition: str, today: date) -> list[str]:
    found = between(today, today + AHEAD, frozenset({tradition}))
    return list(dict.fromkeys(one.festival.code for one in found if isinstance(one, Observed)))[:2]


def _rota(planner: _Hands, now: datetime) -> None:
    monday = now.date() + timedelta(days=7 - now.weekday())
    made = planner.act(
        now - timedelta(days=1), "rota", area=f"force-{FORCE}", begins_on=monday.isoformat(), days="7", travel="20",
        shifts="Crew A, 07:00-15:00, 45\nCrew B, 12:00-20:00, 45", reason="Next week, with the two crews there are.",
    )  # fmt: skip
    planner.act(
        now - timedelta(hours=20), "agree-rota", made.number, reason="It covers what is most important."
    )


def _answer(responder: _Hands, site: UUID, now: datetime) -> None:
    begun = now - timedelta(days=12)
    answer = responder.act(
        begun, "respond", area="ashmere", owner=str(responder.id), title="More incidents round Lantern Street",
        reason="Six incidents in a week, where one is usual.",
    ).number  # fmt: skip
    said: dict[str, Any] = {
        "communities": "Worshippers, above all women who come alone.", "experienced": "Women are shouted at on the way.",
        "actions": "A crew on Fridays; a meeting with the committee.", "reason": "The review that was due.",
    }  # fmt: skip
    for days, happened, level in (
        (0, "Six incidents in a week, two of them threats.", "raised"),
        (7, "One more incident, then none.", "normal"),
    ):
        at = begun + timedelta(days=days)
        responder.act(
            at, "impact", answer, happened=happened, level=level, review_on=(at + timedelta(days=14)).date().isoformat(), **said
        )  # fmt: skip
    responder.act(
        now - timedelta(days=5), "tension", area="ashmere", week=(now - timedelta(days=5)).date().isoformat(), level="raised",
        experienced="Women are shouted at.", done="Patrols on Fridays.", reason="The week's summary.",
    )  # fmt: skip
    promises = (
        ("A crew stands near Friday prayers for four weeks", 2, "kept", "Four Fridays, each logged."),
        ("The lamp in Example Road is mended", 20, "put_off", "The part has not come."),
        ("A meeting with all places of worship", 30, "", ""),
    )
    for what, due, state, words in promises:
        made = responder.act(
            begun, "promise", area="ashmere", response=str(answer), what=what, by_whom="Ashmere neighbourhood team",
            due_on=(now + timedelta(days=due)).date().isoformat(), public="yes", reason="Asked for at the meeting.",
        ).number  # fmt: skip
        if state:
            more = (
                {"due_on": (now + timedelta(days=due + 14)).date().isoformat()} if state == "put_off" else {}
            )
            responder.act(
                now - timedelta(days=1), "promise-step", made, state=state, on_day=(now - timedelta(days=1)).date().isoformat(),
                words=words, reason="As the log says.", **more,
            )  # fmt: skip
