"""Take up the record after the database was restored, and begin a new log when what was signed is lost for good."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from evenhand.gate import ledger
from evenhand.gate.entry import HOUSE, enter_house, now
from evenhand.operations.sealing.check import check
from evenhand.operations.sealing.log_key import default_origin, log_folder, next_origin
from evenhand.operations.sealing.seal import seal_all
from evenhand.operations.sealing.tree import COMPLETE


def begin_epoch_after_restore() -> None:
    """Begin the next epoch of a restored record; no line can be written to it before, nor ought any door to be open."""
    COMPLETE.forget()
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select wall.begin_epoch('the database was restored')")


def after_restore() -> list[str]:
    """Begin the next epoch, seal what was restored unsealed, and say what is wrong; call it before any door opens.

    returns  complaints, as `seal_and_check`
    """
    begin_epoch_after_restore()
    return seal_and_check()


def seal_and_check() -> list[str]:
    """Seal what is there unsealed in a restored record whose next epoch has begun, and say what is wrong.

    returns  complaints, a sentence each, the most telling first; none when everything that was ever signed here is
             there and holds. With a complaint that the database is older than what was signed nothing will be signed
             until somebody restores a newer copy or calls `begin_anew`
    """
    seal_all(seconds=3600)
    return check()


def begin_anew(reason: str) -> str:
    """Begin a new log where the old one cannot go on (signed lines are lost, or its key is); returns its public key.

    The new log holds every line that is left, under a name and key of its own. What the old key signed last is kept
    beside the new key: it says what was lost. Witnesses must be given the new key.
    raises  KeyTrouble, when the new key cannot be written
    """
    folder = log_folder()
    with connection.cursor() as cursor:
        cursor.execute("select key from wall.log_keys() limit 1")
        row = cursor.fetchone()
    before = str(row[0]).partition("+")[0] if row else ""
    origin = next_origin(before) if before else settings.LOG_ORIGIN or default_origin(settings.ALLOWED_HOSTS)
    key = folder.make_key(origin)
    with enter_house():
        with connection.cursor() as cursor:
            cursor.execute("select wall.keep_log(%s, %s)", [str(key.key), reason])
        detail = f"{origin}, after {before or 'none'}"
        ledger.write(
            None,
            [ledger.entry(actor=HOUSE, verb="begin_log", case="", at=now(), ground=reason, detail=detail)],
        )
    return str(key.key)
