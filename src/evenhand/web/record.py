"""The record's public face: checkpoint, key, tiles and lines for machines, a page for people, proofs for a case's acts."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evenhand.casework.looks import OWN_WORK
from evenhand.gate.entry import practitioner_names
from evenhand.operations.sealing.alarms import record_state
from evenhand.operations.sealing.public import NotPublished, entries_bytes, log_keys, tile_bytes
from evenhand.operations.sealing.publish import published
from evenhand.operations.sealing.receipts import NoProofYet, case_record, proof_of
from evenhand.web.entry import role, signed_in
from evenhand.web.grounds import ground_today
from evenhand.web.page import render
from evenhand.web.visitor import same_when_absent, visitor

FOR_EVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=5"
WORDS = {
    "ok": "All is well",
    "late": "A checkpoint is late",
    "unsigned": "Nothing is being signed",
    "inconsistent": "What was signed and what is here do not fit together",
    "unwitnessed": "A witness has not cosigned for a day",
    "unknown": "It cannot be said",
}


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponseBase:
    """The last signed checkpoint, with the witnesses' signatures that have come."""
    last = published()
    if last is None:
        raise Http404
    return _plain(last.cosigned_note, SHORTLY)


@require_safe
def log_key(request: HttpRequest) -> HttpResponseBase:
    """The public key that the record is signed with."""
    keys = log_keys()
    if not keys:
        raise Http404
    return _plain(f"{keys[0].key}\n".encode(), SHORTLY)


@require_safe
def tile(request: HttpRequest, level: str, path: str, width: str | None = None) -> HttpResponseBase:
    """A tile of the tree (C2SP tlog-tiles)."""
    try:
        data = tile_bytes(int(level), _number(path), *_width(width))
    except NotPublished as nothing:
        raise Http404 from nothing
    return _data(data, FOR_EVER)


@require_safe
def entries(request: HttpRequest, path: str, width: str | None = None) -> HttpResponseBase:
    """Lines of the record, which tell nothing but that something was written (C2SP tlog-tiles)."""
    try:
        data = entries_bytes(_number(path), *_width(width))
    except NotPublished as nothing:
        raise Http404 from nothing
    return _data(data, FOR_EVER)


@require_safe
def show(request: HttpRequest) -> HttpResponseBase:
    """What the record is, what was signed last, and how to check it."""
    last, keys = published(), log_keys()
    note = last.cosigned_note.decode() if last else ""
    return render(
        request,
        "record/show.html",
        {"last": last, "note": note, "keys": keys, "lines": last.size if last else 0},
    )


@require_safe
@role("administrator")
def state(request: HttpRequest) -> HttpResponseBase:
    """Whether the record is sealed, signed and witnessed, and what to do when it is not."""
    found, last = record_state(), published()
    context = {
        "state": found,
        "word": _(WORDS[found.word]),
        "last": last,
        "witnesses": [line.split(" ")[1] for line in last.cosigned] if last else [],
        "keys": log_keys(),
    }
    return render(request, "administration/record.html", context)


@require_safe
@signed_in
@same_when_absent
def case_acts(request: HttpRequest, case_id: UUID) -> HttpResponseBase:
    """The acts of a case as the record has them, each with a proof to keep."""
    ground = ": ".join(filter(None, ground_today(request, case_id) or (OWN_WORK,)))
    found = case_record(case_id, visitor(request), ground=ground)
    names = practitioner_names([line.actor for line in found.lines])
    steps = found.standing.journey.steps
    rows = [
        {
            "line": line,
            "what": _(steps[line.step].label) if line.step in steps else line.step,
            "by": names.get(line.actor, _("Somebody without an account")),
        }
        for line in found.lines
    ]
    context = {
        "case_id": case_id,
        "reference": found.standing.reference,
        "rows": rows,
        "broken": found.broken,
        "closed": found.closed,
    }
    return render(request, "record/case.html", context | {"last": published()})


@require_safe
@signed_in
@same_when_absent
def proof(request: HttpRequest, case_id: UUID, entry_id: int) -> HttpResponseBase:
    """The proof that one act stands in the signed record, as a file."""
    try:
        text = proof_of(case_id, entry_id, visitor(request))
    except NoProofYet as not_yet:
        raise Http404 from not_yet
    response = _plain(text, "no-store")
    response["Content-Disposition"] = f'attachment; filename="line-{entry_id}.tlog-proof"'
    return response


def _number(path: str) -> int:
    return int(path.replace("x", "").replace("/", ""))


def _width(text: str | None) -> tuple[int, ...]:
    """Return the width of a partial tile; a whole one has another address."""
    if text is None:
        return ()
    if not 0 < int(text) < 256 or text.startswith("0"):
        raise NotPublished
    return (int(text),)


def _plain(text: bytes, cache: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = cache
    return response


def _data(data: bytes, cache: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Cache-Control"] = cache
    return response
