"""Ask a witness over HTTP to cosign a checkpoint; it may be slow or away, and may answer anything."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

LONGEST_ANSWER = 64 * 1024


class WitnessAway(Exception):
    """The witness did not answer; says why."""


def ask(url: str, body: bytes, *, seconds: float) -> tuple[int, bytes]:
    """Send an add-checkpoint request to a witness; return the status and the body that it answers.

    url      the witness's address; `/add-checkpoint` is added to it
    seconds  how long each step may take (connecting, each read)                                          [s]
    raises   WitnessAway, when no whole answer comes; redirections are not followed
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise WitnessAway(f"{url!r} is no address of a witness") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise WitnessAway(f"{url!r} is no address of a witness")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname, port, timeout=seconds)
    except (ValueError, http.client.InvalidURL) as error:
        raise WitnessAway(f"{url!r} is no address of a witness") from error
    try:
        connection.request(
            "POST", f"{parts.path.rstrip('/')}/add-checkpoint", body, {"Content-Type": "text/plain"}
        )
        answer = connection.getresponse()
        data = answer.read(LONGEST_ANSWER + 1)
    except (TimeoutError, OSError, http.client.HTTPException) as error:
        raise WitnessAway(f"{parts.hostname} does not answer: {error}") from error
    finally:
        connection.close()
    if len(data) > LONGEST_ANSWER:
        raise WitnessAway(f"{parts.hostname} answers without end")
    return answer.status, data
