"""Read which page of a long list was asked for."""

from __future__ import annotations

from django.http import HttpRequest


def page_number(request: HttpRequest) -> int:
    """Return the number in the address, from one; anything else is the first page."""
    text = request.GET.get("page", "1")
    return min(max(1, int(text)), 10_000) if text.isdecimal() and len(text) < 6 else 1
