"""The sealer: one round of it seals what can be sealed, signs when it is time, and looks after witnesses and alarms."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic

from django.conf import settings
from django.db import connection

from evenhand.gate.entry import enter_house
from evenhand.kernels.ledger.signing import SigningKey
from evenhand.operations.sealing.alarms import lower_alarm, raise_alarm
from evenhand.operations.sealing.cosigning import Cosigning, Witness, WitnessesUnreadable, read_witnesses
from evenhand.operations.sealing.log_key import KeyTrouble, LogFolder, default_origin, log_folder
from evenhand.operations.sealing.publish import Published, RolledBack, publish, published
from evenhand.operations.sealing.seal import seal_all

log = logging.getLogger("evenhand.sealing")
SEALING_SECONDS = 2.0
UNWITNESSED_AFTER = timedelta(hours=24)


class Sealer:
    """What one worker process remembers between rounds."""

    def __init__(
        self,
        folder: LogFolder,
        *,
        every_seconds: float,
        lines: int,
        witnesses: list[Witness],
        origin: str = "",
        patience_seconds: float = 5.0,
    ) -> None:
        self.folder, self.every_seconds, self.lines, self.origin = folder, every_seconds, lines, origin
        self.cosigning = [Cosigning(witness, seconds=patience_seconds) for witness in witnesses]
        self._checked_numbers = False
        self._witnessed_at = monotonic()

    def round(self) -> Published | None:
        """Do one round; returns a checkpoint when one was signed in it. What goes wrong is an alarm, not an error."""
        if not self._checked_numbers:
            begin_epoch_if_numbers_went_back()
            self._checked_numbers = True
        seal_all(seconds=SEALING_SECONDS)
        made = self._sign()
        last = made or published()
        if last is not None:
            for cosigning in self.cosigning:
                cosigning.go_on(last)
            self._watch_witnesses()
        return made

    def _sign(self) -> Published | None:
        try:
            last = published()
            key = self._key(last)
            if last is not None and last.key == str(key.key) and not self._witnesses_agree(last):
                return None
            made = publish(self.folder, key, every_seconds=self.every_seconds, lines=self.lines)
        except RolledBack as rolled_back:
            raise_alarm("inconsistent", str(rolled_back))
            return None
        except LookupError as missing:
            raise_alarm(
                "inconsistent", f"the sealed tree is not whole: {missing}; run `evenhand ledger check`"
            )
            return None
        except KeyTrouble as trouble:
            raise_alarm("unsigned", str(trouble))
            return None
        lower_alarm("inconsistent")
        lower_alarm("unsigned")
        return made

    def _witnesses_agree(self, last: Published) -> bool:
        """Show each witness the last checkpoint before this process signs its first; no witness may have seen more."""
        waiting = False
        for cosigning in self.cosigning:
            waiting |= not cosigning.greet(last)
        refused = [cosigning.trouble for cosigning in self.cosigning if cosigning.refuses]
        if refused:
            raise_alarm("inconsistent", refused[0])
        return not waiting and not refused

    def _key(self, last: Published | None) -> SigningKey:
        key, known = self.folder.key(), _known_keys()
        if key is None:
            if known:
                raise KeyTrouble(
                    f"the log's key {self.folder.key_file} is missing: bring it back from its own backup, or run"
                    " `evenhand ledger begin-anew --reason …`"
                )
            key = self.folder.make_key(self.origin or default_origin(list(settings.ALLOWED_HOSTS)))
        if not known:
            _keep_log(str(key.key), "the first")
        elif str(key.key) != known[0]:
            raise KeyTrouble(
                f"the log's key {self.folder.key_file} is not the one that this record is signed with: bring the right"
                " one back, or run `evenhand ledger begin-anew --reason …`"
            )
        return key

    def _watch_witnesses(self) -> None:
        silent = [c for c in self.cosigning if c.trouble]
        if not silent:
            self._witnessed_at = monotonic()
            lower_alarm("unwitnessed")
        elif monotonic() - self._witnessed_at > UNWITNESSED_AFTER.total_seconds():
            raise_alarm("unwitnessed", silent[0].trouble)


def begin_epoch_if_numbers_went_back() -> int | None:
    """Begin the next epoch when this server's transaction numbers are behind those on record."""
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select wall.numbers_went_back()")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("select wall.begin_epoch('transaction numbers went back')")
        number = int(cursor.fetchone()[0])
    log.warning("transaction numbers went back: this database was restored; epoch %s begins", number)
    return number


def _known_keys() -> list[str]:
    """Return the keys of the logs under which this record was signed, the one in force first."""
    with connection.cursor() as cursor:
        cursor.execute("select key from wall.log_keys()")
        return [row[0] for row in cursor.fetchall()]


def _keep_log(key: str, reason: str) -> None:
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select wall.keep_log(%s, %s)", [key, reason])


_SEALERS: list[Sealer] = []


def seal_round() -> None:
    """One round of this process's sealer, with the settings of the instance."""
    if not _SEALERS:
        try:
            witnesses = read_witnesses(settings.WITNESSES)
        except WitnessesUnreadable as unreadable:
            log.error("%s", unreadable)
            witnesses = []
        _SEALERS.append(
            Sealer(
                log_folder(),
                every_seconds=settings.CHECKPOINT_SECONDS,
                lines=settings.CHECKPOINT_LINES,
                witnesses=witnesses,
                origin=settings.LOG_ORIGIN,
            )
        )
    _SEALERS[0].round()
