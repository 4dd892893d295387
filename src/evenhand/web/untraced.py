"""Draw pages of the public door that leave no line in a log, whatever was wrong with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from evenhand.web.page import render


def render_untraced(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return the page; a status that says no is not logged, for the log would say when somebody wrote."""
    response = render(request, template, context, status=status)
    response._has_been_logged = True  # type: ignore[attr-defined] # the mark that Django's own log looks for
    return response
