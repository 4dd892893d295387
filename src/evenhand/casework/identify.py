"""Identify: after screening, a human says who this is: somebody known, or somebody new."""

from __future__ import annotations

from uuid import UUID, uuid4

from evenhand.casework import keep_out
from evenhand.casework.identity import told
from evenhand.casework.names import words_of
from evenhand.gate.act import Invalid, Writing
from evenhand.records.case import Case, Person
from evenhand.records.identity import Identity


def write(writing: Writing) -> None:
    """Tie the case to a person, and make them findable for those who may see the case."""
    answers = writing.answers
    if writing.decision.outcome == "left_open":
        return
    known = told(writing.case_id)
    identity = {
        **known,
        "names": answers.get("names") or known["names"],
        "born_on": answers.get("born") or known["born_on"],
        "address": answers.get("address") or known["address"],
    }
    if writing.decision.outcome == "known_person":
        # Named by one of their cases: a case the asker can see, or there is no such person for them.
        other = Case.objects.filter(id=_uuid(answers["person"])).first()
        if other is None or other.person_id is None:
            raise Invalid({"person": "Choose one from the list."})
        person_id = other.person_id
    else:
        person_id = uuid4()
        side = writing.standing.journey.apart if writing.standing else ""
        Person.objects.bulk_create([Person(id=person_id, apart=side)])
    if not identity["names"]:
        raise Invalid({"names": "Write at least one name, as the person writes it."})
    for earlier in Identity.objects.filter(case_id=writing.case_id, superseded=False):
        earlier.superseded = True
        earlier.save(update_fields=["superseded"])
    writing.put(Identity, person_id=person_id, sealed=identity)
    writing.settle["person"] = str(person_id)
    writing.tokens = words_of(identity["names"])
    keep_out.named_in(writing, identity["names"])


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise Invalid({"person": "Choose one from the list."}) from error
