"""The metrics tell how the house is doing, to whoever may ask, and nothing about what somebody did."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from prometheus_client import CollectorRegistry, generate_latest

from evenhand.gate import demo
from evenhand.operations.backup import noting
from evenhand.operations.metrics import requests
from evenhand.operations.metrics.house import Answered, House, coarse
from evenhand.operations.metrics.serving import MetricsTrouble, Place, place, serve
from tests.visiting import visit


def told() -> str:
    registry = CollectorRegistry()
    registry.register(House())
    registry.register(Answered(Path(settings.DATA) / "metrics"))
    with demo.as_worker():
        return generate_latest(registry).decode()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ask(port: int, path: str = "/metrics", token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, ""


def count(kind: str) -> float:
    return sum(
        sample.value
        for family in requests.REGISTRY.collect()
        for sample in family.samples
        if sample.name == "evenhand_answered_total" and sample.labels["kind"] == kind
    )


def test_it_says_what_is_up_and_how_old_things_are(database, tmp_path):
    text = told()
    for name in ("database_up 1.0", "ready 1.0", "disk_free_bytes ", "duties_late ", "duties_given_up "):
        assert f"evenhand_{name}" in text
    assert "{" not in text.replace("{kind=", "").replace("{le=", ""), "no other labels than these"


def test_one_more_of_anything_cannot_be_seen(database):
    requests.ANSWERED.clear()
    requests.SECONDS.clear()
    for _ in range(11):
        requests.answered("page", 200, 0.01)
    before = told()
    requests.answered("page", 200, 0.01)
    assert 'evenhand_answered_total{kind="page",status="2xx"} 10.0' in before
    assert "_sum" not in before
    answered = [line for line in before.splitlines() if line.startswith("evenhand_answer")]
    assert answered == [line for line in told().splitlines() if line.startswith("evenhand_answer")]
    assert [coarse(n) for n in (0, 9, 10, 19, 20)] == [0, 0, 10, 10, 20]


def test_the_public_door_is_not_counted_whoever_stands_before_it(world):
    before = count("page"), count("machine")
    for client in (Client(), visit(world, "gateway_officer@force")):
        for path in ("/refer/", "/alert/", "/", "/danger/", "/healthz", "/nowhere/"):
            client.get(path)
        client.post("/refer/")
    signed_in_elsewhere = 1  # /nowhere/, asked for by somebody who is signed in
    assert (count("page"), count("machine")) == (before[0] + signed_in_elsewhere, before[1])


def test_nothing_is_served_unless_it_is_asked_for_and_elsewhere_only_with_a_token(tmp_path):
    assert place({}) is None
    assert place({"EVENHAND_METRICS_PORT": "9464"}) == Place("127.0.0.1", 9464, "")
    with pytest.raises(MetricsTrouble, match="name a token"):
        place({"EVENHAND_METRICS_PORT": "9464", "EVENHAND_METRICS_BIND": "0.0.0.0"})
    (tmp_path / "token").write_text("short")
    with pytest.raises(MetricsTrouble, match="shorter"):
        place({"EVENHAND_METRICS_PORT": "9464", "EVENHAND_METRICS_TOKEN_FILE": str(tmp_path / "token")})
    with pytest.raises(MetricsTrouble, match="number"):
        place({"EVENHAND_METRICS_PORT": "many"})
    with pytest.raises(MetricsTrouble, match="cannot be used"):
        place({"EVENHAND_METRICS_PORT": "9464", "EVENHAND_METRICS_BIND": "nowhere"})


def test_whoever_has_no_token_gets_nothing():
    registry = CollectorRegistry()
    port = free_port()
    server = serve(Place("127.0.0.1", port, "t" * 30), registry)
    try:
        assert ask(port)[0] == 401
        assert ask(port, token="t" * 29)[0] == 401
        assert ask(port, token="t" * 30)[0] == 200
        assert ask(port, "/else", "t" * 30)[0] == 404
        with pytest.raises(MetricsTrouble, match="cannot be used"):
            serve(Place("127.0.0.1", port, ""), registry)
    finally:
        server.shutdown()


def test_an_old_backup_is_told_of(tmp_path, caplog):
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    environ = {"EVENHAND_DATA": str(tmp_path)}
    assert not any(finding.well for finding in noting.examine_backups(environ, now=now))
    noting.note(environ, noting.BACKUP, now=now - timedelta(hours=20))
    noting.note(environ, noting.DRILL, now=now - timedelta(days=120))
    assert [finding.well for finding in noting.examine_backups(environ, now=now)] == [True, False]
    with caplog.at_level("WARNING", logger="evenhand.backup"):
        noting.say_when_old(environ, now=now)
        noting.say_when_old(environ | {"EVENHAND_MODE": "demo"}, now=now)
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["last drill"]
    later = now + timedelta(hours=7)
    assert "27 hours old" in next(iter(noting.examine_backups(environ, now=later))).said
