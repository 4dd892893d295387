"""Make what a person gets of what is held about them: across their cases, with others taken out by a human."""

from __future__ import annotations

import html
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from evenhand.casework.case_file import Item, look
from evenhand.casework.rights import FULL, GROUND, PART, Asked, cases_of, request_of
from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import Who
from evenhand.kernels.redaction import Mask, find_all, remove, suggest
from evenhand.records.agency import Agency
from evenhand.records.rights import RightsEntry

# What is about the person. Who reported, the check against live work and who works on it are others' data or apart.
GIVEN = (
    "report", "identity", "evidence", "note", "decision", "consent", "plan", "need", "action", "provider_session",
    "telling", "disclosure", "information_request", "onward_referral", "correction", "document", "foreign_reference",
    "recipient_notice",
)  # fmt: skip
LABELS = {
    "report": "What was reported", "identity": "Who you are, as written down", "evidence": "Something said or seen", "note": "A note",
    "decision": "A decision", "consent": "Your answer on support", "plan": "A plan", "need": "A need", "action": "Something an agency took on",
    "provider_session": "A session", "telling": "What you were told", "disclosure": "Told to another agency",
    "information_request": "A question to another agency", "onward_referral": "An onward referral", "correction": "A correction",
    "document": "A document", "foreign_reference": "A record elsewhere",
    "recipient_notice": "An agency heard what became of what it had been told",
}  # fmt: skip
TO_OTHERS = frozenset({"disclosure", "information_request", "onward_referral", "recipient_notice"})
HIDDEN = frozenset({"name_of_file", "practitioner", "sealed"})


@dataclass(frozen=True)
class Entry:
    """One entry of a case as text, what is suggested to take out of it, and what a human chose."""

    id: UUID
    case_id: UUID
    reference: str
    kind: str
    label: str
    at: datetime
    text: str
    suggested: tuple[Mask, ...]
    chosen: tuple[Mask, ...]
    seen: bool
    withheld: bool
    why: str

    @property
    def given(self) -> str:
        """Return the text as the person gets it."""
        return remove(self.text, self.chosen)


def entries(number: UUID, who: Who, *, whole: bool = False) -> list[Entry]:
    """Return every entry about whoever asks, across their cases, in the order in which it was written.

    whole  raise NoSuchCase where one of the cases is closed to whoever looks, instead of leaving it out
    """
    asked = request_of(number)
    looked = {
        row.entry: keys.open_(number, row.sealed) for row in RightsEntry.objects.filter(request_id=number)
    }
    found: list[Entry] = []
    names = {str(number): name for number, name in Agency.objects.values_list("id", "name")}
    for case_id in cases_of(number):
        try:
            file = look(case_id, who, ground=GROUND)
        except NoSuchCase:
            if whole:
                raise
            continue
        own = [*asked.names, *file.identity.get("names", [])]
        for item in file.items:
            if item.kind not in GIVEN or (item.kind == "note" and item.columns.get("scope") != "case"):
                continue
            if item.part not in {"file", "support"}:
                continue
            text = "\n".join(_lines(_told(item, names)))
            if text:
                found.append(_entry(item, case_id, file.standing.reference, text, own, looked.get(item.id)))
    return sorted(found, key=lambda entry: entry.at)


def _entry(
    item: Item, case_id: UUID, reference: str, text: str, own: Sequence[str], chosen: Mapping[str, Any] | None
) -> Entry:
    return Entry(
        id=item.id,
        case_id=case_id,
        reference=reference,
        kind=item.kind,
        label=LABELS[item.kind],
        at=item.recorded_at,
        text=text,
        suggested=suggest(text, own=own),
        chosen=tuple(Mask(*mask) for mask in chosen["masks"]) if chosen and chosen["text"] == text else (),
        seen=bool(chosen) and (chosen or {}).get("text") == text,
        withheld=bool(chosen and chosen["withheld"]),
        why=str(chosen["why"]) if chosen else "",
    )


def choose(
    number: UUID,
    entry_id: UUID,
    who: Who,
    *,
    masks: Sequence[str],
    also: str = "",
    withheld: bool = False,
    why: str = "",
    now: datetime,
) -> None:
    """Keep what a human takes out of one entry; the original stays as it is.

    masks  the places chosen among those suggested, as "start-end"
    also   words to take out wherever they stand, one a line
    raises Invalid when something is taken out without a reason, or is not in the text
    """
    found = next((entry for entry in entries(number, who) if entry.id == entry_id), None)
    if found is None:
        raise Invalid({"": "This entry is not there any more."})
    possible = {f"{mask.start}-{mask.end}": mask for mask in (*found.suggested, *found.chosen)}
    picked = [possible[mask] for mask in masks if mask in possible]
    for words in also.splitlines():
        places = find_all(found.text, words)
        if words.strip() and not places:
            raise Invalid({"also": f"The text does not hold “{words.strip()}”."})
        picked += places
    if (picked or withheld) and not why.strip():
        raise Invalid({"why": "Say why this is taken out."})
    contents = {
        "masks": [[mask.start, mask.end, mask.why] for mask in sorted(set(picked))],
        "withheld": withheld,
        "why": why.strip()[:1000],
        "text": found.text,
    }
    sealed = keys.close(number, contents)
    if not RightsEntry.objects.filter(request_id=number, entry=entry_id).update(sealed=sealed):
        RightsEntry.objects.bulk_create(
            [
                RightsEntry(
                    request_id=number,
                    case_id=found.case_id,
                    entry=entry_id,
                    seen_by=who.practitioner_id,
                    sealed=sealed,
                )
            ]
        )


def unseen(found: Sequence[Entry]) -> int:
    """Return how many entries nobody has looked at yet."""
    return sum(not entry.seen for entry in found)


def pack_up(number: UUID, who: Who, *, now: datetime) -> bytes:
    """Return the pack as a zip of a page, a text and JSON; raises Invalid before everything was looked at and decided."""
    asked = request_of(number)
    if asked.decision not in {FULL, PART}:
        raise Invalid({"decision": "There is a pack only where it is decided to give one."})
    if not asked.settled:
        raise Invalid({"decision": "Somebody independent looks at this first, and has not agreed yet."})
    try:
        found = entries(number, who, whole=True)
    except NoSuchCase as error:
        raise Invalid({"decision": "Not every case of theirs is open to you."}) from error
    if unseen(found):
        raise Invalid({"decision": "Look at every entry first."})
    given = [entry for entry in found if not entry.withheld]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("your-data.html", _page(asked, given)),
            ("your-data.txt", _text(asked, given)),
            ("your-data.json", _json(asked, given)),
        ):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode())
    for case_id in cases_of(number):
        line = ledger.entry(
            actor=who.practitioner_id,
            verb="export",
            case=str(case_id),
            at=now,
            ground=GROUND,
            detail="subject access",
        )
        ledger.write(case_id, [line])
    return out.getvalue()


def _told(item: Item, agencies: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    columns = {"of": "on"}
    if item.kind in TO_OTHERS and item.columns.get("agency_id"):
        yield "agency", agencies.get(str(item.columns["agency_id"]), "")
    for name in (
        "step",
        "outcome",
        "state",
        "by",
        "on",
        "about_on",
        "kind",
        "what",
        "purpose",
        "basis",
        "told",
        "review_on",
        "clause",
    ):
        if item.columns.get(name) not in (None, ""):
            yield columns.get(name, name), item.columns[name]
    for name, value in item.contents.items():
        if name not in HIDDEN and not (item.kind == "document" and name == "contents"):
            yield name, value


def _lines(told: Iterator[tuple[str, Any]]) -> Iterator[str]:
    for name, value in told:
        yield from _said(name.replace("_", " "), value)


def _said(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inside in value.items():
            yield from _said(f"{name}, {str(key).replace('_', ' ')}", inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _said(name, inside)
    elif value not in (None, "") and not isinstance(value, bytes):
        yield f"{name}: {'yes' if value is True else 'no' if value is False else value}"


def _page(asked: Asked, given: Sequence[Entry]) -> str:
    body = "".join(
        f"<section><h2>{html.escape(entry.label)}</h2><p>{entry.at:%d %B %Y}, {html.escape(entry.reference)}</p>"
        + "".join(f"<p>{html.escape(line)}</p>" for line in entry.given.splitlines())
        + "</section>"
        for entry in given
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>What is held about you</title></head><body><main><h1>What is held about you</h1><p>Request {asked.reference}. "
        "Where something about somebody else was taken out, it says [removed].</p>"
        f"{body}</main></body></html>"
    )


def _text(asked: Asked, given: Sequence[Entry]) -> str:
    parts = [f"What is held about you\nRequest {asked.reference}\n"]
    parts += [f"{entry.label}, {entry.at:%d %B %Y}, {entry.reference}\n{entry.given}\n" for entry in given]
    return "\n".join(parts)


def _json(asked: Asked, given: Sequence[Entry]) -> str:
    rows = [
        {
            "kind": e.kind,
            "label": e.label,
            "written": e.at.date().isoformat(),
            "reference": e.reference,
            "text": e.given,
        }
        for e in given
    ]
    return json.dumps({"request": asked.reference, "entries": rows}, ensure_ascii=False, indent=1)
