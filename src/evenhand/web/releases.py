"""Show the statistics that are open to everybody: tables beside charts, downloads, and what the marks mean."""

from __future__ import annotations

import io
import zipfile
from functools import lru_cache
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from evenhand.oversight.publish import read
from evenhand.oversight.publish.book import Book
from evenhand.oversight.publish.sheet import Sheet
from evenhand.oversight.publish.writers.charts import alternative
from evenhand.web.page import render

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "py": "text/x-python; charset=utf-8",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
SHOWN_IN_PAGE = {"svg", "png"}
# Every file of a release in its folders, ready for the checker; not one of its files.
ALL = "all.zip"


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """Every release whose hour has come: the same list for whoever looks."""
    return render(request, "releases/index.html", {"releases": read.open_releases(timezone.now())})


@require_safe
def show(request: HttpRequest, code: str) -> HttpResponseBase:
    """One release: its tables, charts and files; before its hour there is no such page."""
    now = timezone.now()
    try:
        line = read.open_release(code, now)
        book = contents(line.id, line.files_hash)
    except read.NotThere as absent:
        raise Http404 from absent
    editions = read.editions(line, now)
    files = read.paths(line.id)
    context = {
        "release": line,
        "book": book,
        "about": read.about(line.id),
        "sheets": [shown(sheet, files) for sheet in book.sheets],
        "editions": editions,
        "newer": editions[-1] if editions and editions[-1].edition > line.edition else None,
        "files": files,
    }
    return render(request, "releases/show.html", context)


@require_safe
def file(request: HttpRequest, code: str, path: str) -> HttpResponseBase:
    """One file of an open release, byte for byte as it was verified."""
    try:
        line = read.open_release(code, timezone.now())
        data = packed(line.id, line.code) if path == ALL else read.file(line.id, path)
    except read.NotThere as absent:
        raise Http404 from absent
    return download(data, path)


def download(data: bytes, path: str) -> HttpResponse:
    """Return a file of a release as a response."""
    kind = path.rsplit(".", 1)[-1]
    response = HttpResponse(data, content_type=KINDS.get(kind, "application/octet-stream"))
    if kind not in SHOWN_IN_PAGE:
        response["Content-Disposition"] = f'attachment; filename="{path.rsplit("/", 1)[-1]}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@lru_cache(maxsize=8)
def contents(number: UUID, files_hash: str) -> Book:
    """Return the sheets of a release; files that have one hash never change, so they are read once."""
    return read.contents(number) if files_hash else Book("", (), (), ())


@lru_cache(maxsize=2)
def packed(number: UUID, code: str) -> bytes:
    """Return every file of a release in one archive, under a folder of its code; the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in read.paths(number):
            entry = zipfile.ZipInfo(f"{code}/{path}")
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, read.file(number, path), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def shown(sheet: Sheet, files: list[str]) -> dict[str, object]:
    """Return a sheet with its figures as texts, and its chart where it has one."""
    chart = f"charts/{sheet.name}.svg"
    return {
        "sheet": sheet,
        "rows": [[said(cell) for cell in row] for row in sheet.rows],
        "numeric": list(range(sheet.labels, len(sheet.headings))),
        "chart": chart if chart in files else "",
        "alt": alternative(sheet) if chart in files else "",
    }


def said(cell: int | float | str) -> str:
    """Return a figure as it is printed."""
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
