"""Take the answers to a form, say field by field what is wrong, and return them cleaned and typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date

from evenhand.kernels.policy.answering_factors import clean_factors
from evenhand.kernels.policy.form import Field, Form
from evenhand.kernels.policy.pack import CodeList

Answers = dict[str, object]
EARLIEST = date(1890, 1, 1)
LATEST_YEARS = 60
LONGEST_LIST = 100
IDENTIFIER = re.compile(r"^[\w.:@+-]{1,200}$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Invalid(Exception):
    """Answers that cannot be taken: field code → a sentence that says what to do."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in self.errors.items()))


class Wrong(Exception):
    """One answer that cannot be taken."""


def validate(
    form: Form, answers: Mapping[str, object], *, outcome: str, lists: Mapping[str, CodeList], on: date
) -> Answers:
    """Return the answers that this outcome asks for, cleaned and JSON-able.

    on       the day of the act: dates may not lie after it, and codes must be in force on it
    returns  only what was asked and answered; texts in NFC with ordinary line ends, dates as ISO text
    raises   Invalid, with a sentence for each field that is missing, unknown or wrong
    """
    errors: dict[str, str] = {}
    cleaned: Answers = {}
    asked = {field.code: field for field in form.asked(outcome)}
    known = {field.code for field in form.fields}
    for code, field in asked.items():
        raw = answers.get(code)
        if _empty(raw):
            if field.required:
                errors[code] = _missing(field)
            continue
        try:
            cleaned[code] = _CLEANERS[field.kind](raw, field, lists, on)
        except Wrong as wrong:
            errors[code] = str(wrong)
    if form.factors:
        clean_factors(form, answers.get("factors"), cleaned, errors)
    for code in answers:
        if code in known or (code == "factors" and form.factors):
            continue
        errors[code] = f"This form has no question called {code!r}. Take it out."
    if errors:
        raise Invalid(errors)
    return cleaned


def _empty(raw: object) -> bool:
    return raw is None or raw in ("", [], (), {}) or (isinstance(raw, str) and not raw.strip())


def _missing(field: Field) -> str:
    name = field.label.rstrip("?.: ")
    if field.kind in {"choice", "choices", "yes_no"}:
        return f"Choose an answer to “{name}”."
    if field.kind in {"date", "partial_date"}:
        return f"Give a date for “{name}”."
    if field.kind == "evidence_links":
        return f"Choose at least one for “{name}”."
    return f"Answer “{name}”."


def clean_text(raw: object, most: int) -> str:
    """Return a text in NFC with ordinary line ends and no control signs."""
    if not isinstance(raw, str):
        raise Wrong("Write this as text.")
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if _CONTROL.search(text):
        raise Wrong("Take out the control characters; type the text again if you pasted it.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Wrong("Some characters could not be read. Type the text again.") from None
    if len(text) > most:
        raise Wrong(f"Shorten this to {most:,} characters or fewer; it has {len(text):,}.")
    return text


def _text(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    text = clean_text(raw, field.max_length)
    if field.kind == "text" and "\n" in text:
        raise Wrong("Write this on one line.")
    return text


def _yes_no(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    if raw is True or raw in ("yes", "true"):
        return True
    if raw is False or raw in ("no", "false"):
        return False
    raise Wrong("Choose yes or no.")


def _choice(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    found = lists[field.choices or ""]
    if isinstance(raw, str):
        if any(code.code == raw for code in found.codes_on(on)):
            return raw
        if raw in found.codes and not found.codes[raw].is_rollup:
            raise Wrong(f"“{found.codes[raw].label}” is not in use on {on:%d %B %Y}. Choose another answer.")
    raise Wrong("Choose one of the answers in the list.")


def _choices(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    listed = [raw] if isinstance(raw, str) else raw
    if not isinstance(listed, list | tuple) or len(listed) > LONGEST_LIST:
        raise Wrong("Choose from the answers in the list.")
    return list(dict.fromkeys(str(_choice(item, field, lists, on)) for item in listed))


def _date(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    return _within(_as_date(raw), field, on).isoformat()


def _as_date(raw: object) -> date:
    if isinstance(raw, date) and type(raw) is date:
        return raw
    if isinstance(raw, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", raw.strip()):
        year, month, day = (int(part) for part in raw.strip().split("-"))
        try:
            return date(year, month, day)
        except ValueError:
            raise Wrong("There is no such day. Check the day, month and year.") from None
    raise Wrong("Write the date with day, month and year, for example 27 3 2026.")


def _within(day: date, field: Field, on: date) -> date:
    if field.past and day > on:
        raise Wrong("This date lies in the future. Give today's date or an earlier one.")
    if field.future and day <= on:
        raise Wrong("This date must lie after today.")
    if day < EARLIEST or day.year > on.year + LATEST_YEARS:
        raise Wrong("Check the year; it is too far away.")
    return day


def _partial_date(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    """Take 2009, 2009-04 or 2009-04-17: as much of a date as is known."""
    text = raw.isoformat() if isinstance(raw, date) else raw
    if not isinstance(text, str):
        raise Wrong("Write as much of the date as you know: a year, a month and year, or a day.")
    text = text.strip()
    if re.fullmatch(r"\d{4}", text):
        _within(date(max(int(text), 1), 1, 1), field, on)
    elif re.fullmatch(r"\d{4}-\d{2}", text):
        _within(_as_date(f"{text}-01"), field, on)
    else:
        _within(_as_date(text), field, on)
    return text


def _number(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    if isinstance(raw, str) and re.fullmatch(r"\d{1,6}", raw.strip()):
        raw = int(raw)
    if not isinstance(raw, int) or isinstance(raw, bool) or not 0 <= raw <= 999_999:
        raise Wrong(f"Write a whole number of {field.unit}, in figures.")
    return raw


def _person_names(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    """Take one name a line: the first as the person uses it, the others as further names."""
    lines = raw.splitlines() if isinstance(raw, str) else raw
    if not isinstance(lines, list | tuple) or len(lines) > 20:
        raise Wrong("Write one name a line, at most twenty.")
    names = [clean_text(line, 300) for line in lines if not _empty(line)]
    if not names:
        raise Wrong("Write at least one name, as the person writes it.")
    return list(dict.fromkeys(names))


def _lines(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    text = "\n".join(map(str, raw)) if isinstance(raw, list | tuple) else raw
    return [line.strip() for line in clean_text(text, field.max_length).split("\n") if line.strip()]


def _practitioner(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    parts = ("name", "job", "organisation", "phone", "email")
    if isinstance(raw, str):
        return {"name": clean_text(raw, field.max_length)}
    if not isinstance(raw, Mapping) or any(key not in parts for key in raw):
        raise Wrong(f"Give the {', '.join(parts[:-1])} and {parts[-1]} as far as you know them.")
    found = {key: clean_text(raw[key], 300) for key in parts if not _empty(raw.get(key))}
    if "name" not in found and "organisation" not in found:
        raise Wrong("Give at least a name or an organisation.")
    return found


def _reference(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    if isinstance(raw, str) and IDENTIFIER.fullmatch(raw.strip()):
        return raw.strip()
    raise Wrong("Choose one from the list.")


def _references(raw: object, field: Field, lists: Mapping[str, CodeList], on: date) -> object:
    listed = [raw] if isinstance(raw, str) else raw
    if not isinstance(listed, list | tuple) or len(listed) > LONGEST_LIST:
        raise Wrong(f"Choose up to {LONGEST_LIST}.")
    return list(dict.fromkeys(str(_reference(item, field, lists, on)) for item in listed))


_CLEANERS: Mapping[str, Callable[[object, Field, Mapping[str, CodeList], date], object]] = {
    "text": _text,
    "long_text": _text,
    "yes_no": _yes_no,
    "choice": _choice,
    "choices": _choices,
    "date": _date,
    "partial_date": _partial_date,
    "number": _number,
    "person_names": _person_names,
    "address": _lines,
    "practitioner": _practitioner,
    "agency": _reference,
    "person": _reference,
    "file": _references,
    "evidence_links": _references,
}
