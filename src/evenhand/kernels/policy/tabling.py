"""Write a journey as a page: its picture, its places, its steps and its clocks, for people who own the policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evenhand.kernels.policy.explaining import holding_words, place_words, target_words
from evenhand.kernels.policy.journey import EVERY_CLOCK, Holding, Journey, Step
from evenhand.kernels.policy.pack import Pack


def draw_table(journey: Journey, *, pack: Pack | None = None) -> str:
    """Return places and steps as Markdown tables; with the pack, roles and clocks stand in words."""
    return f"{_places(journey, pack)}\n{_steps(journey, pack)}"


def journey_page(pack: Pack, journey: Journey, *, picture: str) -> str:
    """Return the whole generated page of a journey; `picture` is the file name of its drawing."""
    dates = f"since {journey.effective_from}" + (
        f" until {journey.effective_to}" if journey.effective_to is not None else ""
    )
    return "\n".join(
        [
            f"# {journey.label} ({pack.title})",
            "",
            f"<!-- Made by `evenhand policy draw {pack.code}`; change the policy, not this page. -->",
            "",
            f"Edition {journey.edition}, {dates}. Source: {journey.source}.",
            "",
            f"![The places of {journey.label} and the steps between them]({picture})",
            "",
            draw_table(journey, pack=pack),
            _rules(journey),
            _clocks(pack, journey),
        ]
    )


def _places(journey: Journey, pack: Pack | None) -> str:
    rows = []
    for place in journey.places.values():
        see = "; ".join(f"{part}: {_who(pack, who)}" for part, who in place.see.items())
        name = f"**{place.label}** `{place.code}`{' (final)' if place.final else ''}<br>{place.explain}"
        rows.append((name, place.stage, _who(pack, [place.owner]), place.identity, see))
    head = ("Place", "Stage", "Owner", "Identity", "Who may see which part")
    return f"## Places\n\n{_table(head, rows)}"


def _steps(journey: Journey, pack: Pack | None) -> str:
    rows = []
    for step in journey.steps.values():
        outcomes = "<br>".join(
            f"{o.label}: {target_words(journey, o)}{f' (counted as `{o.counted_as}`)' if o.counted_as else ''}"
            for o in step.outcomes.values()
        )
        who = _who(pack, step.who)
        if step.not_who:
            who += f"<br>not whoever took: {', '.join(journey.steps[c].label for c in step.not_who)}"
        needs = "<br>".join(dict.fromkeys(c.sentence for c in step.requires))
        name = f"**{step.label}** `{step.code}`{' (urgent)' if step.urgent else ''}<br>{step.clause}"
        rows.append((name, ", ".join(place_words(journey, p) for p in step.places), who, outcomes, needs))
    head = ("Step and clause", "From", "Who", "Outcome: where it leads", "Refused with")
    return f"## Steps\n\n{_table(head, rows)}"


def _rules(journey: Journey) -> str:
    if not journey.rules:
        return ""
    rows = [
        (
            rule.condition.sentence,
            "when a case closes" if rule.on == "close" else "on every step that is not urgent",
            rule.condition.clause,
            ", ".join(journey.steps[code].label for code in rule.exempt) or "none",
        )
        for rule in journey.rules
    ]
    return f"## Rules of the whole journey\n\n{_table(('Refused with', 'When', 'Clause', 'Steps it spares'), rows)}"


def _clocks(pack: Pack, journey: Journey) -> str:
    rows = []
    for clock in pack.clocks.values():
        starts = _taking(journey, clock.code, "starts")
        if not starts:
            continue
        for value in clock.values:
            span = f"since {value.effective_from}" + (
                f" until {value.effective_to}" if value.effective_to is not None else ""
            )
            amount = f"{value.value} {value.unit.replace('_', ' ')}, {span}"
            stops = [s for s in _taking(journey, clock.code, "stops") if s not in starts]
            pauses = _taking(journey, clock.code, "pauses")
            rows.append(
                (
                    clock.label,
                    amount,
                    value.basis,
                    value.source,
                    ", ".join(starts),
                    ", ".join(pauses),
                    ", ".join(stops),
                )
            )
    head = ("Clock", "Value", "Basis", "Source", "Started by", "Paused by", "Stopped by")
    return f"## Clocks\n\n{_table(head, rows)}"


def _taking(journey: Journey, clock: str, word: str) -> list[str]:
    def takes(step: Step) -> bool:
        named: set[str] = set(getattr(step, word))
        for outcome in step.outcomes.values():
            named.update(getattr(outcome, word))
        return clock in named or (word == "stops" and EVERY_CLOCK in named)

    return [step.label for step in journey.steps.values() if takes(step)]


def _who(pack: Pack | None, holdings: Sequence[Holding]) -> str:
    if pack is None:
        return ", ".join("anybody" if role == "*" else f"{role} at {binding}" for role, binding in holdings)
    return ", ".join(holding_words(pack, holding) for holding in holdings)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [
        f"| {' | '.join(cell.replace('|', '&#124;').replace(chr(10), ' ') for cell in row)} |" for row in rows
    ]
    return "\n".join(lines) + "\n"
