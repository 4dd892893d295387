"""Measure how long answers take, except at the public door, where even a count would tell that somebody was there."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from evenhand.operations.metrics.requests import answered
from evenhand.web.entry import is_public

MACHINE = "/api/"


class Measured:
    """Counts pages of people who are signed in, and the machine door."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response = self.get_response(request)
        machine = request.path.startswith(MACHINE)
        signed_in = getattr(request, "who", None) is not None and not is_public(request)
        if machine or signed_in:
            answered("machine" if machine else "page", response.status_code, perf_counter() - began)
        return response
