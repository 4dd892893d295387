"""Suggest which parts of a text may be about somebody else; a human decides, so it suggests too much rather than too little."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ADDRESS, NUMBER, PLACE, NAME, RELATIVE = "address", "number", "place", "name", "relative"
_PATTERNS = (
    (ADDRESS, re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|(?<!\w)@\w{3,}")),
    (NUMBER, re.compile(r"(?<!\w)(?:\+|0)\d(?:[\s().-]?\d){7,13}(?!\d)")),
    (PLACE, re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b")),
    (PLACE, re.compile(r"\b\d{1,4}[a-zA-Z]?,?\s+(?:[^\W\d_][\w’'-]+\s+){1,3}(?:Street|Road|Lane|Avenue|Close|Drive|Way|Court|Terrace|Gardens|Place)\b")),
    (RELATIVE, re.compile(
        r"\b(?:my|his|her|their|the)\s+(?:(?:elder|older|younger|big|little|step)\s*)?(?:mother|mum|father|dad|brother|sister|uncle|aunt|cousin|"
        r"grandmother|grandfather|wife|husband|partner|girlfriend|boyfriend|son|daughter|friend|neighbour|teacher|tutor|employer|imam|parents?)\b",
        re.IGNORECASE)),
)  # fmt: skip
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|PC|DC|Sgt|Imam|Rev|Sheikh|Rabbi)\.?\s+[^\W\d_][\w’'-]*")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_BEGINS = re.compile(r"(?:^|[.!?:;\n]\s*|[“\"(]\s*)$")
_NO_NAME = frozenset(
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "i",
        "the",
        "a",
        "an",
        "he",
        "she",
        "they",
        "it",
        "we",
        "you",
        "his",
        "her",
        "their",
        "this",
        "that",
        "there",
        "then",
        "when",
        "on",
        "in",
        "at",
        "of",
        "and",
        "or",
        "but",
        "police",
        "council",
        "school",
        "channel",
        "prevent",
        "panel",
        "section",
        "act",
        "officer",
        "court",
        "english",
        "welsh",
        "arabic",
        "islam",
        "muslim",
        "christian",
    ]
)


@dataclass(frozen=True, order=True)
class Mask:
    """A part of a text, from one character to before another, and why it might be taken out."""

    start: int
    end: int
    why: str


def suggest(text: str, *, own: Iterable[str] = ()) -> tuple[Mask, ...]:
    """Return what may be about somebody else, in order and without overlaps.

    own  the names of the person who asks: they are never suggested
    """
    mine = {word.casefold() for name in own for word in _WORD.findall(name)}
    found = [Mask(m.start(), m.end(), why) for why, pattern in _PATTERNS for m in pattern.finditer(text)]
    found += [
        Mask(m.start(), m.end(), NAME)
        for m in _TITLED.finditer(text)
        if not {word.casefold() for word in _WORD.findall(m.group())} & mine
    ]
    found += _names(text, mine)
    return _apart(found)


def find_all(text: str, words: str) -> tuple[Mask, ...]:
    """Return every place where a text holds these words, whatever their case."""
    wanted = words.strip()
    if not wanted:
        return ()
    return tuple(
        Mask(m.start(), m.end(), "chosen") for m in re.finditer(re.escape(wanted), text, re.IGNORECASE)
    )


def _names(text: str, mine: set[str]) -> Iterator[Mask]:
    """Yield runs of words with capitals; one alone at the beginning of a sentence is an ordinary word."""
    run: list[re.Match[str]] = []
    for word in [*_WORD.finditer(text), None]:
        near = word is not None and (not run or text[run[-1].end() : word.start()] in {" ", "-"})
        named = (
            word is not None and word.group()[0].isupper() and word.group().casefold() not in _NO_NAME | mine
        )
        if run and not (near and named):
            if len(run) > 1 or not _BEGINS.search(text[: run[0].start()]):
                yield Mask(run[0].start(), run[-1].end(), NAME)
            run = []
        if named and word is not None:
            run.append(word)


def _apart(found: list[Mask]) -> tuple[Mask, ...]:
    kept: list[Mask] = []
    for mask in sorted(found, key=lambda m: (m.start, -m.end)):
        if kept and mask.start < kept[-1].end:
            if mask.end > kept[-1].end:
                kept[-1] = Mask(kept[-1].start, mask.end, kept[-1].why)
            continue
        kept.append(mask)
    return tuple(kept)
