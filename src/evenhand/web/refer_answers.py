"""Take the answers of one page of a report, and show them all again before it is sent."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from evenhand.casework.attach import Upload, check_upload
from evenhand.casework.partnership import areas
from evenhand.gate.act import Invalid
from evenhand.kernels.policy import validate
from evenhand.web.refer_questions import AREA, Door, QuestionPage, Written
from evenhand.web.step_form import Typed, answers
from evenhand.web.wording import Wording

MOST_FILES, MOST_BYTES = 5, 10 * 1024 * 1024


def take_page(
    request: HttpRequest, way: Door, page: QuestionPage, written: Written, sent: Typed
) -> dict[str, str]:
    """Put the answers of one page into what is kept; returns what has to be put right, and then nothing is kept."""
    given = answers(way.form, sent)
    errors: dict[str, str] = {}
    on = way.pack.calendar.local_day(timezone.now())
    kinds = {q.code: q.kind for q in way.form.fields}
    for field in page.fields:
        if kinds[field] == "file":
            errors |= _take_files(request, field, written, sent)
            continue
        try:
            validate(way.form, {field: given.get(field)}, outcome=way.outcome, lists=way.pack.lists, on=on)
        except Invalid as invalid:
            if field in invalid.errors:
                errors[field] = invalid.errors[field]
        if field not in errors:
            written.answers.pop(field, None)
            if field in given:
                written.answers[field] = given[field]
    if page.code == AREA:
        chosen = (sent.get(AREA) or ("",))[-1]
        if chosen not in {area.code for area in areas()}:
            errors[AREA] = _("Choose the area where the person lives, or the one you think is right.")
        else:
            written.area = chosen
    return errors


def _take_files(request: HttpRequest, field: str, written: Written, sent: Typed) -> dict[str, str]:
    still = {number: file for number, file in written.files.items() if number in sent.get(field, ())}
    fresh: dict[str, list[str]] = {}
    for file in request.FILES.getlist(f"{field}-file"):
        upload = Upload(str(file.name), file.read())
        wrong = check_upload(upload)
        if wrong:
            return {field: f"{upload.name}: {wrong}"}
        fresh[str(uuid4())] = [upload.name, base64.b64encode(upload.contents).decode()]
    trial = Written(files=still | fresh)
    if len(trial.files) > MOST_FILES or trial.size() > MOST_BYTES:
        return {field: _("Send five files at most, 10 MB together. More can follow later.")}
    written.files = trial.files
    return {}


def rows_of(way: Door, order: tuple[QuestionPage, ...], written: Written) -> list[dict[str, Any]]:
    """Return every question with what was answered, and where to change it."""
    wording = Wording(way.pack)
    area_names = {area.code: area.label for area in areas()}
    fields = {q.code: q for q in way.form.fields}
    rows: list[dict[str, Any]] = []
    for page in order:
        href = f"{reverse('refer_question', args=[page.code])}?then=check"
        if page.code == AREA:
            rows.append(
                {"key": _("Area"), "value": area_names.get(written.area, _("Not answered")), "href": href}
            )
        for code in page.fields:
            asked, given = fields[code], written.answers.get(code)
            if asked.kind == "file":
                value: tuple[str, ...] = tuple(name for name, _b64 in written.files.values())
            elif given in ("yes", "no"):
                value = (_("Yes") if given == "yes" else _("No"),)
            else:
                value = wording.value(asked, given) if given else ()
            label = _("Address") if page.code == AREA else wording.say(asked.label)
            rows.append({"key": label, "value": value or _("Not answered"), "href": href})
    return rows
