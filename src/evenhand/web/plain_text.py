"""Take out of what is sent the one character that no text can hold, so that no page fails on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.http import HttpRequest, HttpResponse, QueryDict

if TYPE_CHECKING:
    from django.http.request import _ImmutableQueryDict

NUL = "\0"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class PlainText:
    """Nobody types a NUL, but some programs paste one; PostgreSQL takes no text that holds it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Look at what was typed once the address is known, and before the page does."""
        request.GET = cast("_ImmutableQueryDict", without_nul(request.GET))
        if request.method == "POST" and request.content_type in FORMS:
            request.POST = cast("_ImmutableQueryDict", without_nul(request.POST))


def without_nul(sent: QueryDict) -> QueryDict:
    """Return what was sent, itself when it is plain already."""
    if not any(NUL in text for name, texts in sent.lists() for text in (name, *map(str, texts))):
        return sent
    plain = sent.copy()
    plain.clear()
    for name, texts in sent.lists():
        plain.setlist(name.replace(NUL, ""), [str(text).replace(NUL, "") for text in texts])
    return plain
