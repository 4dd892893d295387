"""Note: add evidence, as fact or opinion with source and date, or a note for the case, the agency or oneself."""

from __future__ import annotations

from evenhand.gate.act import Writing
from evenhand.records.evidence import Evidence, Note
from evenhand.records.identity import ForeignReference

SCOPES = {"agency": "agency", "personal": "personal"}


def write(writing: Writing) -> None:
    """Put evidence or a note on the case."""
    answers = writing.answers
    if "what" in answers:
        writing.put(
            Evidence,
            kind="opinion" if "opinion" in str(answers["kind"]) else "fact",
            sealed={
                "what": answers["what"],
                "source": answers["source"],
                "happened_on": answers.get("happened_on", ""),
            },
        )
        return
    if "system" in answers:
        writing.put(ForeignReference, system=answers["system"], sealed={"number": answers["number"]})
        return
    kind = str(answers.get("kind", ""))
    scope = next((SCOPES[name] for name in SCOPES if name in kind), "case")
    writing.put(Note, scope=scope, sealed={"text": answers["text"], "kind": kind})
