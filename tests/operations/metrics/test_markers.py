"""Whatever somebody types, wherever they type it, is in no log, no metric, no error page, no process and no view of the server."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver
from prometheus_client import CollectorRegistry, generate_latest

from evenhand.gate import demo
from evenhand.gate.entry import open_session
from evenhand.operations.database import Cluster
from evenhand.operations.metrics.house import Answered, House
from tests.roads import screened
from tests.visiting import open_case, visit
from tests.world import World, raw

FIELD = re.compile(r"<(?:input|textarea|select)\b[^>]*\bname=\"([^\"]+)\"[^>]*>")


@pytest.fixture
def mark() -> str:
    return f"Zq{uuid4().hex[:12]}"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What an instance would write on standard error, everything from DEBUG on."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(_made(settings.LOGGING["formatters"]["line"]))
    handler.addFilter(_made(settings.LOGGING["filters"]["untraced"]))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def _made(described: dict[str, Any]) -> Any:
    module, _, name = described["()"].rpartition(".")
    return getattr(__import__(module, fromlist=[name]), name)()


def hostile_client(client: Client, mark: str) -> Client:
    client.raise_request_exception = False
    client.defaults |= {
        "HTTP_USER_AGENT": mark, "HTTP_REFERER": f"http://testserver/{mark}", "HTTP_X_FORWARDED_FOR": mark,
        "HTTP_ACCEPT_LANGUAGE": mark, "HTTP_X_REQUEST_ID": mark, "HTTP_IF_NONE_MATCH": mark,
    }  # fmt: skip
    return client


def fill(client: Client, path: str, mark: str) -> None:
    """Put the mark into every field of a page, as text and as the name of a file, and send it."""
    page = client.get(path)
    names = set(FIELD.findall(page.content.decode("utf-8", "replace"))) - {"csrfmiddlewaretoken"}
    if not names:
        return  # nothing to type into: a refusal, or a page to read
    client.post(path, {name: f"{mark} {name}" for name in names})
    client.post(path, {name: SimpleUploadedFile(f"{mark}.pdf", mark.encode()) for name in names})


def type_everywhere(world: World, mark: str) -> list[bytes]:
    """Type the mark wherever a stranger, a practitioner, an officer, an administrator and a machine can; return error pages."""
    now = datetime.now(UTC)
    done = world.refer(what_happened=mark, why_now=mark, names=mark, at=now - timedelta(days=2))
    screened(world, done.case_id, at=now - timedelta(days=1), names=mark)
    said = []
    for whom in (None, "gateway_officer@force", "panel_chair@council", "administrator@force"):
        client = hostile_client(Client() if whom is None else visit(world, whom, agent=mark), mark)
        assert whom is None or client.get("/search/").status_code == 200, (
            "nobody types where they are signed out"
        )
        if whom == "gateway_officer@force":
            open_case(client, done.case_id, ground=mark)
        for path in (
            f"/{mark}/",
            f"/case/{mark}/",
            f"/case/{uuid4()}/?{mark}={mark}",
            f"/journey/{mark}/",
            f"/static/{mark}.css",
        ):
            answer = client.get(path)
            said.append(answer.content if not answer.streaming else b"")
        said += [
            client.get("/", HTTP_HOST=f"{mark}.example").content,
            client.generic("PROPFIND", f"/{mark}").content,
        ]
        client.cookies["evenhand_entry"] = client.cookies.get("evenhand_entry", mark)
        for path in [*plain_pages(), f"/case/{done.case_id}/step/add_note/", f"/case/{done.case_id}/step/add_evidence/",
                     f"/case/{done.case_id}/why/"]:  # fmt: skip
            fill(client, path, mark)
        for code in ("what_happened", "names", "why_now"):
            client.post("/refer/")
            client.post(f"/refer/question/{code}/", {code: mark})
        client.cookies["evenhand_draft"] = mark
        client.get("/refer/check/")
    token = open_session(world.people["safeguarding_lead@school"].id)
    machine = hostile_client(Client(), mark)
    for body in (
        {"area": mark, "answers": {mark: mark}, "reason": mark, "journey": mark, "once": mark},
        {
            "area": world.areas["town"].code,
            "answers": {"danger": mark, "what_happened": mark},
            "reason": mark,
        },
        {"area": world.areas["town"].code, "answers": {"what_happened": f"{mark}\0"}, "pack": mark},
    ):
        machine.post(
            "/api/v1/referrals", json.dumps(body), "application/json", HTTP_AUTHORIZATION=f"Bearer {token}"
        )
    machine.post("/api/v1/referrals", f"{{{mark}", "application/json", HTTP_AUTHORIZATION=f"Bearer {token}")
    machine.get(f"/api/v1/cases/{mark}?ground={mark}", HTTP_AUTHORIZATION=f"Bearer {mark}")
    machine.get(f"/api/v1/{mark}", HTTP_AUTHORIZATION=mark)
    return said


def plain_pages() -> list[str]:
    """Every page whose address has no changing part, found from the addresses themselves."""
    found, queue = [], [("/", pattern) for pattern in get_resolver().url_patterns]
    while queue:
        prefix, pattern = queue.pop()
        path = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        if hasattr(pattern, "url_patterns"):
            queue += [(path, one) for one in pattern.url_patterns]
        elif not re.search(r"[<(\\]", path) and not path.startswith(("/api/", "/sign-out", "/static/")):
            found.append(path)
    return sorted(set(found))


def test_what_somebody_types_is_nowhere_it_does_not_belong(world, mark, log):
    server = Path(settings.DATA) / "postgres.log"
    before = server.stat().st_size
    said = type_everywhere(world, mark)

    assert mark not in log.getvalue(), [line for line in log.getvalue().splitlines() if mark in line][:3]
    assert all(json.loads(line) for line in log.getvalue().splitlines())
    registry = CollectorRegistry()
    registry.register(House())
    registry.register(Answered(Path(settings.DATA) / "metrics"))
    with demo.as_worker():
        assert mark not in generate_latest(registry).decode()
    assert not [page for page in said if mark.encode() in page]
    assert mark not in server.read_bytes()[before:].decode("utf-8", "replace")
    with psycopg.connect(Cluster(Path(settings.DATA)).address().conninfo()) as superuser:
        shown = [str(query) for (query,) in superuser.execute("select query from pg_stat_activity")]
    assert any("select" in query.lower() for query in shown)
    assert not [query for query in shown if mark in query]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            title = (process / "cmdline").read_bytes()
        except OSError:
            continue
        assert mark.encode() not in title, title


def test_a_fault_of_ours_is_logged_without_the_value_that_broke_it(world, mark, log, monkeypatch):
    from evenhand.web import search

    def broken(*_: object, **__: object) -> object:
        raise ValueError(f"invalid literal: {mark}") from KeyError(mark)

    monkeypatch.setattr(search, "find", broken, raising=False)
    for name in [name for name in vars(search) if callable(getattr(search, name)) and name not in {"search"}]:
        if getattr(getattr(search, name), "__module__", "").startswith("evenhand.casework"):
            monkeypatch.setattr(search, name, broken)
    client = hostile_client(visit(world, "gateway_officer@force", agent=mark), mark)
    answer = client.post("/search/", {"asked": mark})
    assert answer.status_code == 500
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    fault = next(line for line in lines if line.get("error"))
    assert fault["error"][0] == "ValueError"
    assert "search.py" in " ".join(fault["where"])
    assert mark not in log.getvalue()


def test_every_page_without_a_changing_part_is_typed_into():
    assert {"/search/", "/refer/", "/alert/", "/"} <= set(plain_pages())


def test_the_servers_own_log_is_read_by_this_test(database):
    """The file that the first test reads is the one that the server writes."""
    server = Path(settings.DATA) / "postgres.log"
    before = server.stat().st_size
    with pytest.raises(Exception, match="nonexistent"):
        raw("select nonexistent", alias="admin")
    assert server.stat().st_size > before
    assert (
        "nonexistent" not in server.read_text()[before:]
        or "select nonexistent" not in server.read_text()[before:]
    )
