"""Check the documents beside the journeys: sharing, retention, disclosure, watch and release."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.kernels.policy.pack import BASES, Pack
from evenhand.kernels.policy.spelling import nearest
from evenhand.kernels.policy.tables import Faults

KNOWN = {
    "sharing": frozenset({"purpose", "denied_purpose"}),
    "retention": frozenset({"group", "also_erased"}),
    "disclosure": frozenset({"rule", "neutral"}),
    "watch": frozenset({"series", "alarm"}),
    "release": frozenset({"release", "table", "marker", "rule"}),
}


def check_documents(pack: Pack, faults: Faults) -> None:
    """Report unknown sections, entries without source, and bases that are none."""
    for name, known in KNOWN.items():
        document = getattr(pack, name)
        file = f"{name}.toml"
        for key in document:
            if key not in known:
                faults.add(file, key, f"is no section that is known here{nearest(key, known)}")
        for where, entry in _entries(document):
            basis = entry.get("basis")
            if basis not in BASES:
                faults.add(file, where, f"must say its basis, one of {', '.join(BASES)}")
            if not isinstance(entry.get("source"), str) or not entry.get("source"):
                faults.add(file, where, "must say its source")


def _entries(document: object) -> Iterator[tuple[str, dict[str, object]]]:
    if not hasattr(document, "items"):
        return
    for section, inside in document.items():
        listed = inside if isinstance(inside, list) else [inside]
        for number, entry in enumerate(listed, 1):
            if isinstance(entry, dict):
                yield f"{section}[{entry.get('code', number)}]", entry
