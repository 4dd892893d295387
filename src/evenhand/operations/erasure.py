"""Erase a case everywhere, and erase again whatever a restored database has brought back."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from evenhand.gate import keys, ledger
from evenhand.gate.entry import HOUSE, enter_house, now
from evenhand.gate.policy import packs
from evenhand.records.case import Case
from evenhand.records.rights import RightsCase, RightsEntry, RightsRequest

log = logging.getLogger("evenhand.erasure")
AT_ONCE = 500
REQUEST = "request"
ANSWER_WITHIN = timedelta(days=28)


def erase(case_id: UUID, told: Mapping[str, object]) -> bool:
    """Erase a case: remembered first, then its key is destroyed, then every row; returns whether there was anything.

    told  what the tombstone says: by, confirmed_by, group, clause, on; nothing of the case

    Killed in between, it is finished by `replay`: what is remembered as erased is erased.
    """
    with enter_house():
        whole = dict(told) | _agencies(case_id)
        keys.remember_erased(case_id, whole)
        keys.destroy_key(case_id)
        return _remove(case_id, whole, now())


def replay() -> int:
    """Erase again what a restored database or key store has brought back of erased cases; returns how many had come back.

    To be run after every restore, before anybody can come in. Again changes nothing.
    """
    erased = keys.erased()
    back = 0
    numbers = sorted(erased)
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        with enter_house():
            moment, there = now(), _there(some)
            for number in some:
                # Both are done: a key may have come back without its case, and a case without its key.
                had_key = keys.destroy_if_any(number)
                if erased[number].get("kind") == REQUEST:
                    back += _remove_request(number) or had_key
                    continue
                if (number in there and _remove(number, erased[number], moment)) or had_key:
                    back += 1
    if back:
        log.warning("%s erased cases had come back and have been erased again", back)
    return back


def forget_request(number: UUID) -> None:
    """Forget a request of a person about their data: its key first, then its rows; a restore does not bring it back."""
    with enter_house():
        keys.remember_erased(number, {"kind": REQUEST})
        keys.destroy_key(number)
        _remove_request(number)


def _remove_request(number: UUID) -> bool:
    RightsEntry.objects.filter(request_id=number).delete()
    RightsCase.objects.filter(request_id=number).delete()
    return bool(RightsRequest.objects.filter(id=number).delete()[0])


def _there(numbers: Iterable[UUID]) -> set[UUID]:
    return set(Case.objects.filter(id__in=list(numbers)).values_list("id", flat=True))


def _agencies(case_id: UUID) -> dict[str, object]:
    """Say whose record a case is, and who was named in it: agencies only."""
    case = Case.objects.filter(id=case_id).first()
    if case is None:
        return {"controllers": [], "recipients": []}
    bindings = packs()[case.pack].bindings
    controllers = {
        agency
        for name, agencies in case.bindings.items()
        if name in bindings and bindings[name].source in {"area", "area.force"}
        for agency in agencies
    }
    named = {
        agency
        for name, agencies in case.bindings.items()
        if name in bindings and bindings[name].source.startswith("named")
        for agency in agencies
    }
    return {"controllers": sorted(controllers), "recipients": sorted(named - controllers)}


def _remove(case_id: UUID, told: dict[str, object], moment: datetime) -> bool:
    with connection.cursor() as cursor:
        contents = told | {"answer_by": (moment + ANSWER_WITHIN).isoformat()}
        cursor.execute("select wall.erase(%s, %s::jsonb)", [case_id, json.dumps(contents)])
        there = bool(cursor.fetchone()[0])
    if there:
        by = UUID(str(told["by"])) if told.get("by") else HOUSE
        ground = str(told.get("clause", ""))
        ledger.write(
            None, [ledger.entry(actor=by, verb="erase", case=str(case_id), at=moment, ground=ground)]
        )
    return there
