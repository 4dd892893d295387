"""Ask for a release, look at what the house built, sign it as a second person, and set its hour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.gate import publish
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import Who, now
from evenhand.gate.policy import pack
from evenhand.oversight.publish import read
from evenhand.oversight.publish.plan import kinds, plan_release
from evenhand.oversight.publish.trouble import NoRelease, UnknownCode
from evenhand.web.entry import role
from evenhand.web.fresh import fresh_to_change
from evenhand.web.page import render
from evenhand.web.releases import contents, download, shown
from evenhand.web.visitor import same_when_absent, visitor

A_PAGE = 20
MOST_CELLS = 200
LONDON = ZoneInfo("Europe/London")
ANALYST, APPROVER = publish.ANALYST, publish.APPROVER
STATES = {
    "asked": "Asked for",
    "building": "Being built",
    "waiting": "Waits for a second person",
    "failed": "Not built",
    "signed": "Signed, before its hour",
    "open": "Open to everybody",
    "dropped": "Dropped",
}


@require_http_methods(["GET", "HEAD", "POST"])
@role(ANALYST, APPROVER)
def index(request: HttpRequest) -> HttpResponseBase:
    """Every release and how far it is; an analyst asks for the next."""
    who = visitor(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            number = _ask(request, who)
            messages.success(
                request, _("The release is asked for. The house builds it; this takes some minutes.")
            )
            return HttpResponseRedirect(reverse("publish_release", args=[number]))
        except Invalid as invalid:
            errors = dict(invalid.errors)
        except Refused as refused:
            errors = {"": " ".join(reason.sentence for reason in refused.reasons)}
    page = _page_number(request)
    at = now()
    lines = read.all_releases(first=(page - 1) * A_PAGE, most=A_PAGE + 1)
    context = {
        "releases": [(line, STATES[line.state_at(at)]) for line in lines[:A_PAGE]],
        "more": len(lines) > A_PAGE,
        "page": page,
        "may_ask": ANALYST in who.roles,
        "kinds": [(str(k["code"]), str(k["label"])) for k in kinds(pack()) if "counts" in k],
        "year": at.year,
        "errors": errors,
        "has_errors": bool(errors),
        "given": request.POST,
    }
    return render(request, "publish/index.html", context, status=422 if errors else 200)


def _ask(request: HttpRequest, who: Who) -> UUID:
    kind, year = request.POST.get("kind", ""), request.POST.get("year", "").strip()
    quarter = request.POST.get("quarter", "").strip()
    known = {str(entry["code"]): entry for entry in kinds(pack()) if "counts" in entry}
    if kind not in known:
        raise Invalid({"kind": _("Choose a release from the list.")})
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        raise Invalid({"year": _("Give the year in which it ends, such as 2026.")})
    if known[kind]["period"] == "quarter" and not quarter:
        raise Invalid({"quarter": _("Choose the quarter.")})
    if known[kind]["period"] != "quarter" and quarter:
        raise Invalid({"quarter": _("This release is of a whole year: choose no quarter.")})
    name = f"{kind}-{year}" + (f"-q{quarter}" if quarter else "")
    at = now()
    try:
        plan = plan_release(name, pack(), {})
    except NoRelease as error:
        raise Invalid({"quarter": f"{error}."}) from error
    if plan.period.ends >= at.date():
        raise Invalid({"year": _("This period is not over yet.")})
    return publish.ask(
        who, plan=name, title=plan.title, pack=pack().code, reason=request.POST.get("reason", ""), now=at
    )


@require_http_methods(["GET", "HEAD", "POST"])
@role(ANALYST, APPROVER)
@fresh_to_change
@same_when_absent
def release(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """One release: how far it is, what was withheld, its tables as they will be, and what may be done to it."""
    who = visitor(request)
    errors: dict[str, str] = {}
    try:
        if request.method == "POST":
            try:
                messages.success(request, _act(request, who, number))
                return HttpResponseRedirect(reverse("publish_release", args=[number]))
            except Invalid as invalid:
                errors = dict(invalid.errors)
            except Refused as refused:
                errors = {"": " ".join(reason.sentence for reason in refused.reasons)}
        return _page(request, who, number, errors)
    except read.NotThere as absent:
        raise NoSuchCase from absent


def _page(request: HttpRequest, who: Who, number: UUID, errors: dict[str, str]) -> HttpResponseBase:
    line, at = read.release(number), now()
    state = line.state_at(at)
    looks = read.looks(number)
    people = [line.asked_by, *(p for p in [line.signed_by] if p), *(k.asked_by for k in looks)]
    built = bool(line.files_hash) and state in {"waiting", "signed", "open", "dropped"}
    files = read.paths(number) if built else []
    book = contents(number, line.files_hash) if built else None
    mine = who.practitioner_id == line.asked_by
    context = {
        "release": line,
        "state": state,
        "state_said": STATES[state],
        "names": read.names(people),
        "about": read.about(number) if built else {},
        "book": book,
        "sheets": [shown(sheet, files) for sheet in book.sheets] if book else [],
        "files": files,
        "looks": looks,
        "open_look": any(
            k.asked_by == who.practitioner_id and k.until is not None and k.until > at for k in looks
        ),
        "at": at,
        "may_sign": APPROVER in who.roles and state == "waiting" and not mine,
        "is_mine": mine and state == "waiting" and APPROVER in who.roles,
        "may_move": APPROVER in who.roles and state == "signed",
        "may_drop": state in {"asked", "building", "waiting", "failed"}
        or (state == "signed" and APPROVER in who.roles),
        "may_ask_look": ANALYST in who.roles and built,
        "may_agree": APPROVER in who.roles,
        "me": who.practitioner_id,
        "errors": errors,
        "has_errors": bool(errors),
        "given": request.POST,
    }
    return render(request, "publish/release.html", context, status=422 if errors else 200)


def _act(request: HttpRequest, who: Who, number: UUID) -> str:
    post, at = request.POST, now()
    doing, reason = post.get("doing", ""), post.get("reason", "")
    if doing == "sign":
        opens = _hour(request)
        publish.sign(
            who, number, opens_at=opens, files_hash=post.get("files_hash", ""), reason=reason, now=at
        )
        return _("Signed. It opens at its hour.") if opens else _("Signed. It is open to everybody.")
    if doing == "move":
        publish.move_hour(who, number, opens_at=_hour(request), reason=reason, now=at)
        return _("The hour has been moved.")
    if doing == "drop":
        publish.drop(who, number, reason=reason, now=at)
        return _("The release is dropped.")
    if doing == "ask_look":
        publish.ask_look(who, number, reason=reason, now=at)
        return _("A release approver can now agree that you see the sealed cells.")
    if doing == "agree_look":
        try:
            look = UUID(post.get("look", ""))
        except ValueError as error:
            raise Invalid({"": _("Choose what to do.")}) from error
        publish.agree_look(who, look, now=at)
        return _("Agreed, for some hours.")
    raise Invalid({"": _("Choose what to do.")})


def _page_number(request: HttpRequest) -> int:
    number = request.GET.get("page", "")
    return max(1, int(number)) if number.isascii() and number.isdecimal() and len(number) < 6 else 1


def _hour(request: HttpRequest) -> datetime | None:
    """Return the hour that the form says, in London; nothing when it is left empty."""
    day, clock = request.POST.get("day", "").strip(), request.POST.get("clock", "").strip()
    if not day and not clock:
        return None
    try:
        return datetime.strptime(f"{day} {clock}", "%d/%m/%Y %H:%M").replace(tzinfo=LONDON)
    except ValueError as error:
        raise Invalid(
            {"opens_at": _("Give day and hour, such as 31/03/2027 and 09:30, or leave both empty.")}
        ) from error


@require_safe
@role(ANALYST, APPROVER)
def file(request: HttpRequest, number: UUID, path: str) -> HttpResponseBase:
    """One file of a release that is not open yet, for those who make it and sign it."""
    try:
        return download(read.file(number, path), path)
    except read.NotThere as absent:
        raise Http404 from absent


@require_safe
@role(ANALYST)
@same_when_absent
def sealed(request: HttpRequest, number: UUID) -> HttpResponseBase:
    """The sealed cells, for an analyst to whom a second person has agreed; each look is on record."""
    who = visitor(request)
    try:
        found = read.sealed_cells(number)
        line = read.release(number)
    except (read.NotThere, UnknownCode) as absent:
        raise NoSuchCase from absent
    if found is None:
        raise NoSuchCase
    publish.looked(who, number, now=now())
    cells, size = found
    page = _page_number(request)
    first = (page - 1) * MOST_CELLS
    context = {
        "release": line,
        "fields": cells.fields,
        "rows": [
            [*codes, f"{count:,}"]
            for codes, count in zip(
                cells.codes[first : first + MOST_CELLS], cells.counts[first : first + MOST_CELLS], strict=True
            )
        ],
        "page": page,
        "more": first + MOST_CELLS < size,
        "size": size,
    }
    return render(request, "publish/sealed.html", context)
