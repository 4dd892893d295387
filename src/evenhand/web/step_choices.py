"""Say what may be picked in a step's form where the policy cannot know it: evidence, agencies, people, entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from evenhand.casework.apart import hands_in
from evenhand.casework.case_file import CaseFile
from evenhand.casework.find import Compared, alike
from evenhand.casework.partnership import agencies, people_at
from evenhand.casework.people import Colleague, colleagues, roles_of
from evenhand.gate.entry import Who
from evenhand.kernels.policy import Field, Step
from evenhand.web.apart_words import apart_words, set_apart_now, told_words
from evenhand.web.case_sections import evidence_words
from evenhand.web.step_form import Choices
from evenhand.web.wording import Wording


def choices_for(
    file: CaseFile, step: Step, who: Who, words: Wording, alikes: list[Compared]
) -> dict[str, Choices]:
    """Return question code → (value, label) for this step on this case."""
    form = words.pack.forms[step.form]
    evidence = tuple((str(item.id), evidence_words(item)) for item in file.of("evidence"))
    found: dict[str, Choices] = {"evidence": evidence}
    for question in form.fields:
        if question.kind == "evidence_links":
            found[question.code] = _entries(file, step, question, evidence)
        elif question.kind == "agency":
            found[question.code] = tuple((str(a.id), a.name) for a in agencies())
        elif question.kind == "practitioner":
            found[question.code] = _people(file, step, who, words)
        elif question.kind == "person":
            found[question.code] = tuple((str(c.case_id), _entry(c)) for c in alikes)
    return found


def alikes_for(file: CaseFile, step: Step) -> list[Compared]:
    """Return likely same persons to lay side by side, where the step asks about them."""
    form = file.standing.pack.forms[step.form]
    if not any(question.kind == "person" for question in form.fields):
        return []
    return alike(file.standing.case_id)


def _entry(compared: Compared) -> str:
    return f"{', '.join(compared.names[:2])} · {compared.reference}"


def _entries(file: CaseFile, step: Step, question: Field, evidence: Choices) -> Choices:
    if question.code == "which":
        return tuple((str(item.id), apart_words(file, item)) for item in set_apart_now(file))
    if question.code == "not_told":
        return tuple((str(item.id), told_words(file, item)) for item in file.of("disclosure"))
    if question.code == "needs":
        return tuple(
            (str(i.id), str(i.contents.get("need", "")))
            for i in file.of("need")
            if i.columns.get("state") == "open"
        )
    if step.verb in {"hold", "restrict"}:
        return evidence + tuple(
            (entry, apart_words(file, item))
            for item in set_apart_now(file)
            for entry in item.columns.get("entries", ())
        )
    if step.verb == "correct":
        notes = tuple((str(i.id), str(i.contents.get("text", ""))[:120]) for i in file.of("note"))
        return evidence + notes
    return evidence


def _people(file: CaseFile, step: Step, who: Who, words: Wording) -> Choices:
    """Return colleagues: for a hand-over only those who may own the case where it stands."""
    found = file.standing
    if step.verb == "assign":
        role, binding = found.journey.places[found.place].owner
        held = found.bindings.get(binding) or [a for some in found.bindings.values() for a in some]
        near = colleagues(role, held, found.now)
    else:
        # Whoever sees only what their agency was asked chooses among their own colleagues: who else works on it is in the file.
        here = (
            {agency for some in found.bindings.values() for agency in some}
            if "file" in found.parts
            else set()
        )
        near = people_at(here | ({str(who.agency_id)} if who.agency_id else set()))
        if step.verb in {"hold", "restrict"}:
            # Who could not answer for it is not offered.
            never = hands_in(file)
            near = [person for person in near if str(person.id) not in never]
    called = Counter((person.name, person.agency) for person in near)
    twice = [person.id for person in near if called[person.name, person.agency] > 1]
    doing = roles_of(twice, found.now) if twice else {}
    return tuple((str(person.id), _called(person, doing, words)) for person in near)


def _called(person: Colleague, held: Mapping[UUID, tuple[str, ...]], words: Wording) -> str:
    """Return what somebody is called in a list: two of one name at one agency are told apart by what they do there."""
    roles = words.pack.roles
    does = ", ".join(words.say(roles[role].label) for role in held.get(person.id, ()) if role in roles)
    said = f"{person.name}, {person.agency}"
    return f"{said} ({does})" if does else said
