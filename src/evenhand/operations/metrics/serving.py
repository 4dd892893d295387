"""Serve the metrics on an address of their own: this machine alone, or behind a token."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

SHORTEST_TOKEN = 20


class MetricsTrouble(Exception):
    """Says in one line why the metrics cannot be served as the settings ask."""


@dataclass(frozen=True)
class Place:
    """Where to listen, and the token to ask for; empty for none."""

    address: str
    port: int
    token: str


def place(environ: Mapping[str, str]) -> Place | None:
    """Return where the settings want the metrics, None when nowhere.

    raises   MetricsTrouble, when they would be open to others without a token
    """
    port = environ.get("EVENHAND_METRICS_PORT", "").strip()
    if not port:
        return None
    if not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise MetricsTrouble(f"EVENHAND_METRICS_PORT must be a number from 1 to 65535, not {port!r}")
    address = environ.get("EVENHAND_METRICS_BIND", "").strip() or "127.0.0.1"
    file = environ.get("EVENHAND_METRICS_TOKEN_FILE", "").strip()
    try:
        token = Path(file).read_text(encoding="ascii").strip() if file else ""
        here = ipaddress.ip_address(address).is_loopback
    except (OSError, ValueError) as error:
        raise MetricsTrouble(f"the metrics' address or token cannot be used: {error}") from error
    if file and len(token) < SHORTEST_TOKEN:
        raise MetricsTrouble(f"the token in {file} is shorter than {SHORTEST_TOKEN} characters")
    if not here and not token:
        raise MetricsTrouble(
            f"EVENHAND_METRICS_BIND is {address}: name a token's file in EVENHAND_METRICS_TOKEN_FILE"
        )
    return Place(address, int(port), token)


def serve(where: Place, registry: CollectorRegistry) -> ThreadingHTTPServer:
    """Answer GET /metrics in a thread until `shutdown`; raises MetricsTrouble when the port is taken."""

    class Handler(_Handler):
        token = where.token
        told = registry

    try:
        server = ThreadingHTTPServer((where.address, where.port), Handler)
    except OSError as error:
        raise MetricsTrouble(
            f"port {where.port} on {where.address} cannot be used for metrics: {error.strerror}"
        ) from error
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    token: ClassVar[str] = ""
    told: ClassVar[CollectorRegistry]
    server_version, sys_version = "metrics", ""

    def do_GET(self) -> None:
        """Return the metrics to whoever has the token."""
        given = self.headers.get("Authorization", "").encode("utf-8", "replace")
        if self.token and not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            self._answer(401, b"", "text/plain")
        elif self.path != "/metrics":
            self._answer(404, b"", "text/plain")
        else:
            self._answer(200, generate_latest(self.told), CONTENT_TYPE_LATEST)

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Leave no line: who asked for metrics is nobody's business, and it would fill the log."""
