"""Pages run no script that is not ours, show in nobody's frame and are kept in nobody's cache."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

import evenhand.web

WEB = Path(evenhand.web.__file__).parent
PUBLIC = ["/", "/danger/", "/privacy/", "/sign-in/", "/password/reset/", "/no-such-page/"]


@pytest.mark.parametrize("path", PUBLIC)
def test_the_policy_of_a_page_allows_no_inline_script_or_style(path: str) -> None:
    policy = Client().get(path)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_carries_nothing_that_the_policy_would_refuse(path: str) -> None:
    html = Client().get(path).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)
    loaded = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="([^"]+)"', html)
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_is_framed_sniffed_and_cached_by_nobody(path: str) -> None:
    response = Client().get(path)
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "geolocation=()" in response["Permissions-Policy"]
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/danger/", "/privacy/", "/contact/", "/in-other-languages/ar/"])
def test_reading_a_public_page_sets_no_cookie(path: str) -> None:
    assert not Client().get(path).cookies


def test_no_template_builds_on_the_one_with_an_inline_script() -> None:
    for template in (WEB / "templates").rglob("*"):
        if template.is_file():
            text = template.read_text(encoding="utf-8")
            assert "govuk_frontend_jinja/template.html" not in text, template
            assert not re.search(r"<script(?![^>]*\bsrc=)", text), template
            assert not re.search(r"\|\s*safe\b", text), (
                f"{template}: text is escaped by the templates, always"
            )


def test_the_vendored_look_has_no_crown_no_restricted_typeface_and_loads_nothing() -> None:
    css = (WEB / "static/vendor/govuk-frontend.min.css").read_text(encoding="utf-8")
    for absent in ("Transport", "crown", "crest", "@font-face", "url(", "sourceMapping"):
        assert absent not in css
    for ours in (WEB / "static/evenhand.css", WEB / "static/evenhand.js", WEB / "static/start.js"):
        assert "http" not in ours.read_text(encoding="utf-8")


def test_the_vendored_look_lies_the_right_way_round_in_both_directions() -> None:
    css = (WEB / "static/vendor/govuk-frontend.min.css").read_text(encoding="utf-8")
    assert not re.search(r"(?:margin|padding)-(?:left|right):", css)
    assert not re.search(r"[{;](?:left|right):", css)
