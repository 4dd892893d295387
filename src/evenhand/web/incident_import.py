"""Bring in a list of incidents through a page: first as understood, then, when somebody says so, for good."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from evenhand.casework.import_incidents import (
    CannotRead,
    Imported,
    Preview,
    TooMany,
    import_incidents,
    preview,
    read_map,
)
from evenhand.casework.import_incidents.mapping import IncidentMap
from evenhand.casework.incidents import every_place
from evenhand.gate.policy import pack
from evenhand.web.entry import role
from evenhand.web.incidents import RECORDERS, label_of
from evenhand.web.page import render
from evenhand.web.visitor import visitor

MOST_BYTES = 2_000_000
MOST_ROWS = 15_000
MOST_FAULTS = 100
# What a map begins as: the least that is needed, with what else there may be in remarks.
STARTING_MAP = """\
[file]
system = ""            # where the list comes from, such as Council reporting centre
date_order = "dmy"     # which comes first in their dates: dmy, mdy or ymd
split = ","            # what stands between several words in one cell

[columns]              # our name = the heading in their list
reference = "Reference"
occurred_on = "Date"
area = "Area"
strands = "Strand"
# and where they have them: occurred_until, reported_on, recorded_on, religions, offence,
# place_kind, source, crime, repeat_victim, wishes

[codes.strands]        # "their word" = "our code"
"""


@require_http_methods(["GET", "HEAD", "POST"])
@role(*RECORDERS)
def show(request: HttpRequest) -> HttpResponseBase:
    """A file and its map; what it says; and after the second look the import itself."""
    errors: dict[str, str] = {}
    seen: Preview | None = None
    surprise = ""
    done: Imported | None = None
    written = request.POST.get("map", "") if request.method == "POST" else _starting_map()
    kept = ""
    if request.method == "POST":
        try:
            contents, kept = _contents(request)
            column_map = _map(written)
            seen = preview(contents, column_map)
            if not seen.rows:
                raise CannotRead("the file has headings, and no row under them")
            if seen.rows > MOST_ROWS:
                raise CannotRead(
                    f"the file has {seen.rows:,} rows: more than {MOST_ROWS:,} are brought in by an operator, with "
                    "`evenhand incidents import`"
                )
            if request.POST.get("doing") == "import":
                expect = seen.rows if request.POST.get("sure") == "yes" else 0
                done = import_incidents(contents, column_map, visitor(request), expect=expect)
        except TooMany as more:
            surprise = _sentence(str(more))
            errors = {"sure": _("Say whether the list is right.")}
        except CannotRead as wrong:
            about_map = any(part in str(wrong) for part in ("map", "[", "no column"))
            errors = {"map" if about_map else "file": _sentence(str(wrong))}
            seen = None
            if "map" not in errors:
                kept = ""
    places = {place.code: place.label for place in every_place()} if seen else {}
    context = {
        "errors": errors,
        "has_errors": bool(errors),
        "map": written,
        "seen": seen,
        "done": done,
        "kept": kept,
        "called": _called(request),
        "surprise": surprise,
        "faults": (done or seen).faults[:MOST_FAULTS] if done or seen else (),  # type: ignore[union-attr]
        "first": [_words(row, places) for row in seen.first] if seen else [],
    }
    return render(request, "incidents/import.html", context, status=422 if errors else 200)


def _starting_map() -> str:
    """Return a map to begin with, which names the codes of this instance's own strands."""
    strands = pack().lists.get("strands")
    return STARTING_MAP + "".join(
        f'# "{c.label}" = "{c.code}"\n' for c in (strands.codes.values() if strands else ())
    )


def _called(request: HttpRequest) -> str:
    upload = request.FILES.get("file")
    return (upload.name if upload else request.POST.get("called", "")) or ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _map(written: str) -> IncidentMap:
    if not written.strip():
        raise CannotRead(_("the map is empty: say which column means what"))
    return read_map(written)


def _contents(request: HttpRequest) -> tuple[bytes, str]:
    """Return the file and what the next page sends of it: packed, so that nothing of it lies anywhere in between."""
    upload = request.FILES.get("file")
    if upload is not None:
        if (upload.size or 0) > MOST_BYTES:
            raise CannotRead(
                f"the file is larger than two megabytes. Up to {MOST_ROWS:,} rows are brought in here: split it, pack it with "
                "gzip, or ask an operator"
            )
        raw = upload.read()
        if raw[:2] == b"\x1f\x8b":
            raw = _unpacked(raw)
        packed = base64.b64encode(gzip.compress(raw, mtime=0)).decode()
        return raw, packed
    packed = request.POST.get("kept", "")
    if not packed:
        raise CannotRead("choose a file")
    try:
        return _unpacked(base64.b64decode(packed, validate=True)), packed
    except ValueError as error:
        raise CannotRead("the file came back broken: choose it again") from error


def _unpacked(raw: bytes) -> bytes:
    most = 20 * MOST_BYTES
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(raw, most + 1)
    except zlib.error as error:
        raise CannotRead("the file cannot be unpacked: choose it again") from error
    if len(found) > most:
        raise CannotRead("the file is too large once unpacked: ask an operator to bring it in")
    return found


def _words(row: object, places: Mapping[str, str]) -> list[str]:
    from evenhand.casework.import_incidents.understanding import Understood
    from evenhand.web.jinja import show_date

    if not isinstance(row, Understood):
        return []
    strands = ", ".join(label_of("strands", s) for s in row.strands)
    religions = ", ".join(label_of("religions", r) for r in row.religions)
    area = row.new_areas[-1].label if row.new_areas else places.get(row.area, row.area)
    return [
        str(row.row), show_date(row.occurred_on), area, f"{strands} ({religions})" if religions else strands,
        label_of("offence_groups", row.offence_group) if row.crime else _("No crime"), label_of("place_kinds", row.place_kind),
    ]  # fmt: skip
