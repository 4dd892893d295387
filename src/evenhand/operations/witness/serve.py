"""Serve a witness over HTTP (C2SP tlog-witness, add-checkpoint); a web server with TLS stands in front."""

from __future__ import annotations

import logging
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from typing import Any

from evenhand.operations.witness.state import WitnessState, WitnessTrouble

log = logging.getLogger("evenhand.witness")
LONGEST_REQUEST = 64 * 1024
PATIENCE_SECONDS = 10.0
MOST_AT_ONCE = 32


class WitnessServer(ThreadingHTTPServer):
    """Listens for logs that ask; each request in a thread, each answer worked out alone."""

    daemon_threads = True
    request_queue_size = MOST_AT_ONCE

    def __init__(self, state: WitnessState, host: str, port: int) -> None:
        self.state = state
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server_version = "evenhand-witness"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_SECONDS
    server: BaseServer

    def do_POST(self) -> None:
        """Cosign, or say why not."""
        if self.path != "/add-checkpoint":
            self._say(404, "text/plain; charset=utf-8", b"there is nothing here\n")
            return
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > LONGEST_REQUEST:
            self.close_connection = True
            self._say(400, "text/plain; charset=utf-8", b"the request is of no length that is read here\n")
            return
        body = self.rfile.read(int(length))
        assert isinstance(self.server, WitnessServer)  # noqa: S101 - only it makes handlers
        try:
            made = self.server.state.answer(body, at=int(time.time()))
        except (WitnessTrouble, OSError) as trouble:
            log.error("nothing was signed: %s", trouble)
            self._say(500, "text/plain; charset=utf-8", b"the witness cannot sign now\n")
            return
        (log.error if made.fork else log.info)("%s: %s", made.status, made.reason)
        self._say(made.status, made.content_type, made.body)

    def do_GET(self) -> None:
        """Say who this is."""
        assert isinstance(self.server, WitnessServer)  # noqa: S101 - only it makes handlers
        if self.path != "/":
            self._say(404, "text/plain; charset=utf-8", b"there is nothing here\n")
            return
        self._say(200, "text/plain; charset=utf-8", f"{self.server.state.key().key}\n".encode())

    def _say(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep no access log."""
