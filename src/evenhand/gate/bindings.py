"""Which agency stands for which binding of a case: at its beginning, after an answer, and for those who see or own it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from evenhand.gate.entry import Who
from evenhand.kernels.policy import Decision, Holding, Invalid, Pack, Reason, Refused
from evenhand.records.agency import Agency, Area


def bindings_from(pack: Pack, area: Area | None, who: Who) -> dict[str, list[str]]:
    """Say which agency stands for each binding when a case begins."""
    found: dict[str, list[str]] = {}
    for name, binding in pack.bindings.items():
        agency: UUID | None = None
        if binding.source == "actor":
            agency = who.agency_id
        elif binding.source == "area" and area is not None:
            agency = area.answers_id
        elif binding.source == "area.force" and area is not None:
            agency = area.force_id
        if agency is not None:
            found[name] = [str(agency)]
    return found


def bound(decision: Decision, bindings: dict[str, list[str]], pack: Pack) -> dict[str, list[str]]:
    """Return the bindings after the answers that name an agency."""
    after = {name: list(agencies) for name, agencies in bindings.items()}
    for name, agency in decision.binds.items():
        if not _is_agency(agency):
            raise Invalid({_field_of(decision, agency): "Choose an agency from the list."})
        held = after.get(name, []) if pack.bindings[name].several else []
        after[name] = [*[a for a in held if a != agency], agency]
        for other, binding in pack.bindings.items():
            if binding.source == "named.force" and binding.of == name:
                force = (
                    Area.objects.filter(answers_id=UUID(agency)).values_list("force_id", flat=True).first()
                )
                if force:
                    after[other] = [str(force)]
    if decision.moves_to and after.get(decision.moves_to):
        area = Area.objects.filter(answers_id=UUID(after[decision.moves_to][-1])).first()
        if area is not None:
            for name, binding in pack.bindings.items():
                if binding.source == "area":
                    after[name] = [str(area.answers_id)]
                elif binding.source == "area.force" and area.force_id:
                    after[name] = [str(area.force_id)]
    return after


def _is_agency(text: str) -> bool:
    try:
        return Agency.objects.filter(id=UUID(text)).exists()
    except ValueError:
        return False


def _field_of(decision: Decision, agency: str) -> str:
    return next((code for code, answer in decision.answers.items() if answer == agency), "agency")


def seen_by(
    see: Mapping[str, tuple[Holding, ...]], bindings: Mapping[str, list[str]]
) -> dict[str, list[list[str]]]:
    """Return the holdings that see each part, as pairs of role and agency."""
    return {
        part: [[role, agency] for role, binding in holdings for agency in _agencies(binding, bindings)]
        for part, holdings in see.items()
    }


def _agencies(binding: str, bindings: Mapping[str, list[str]]) -> list[str]:
    if binding == "*":
        return sorted({agency for agencies in bindings.values() for agency in agencies})
    return bindings.get(binding, [])


def resolve_owner(owner: Holding, bindings: Mapping[str, list[str]]) -> tuple[str, str]:
    """Return role and agency of whoever takes the case on; raises Refused where no agency stands for it."""
    role, binding = owner
    agencies = _agencies(binding, bindings)
    if not agencies:
        raise Refused(
            (Reason("no_agency", "Say where the person lives, so that an agency can take this on.", ""),)
        )
    return role, agencies[-1]


def duty_receivers(to: Holding | None, bindings: Mapping[str, list[str]]) -> list[list[str]]:
    """Return the holdings that a duty goes to; the owner and the reporter are found when it is done."""
    if to is None:
        return []
    role, binding = to
    if role in {"owner", "reporter"}:
        return [[role, ""]]
    return [[role, agency] for agency in _agencies(binding, bindings)]
