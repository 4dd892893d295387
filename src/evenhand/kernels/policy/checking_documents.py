"""Check the documents beside the journeys: sharing, retention, disclosure, watch, release and incidents."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.kernels.policy.pack import BASES, Pack
from evenhand.kernels.policy.spelling import nearest
from evenhand.kernels.policy.tables import Faults

KNOWN = {
    "sharing": frozenset({"purpose", "denied_purpose", "consent_basis"}),
    "retention": frozenset({"group", "also_erased", "erasing", "record"}),
    "disclosure": frozenset({"rule", "neutral", "letter", "outside_body"}),
    "watch": frozenset({"series", "alarm"}),
    "incidents": frozenset({"rule", "sight"}),
    "release": frozenset({"release", "dimension", "table", "not_produced", "marker", "rule", "population"}),
}


def check_documents(pack: Pack, faults: Faults) -> None:
    """Report unknown sections, entries without source, and bases that are none."""
    for name, known in KNOWN.items():
        document = getattr(pack, name)
        file = f"{name}.toml"
        for key in document:
            if key not in known:
                faults.add(file, key, f"is no section that is known here{nearest(key, known)}")
        codes: list[str] = []
        for where, entry in _entries(document):
            if not isinstance(entry, dict):
                faults.add(file, where, "must be a table: [[section]] and its keys")
                continue
            for sentence in _wrong(pack, name, entry, codes):
                faults.add(file, where, sentence)


def _wrong(pack: Pack, name: str, entry: dict[str, object], codes: list[str]) -> Iterator[str]:
    code = entry.get("code")
    if not isinstance(code, str) or not code:
        yield "must have a code"
    elif code in codes:
        yield f"there is another entry called {code!r} in this file"
    else:
        codes.append(code)
    if entry.get("basis") not in BASES:
        yield f"must say its basis, one of {', '.join(BASES)}"
    if not isinstance(entry.get("source"), str) or not entry.get("source"):
        yield "must say its source"
    for key, value in entry.items():
        counts = key.endswith(("_years", "_months", "_days")) or key.startswith(
            ("within_", "least_", "review_after_")
        )
        if counts and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            yield f"{key} must be a whole number"
    places = entry.get("places", [])
    if name == "retention" and isinstance(places, list):
        known = {place for editions in pack.editions.values() for j in editions for place in j.places}
        for place in places:
            if place not in known:
                yield f"no journey has a place called {place!r}{nearest(str(place), known)}"


def _entries(document: object) -> Iterator[tuple[str, object]]:
    if not hasattr(document, "items"):
        return
    for section, inside in document.items():
        for number, entry in enumerate(inside if isinstance(inside, list) else [inside], 1):
            mark = entry.get("code", number) if isinstance(entry, dict) else number
            yield f"{section}[{mark}]", entry
