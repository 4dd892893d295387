"""Give a browser our own cookies, read them and take them back, under the names that the settings want."""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest
from django.http.response import HttpResponseBase

SameSite = Literal["Lax", "Strict"]


def read(request: HttpRequest, name: str) -> str:
    """Return what the browser sent, or an empty text."""
    return request.COOKIES.get(settings.COOKIE_PREFIX + name, "")


def give(
    response: HttpResponseBase,
    name: str,
    value: str,
    *,
    samesite: SameSite = "Lax",
    max_age: int | None = None,
    path: str = "/",
) -> None:
    """The browser keeps it from scripts and other sites; for this path, unless its name wants the whole host."""
    response.set_cookie(
        settings.COOKIE_PREFIX + name,
        value,
        max_age=max_age,
        path="/" if settings.COOKIE_PREFIX else path,
        secure=settings.ENTRY_COOKIE_SECURE,
        httponly=True,
        samesite=samesite,
    )


def take_back(response: HttpResponseBase, name: str, *, samesite: SameSite = "Lax", path: str = "/") -> None:
    """The browser forgets it."""
    response.delete_cookie(
        settings.COOKIE_PREFIX + name, path="/" if settings.COOKIE_PREFIX else path, samesite=samesite
    )


class _MessageCookie(CookieStorage):
    @property
    def cookie_name(self) -> str:  # type: ignore[override] # a constant of the framework's
        return f"{settings.COOKIE_PREFIX}messages"


class Messages(FallbackStorage):
    """Short messages for the next page, in a cookie of ours or, when they are long, in the session."""

    storage_classes = (_MessageCookie, SessionStorage)
