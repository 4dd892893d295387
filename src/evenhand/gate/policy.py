"""The policy packs of this instance, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from evenhand.kernels.policy import BUILT_IN, BrokenPack, Journey, Pack, find_packs, load_pack


@cache
def packs() -> dict[str, Pack]:
    """Return every pack of this instance by code: those that come with it and the site's own.

    raises  ImproperlyConfigured, when one of them is broken: no instance works under rules that it cannot read
    """
    folders = [BUILT_IN]
    folders += [Path(folder) for folder in settings.SITE_PACKS.split(":") if folder]
    found: dict[str, Pack] = {}
    code = ""
    try:
        for code, folder in find_packs(folders).items():
            found[code] = load_pack(folder)
    except BrokenPack as broken:
        raise ImproperlyConfigured(
            f"the policy pack {code!r} is broken: {broken.problems[0]}; `evenhand policy check` lists all"
        ) from broken
    return found


def pack(code: str | None = None) -> Pack:
    """Return one pack; without a name the one that this instance works under.

    raises  ImproperlyConfigured, when there is none of that name
    """
    wanted, there = code or settings.PACK, packs()
    if wanted not in there:
        raise ImproperlyConfigured(f"there is no policy pack {wanted!r}; there are: {', '.join(there)}")
    return there[wanted]


@cache
def shows_identity(journey: str, place: str) -> bool:
    """Say whether a place tells who a case is about, in every pack and edition that has it."""
    found = [
        edition.places[place].identity == "shown"
        for known in packs().values()
        for edition in known.editions.get(journey, ())
        if place in edition.places
    ]
    return all(found)


@cache
def protectors() -> frozenset[str]:
    """Return the roles whose holders answer for people's rights in their data, in every pack of this instance."""
    return frozenset(
        role.code for known in packs().values() for role in known.roles.values() if role.protects_data
    )


@cache
def journey_of(pack_code: str, journey: str, edition: str) -> Journey:
    """Return the edition of a journey that a case began under."""
    return packs()[pack_code].journey(journey, edition)
