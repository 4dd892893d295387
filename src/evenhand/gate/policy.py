"""The policy packs of this instance, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from evenhand.kernels.policy import BUILT_IN, Journey, Pack, find_packs, load_pack


@cache
def packs() -> dict[str, Pack]:
    """Return every pack of this instance by code: those that come with it and the site's own."""
    folders = [BUILT_IN]
    folders += [Path(folder) for folder in settings.SITE_PACKS.split(":") if folder]
    return {code: load_pack(folder) for code, folder in find_packs(folders).items()}


def pack(code: str | None = None) -> Pack:
    """Return one pack; without a name the one that this instance works under."""
    return packs()[code or settings.PACK]


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
