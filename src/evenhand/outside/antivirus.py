"""The virus check: ClamAV's daemon when there is one, else a null twin that says so in every record."""

from __future__ import annotations

import logging
import socket
import struct
from dataclasses import dataclass
from functools import cache

from django.conf import settings

log = logging.getLogger("evenhand.outside")
CHUNK = 1 << 16
SECONDS = 20


@dataclass(frozen=True)
class Verdict:
    """What the check said, and who said it."""

    clean: bool
    by: str


@cache
def _say_once() -> None:
    # Once for each process: a line for each file would date what somebody unknown sent.
    log.warning("NO VIRUS CHECK: EVENHAND_CLAMD is not set, so files are kept unchecked")


def scan(contents: bytes) -> Verdict:
    """Check a file; a daemon that does not answer refuses it, because unchecked is not clean."""
    address = getattr(settings, "CLAMD_SOCKET", "")
    if not address:
        _say_once()
        return Verdict(True, "not checked")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(SECONDS)
            line.connect(address)
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(contents), CHUNK):
                piece = contents[start : start + CHUNK]
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
            answer = line.recv(4096)
    except OSError:
        log.warning("the virus check does not answer")
        return Verdict(False, "no answer")
    return Verdict(answer.strip(b"\0 \n").endswith(b"OK"), "clamav")
