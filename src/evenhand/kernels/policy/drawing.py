"""Draw a journey as one SVG: a card for each place in order, and a line for each way into another place."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from evenhand.kernels.policy.journey import ANYWHERE, BACK, LIVE, SAME, Journey, Step

CARD_LEFT, CARD_WIDTH, TOP, GAP = 28, 600, 118, 22
HEAD, ROW, SMALL = 46, 22, 17
LANE, FIRST_LANE = 17, 34
COMMON = 8
"""A step that leaves from so many places is told in words: its lines would hide all others."""
WRAP = 92
COLOURS = ("#1d70b8", "#00703c", "#9a4a00", "#4c2c92", "#a3195b", "#0b6e75", "#5c5c00", "#6b3a2a")
STYLE = (
    "text{font-family:Arial,Helvetica,sans-serif;fill:#0b0c0c}"
    ".name{font-size:17px;font-weight:700}.title{font-size:24px;font-weight:700}"
    ".step{font-size:14px}.more{font-size:12.5px;fill:#383f43}.pill{font-size:12.5px;font-weight:700;fill:#fff}"
    ".owner{font-size:12.5px;fill:#383f43;text-anchor:end}"
)


@dataclass(frozen=True)
class _Way:
    label: str
    target: str | None


@dataclass(frozen=True)
class _Card:
    code: str
    ways: tuple[_Way, ...]
    here: tuple[str, ...]
    top: int

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.ways) + SMALL * len(self.here) + (10 if self.ways or self.here else 0)

    @property
    def entry(self) -> int:
        return self.top + HEAD // 2

    def port(self, number: int) -> int:
        return self.top + HEAD + ROW * number + ROW // 2


def draw_svg(journey: Journey) -> str:
    """Return the picture as SVG text: no script, nothing from outside, with a title and a description.

    Places stand in the order of the policy, ends last. Each row of a card is a step that
    leads elsewhere; its line runs to the bus of the place it leads to, which ends in that place's card.
    """
    cards = _cards(journey)
    lanes = _lanes(cards)
    width = CARD_LEFT + CARD_WIDTH + FIRST_LANE + LANE * (max(lanes.values(), default=0) + 1) + 24
    foot = _foot(journey)
    last = cards[-1]
    height = last.top + last.height + 30 + SMALL * len(foot) + (14 if foot else 0)
    body = [_ways(cards, lanes), *(_card(journey, card) for card in cards)]
    for number, line in enumerate(foot):
        y = last.top + last.height + 34 + SMALL * number
        body.append(f'<text class="more" x="{CARD_LEFT}" y="{y}">{escape(line)}</text>')
    title = f"{journey.label}, edition {journey.edition}"
    told = "; ".join(
        f"{journey.places[c.code].label}"
        + (
            f": {', '.join(f'{w.label} to {journey.places[w.target].label}' for w in c.ways if w.target)}"
            if c.ways
            else ""
        )
        for c in cards
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="title desc">\n<title id="title">{escape(title)}</title>\n'
        f'<desc id="desc">{escape(told)}.</desc>\n<style>{STYLE}</style>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        f'<text class="title" x="{CARD_LEFT}" y="42">{escape(title)}</text>\n'
        f'<text class="more" x="{CARD_LEFT}" y="64">A row of a card is a step that leads elsewhere; follow its line '
        f"to the arrow.</text>\n" + _begin(journey) + "\n".join(body) + "\n</svg>\n"
    )


def _foot(journey: Journey) -> list[str]:
    lines: list[str] = []
    stay = [s for s in journey.steps.values() if _stays(s) and _common(journey, s)]
    always = [s.label for s in stay if {LIVE, ANYWHERE} & set(s.places)]
    often = [s.label for s in stay if s.label not in always]
    for head, labels in (("Wherever the case stands: ", always), ("At most places: ", often)):
        if labels:
            lines += textwrap.wrap(head + ", ".join(labels) + ".", WRAP + 8)
    return lines


def _cards(journey: Journey) -> list[_Card]:
    cards: list[_Card] = []
    top = TOP
    for code in _order(journey):
        ways: dict[tuple[str, str | None], list[str]] = {}
        here: list[str] = []
        for step in journey.steps_from(code):
            if _common(journey, step):
                continue
            if _stays(step):
                here.append(step.label)
            for outcome in step.outcomes.values():
                if outcome.to not in {SAME, code}:
                    target = None if outcome.to == BACK else outcome.to
                    ways.setdefault((step.code, target), []).append(outcome.label)
        rows = [_Way(_row(journey, step, target, labels), target) for (step, target), labels in ways.items()]
        lines = textwrap.wrap("Also here: " + ", ".join(here), WRAP) if here else []
        card = _Card(code, tuple(rows), tuple(lines + _entered(journey, code)), top)
        cards.append(card)
        top += card.height + GAP
    return cards


def _row(journey: Journey, code: str, target: str | None, labels: Sequence[str]) -> str:
    step = journey.steps[code]
    label = step.label if len(step.outcomes) == 1 else f"{step.label}: {'; '.join(labels)}"
    return _short(label if target else f"{label} (back to where it was)")


def _entered(journey: Journey, code: str) -> list[str]:
    """Say which steps lead here from so many places that their lines are left out."""
    lines = []
    for step in journey.steps.values():
        if _common(journey, step) and any(o.to == code for o in step.outcomes.values()):
            lines.append(f"Also entered from {len(journey.departures(step))} places by: {step.label}")
    return lines


def _stays(step: Step) -> bool:
    return all(outcome.to == SAME for outcome in step.outcomes.values())


def _common(journey: Journey, step: Step) -> bool:
    return len(journey.departures(step)) >= COMMON


def _short(label: str) -> str:
    return textwrap.shorten(label, 78, placeholder=" …")


def _order(journey: Journey) -> list[str]:
    """Return the places as the policy's author put them, which is how the road goes; ends last."""
    return sorted(journey.places, key=lambda code: journey.places[code].final)


def _lanes(cards: Sequence[_Card]) -> dict[str, int]:
    """Give each target a lane: short buses inside, and one lane for buses that do not overlap."""
    spans: dict[str, tuple[int, int]] = {}
    for card in cards:
        ports = [c.port(n) for c in cards for n, way in enumerate(c.ways) if way.target == card.code]
        if ports:
            spans[card.code] = (min([*ports, card.entry]), max([*ports, card.entry]))
    lanes: dict[str, int] = {}
    taken: list[list[tuple[int, int]]] = []
    for code, (low, high) in sorted(spans.items(), key=lambda item: (item[1][1] - item[1][0], item[1])):
        free = (n for n, lane in enumerate(taken) if all(high + 6 < a or b + 6 < low for a, b in lane))
        lanes[code] = next(free, len(taken))
        if lanes[code] == len(taken):
            taken.append([])
        taken[lanes[code]].append((low, high))
    return lanes


def _ways(cards: Sequence[_Card], lanes: dict[str, int]) -> str:
    right = CARD_LEFT + CARD_WIDTH
    drawn = []
    for number, card in enumerate(cards):
        if card.code not in lanes:
            continue
        x = right + FIRST_LANE + LANE * lanes[card.code]
        colour = COLOURS[number % len(COLOURS)]
        ports = [c.port(n) for c in cards for n, way in enumerate(c.ways) if way.target == card.code]
        low, high = min([*ports, card.entry]), max([*ports, card.entry])
        lines = "".join(f"M{right} {y}H{x}" for y in ports)
        dots = "".join(f'<circle cx="{x}" cy="{y}" r="3.2" fill="{colour}"/>' for y in ports)
        drawn.append(
            f'<g><path d="{lines}M{x} {low}V{high}M{x} {card.entry}H{right + 9}" fill="none" stroke="{colour}" '
            f'stroke-width="2"/>{dots}<path d="M{right + 1} {card.entry}l11 -6v12z" fill="{colour}"/></g>'
        )
    return "\n".join(drawn)


def _card(journey: Journey, card: _Card) -> str:
    place = journey.places[card.code]
    fill, line = ("#f3f2f1", "#505a5f") if place.final else ("#ffffff", "#0b0c0c")
    pill = 12 + 8 * len(place.stage)
    owner = f"{place.owner[0].replace('_', ' ')} ({place.owner[1].replace('_', ' ')})"
    if place.identity != "shown":
        owner += f", identity {place.identity}"
    parts = [
        f'<rect x="{CARD_LEFT}" y="{card.top}" width="{CARD_WIDTH}" height="{card.height}" rx="6" fill="{fill}" '
        f'stroke="{line}" stroke-width="{1.2 if place.final else 1.6}"/>',
        f'<rect x="{CARD_LEFT + 12}" y="{card.top + 12}" width="{pill}" height="22" rx="4" fill="#1d4e79"/>',
        f'<text class="pill" x="{CARD_LEFT + 12 + pill / 2}" y="{card.top + 27.5}" text-anchor="middle">'
        f"{escape(place.stage)}</text>",
        f'<text class="name" x="{CARD_LEFT + 22 + pill}" y="{card.top + 29}">'
        f"{escape(place.label)}{' (end)' if place.final else ''}</text>",
        f'<text class="owner" x="{CARD_LEFT + CARD_WIDTH - 14}" y="{card.top + 28}">{escape(owner)}</text>',
    ]
    for number, way in enumerate(card.ways):
        y = card.port(number)
        parts.append(
            f'<path d="M{CARD_LEFT + 12} {y - ROW // 2}H{CARD_LEFT + CARD_WIDTH}" stroke="#d8dadb" stroke-width="1"/>'
            f'<text class="step" x="{CARD_LEFT + 16}" y="{y + 5}">{escape(way.label)}</text>'
        )
    for number, text in enumerate(card.here):
        y = card.top + HEAD + ROW * len(card.ways) + SMALL * number + 14
        parts.append(f'<text class="more" x="{CARD_LEFT + 16}" y="{y}">{escape(text)}</text>')
    return "<g>" + "".join(parts) + "</g>"


def _begin(journey: Journey) -> str:
    step = journey.steps[journey.start_step].label
    x, y = CARD_LEFT + 24, TOP - 26
    return (
        f'<circle cx="{x}" cy="{y}" r="7" fill="#0b0c0c"/><path d="M{x} {y}V{TOP - 9}" stroke="#0b0c0c" '
        f'stroke-width="2"/><path d="M{x} {TOP - 1}l-6 -11h12z" fill="#0b0c0c"/>'
        f'<text class="step" x="{x + 16}" y="{y + 5}">{escape(step)}</text>\n'
    )
