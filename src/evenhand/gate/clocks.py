"""Stop, pause and resume the running clocks of a case as a decision says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evenhand.gate.standing import Standing
from evenhand.kernels.policy import Decision, Pack, due_at

SET_APART = "set_apart"
"""Why a clock stands still while the whole case is set apart; a pause with no such word is one for an open question."""

Pauses = list[list[str | None]]


def changed_clocks(
    decision: Decision, found: Standing, pack: Pack, now: datetime, *, apart: bool | None = None
) -> list[dict[str, Any]]:
    """Return the clocks that a decision changes, each with its due time, pauses and end from now on.

    apart  whether the whole case is set apart from now on, where the decision is about that: what it pauses and
           resumes are then pauses of their own, so that a clock may stand still for a question as well
    """
    changed = []
    restarted = {start.clock for start in decision.starts}
    why = None if apart is None else SET_APART
    pausing = decision.pauses if apart is not False else ()
    resuming = decision.resumes if apart is not True else ()
    for clock in found.raw["clocks"]:
        code, pauses = clock["code"], [list(span) for span in clock["pauses"]]
        stopped = None
        standing_still = open_pause(pauses, why)
        if code in decision.stops or code in restarted:
            stopped = now.isoformat()
        elif code in resuming and standing_still is not None:
            standing_still[1] = now.isoformat()
        elif code in pausing and standing_still is None:
            pauses.append([now.isoformat(), None, why] if why else [now.isoformat(), None])
        else:
            continue
        changed.append(_changed(clock, pauses, pack, now, stopped=stopped))
    return changed


def run_on(clocks: list[dict[str, Any]], pack: Pack, now: datetime) -> list[dict[str, Any]]:
    """Return the clocks that run on because the case is set apart no longer, without anybody's decision."""
    changed = []
    for clock in clocks:
        pauses = [list(span) for span in clock["pauses"]]
        standing_still = open_pause(pauses, SET_APART)
        if standing_still is not None:
            standing_still[1] = now.isoformat()
            changed.append(_changed(clock, pauses, pack, now, stopped=None))
    return changed


def open_pause(pauses: Pauses, why: str | None) -> list[str | None] | None:
    """Return the pause that has not ended, of those made for one reason; a pause is [from, until] or [from, until, why]."""
    return next((span for span in pauses if span[1] is None and (span[2:] or [None])[0] == why), None)


def _changed(
    clock: Mapping[str, Any], pauses: Pauses, pack: Pack, now: datetime, *, stopped: str | None
) -> dict[str, Any]:
    return {
        "id": clock["id"],
        "code": clock["code"],
        "pauses": pauses,
        "stopped_at": stopped,
        "due_at": _due(clock, pauses, pack, now).isoformat(),
    }


def _due(clock: Mapping[str, Any], pauses: Pauses, pack: Pack, now: datetime) -> datetime:
    spans = tuple(
        (datetime.fromisoformat(span[0]), datetime.fromisoformat(span[1]) if span[1] else None)
        for span in pauses
        if span[0]
    )
    started = datetime.fromisoformat(clock["started_at"])
    return due_at(clock["value"], clock["unit"], started, pack.calendar, spans, now)
