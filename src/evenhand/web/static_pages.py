"""Show the pages that say the same to everybody: home, danger, privacy, accessibility and the rest."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from evenhand.operations.health import ready, state

LEAFLETS = {"ar", "ur"}


def _page(template: str) -> Callable[[HttpRequest], HttpResponse]:
    @require_safe
    def show(request: HttpRequest) -> HttpResponse:
        return render(request, f"pages/{template}.html")

    show.__name__ = template
    return show


home = _page("home")
danger = _page("danger")
privacy = _page("privacy")
accessibility = _page("accessibility")


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """The cookies by the names that the browser shows."""
    return render(request, "pages/cookies.html", {"prefix": settings.COOKIE_PREFIX})


what_happens = _page("what_happens")
contact = _page("contact")


@require_safe
def other_language(request: HttpRequest, code: str) -> HttpResponse:
    """A leaflet in a language that the whole door does not speak yet, read in its own direction."""
    if code not in LEAFLETS:
        raise Http404
    return render(request, f"pages/leaflet_{code}.html")


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say whether the database, the worker and the keys are there and the record is sealed; tells nothing else."""
    found = state()
    answer = JsonResponse(
        {"database": found.database, "worker": found.worker, "keys": found.keys, "record": found.record},
        status=200 if found.well else 503,
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether people may be sent to this process: the database is there, and as this version needs it."""
    missing = ready()
    answer = JsonResponse({"ready": not missing, "waits_for": missing}, status=503 if missing else 200)
    answer["Cache-Control"] = "no-store"
    return answer
