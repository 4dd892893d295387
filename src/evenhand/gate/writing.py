"""What an act hands over, and what a verb may write while it is done: rows of the case, duties, where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from evenhand.gate import keys, own_keys
from evenhand.gate.entry import DOOR, Who
from evenhand.gate.standing import Standing
from evenhand.kernels.policy import Decision, Journey, Pack
from evenhand.records.case_row import CaseRow
from evenhand.records.duty import Duty
from evenhand.records.wall.build import part_of

Row = TypeVar("Row", bound=CaseRow)


@dataclass(frozen=True)
class Act:
    """What somebody wants to do to a case.

    seen         the version of the case on the page they looked at; None when there was no page
    once         the same for a repeated submission of the same act, which is then done once
    reason       why, where the step's own form does not ask it
    happened_at  when it happened, if that was before now (late entry stays visible: two times are kept)
    """

    step: str
    outcome: str
    answers: Mapping[str, object]
    reason: str = ""
    seen: int | None = None
    once: UUID = field(default_factory=uuid4)
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Done:
    """An act that is on record."""

    case_id: UUID
    reference: str
    decision_id: UUID
    place: str
    already: bool = False


@dataclass
class Writing:
    """What a verb may do inside the act's transaction: put rows of the case, move it, queue duties."""

    case_id: UUID
    reference: str
    who: Who
    now: datetime
    decision: Decision
    decision_id: UUID
    pack: Pack
    bindings: dict[str, list[str]]
    standing: Standing | None
    journey: Journey
    settle: dict[str, Any] = field(default_factory=dict)
    lines: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str] | None = None
    apart: bool | None = None
    """Whether the whole case is set apart from now on; None where the act says nothing of that."""

    @property
    def kept(self) -> own_keys.Kept:
        """Say to whom the journey has contents of this case sealed."""
        return own_keys.Kept(self.journey, self.bindings, self.who.practitioner_id)

    @property
    def answers(self) -> dict[str, Any]:
        """Return the cleaned answers to the step's form."""
        return self.decision.answers

    def put(self, model: type[Row], *, sealed: Any = None, part: str = "", **columns: Any) -> Row:
        """Put a row of the case in; what is in `sealed` goes under the case's key."""
        where = part or part_of(model._meta.db_table)
        if sealed is not None:
            columns["sealed"] = self.seal(sealed, part=where)
        row = model(
            case_id=self.case_id,
            part=where,
            recorded_by=self.who.practitioner_id,
            **columns,
        )
        # bulk_create asks for nothing back: whoever puts a row in may not be allowed to see it.
        model._default_manager.bulk_create([row])
        return row

    def seal(self, contents: Any, *, part: str = "file") -> bytes:
        """Return a structure sealed under the case's key, and inside that to people's own keys where the journey says so."""
        to = self.kept.holders(self.case_id, part)
        return keys.close_to(self.case_id, part, contents, to, by=self.who.practitioner_id)

    def duty(self, kind: str, *, once: str, due_at: datetime | None = None, **contents: Any) -> None:
        """Queue something the house owes after this act; the same `once` is owed once."""
        if self.who.practitioner_id == DOOR:
            contents["by_day"] = True  # what the worker writes of it has the day alone, too
        Duty.objects.bulk_create(
            [
                Duty(
                    case_id=self.case_id,
                    kind=kind,
                    contents=contents,
                    once=f"{self.decision_id}:{once}",
                    due_at=due_at or self.now,
                )
            ]
        )
