"""Read a case file: everything of one case that whoever asks may see, in one statement, and the look is written down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from evenhand.casework import looks
from evenhand.gate import keys, ledger
from evenhand.gate.clocks import SET_APART
from evenhand.gate.entry import DOOR, HOUSE, Who, practitioner_names
from evenhand.gate.standing import Standing, standing
from evenhand.kernels.policy import Offer
from evenhand.records.agency import Agency
from evenhand.records.case import CasePart

# Where a journey hides who it is about, these rows are not shown, nor what was answered and said in these steps.
NAMING_ROWS = frozenset({"report", "identity", "document", "foreign_reference"})
NAMING_VERBS = frozenset({"refer", "identify", "link"})


@dataclass(frozen=True)
class Item:
    """One row of the case, opened: its kind, who wrote it and when, its columns and what was sealed."""

    kind: str
    id: UUID
    part: str
    recorded_at: datetime
    recorded_by: str
    columns: dict[str, Any]
    contents: dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """One line of the chronology: what happened, when it did and when it was written down."""

    happened_at: datetime
    recorded_at: datetime
    by: str
    label: str
    outcome: str
    reason: str
    clause: str
    answers: dict[str, Any]
    step: str
    late: bool
    correction: bool


@dataclass(frozen=True)
class Pause:
    """A time in which a clock stood still: for an open question, or because the whole case was set apart."""

    since: datetime
    until: datetime | None
    apart: bool


@dataclass(frozen=True)
class RunningClock:
    """A clock as people read it."""

    code: str
    label: str
    due_at: datetime
    basis: str
    source: str
    value: int
    unit: str
    paused: bool
    stopped: bool
    overdue: bool
    pauses: tuple[Pause, ...] = ()

    @property
    def still(self) -> Pause | None:
        """Return the pause it is in; that of a case set apart before that of an open question."""
        return next((p for p in sorted(self.pauses, key=lambda p: not p.apart) if p.until is None), None)


@dataclass(frozen=True)
class CaseFile:
    """A case as one person may see it."""

    standing: Standing
    items: tuple[Item, ...]
    moments: tuple[Moment, ...]
    clocks: tuple[RunningClock, ...]
    offers: tuple[Offer, ...]
    owner: str
    agencies: dict[str, str]
    identity: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    told_agencies: dict[str, str] = field(default_factory=dict)
    """Agencies outside the case that were told something, by id."""

    def of(self, kind: str) -> list[Item]:
        """Return the rows of one kind, oldest first."""
        return [item for item in self.items if item.kind == kind]

    @property
    def place_label(self) -> str:
        return self.standing.journey.places[self.standing.place].label


def look(
    case_id: UUID,
    who: Who,
    *,
    ground: str = looks.OWN_WORK,
    words: str = "",
    kind: str = looks.OPENED,
    lock: bool = False,
) -> CaseFile:
    """Open a case file, and write the look with its ground; raises NoSuchCase for absent and barred alike.

    ground  a code of the pack's list; in an emergency opening the ground is that, whatever is said
    words   what somebody adds to it, sealed under the case's key; not kept once that is destroyed
    kind    opened, printed or exported
    """
    found = standing(case_id, who, lock=lock)
    with connection.cursor() as cursor:
        cursor.execute("select kind, contents from wall.case_page(%s)", [case_id])
        rows = [(kind, json.loads(c) if isinstance(c, str) else c) for kind, c in cursor.fetchall()]
    ids = {UUID(row["recorded_by"]) for _, row in rows} | {found.owner_id}
    ids |= {UUID(row[name]) for _, row in rows for name in ("practitioner_id", "owner_id") if row.get(name)}
    names = practitioner_names(list(ids)) | {HOUSE: "Evenhand", DOOR: "Somebody without an account"}
    hidden = found.journey.places[found.place].identity == "hidden"
    items = tuple(
        sorted((_item(case_id, kind, row, names) for kind, row in rows), key=lambda i: i.recorded_at)
    )
    if hidden:
        items = tuple(_without_names(item) for item in items if item.kind not in NAMING_ROWS)
    if found.glass_until is not None:
        ground = looks.EMERGENCY
    if words and not keys.has_key(case_id):
        words = ""  # the house's key would outlive them; the look and its ground are written all the same
    said = f"{ground}: {words}" if words else ground
    entry = ledger.entry(
        actor=who.practitioner_id,
        verb="look" if kind == looks.OPENED else kind,
        case=found.reference,
        at=found.now,
        ground=said[:300],
    )
    kept = found.kept(who)
    ledger.write(case_id, [entry], kept=kept)
    looks.note(case_id, kind, ground, words, kept=kept)
    identities = [i for i in items if i.kind == "identity" and not i.columns["superseded"]]
    reports = [i for i in items if i.kind == "report"]
    return CaseFile(
        standing=found,
        items=items,
        moments=tuple(_moment(found, item) for item in items if item.kind == "decision"),
        clocks=_clocks(found, items),
        offers=found.offers(),
        owner=names.get(found.owner_id, ""),
        agencies=agency_names(found),
        identity=identities[-1].contents if identities else {},
        report=reports[0].contents if reports else {},
        told_agencies=_told_agencies(items),
    )


def _without_names(item: Item) -> Item:
    if item.kind == "decision" and item.columns["verb"] in NAMING_VERBS:
        return replace(item, contents={})
    # A plan tells a provider whom they are to meet.
    return replace(item, contents={name: told for name, told in item.contents.items() if name != "known_as"})


def _item(case_id: UUID, kind: str, row: dict[str, Any], names: dict[UUID, str]) -> Item:
    contents: dict[str, Any] = {}
    for column in ("sealed", "sealed_reply"):
        raw = row.pop(column, None)
        if raw:
            opened = keys.open_(case_id, bytes.fromhex(raw[2:]))
            contents |= opened if column == "sealed" else {"reply": opened}
    for column in ("practitioner_id", "owner_id"):
        if row.get(column):
            row[column.replace("_id", "_name")] = names.get(UUID(row[column]), "")
    return Item(
        kind=kind,
        id=UUID(row["id"]),
        part=row["part"],
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        recorded_by=names.get(UUID(row["recorded_by"]), ""),
        columns=row,
        contents=contents,
    )


def _moment(found: Standing, item: Item) -> Moment:
    step = found.journey.steps.get(item.columns["step"])
    outcome = step.outcomes.get(item.columns["outcome"]) if step else None
    happened = datetime.fromisoformat(item.columns["happened_at"])
    return Moment(
        happened_at=happened,
        recorded_at=item.recorded_at,
        by=item.recorded_by,
        label=step.label if step else item.columns["step"],
        outcome=outcome.label if outcome else item.columns["outcome"],
        reason=item.contents.get("reason", ""),
        clause=item.columns["clause"],
        answers=item.contents.get("answers", {}),
        step=item.columns["step"],
        late=(item.recorded_at - happened).total_seconds() > 24 * 3600,
        correction=item.columns["verb"] == "correct",
    )


def _clocks(found: Standing, items: Sequence[Item]) -> tuple[RunningClock, ...]:
    shown = []
    for item in items:
        if item.kind != "clock":
            continue
        row, clock = item.columns, found.pack.clocks.get(item.columns["code"])
        due = datetime.fromisoformat(row["due_at"])
        pauses = tuple(_pause(span) for span in row["pauses"])
        paused = any(pause.until is None for pause in pauses)
        stopped = row["stopped_at"] is not None
        shown.append(
            RunningClock(
                code=row["code"],
                label=clock.label if clock else row["code"],
                due_at=due,
                basis=row["basis"],
                source=row["source"],
                value=row["value"],
                unit=row["unit"],
                paused=paused and not stopped,
                stopped=stopped,
                overdue=not stopped and not paused and due < found.now,
                pauses=pauses,
            )
        )
    return tuple(sorted(shown, key=lambda clock: (clock.stopped, clock.due_at)))


def _pause(span: Sequence[str | None]) -> Pause:
    return Pause(
        since=datetime.fromisoformat(str(span[0])),
        until=datetime.fromisoformat(span[1]) if span[1] else None,
        apart=tuple(span[2:]) == (SET_APART,),
    )


def agency_names(found: Standing) -> dict[str, str]:
    """Return the names of a case's agencies by id."""
    ids = {agency for agencies in found.bindings.values() for agency in agencies}
    return {str(number): name for number, name in Agency.objects.filter(id__in=ids).values_list("id", "name")}


def _told_agencies(items: Sequence[Item]) -> dict[str, str]:
    ids = {item.columns["agency_id"] for item in items if item.kind in {"disclosure", "recipient_notice"}}
    if not ids:
        return {}
    return {str(number): name for number, name in Agency.objects.filter(id__in=ids).values_list("id", "name")}


@dataclass(frozen=True)
class Sight:
    """Who may see one part of a case: a role at an agency, or a named person."""

    part: str
    who: str


def who_may_see(case_id: UUID, found: Standing) -> list[Sight]:
    """Return who may see which part of a case, for somebody who sees it themselves."""
    parts = list(CasePart.objects.filter(case_id=case_id))
    groups = {group for part in parts for group in part.aud}
    with connection.cursor() as cursor:
        cursor.execute(
            "select g.id, g.role, a.name, p.name from audience_group g left join agency a on a.id = g.agency_id"
            " left join practitioner p on p.id = g.practitioner_id where g.id = any(%s)",
            [list(groups)],
        )
        named = {row[0]: row[1:] for row in cursor.fetchall()}
    shown = []
    for part in sorted(parts, key=lambda p: p.part):
        for group in part.aud:
            role, agency, person = named.get(group, ("", "", ""))
            label = found.pack.roles[role].label if role in found.pack.roles else role
            shown.append(Sight(part.part, person or f"{label}, {agency}"))
    return shown
