"""Compare the days round an event: a picture with its band, the table beside it, and what the figures cannot say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from evenhand.casework.protect.choosing import labels
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.kernels.events import CAUTIONS, Effect
from evenhand.oversight.before_after import Comparison, NotComparable, compare, of_area, of_text, open_areas
from evenhand.web.entry import role
from evenhand.web.jinja import show_date
from evenhand.web.page import render
from evenhand.web.step_form import DATE_PARTS

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 260, 44, 30
FIELDS = ("area", "strand", "text", "others", "control", "event-day", "event-month", "event-year")


@dataclass(frozen=True)
class Picture:
    """Points of a picture: the band, the expected line, a mark for each day, the event."""

    band: str
    line: str
    marks: tuple[tuple[float, float, bool], ...]
    event_x: float
    ticks: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, str], ...]


@require_http_methods(["GET", "HEAD", "POST"])
@role("analyst", "hate_crime_coordinator", "responder", "protection_planner")
def show(request: HttpRequest) -> HttpResponseBase:
    """The question; once it is asked, the comparison beneath it."""
    errors: dict[str, str] = {}
    found: Comparison | None = None
    if request.method == "POST":
        found = _asked(request, errors)
    strands = pack().lists.get("strands")
    religions = pack().lists.get("religions")
    choices = [("all", _("All incidents"))]
    choices += [(c.code, c.label) for c in strands.codes.values()] if strands else []
    choices += [(f"religion.{c.code}", f"{_('Religion targeted')}: {c.label}") for c in religions.codes.values()] if religions else []  # fmt: skip
    seen = open_areas()
    context: dict[str, Any] = {
        "areas": sorted((pair for pair in labels().items() if pair[0] in seen), key=lambda pair: pair[1]),
        "strands": choices,
        "given": {name: request.POST.get(name, "") for name in FIELDS},
        "errors": errors,
        "has_errors": bool(errors),
        "found": found,
        "event": show_date(date.fromisoformat(str(found.study.event))) if found else "",
        "picture": _picture(found) if found and found.study.dates.size else None,
        "rows": [_row(e) for e in found.study.effects] if found else [],
        "days": _days(found) if found else [],
        "others": [
            (
                day,
                [_row(e) for e in what] if isinstance(what, tuple) else [],
                what if isinstance(what, str) else "",
            )
            for day, what in (found.others if found else ())
        ],
        "control": [_control(c) for c in found.control] if found else [],
        "cautions": CAUTIONS,
        "size": {"width": WIDTH, "height": HEIGHT, "left": LEFT, "bottom": HEIGHT - BOTTOM},
    }
    return render(request, "before_after/show.html", context, status=422 if errors else 200)


def _asked(request: HttpRequest, errors: dict[str, str]) -> Comparison | None:
    post = request.POST
    day: date | None = None
    try:
        numbers = [int(post.get(f"event-{part}", "")) for part in DATE_PARTS]
        day = date(numbers[2], numbers[1], numbers[0])
    except (ValueError, OverflowError):
        errors["event-day"] = _("Give the day of the event, for example 9 11 2016.")
    others = _dates(post.get("others", ""), errors)
    if day is None or errors:
        return None
    today = pack().calendar.local_day(now())
    text, strand, area = post.get("text", ""), post.get("strand", "all"), post.get("area", "")
    try:
        if text.strip():
            series = of_text(text, _("The days that were pasted"))
        else:
            series = of_area(area, strand, labels().get(area, area), day, today=today)
        control = None
        if post.get("control") and not text.strip():
            control = of_area(area, post["control"], labels().get(area, area), day, today=today)
        return compare(series, day, others=others, control=control)
    except NotComparable as why:
        errors["text" if text.strip() or not open_areas() else "area"] = str(why)
        return None


def _dates(text: str, errors: dict[str, str]) -> list[date]:
    found = []
    for part in text.replace(";", "\n").replace(",", "\n").split():
        try:
            found.append(date.fromisoformat(part))
        except ValueError:
            errors["others"] = _("Write each day like this: 2015-11-13.")
    return found[:12]


def _row(effect: Effect) -> list[str]:
    window = _("Day of the event") if effect.last == 0 else f"{_('Days')} {effect.first}–{effect.last}"
    return [
        window,
        f"{effect.observed:,}",
        f"{effect.expected:.1f}",
        f"{effect.ratio:.2f}",
        f"{effect.low:.2f}–{effect.high:.2f}",
        _chance(effect.p_value),
    ]


def _chance(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def _control(c: Any) -> list[str]:
    window = _("Day of the event") if c.last == 0 else f"{_('Days')} {c.first}–{c.last}"
    if c.ratio is None:
        return [window, "–", "–"]
    return [window, f"{c.ratio:.2f}", f"{c.low:.2f}–{c.high:.2f}"]


def _days(found: Comparison) -> list[list[str]]:
    s = found.study
    return [
        [
            show_date(s.dates[n].item()),
            f"{int(s.counts[n])}",
            f"{s.expected[n]:.1f}",
            f"{int(s.lower[n])}–{int(s.upper[n])}",
        ]
        for n in range(s.dates.size)
    ]


def _picture(found: Comparison) -> Picture:
    s = found.study
    top = max(float(s.counts.max()), float(s.upper.max()), 1.0) * 1.08
    step = (WIDTH - LEFT - 8) / max(1, s.dates.size - 1)

    def x(n: int) -> float:
        return round(LEFT + n * step, 1)

    def y(value: float) -> float:
        return round((HEIGHT - BOTTOM) * (1 - value / top) + 4, 1)

    days = range(s.dates.size)
    upper = [f"{x(n)},{y(float(s.upper[n]))}" for n in days]
    lower = [f"{x(n)},{y(float(s.lower[n]))}" for n in reversed(days)]
    every = max(1, round(top / 4))
    return Picture(
        band=" ".join(upper + lower),
        line=" ".join(f"{x(n)},{y(float(s.expected[n]))}" for n in days),
        marks=tuple((x(n), y(float(s.counts[n])), bool(s.counts[n] > s.upper[n])) for n in days),
        event_x=x(s.event_at),
        ticks=tuple((x(n), str(s.dates[n])[5:]) for n in days if n % 14 == 0),
        levels=tuple((y(float(level)), str(level)) for level in range(0, int(top) + 1, every)),
    )
