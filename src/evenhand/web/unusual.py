"""Show what is unusual today, where and for whom, against what was expected and how sure; and let people answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.casework.incidents import events, every_place
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack
from evenhand.kernels.policy import Invalid, Refused
from evenhand.oversight import board
from evenhand.oversight.answer_alarm import COORDINATOR, answer, note_event
from evenhand.oversight.watch.figures import BY_MONTH, FigureTable, tables
from evenhand.oversight.watch.policy import watch_policy
from evenhand.web.entry import role, signed_in
from evenhand.web.jinja import show_date
from evenhand.web.page import render
from evenhand.web.sites import may_write
from evenhand.web.visitor import visitor
from evenhand.web.watch_picture import Picture, map_of, picture

BOARD_ROLES = ("hate_crime_coordinator", "responder")
SMALL_DAYS = 56
A_PAGE = 12
TABLE_DAYS = 21


@dataclass(frozen=True)
class Row:
    """One alarm on the board, in words, and the sums it is part of that rose with it."""

    alarm: board.Unusual
    how_often: str
    came: str
    state: str
    also: tuple[board.Unusual, ...] = ()


def how_often(p_value: float) -> str:
    """Say how rarely chance alone brings such a rise."""
    if p_value <= 0:
        return _("practically never by chance")
    once = 1.0 / p_value
    if once >= 1_000_000:
        return _("less than once in a million looks by chance")
    rounded = int(float(f"{once:.2g}"))
    return _("once in %(number)s looks by chance") % {"number": f"{rounded:,}"}


def came(alarm: board.Unusual) -> str:
    """Say what came against what was expected."""
    expected = f"{alarm.expected:.1f}" if alarm.expected < 100 else f"{alarm.expected:.0f}"
    if alarm.window_days == 1:
        return _("%(seen)s in a day; %(expected)s were expected") % {
            "seen": alarm.observed,
            "expected": expected,
        }
    return _("%(seen)s in %(days)s days; %(expected)s were expected") % {
        "seen": alarm.observed, "days": alarm.window_days, "expected": expected,
    }  # fmt: skip


def state(alarm: board.Unusual) -> str:
    """Say where an alarm stands."""
    if not alarm.stands:
        return _("Corrected away")
    said = {
        "acknowledged": _("Acknowledged"),
        "not_a_spike": _("Not a spike"),
        "respond": _("Being answered"),
    }
    word = said.get(alarm.answered.answer, "") if alarm.answered else _("Waits for an answer")
    return word if alarm.ended_on is None else _("%(word)s, ended") % {"word": word}


METHODS = {
    "daily": "The daily watch", "weekly": "The week against earlier years", "drift": "A slow and lasting rise",
    "cluster": "Neighbouring areas together", "late": "More than should have come in by now",
}  # fmt: skip


def _row(alarm: board.Unusual) -> Row:
    return Row(alarm, how_often(alarm.p_value), came(alarm), state(alarm))


def together(rows: list[Row]) -> list[Row]:
    """Put a rise and the sums that it lifts under one head: the smallest area and the closest strand of them."""
    inside = board.inside()
    heads: list[tuple[Row, list[board.Unusual]]] = []
    for row in sorted(
        rows,
        key=lambda r: (
            -len(inside.get(r.alarm.area_code, ())),
            r.alarm.strand == "all",
            "." not in r.alarm.strand,
        ),
    ):
        for head, also in heads:
            near = abs((head.alarm.onset - row.alarm.onset).days) <= 1 and row.alarm.answered is None
            around = row.alarm.area_code == head.alarm.area_code or row.alarm.area_code in inside.get(
                head.alarm.area_code, ()
            )
            wider = row.alarm.strand in ("all", head.alarm.strand) or (
                head.alarm.strand.startswith("religion.") and row.alarm.strand == "religion"
            )
            if near and around and wider:
                also.append(row.alarm)
                break
        else:
            heads.append((row, []))
    made = [replace(head, also=tuple(also)) for head, also in heads]
    return sorted(made, key=lambda r: (-r.alarm.onset.toordinal(), r.alarm.p_value, r.alarm.area_code))


@require_safe
@role(*BOARD_ROLES)
def show(request: HttpRequest) -> HttpResponseBase:
    """What is unusual now, what is only chance, the map and the small pictures."""
    look = board.last_look(now())
    today = look.day if look else pack().calendar.local_day(now())
    found = [_row(alarm) for alarm in board.unusual(today)]
    areas = board.areas()
    strand = request.GET.get("strand", "all")
    strands = [(code, board.strand_label(code)) for code in watch_policy(pack()).strands]
    if strand not in dict(strands):
        strand = "all"
    page = _page(request)
    small = board.several(strand, [a.code for a in areas], days=SMALL_DAYS)
    start = (page - 1) * A_PAGE
    context = {
        "look": look,
        "going": together([row for row in found if row.alarm.stands and row.alarm.ended_on is None]),
        "past": [row for row in found if not (row.alarm.stands and row.alarm.ended_on is None)],
        "within": board.within_chance(today) if look else [],
        "map": map_of(areas),
        "changes": board.area_changes(),
        "small": [(series, picture(series, small=True)) for series in small[start : start + A_PAGE]],
        "page_number": page,
        "more": len(small) > start + A_PAGE,
        "strands": strands,
        "strand": strand,
        "methods": METHODS,
        "may_answer": COORDINATOR in visitor(request).roles,
    }
    return render(request, "unusual/show.html", context)


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


@require_safe
@role(*BOARD_ROLES)
def series(request: HttpRequest, area: str, strand: str) -> HttpResponseBase:
    """One area and strand: the picture with the table beside it."""
    found = board.series(area, strand)
    if found is None:
        raise Http404
    look = board.last_look(now())
    context = _shown_series(found) | {
        "look": look,
        "alarms": [_row(a) for a in board.unusual(found.days[-1].day, area=area, strand=strand)],
        "methods": METHODS,
        "week_from": date.fromisoformat(found.weekly["from"]) if found.weekly.get("from") else None,
    }
    return render(request, "unusual/series.html", context)


def _shown_series(found: board.SeriesOf) -> dict[str, object]:
    drawn: Picture = picture(found)
    events_shown = [
        (n, e, d.day)
        for n, (e, d) in enumerate(((", ".join(d.events), d) for d in found.days if d.events), 1)
    ]
    rows = []
    for day in list(found.days)[::-1][:TABLE_DAYS]:
        notes = [*day.events]
        if day.festival:
            notes.append(_(day.festival))
        if day.alarm:
            notes.append(_("Alarm"))
        if day.provisional:
            notes.append(_("Provisional"))
        likely = f"{day.likely[0]:.1f} ({day.likely[1]:.0f}–{day.likely[2]:.0f})" if day.likely else "–"
        rows.append(
            [
                show_date(day.day, weekday=True, year=False), str(day.count),
                "–" if day.expected is None else f"{day.expected:.1f}", "–" if day.upper is None else f"{day.upper:.0f}",
                likely, "; ".join(notes),
            ]
        )  # fmt: skip
    head = [_("Day"), _("Came"), _("Expected"), _("Unusual above"), _("Probably in the end"), _("Notes")]
    return {"series": found, "picture": drawn, "rows": rows, "head": head, "events_shown": events_shown}


@require_http_methods(["GET", "HEAD", "POST"])
@role(*BOARD_ROLES)
def alarm(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """One alarm: why it is one, its picture, what it said before corrections, and what people decided."""
    who = visitor(request)
    try:
        found, answers, revisions = board.one(number)
    except board.NoSuchAlarm as absent:
        raise Http404 from absent
    errors: dict[str, str] = {}
    given = {"answer": request.POST.get("answer", ""), "reason": request.POST.get("reason", "")}
    if request.method == "POST":
        try:
            answer(number, given["answer"], given["reason"], who, now=now())
        except Invalid as invalid:
            errors = dict(invalid.errors)
        except Refused as refused:
            errors = {"": " ".join(reason.sentence for reason in refused.reasons)}
        else:
            to = _respond_address(found, who) if given["answer"] == "respond" else ""
            said = _("Your answer is on record.")
            if given["answer"] == "respond" and not to:
                said += " " + _(
                    "A responder or a protection planner of the area finds it under “Answers to rises”."
                )
            messages.success(request, said)
            return HttpResponseRedirect(to or reverse("unusual_alarm", args=[number]))
    shown = board.series(found.area_code, found.strand)
    context = (_shown_series(shown) if shown else {"series": None}) | {
        "row": _row(found),
        "answers": answers,
        "revisions": revisions,
        "methods": METHODS,
        "errors": errors,
        "has_errors": bool(errors),
        "given": given,
        "may_answer": COORDINATOR in who.roles,
        "respond": _respond_address(found, who),
        "look": board.last_look(now()),
    }
    return render(request, "unusual/alarm.html", context, status=422 if errors else 200)


def _respond_address(found: board.Unusual, who: Who) -> str:
    """Return where a response to an alarm begins, or nothing for whoever does not begin one."""
    if not may_write(who):
        return ""
    return f"{reverse('protect', args=['respond'])}?area={found.area_code}&episode={found.id}"


@require_http_methods(["GET", "HEAD", "POST"])
@role(*BOARD_ROLES)
def event(request: HttpRequest) -> HttpResponseBase:
    """The events that may move counts, and a form for one more."""
    who = visitor(request)
    errors: dict[str, str] = {}
    names = ("label", "happened_on-day", "happened_on-month", "happened_on-year", "until-day", "until-month", "until-year",
             "area", "easier", "source")  # fmt: skip
    given = {name: request.POST.get(name, "") for name in names}
    if request.method == "POST":
        try:
            note_event(
                who, label=given["label"], happened_on=_iso(given, "happened_on"), until=_iso(given, "until"),
                strands=request.POST.getlist("strands"), area=given["area"], easier=given["easier"] == "yes",
                source=given["source"], now=now(),
            )  # fmt: skip
        except Invalid as invalid:
            errors = dict(invalid.errors)
        except Refused as refused:
            errors = {"": " ".join(reason.sentence for reason in refused.reasons)}
        else:
            messages.success(
                request, _("The event is on record. The watch takes it into account at its next look.")
            )
            return HttpResponseRedirect(reverse("unusual_event"))
    policy = watch_policy(pack())
    context = {
        "events": events(),
        "errors": errors,
        "has_errors": bool(errors),
        "given": given,
        "picked": request.POST.getlist("strands"),
        "strands": [(code, board.strand_label(code)) for code in policy.strands if code != "all"],
        "labels": {code: board.strand_label(code) for code in policy.strands},
        "areas": [(p.code, p.label) for p in every_place()],
        "most": policy.most_leniency,
        "may_answer": COORDINATOR in who.roles,
    }
    return render(request, "unusual/event.html", context, status=422 if errors else 200)


def _iso(given: dict[str, str], name: str) -> str:
    day, month, year = (given[f"{name}-{part}"].strip() for part in ("day", "month", "year"))
    if not (day.isdecimal() and month.isdecimal() and year.isdecimal()):
        return ""
    return f"{int(year):04d}-{int(month):02d}-{int(day):02d}"


@require_safe
@signed_in
def figures(request: HttpRequest) -> HttpResponseBase:
    """The counts of incidents for everybody, protected: the same for whoever looks."""
    return render(request, "unusual/figures.html", {"tables": figure_tables(), "rule": pack().counts})


ShownTable = tuple[str, list[str], list[list[str]], datetime]


def figure_tables() -> list[ShownTable]:
    """Return the figures in words: what a table is, its head, its rows, and when they were computed."""
    shown = []
    for table in tables():
        by_month = table.name == BY_MONTH
        head = [_("Month") if by_month else _("Area"), *(board.strand_label(s) for s in table.columns)]
        rows = [[_row_label(table, r), *(_cell(table, r, c) for c in table.columns)] for r in table.rows]
        caption = _("By month, the last twelve") if by_month else _("By area, the same months")
        shown.append((caption, head, rows, table.computed_at))
    return shown


def _row_label(table: FigureTable, row: str) -> str:
    if table.name == BY_MONTH and row != "total":
        return show_date(date.fromisoformat(f"{row}-01")).split(" ", 1)[1]
    return {"total": _("All"), "": _("No smaller area known")}.get(row, row)


def _cell(table: FigureTable, row: str, column: str) -> str:
    if (row, column) not in table.cells:
        return "–"
    value = table.cells[row, column]
    return "[c]" if value is None else f"{value:,}"
