"""Check where a journey's steps lead: no place out of reach, no dead end, no clock that runs on for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from evenhand.kernels.policy.journey import EVERY_CLOCK, SAME, Journey, Outcome, Step

Report = Callable[[str, str], None]
Way = tuple[Step, Outcome, str, str]
RESTRICT = "restrict"


def ways(journey: Journey) -> Iterator[Way]:
    """Yield every (step, outcome, from, to) that the journey allows."""
    for step in journey.steps.values():
        for place in journey.departures(step):
            for outcome in step.outcomes.values():
                for arrival in journey.arrivals(step, outcome, place):
                    if arrival in journey.places:
                        yield step, outcome, place, arrival


def check_ways(journey: Journey, report: Report) -> None:
    """Report places out of reach, dead ends, and clocks that are never stopped or never resumed."""
    found = list(ways(journey))
    reached = {journey.start}
    grown = True
    while grown:
        new = {to for _, _, place, to in found if place in reached} - reached
        grown = bool(new)
        reached |= new
    for place in journey.places.values():
        if place.code not in reached:
            report(f"place.{place.code}", "cannot be reached from the start")
        outward = [to for _, _, start, to in found if start == place.code and to != place.code]
        if not outward and not place.final:
            report(f"place.{place.code}", "is a dead end that is not marked final")
    ending = {p.code for p in journey.places.values() if p.final}
    grown = True
    while grown:
        new = {place for _, _, place, to in found if to in ending and place in journey.places} - ending
        grown = bool(new)
        ending |= new
    for code, place in journey.places.items():
        if code not in ending and any(s == code and t != code for _, _, s, t in found):
            report(f"place.{code}", f"leads to no final place: a case could stay in {place.label!r} for ever")
    _check_clocks(journey, found, report)


def _check_clocks(journey: Journey, found: list[Way], report: Report) -> None:
    started: dict[str, str] = {}
    stopped: set[str] = set()
    for step in journey.steps.values():
        for outcome in step.outcomes.values():
            for clock in (*step.starts, *outcome.starts):
                started.setdefault(clock, step.code)
            stopped.update(step.stops, outcome.stops)
    # What stands still because a case is set apart runs on when it comes back, and by no other step.
    for apart in (True, False):
        steps = [step for step in journey.steps.values() if (step.verb == RESTRICT) == apart]
        paused = {c: s.code for s in steps for o in s.outcomes.values() for c in (*s.pauses, *o.pauses)}
        resumed = {c for s in steps for o in s.outcomes.values() for c in (*s.resumes, *o.resumes)}
        for clock, step_code in paused.items():
            if clock not in resumed:
                report(f"step.{step_code}", f"pauses the clock {clock!r}, which no step resumes")
    for clock, step_code in started.items():
        if clock not in stopped and EVERY_CLOCK not in stopped:
            report(f"step.{step_code}", f"starts the clock {clock!r}, which no step stops")
            continue
        _follow(journey, found, clock, report)


def _follow(journey: Journey, found: list[Way], clock: str, report: Report) -> None:
    """Follow one clock through all ways, and report each step that ends a case while it may still run."""
    running: set[str] = set()
    grown = True
    while grown:
        grown = False
        for step, outcome, place, to in found:
            if to in running or not _runs_on(step, outcome, clock, place in running):
                continue
            running.add(to)
            grown = True
    told: set[str] = set()
    for step, outcome, place, to in found:
        ends = journey.places[to].final and outcome.to != SAME
        if ends and step.code not in told and _runs_on(step, outcome, clock, place in running):
            told.add(step.code)
            report(
                f"step.{step.code}.outcome.{outcome.code}",
                f'can end the case while the clock {clock!r} runs: stop it here (stops = ["{EVERY_CLOCK}"] stops all)',
            )


def _runs_on(step: Step, outcome: Outcome, clock: str, before: bool) -> bool:
    if clock in (*step.starts, *outcome.starts):
        return True
    stops = (*step.stops, *outcome.stops)
    return before and clock not in stops and EVERY_CLOCK not in stops
