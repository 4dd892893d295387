"""Choose the language of the pages, and compile the sentences that translators wrote."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, get_language
from django.views.decorators.http import require_safe

DRAFTS = {"cy": "drafft"}
"""Languages whose sentences no translator has checked, with the word for draft in each."""
LOCALE = Path(__file__).resolve().parent / "locale"


def compile(folder: Path = LOCALE) -> int:
    """Every catalogue is there in the form Django reads; returns how many were written anew."""
    written = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        # Two processes may do this at once: each writes a file of its own, and the last one stands.
        with NamedTemporaryFile(dir=target.parent, prefix=".django.mo.", delete=False) as fresh:
            write_mo(fresh, catalogue)
        Path(fresh.name).chmod(0o644)
        Path(fresh.name).replace(target)
        written += 1
    return written


def choices(request: HttpRequest) -> list[dict[str, object]]:
    """Return the languages that a reader can choose from, the present one marked."""
    now = get_language() or settings.LANGUAGE_CODE
    return [
        {"code": code, "name": name, "draft": DRAFTS.get(code, ""), "current": code == now}
        for code, name in settings.LANGUAGES
    ]


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and go back to the page it was chosen on."""
    back = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    code = request.GET.get("language", "")
    if code in dict(settings.LANGUAGES) and check_for_language(code):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            secure=settings.ENTRY_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response
