"""Take the factors of an assessment one by one: each an answer with its evidence, none added to another."""

from __future__ import annotations

from collections.abc import Mapping

from evenhand.kernels.policy.form import CONFIDENCE, FACTOR_ANSWERS, Factor, Form

PARTS = (
    "answer",
    "evidence",
    "confidence",
    "confidence_reason",
    "other_explanation",
    "relevance",
    "changed",
    "dissent",
)
LONGEST = 5_000
MOST_EVIDENCE = 50


def clean_factors(form: Form, raw: object, cleaned: dict[str, object], errors: dict[str, str]) -> None:
    """Put factor code → its parts into `cleaned["factors"]`, and one sentence a factor into `errors`.

    A factor left out is not known; one that is present or partly so needs evidence, and its confidence a reason.
    """
    if raw is None:
        raw = {}
    if not isinstance(raw, Mapping):
        errors["factors"] = "Give the factors one by one."
        return
    known = {factor.code: factor for factor in form.factors}
    for code in raw:
        if code not in known:
            errors[f"factors.{code}"] = "This form has no such factor. Take it out."
    taken: dict[str, object] = {}
    for code, factor in known.items():
        given = raw.get(code)
        if isinstance(given, str):
            given = {"answer": given}
        if given is None or given == {}:
            given = {"answer": "not_known"}
        sentence = _wrong(factor, given)
        if sentence:
            errors[f"factors.{code}"] = sentence
        elif isinstance(given, Mapping):
            taken[code] = {part: given[part] for part in PARTS if given.get(part) not in (None, "", [])}
    cleaned["factors"] = taken


def _wrong(factor: Factor, given: object) -> str | None:
    if not isinstance(given, Mapping) or any(part not in PARTS for part in given):
        return f"Give {', '.join(PARTS)} for “{factor.label}”, and nothing else."
    answer = given.get("answer")
    if answer not in FACTOR_ANSWERS:
        return f"Say whether “{factor.label}” is present, partly there, absent or not known."
    for part in PARTS:
        if part not in {"answer", "evidence"} and not _is_text(given.get(part)):
            return f"Write {part.replace('_', ' ')} for “{factor.label}” as text of at most {LONGEST:,} characters."
    return _wrong_evidence(factor, answer, given.get("evidence") or []) or _wrong_confidence(
        factor, answer, given.get("confidence") or None, given.get("confidence_reason")
    )


def _wrong_evidence(factor: Factor, answer: object, evidence: object) -> str | None:
    if not isinstance(evidence, list | tuple) or not all(isinstance(e, str) for e in evidence):
        return f"Link the evidence for “{factor.label}” from the case file."
    if len(evidence) > MOST_EVIDENCE:
        return f"Link at most {MOST_EVIDENCE} items of evidence for “{factor.label}”."
    if answer in {"present", "partly"} and not evidence:
        return f"Link the evidence for “{factor.label}”, or say that it is not known."
    return None


def _wrong_confidence(factor: Factor, answer: object, confidence: object, why: object) -> str | None:
    if confidence is None and answer == "not_known":
        return None
    if confidence not in CONFIDENCE:
        return f"Say how sure you are about “{factor.label}”: low, medium or high."
    if not str(why or "").strip():
        return f"Say why you are that sure about “{factor.label}”."
    return None


def _is_text(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= LONGEST and "\x00" not in value)
