"""Name the cookies so that a browser takes them from this very host alone, where the pages travel encrypted."""

from __future__ import annotations

from typing import Any


def cookies(*, behind_tls: bool) -> dict[str, Any]:
    """Return the settings about cookies.

    Under TLS each name begins with `__Host-` (RFC 6265bis, 4.1.3.2): no neighbouring host, and nobody who answers in
    clear under this name, can plant one. A browser takes such a name over TLS alone, so elsewhere it is left out.
    """
    prefix = "__Host-" if behind_tls else ""
    return {
        "COOKIE_PREFIX": prefix,
        "SESSION_COOKIE_NAME": f"{prefix}sessionid",
        "CSRF_COOKIE_NAME": f"{prefix}csrftoken",
        "LANGUAGE_COOKIE_NAME": f"{prefix}django_language",
        "SESSION_COOKIE_SECURE": behind_tls,
        "CSRF_COOKIE_SECURE": behind_tls,
        "ENTRY_COOKIE_SECURE": behind_tls,
    }
