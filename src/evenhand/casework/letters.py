"""Write letters in plain words: the answer to a request, in one form whatever is held, and the end of a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from evenhand.casework.case_file import look
from evenhand.casework.looks import OWN_WORK
from evenhand.casework.rights import DONE, FULL, NEUTRAL, PART, Asked
from evenhand.gate import ledger
from evenhand.gate.act import Refused
from evenhand.gate.entry import Who
from evenhand.gate.keeping import keeping_of
from evenhand.gate.policy import pack, packs
from evenhand.kernels.policy import Pack, Reason


@dataclass(frozen=True)
class Letter:
    """A letter: its date, what it is about, and its paragraphs."""

    on: date
    reference: str
    subject: str
    paragraphs: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()


def answer_letter(asked: Asked, *, on: date) -> Letter:
    """Return the answer to a request.

    Where not everything may be told the words are the same whether something is held or not, and every answer
    ends with them, so that their presence says nothing either.
    """
    neutral = str(_entry(pack(), "neutral", "cannot_say")["text"])
    begins = {
        FULL: "With this letter you get what we hold about you.",
        PART: "With this letter you get what we may give you.",
        DONE: "We have done what you asked.",
    }.get(asked.decision)
    subject = f"Your request of {asked.received_on.day} {asked.received_on:%B %Y}"
    told = () if begins is None or asked.decision == NEUTRAL else (begins, *_whom_we_told(asked))
    return Letter(on, asked.reference, subject, (*told, neutral), elsewhere())


def _whom_we_told(asked: Asked) -> tuple[str, ...]:
    """Return who had been told and hears of it, where the person asked that and the decision says so."""
    names = asked.reasons.get("recipients")
    if asked.decision != DONE or names is None:
        return ()
    if not names:
        return ("You asked whom we have told of this. We had passed it on to nobody.",)
    return (
        f"You asked whom we have told of this. We tell everybody to whom we had passed it on: {'; '.join(names)}.",
    )


def elsewhere(rules: Pack | None = None) -> tuple[str, ...]:
    """Return whom somebody may turn to outside the agency, one sentence or two a body; the same in every letter."""
    found = (rules or pack()).disclosure.get("outside_body", [])
    return (
        tuple(str(body["text"]) for body in found if isinstance(body, dict))
        if isinstance(found, list)
        else ()
    )


def end_letter(case_id: UUID, who: Who) -> Letter:
    """Return the letter at a clean end; raises Refused where a case has not come to one, or the person was never told."""
    file = look(case_id, who, ground=OWN_WORK)
    found = file.standing
    letter = _entry(packs()[found.pack.code], "letter", "clean_end")
    if not letter or found.place not in letter["places"] or not found.closed:
        raise Refused((Reason("no_clean_end", "This case has not come to a clean end.", ""),))
    if not found.facts["person_told"]:
        sentence = "The person was never told that there was a concern. Tell them first, or leave the letter."
        raise Refused((Reason("not_told", sentence, "DPA 2018 s.44; UK GDPR Arts. 13-14"),))
    next_day = keeping_of(case_id).next
    on = found.pack.calendar.local_day(found.now)
    review_on = next_day.on if next_day else on
    words = tuple(
        str(text).replace("{review_on}", f"{review_on.day} {review_on:%B %Y}") for text in letter["text"]
    )
    ledger.write(
        case_id,
        [_printed(who, found.reference, found.now)],
    )
    return Letter(
        on, found.reference, str(letter.get("subject", "It is finished")), words, elsewhere(found.pack)
    )


def _printed(who: Who, reference: str, now: datetime) -> dict[str, str]:
    return ledger.entry(
        actor=who.practitioner_id, verb="print", case=reference, at=now, ground=OWN_WORK, detail="letter"
    )


def _entry(rules: Pack, section: str, code: str) -> dict[str, Any]:
    found = rules.disclosure.get(section, [])
    rows = found if isinstance(found, list) else []
    return next((row for row in rows if isinstance(row, dict) and row.get("code") == code), {})
