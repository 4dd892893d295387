"""Take a step: find the verb's file, and go through the gate with what it writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from evenhand.casework import (
    accept,
    alert,
    ask,
    assign,
    confirm,
    consent,
    convene,
    correct,
    declare,
    deconflict,
    deliver,
    erase,
    hold,
    identify,
    keep,
    keep_out,
    link,
    look_again,
    note,
    plan,
    reply,
    restrict,
    screen,
    share,
    tell,
)
from evenhand.casework.attach import Upload, attach
from evenhand.gate.act import Act, Done, Writing, act
from evenhand.gate.entry import Who

# A verb that is not here changes only what the gate itself writes: place, clocks, owner, the decision.
WRITERS: Mapping[str, Callable[[Writing], None]] = {
    "accept": accept.write,
    "alert": alert.write,
    "ask": ask.write,
    "assign": assign.write,
    "confirm": confirm.write,
    "consent": consent.write,
    "convene": convene.write,
    "correct": correct.write,
    "declare": declare.write,
    "deconflict": deconflict.write,
    "deliver": deliver.write,
    "erase": erase.write,
    "hold": hold.write,
    "identify": identify.write,
    "keep": keep.write,
    "keep_out": keep_out.write,
    "link": link.write,
    "look_again": look_again.write,
    "note": note.write,
    "plan": plan.write,
    "reply": reply.write,
    "restrict": restrict.write,
    "screen": screen.write,
    "share": share.write,
    "tell": tell.write,
}


def take(case_id: UUID, wanted: Act, who: Who, *, uploads: Mapping[UUID, Upload] | None = None) -> Done:
    """Take one step in a case; raises NoSuchCase, ChangedMeanwhile, Refused, Invalid, and then nothing was written."""

    def effects(writing: Writing) -> None:
        write = WRITERS.get(writing.decision.verb)
        if write is not None:
            write(writing)
        attach(writing, uploads or {})

    return act(case_id, wanted, who, effects=effects)
