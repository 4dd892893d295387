"""Take a report through the public door: one question a page, sealed between pages, sent once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.casework import draft, monitoring
from evenhand.casework.partnership import areas
from evenhand.casework.report_once import SentBefore, report_once
from evenhand.gate.act import Act, Invalid, Refused
from evenhand.gate.entry import Who, enter_door, now
from evenhand.kernels.policy import due_at
from evenhand.web import cookies
from evenhand.web.refer_answers import rows_of, take_page
from evenhand.web.refer_questions import AREA, Door, QuestionPage, Written, door, pages, ways
from evenhand.web.step_form import ShownForm, Typed, answers, as_typed, typed
from evenhand.web.untraced import render_untraced
from evenhand.web.visitor import P, View, visitor_if_any
from evenhand.web.wording import Wording

COOKIE = "evenhand_draft"
SENT_DAYS = 1
NEUTRAL_REASON = "A worry was shared."


@contextmanager
def entered(request: HttpRequest) -> Iterator[Who]:
    """Come in as whoever is signed in, or else through the public door, where nothing can be seen."""
    who = visitor_if_any(request)
    if who is not None:
        yield who
    else:
        with enter_door() as stranger:
            yield stranger


def _code(request: HttpRequest) -> str | None:
    return draft.plain_code(cookies.read(request, COOKIE))


def _written(request: HttpRequest) -> tuple[str, Written] | None:
    code = _code(request)
    contents = draft.open_draft(code) if code else None
    return (code, Written.of(contents)) if code and contents is not None else None


def _way(request: HttpRequest) -> Door:
    """Return the way in that was chosen when the report in this browser was begun, or the usual one."""
    with entered(request):
        found = _written(request)
    return door(found[1].journey if found else "")


class _Elsewhere(Exception):
    """Another page is the right one: nothing was begun here, or it is sent already."""

    def __init__(self, name: str) -> None:
        self.name = name


def _begun(request: HttpRequest) -> tuple[str, Written]:
    """Return the report that is being written; raises _Elsewhere where there is none, or it is sent."""
    found = _written(request)
    if found is None:
        raise _Elsewhere("refer")
    if found[1].reference:
        raise _Elsewhere("refer_done")
    return found


def _or_elsewhere(view: View[P]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except _Elsewhere as elsewhere:
            return _to(elsewhere.name)

    return guarded


def _carry(response: HttpResponseBase, code: str) -> HttpResponseBase:
    cookies.give(response, COOKIE, code, path=reverse("refer"))
    return response


def _to(name: str, *args: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name, args=args))


def _base(request: HttpRequest, way: Door) -> dict[str, Any]:
    return {"public_door": visitor_if_any(request) is None, "say": Wording(way.pack).say, "form": way.form}


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponseBase:
    """Before the first question: danger first, what is needed, and what becomes of it."""
    way = door(request.POST.get("journey", "") or request.GET.get("journey", ""))
    if request.method == "POST":
        with entered(request):
            code = draft.new_code()
            draft.keep(code, asdict(Written(journey=way.journey.code)))
        first = pages(way.form, signed_in=visitor_if_any(request) is not None)[0]
        return _carry(_to("refer_question", first.code), code)
    with entered(request):
        begun = _written(request)
    context = _base(request, way) | {
        "begun": begun is not None and not begun[1].reference,
        "next": _next(request, begun[1]) if begun else "",
        "forgotten": begun is None and request.GET.get("forgotten") == "yes",
        "journey": way.journey.code,
        "others": [other for other in ways() if other[0] != way.journey.code],
    }
    return render_untraced(request, "refer/start.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@_or_elsewhere
def question(request: HttpRequest, code: str) -> HttpResponseBase:
    """One question; what is answered is kept sealed before the next one is asked."""
    with entered(request):
        key, written = _begun(request)
        way = door(written.journey)
        order = pages(way.form, signed_in=visitor_if_any(request) is not None)
        here = next((number for number, page in enumerate(order) if page.code == code), None)
        if here is None:
            raise Http404
        if request.method != "POST":
            return _ask(request, way, order, here, written)
        sent = typed(request.POST)
        errors = take_page(request, way, order[here], written, sent)
        if request.POST.get("then") == "later" and not _unreadable(request, way, sent, errors):
            # Whoever stops need not have finished the page: it is asked again when they come back.
            draft.keep(key, asdict(written))
            return _to("refer_saved")
        if errors:
            return _ask(request, way, order, here, written, sent=sent, errors=errors)
        if code not in written.passed:
            written.passed.append(code)
        draft.keep(key, asdict(written))
    if code == "danger" and written.answers.get("danger") == "yes":
        return _to("refer_danger")
    if request.POST.get("then") == "check" or here + 1 == len(order):
        return _to("refer_check" if request.POST.get("then") == "check" else "refer_counting")
    return _to("refer_question", order[here + 1].code)


def _unreadable(request: HttpRequest, way: Door, sent: Typed, errors: dict[str, str]) -> bool:
    """Say whether something was typed that cannot be kept as it is, rather than left open."""
    return bool(errors and (request.FILES or errors.keys() & answers(way.form, sent).keys()))


def _ask(
    request: HttpRequest,
    way: Door,
    order: tuple[QuestionPage, ...],
    here: int,
    written: Written,
    *,
    sent: Typed | None = None,
    errors: dict[str, str] | None = None,
) -> HttpResponseBase:
    page = order[here]
    wording = Wording(way.pack)
    files = next((q.code for q in way.form.fields if q.kind == "file"), "")
    shown_typed = dict(sent if sent is not None else as_typed(way.form, written.answers))
    if files:
        shown_typed[files] = tuple(written.files)
    shown = ShownForm(
        form=way.form,
        lists=way.pack.lists,
        on=way.pack.calendar.local_day(timezone.now()),
        typed=shown_typed,
        errors=errors or {},
        options={files: tuple((number, name) for number, (name, _b64) in written.files.items())}
        if files
        else {},
        only=page.fields or ("",),
        say=wording.say,
    )
    context = _base(request, way) | {
        "page": page,
        "shown": shown,
        "question_fields": [q for q in way.form.fields if q.code in page.fields],
        "areas": areas() if page.code == AREA else [],
        "area": (sent or {}).get(AREA, (written.area,))[-1],
        "number": here + 1,
        "count": len(order),
        "errors": errors or {},
        "has_errors": bool(errors),
        "then": request.POST.get("then") or request.GET.get("then", ""),
        "before": reverse("refer_question", args=[order[here - 1].code]) if here else reverse("refer"),
    }
    return render_untraced(request, "refer/question.html", context, status=422 if errors else 200)


@require_safe
def danger(request: HttpRequest) -> HttpResponseBase:
    """Somebody said that there is danger now: 999 before anything else."""
    way = _way(request)
    order = pages(way.form, signed_in=visitor_if_any(request) is not None)
    after = next((p.code for p in order[1:]), order[0].code)
    return render_untraced(request, "refer/danger.html", _base(request, way) | {"after": after})


@require_http_methods(["GET", "HEAD", "POST"])
@_or_elsewhere
def counting(request: HttpRequest) -> HttpResponseBase:
    """Questions for counting only, which may be left; their answers go where nobody who decides can look."""
    with entered(request):
        key, written = _begun(request)
        way = door(written.journey)
        lists = monitoring.monitored(way.pack)
        on = way.pack.calendar.local_day(timezone.now())
        if not lists:
            return _to("refer_check")
        if request.method == "POST":
            given = {code: request.POST.get(code, "") for code in lists}
            written.monitoring = monitoring.checked(way.pack, given, on)
            draft.keep(key, asdict(written))
            return _to("refer_check")
    order = pages(way.form, signed_in=visitor_if_any(request) is not None)
    context = _base(request, way) | {
        "lists": [(code, found.label.split(",")[0], found.codes_on(on)) for code, found in lists.items()],
        "given": written.monitoring,
        "before": reverse("refer_question", args=[order[-1].code]),
    }
    return render_untraced(request, "refer/counting.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@_or_elsewhere
def check(request: HttpRequest) -> HttpResponseBase:
    """Everything that was written, to look over and send."""
    with entered(request) as who:
        key, written = _begun(request)
        way = door(written.journey)
        if request.method != "POST":
            return _look_over(request, way, written)
        try:
            _send(way, written, who)
        except SentBefore:
            return _to("refer_done")
        except Invalid as invalid:
            return _look_over(request, way, written, errors=dict(invalid.errors))
        except Refused as refused:
            said = {str(number): reason.sentence for number, reason in enumerate(refused.reasons)}
            return _look_over(request, way, written, errors=said)
        draft.keep(
            key,
            asdict(
                Written(journey=written.journey, reference=written.reference, received_at=written.received_at)
            ),
            days=SENT_DAYS,
        )
    return _to("refer_done")


def _send(way: Door, written: Written, who: Who) -> None:
    uploads = written.uploads()
    given = dict(written.answers)
    files = next((q.code for q in way.form.fields if q.kind == "file"), "")
    if files and uploads:
        given[files] = [str(number) for number in uploads]
    at = now()
    done = report_once(
        Act(way.step, way.outcome, given, reason=NEUTRAL_REASON, once=UUID(written.once)),
        who,
        now=at,
        area=written.area,
        journey=way.journey.code,
        uploads=uploads,
        monitoring_answers=written.monitoring,
    )
    written.reference, written.received_at = done.reference, at.isoformat()


def _look_over(
    request: HttpRequest, way: Door, written: Written, *, errors: dict[str, str] | None = None
) -> HttpResponseBase:
    order = pages(way.form, signed_in=visitor_if_any(request) is not None)
    page_of = {code: page.code for page in order for code in (*page.fields, page.code)}
    context = _base(request, way) | {
        "rows": rows_of(way, order, written),
        "monitored": len(written.monitoring),
        "errors": [
            (reverse("refer_question", args=[page_of[code]]) if code in page_of else "", sentence)
            for code, sentence in (errors or {}).items()
        ],
        "has_errors": bool(errors),
        "anonymous": visitor_if_any(request) is None and "who_tells" not in written.answers,
        "before": reverse("refer_counting") if monitoring.monitored(way.pack) else reverse("refer"),
    }
    return render_untraced(request, "refer/check.html", context, status=422 if errors else 200)


@require_safe
def done(request: HttpRequest) -> HttpResponseBase:
    """The report is on record: its reference, what happens next, and when they will hear."""
    with entered(request):
        found = _written(request)
    if found is None or not found[1].reference:
        return _to("refer")
    written = found[1]
    way = door(written.journey)
    received_at = datetime.fromisoformat(written.received_at)
    calendar = way.pack.calendar
    step = way.journey.steps[way.step]
    hears = []
    for code in step.starts:
        clock = way.pack.clocks[code]
        values = clock.values_on(calendar.local_day(received_at))
        if values:
            due = _due(values[0].value, values[0].unit, received_at, way)
            hears.append((code, due))
    days = dict(hears)
    context = _base(request, way) | {
        "reference": written.reference,
        "read_by": days.get("screening"),
        "acknowledged_by": days.get("acknowledge"),
        "answered_by": days.get("reporter_feedback"),
    }
    return render_untraced(request, "refer/done.html", context)


def _next(request: HttpRequest, written: Written) -> str:
    """Return the address of the first question that has not been passed yet, or of the answers when none is left."""
    order = pages(door(written.journey).form, signed_in=visitor_if_any(request) is not None)
    left = next((page.code for page in order if page.code not in written.passed), "")
    return reverse("refer_question", args=[left]) if left else reverse("refer_check")


def _due(value: int, unit: str, received_at: datetime, way: Door) -> datetime:
    return due_at(value, unit, received_at, way.pack.calendar, (), received_at)


@require_safe
def saved(request: HttpRequest) -> HttpResponseBase:
    """The code with which the writer comes back."""
    with entered(request):
        found = _written(request)
    if found is None or found[1].reference:
        return _to("refer")
    until = timezone.localdate() + timedelta(days=draft.DAYS)
    context = _base(request, door(found[1].journey)) | {
        "code": draft.grouped(found[0]),
        "until": until,
        "next": _next(request, found[1]),
    }
    return render_untraced(request, "refer/saved.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def back(request: HttpRequest) -> HttpResponseBase:
    """Come back to a report with its code."""
    way = _way(request)
    given = request.POST.get("code", "")
    if request.method == "POST":
        code = draft.plain_code(given)
        with entered(request):
            contents = draft.open_draft(code) if code else None
        if code and contents is not None:
            written = Written.of(contents)
            where = reverse("refer_done") if written.reference else _next(request, written)
            return _carry(HttpResponseRedirect(where), code)
    wrong = request.method == "POST"
    context = _base(request, way) | {"given": given, "wrong": wrong, "has_errors": wrong}
    return render_untraced(request, "refer/back.html", context, status=422 if wrong else 200)


@require_POST
def forget(request: HttpRequest) -> HttpResponseBase:
    """What was written is forgotten here and now."""
    code = _code(request)
    if code:
        with entered(request):
            draft.drop(code)
    response = HttpResponseRedirect(f"{reverse('refer')}?forgotten=yes")
    cookies.take_back(response, COOKIE, path=reverse("refer"))
    return response
