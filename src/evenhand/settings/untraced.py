"""Keep the log from telling when an anonymous reporter was there."""

from __future__ import annotations

import logging

PUBLIC_DOOR = ("/refer/", "/alert/", "/report/")


class Untraced(logging.Filter):
    """Drops lines about requests at the public door; a fault of ours is kept without its request and its minute."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line may be written."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", "")
        if not path.startswith(PUBLIC_DOOR):
            return True
        if record.levelno < logging.ERROR:
            return False
        record.msg, record.args = "a page of the public door failed", ()
        record.created -= record.created % 86400
        record.msecs = 0
        return True
