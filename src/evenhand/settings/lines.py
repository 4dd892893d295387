"""Write the log as one JSON object a line, with nothing in it that somebody typed."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType

OURS = "evenhand"


class Lines(logging.Formatter):
    """Ours in full; from the parts we use the bare template of a message, and of an error its kind and place.

    What a part of ours puts into its message we wrote; what Django and others put into theirs is an address, a header
    or a value that somebody sent. The text of an exception can hold the very value that could not be understood.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        ours = record.name.split(".")[0] == OURS
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "said": record.getMessage() if ours else str(record.msg) if isinstance(record.msg, str) else "",
        }
        status = getattr(record, "status_code", None)
        if isinstance(status, int):
            told["status"] = status
        page = getattr(getattr(getattr(record, "request", None), "resolver_match", None), "view_name", None)
        if page:
            told["page"] = str(page)
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = kinds(record.exc_info[1])
            told["where"] = places(record.exc_info[2])
        return json.dumps(told, ensure_ascii=True)


def kinds(error: BaseException | None) -> list[str]:
    """Return the kinds of an error and of those behind it, the last first; never their texts."""
    found: list[str] = []
    while error is not None and len(found) < 10:
        state = getattr(error, "sqlstate", None)
        found.append(type(error).__name__ + (f" {state}" if state else ""))
        error = error.__cause__ or error.__context__
    return found


def places(trace: TracebackType | None) -> list[str]:
    """Return file, line and function of each step, without what stood in them."""
    return [
        f"{frame.filename.rpartition('/site-packages/')[2].rpartition('/src/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]
