"""Answer an alarm: acknowledge it, say why it is no spike, or begin to respond; a person does, with a reason."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from evenhand.gate import keys, ledger
from evenhand.gate.entry import Who
from evenhand.gate.policy import pack as current_pack
from evenhand.kernels.policy import Invalid, Reason, Refused
from evenhand.oversight.board import NoSuchAlarm
from evenhand.oversight.watch.policy import watch_policy
from evenhand.records.incident import TriggerEvent
from evenhand.records.watch import AlarmAnswer, AlarmEpisode, WatchArea

ANSWERS = ("acknowledged", "not_a_spike", "respond")
COORDINATOR = "hate_crime_coordinator"


def answer(number: UUID, chosen: str, reason: str, who: Who, *, now: datetime) -> None:
    """Put an answer on record, with its reason and the clause; raises NoSuchAlarm, Invalid or Refused.

    An alarm may be answered again: all answers stay. None of them ends or hides it.
    """
    episode = AlarmEpisode.objects.filter(id=number).first()
    if episode is None:
        raise NoSuchAlarm
    if COORDINATOR not in who.roles:
        raise Refused((Reason("role", "An alarm is answered by a hate crime coordinator of the area.", ""),))
    errors = {}
    if chosen not in ANSWERS:
        errors["answer"] = "Choose what you decided."
    if not reason.strip():
        errors["reason"] = "Say why." if chosen != "not_a_spike" else "Say why it is no spike."
    if errors:
        raise Invalid(errors)
    clause = watch_policy(current_pack()).sources.get(episode.method, "")
    keys.make_key(keys.HOUSE_KEY)
    AlarmAnswer.objects.bulk_create(
        [
            AlarmAnswer(
                episode=episode,
                answer=chosen,
                clause=clause[:200],
                sealed=keys.close(keys.HOUSE_KEY, {"reason": reason.strip()[:2000]}),
                answered_by=who.practitioner_id,
            )
        ]
    )
    ledger.write(
        None,
        [
            ledger.entry(
                actor=who.practitioner_id, verb="answer_alarm", case="", at=now, step=chosen, ground=reason.strip()[:500],
                detail=str(number),
            )
        ],
    )  # fmt: skip


def note_event(
    who: Who,
    *,
    label: str,
    happened_on: str,
    until: str,
    strands: list[str],
    area: str,
    easier: bool,
    source: str,
    now: datetime,
) -> UUID:
    """Put an event on record after which incidents may rise; raises Invalid or Refused.

    easier   whether alarms are called more easily until the last day; no event can make them harder to call
    """
    from datetime import date

    pack = current_pack()
    if COORDINATOR not in who.roles:
        raise Refused((Reason("role", "Events are put on record by a hate crime coordinator.", ""),))
    errors = {}
    days: dict[str, date] = {}
    for name, text in (("happened_on", happened_on), ("until", until)):
        try:
            days[name] = date.fromisoformat(text)
        except ValueError:
            errors[name] = "Give a day."
    if not label.strip():
        errors["label"] = "Say in a few words what happened."
    if not errors and not days["happened_on"] <= days["until"]:
        errors["until"] = "The last day lies before the event."
    if not errors and (days["until"] - days["happened_on"]).days > 90:
        errors["until"] = "Ninety days are the most."
    if not errors and days["happened_on"] > pack.calendar.local_day(now):
        errors["happened_on"] = "It lies in the future."
    if area and not WatchArea.objects.filter(code=area).exists():
        errors["area"] = "Choose an area, or all."
    if errors:
        raise Invalid(errors)
    known = set(watch_policy(pack).strands)
    row = TriggerEvent(
        label=label.strip()[:160], happened_on=days["happened_on"], until=days["until"],
        strands=[s for s in strands if s in known], area_id=area or None,
        leniency=watch_policy(pack).most_leniency if easier else 1.0, source=source.strip()[:300],
        written_by=who.practitioner_id,
    )  # fmt: skip
    TriggerEvent.objects.bulk_create([row])
    ledger.write(
        None,
        [ledger.entry(actor=who.practitioner_id, verb="note_event", case="", at=now, detail=str(row.id))],
    )
    return row.id
