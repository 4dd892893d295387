"""Stop, pause and resume the running clocks of a case as a decision says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evenhand.gate.standing import Standing
from evenhand.kernels.policy import Decision, Pack, due_at


def changed_clocks(decision: Decision, found: Standing, pack: Pack, now: datetime) -> list[dict[str, Any]]:
    """Return the clocks that a decision changes, each with its due time, pauses and end from now on."""
    changed = []
    restarted = {start.clock for start in decision.starts}
    for clock in found.raw["clocks"]:
        code, pauses = clock["code"], list(clock["pauses"])
        stopped = None
        paused = bool(pauses) and pauses[-1][1] is None
        if code in decision.stops or code in restarted:
            stopped = now.isoformat()
        elif code in decision.resumes and paused:
            pauses[-1] = [pauses[-1][0], now.isoformat()]
        elif code in decision.pauses and not paused:
            pauses.append([now.isoformat(), None])
        else:
            continue
        changed.append(
            {
                "id": clock["id"],
                "pauses": pauses,
                "stopped_at": stopped,
                "due_at": _due(clock, pauses, pack, now).isoformat(),
            }
        )
    return changed


def _due(clock: dict[str, Any], pauses: list[list[str | None]], pack: Pack, now: datetime) -> datetime:
    spans = tuple(
        (datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)
        for start, end in pauses
        if start
    )
    started = datetime.fromisoformat(clock["started_at"])
    return due_at(clock["value"], clock["unit"], started, pack.calendar, spans, now)
