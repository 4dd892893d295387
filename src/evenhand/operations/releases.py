"""Look after releases: start the process that builds what was asked for, end sealed cells whose day has come."""

from __future__ import annotations

from evenhand.gate.entry import enter_house, now
from evenhand.operations.supervise import Child, evenhand
from evenhand.oversight.publish import keep
from evenhand.oversight.publish.job import waiting

_BUILDING: list[Child] = []


def start_building() -> None:
    """Start a process that builds, when a release waits and none is being built.

    A process of its own: a build takes minutes and memory, and duties do not wait for it. When it is killed the
    release still stands as being built, and the next look begins again from the frozen cells.
    """
    if _BUILDING and _BUILDING[0].code() is None:
        return
    _BUILDING.clear()
    with enter_house():
        if not waiting():
            return
    _BUILDING.append(Child(evenhand("publish", "build-waiting")))


def end_sealed() -> None:
    """Destroy the keys of sealed small cells whose day has come."""
    with enter_house():
        keep.end_small_cells(now().date())
