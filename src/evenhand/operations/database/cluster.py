"""The local server: started when somebody needs it, adopted when it runs, stopped when the last one leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import psycopg

from evenhand.operations.database.address import Address
from evenhand.operations.database.addresses import ADMIN, PORT, SESSIONS
from evenhand.operations.database.binaries import binaries, reachable, version_of
from evenhand.operations.database.folders import lay_out, owner_name
from evenhand.operations.database.locks import alone, is_held, opened, taken
from evenhand.operations.database.place import Place, account, place
from evenhand.operations.database.starting import initialise, launch, why_not
from evenhand.operations.database.trouble import DatabaseTrouble
from evenhand.operations.secrets import secret

RECOVERY_SECONDS = 600  # after a crash the server replays its log before it answers
STOP_SECONDS = 60


class Cluster:
    """One data folder's PostgreSQL server, on a socket that only its account and root can open.

    Whoever calls `ensure` holds a lease until `release` or death; `release` by the last one stops the server.
    Both locks are the kernel's, so a killed process leaves none behind, and a server whose parent was killed
    is adopted, never doubled.
    """

    def __init__(self, data: Path, *, environ: Mapping[str, str] | None = None, durable: bool = True) -> None:
        self.data = data.absolute()
        self._environ = os.environ if environ is None else environ
        self._durable = durable
        self._lease = -1
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> Place:
        """Where its files and its socket are."""
        return place(self.data)

    def address(self) -> Address:
        """Return the administrator's way in."""
        password = secret("database-admin", environ={"EVENHAND_DATA": str(self.data)})
        return Address(self.place.socket, PORT, "postgres", ADMIN, password, SESSIONS["admin"]).as_itself()

    def ensure(self) -> Address:
        """Make it, start it or adopt it, wait until it answers, and return the administrator's way in.

        raises   DatabaseTrouble in one line
        """
        where = self.place
        lay_out(where, account())
        address = self.address()
        with alone(self._lock(where, "starting"), seconds=RECOVERY_SECONDS):
            if self._lease < 0:
                self._lease = opened(self._lock(where, "leases"))
                # Only `release` takes it alone, and it does so while holding the lock we hold now.
                taken(self._lease, shared=True)
            try:
                self._bring_up(where, address)
            except BaseException:
                self._give_up_lease()
                raise
        return address

    def running(self) -> bool:
        """Does any process of the server live?"""
        if self._child is not None:
            self._child.poll()
        return is_held(self._lock(self.place, "server"))

    def keep(self) -> None:
        """Let the server run on when the last one leaves, until `stop`."""
        self._lock(self.place, "kept").touch()

    def kept(self) -> bool:
        """Was it asked to run on?"""
        return self._lock(self.place, "kept").exists()

    def release(self) -> bool:
        """Give the lease back; return whether that stopped the server, because nobody else needs it."""
        if self._lease < 0:
            return False
        where = self.place
        with alone(self._lock(where, "starting"), seconds=RECOVERY_SECONDS):
            last = taken(self._lease)
            self._give_up_lease()
            if not last or self.kept():
                return False
            self._stop(where)
            return True

    def stop(self) -> bool:
        """Stop the server whoever needs it; return whether there was one.

        raises   DatabaseTrouble when it does not end
        """
        where = self.place
        if not self.running():
            return False
        with alone(self._lock(where, "starting"), seconds=RECOVERY_SECONDS):
            self._give_up_lease()
            self._lock(where, "kept").unlink(missing_ok=True)
            return self._stop(where)

    def pid(self) -> int:
        """Return the server's process, 0 when none lives."""
        files = Path(self.place.files)
        try:
            number = int((files / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
            # A number is given out again after a while: the server works inside its own folder, others do not.
            return number if Path(f"/proc/{number}/cwd").resolve(strict=True) == files.resolve() else 0
        except (OSError, ValueError, IndexError):
            return 0

    def _bring_up(self, where: Place, address: Address) -> None:
        log = self.data / "postgres.log"
        deadline = time.monotonic() + RECOVERY_SECONDS
        started_at = -1
        while time.monotonic() < deadline:
            if not self.running():
                if started_at >= 0:
                    raise DatabaseTrouble(why_not(where, started_at))
                started_at = self._start(where, log)
            elif _answers(address, where):
                return
            time.sleep(0.02)
        raise DatabaseTrouble(f"PostgreSQL has not answered for {RECOVERY_SECONDS} s; see {log}")

    def _start(self, where: Place, log: Path) -> int:
        """Start the server, on a new cluster when there is none; return how long its log was before."""
        files, who = Path(where.files), account()
        if pid := self.pid():
            raise DatabaseTrouble(
                f"the folder {files} is in use by another server (process {pid}), not started by us"
            )
        with_ = reachable(binaries(files, where.binaries, self._environ), who)
        if not version_of(files):
            if files.exists() and any(files.iterdir()):
                raise DatabaseTrouble(
                    f"{files} holds something that is not a PostgreSQL cluster; move it away"
                )
            initialise(where, with_, who, self.address().password)
        owner = files.stat().st_uid
        if owner != who.uid:
            raise DatabaseTrouble(
                f"{files} belongs to {owner_name(owner)}, but the server would run as {who.name}: "
                "run as the account that made it"
            )
        if where.binaries != str(with_.folder):
            replace(where, binaries=str(with_.folder)).remember()
        length = log.stat().st_size if log.exists() else 0
        lock = opened(self._lock(where, "server"))
        try:
            if not taken(lock):
                return length
            # Somebody's wish that an earlier server should run on ended with that server.
            self._lock(where, "kept").unlink(missing_ok=True)
            self._child = launch(where, with_, who, lock=lock, durable=self._durable)
        finally:
            os.close(lock)
        return length

    def _stop(self, where: Place) -> bool:
        """End the server: first so that it finishes in order, then so that it recovers at its next start."""
        for how, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS)):
            if not self.running():
                return how is not signal.SIGINT
            if pid := self.pid():
                try:
                    os.kill(pid, how)
                except PermissionError as error:
                    raise DatabaseTrouble(f"the server (process {pid}) belongs to another account") from error
                except ProcessLookupError:
                    pass
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not self.running():
                    return True
                time.sleep(0.02)
        raise DatabaseTrouble(f"the server on {where.files} does not stop; see {self.data}/postgres.log")

    def _give_up_lease(self) -> None:
        if self._lease >= 0:
            os.close(self._lease)
            self._lease = -1

    @staticmethod
    def _lock(where: Place, what: str) -> Path:
        return Path(where.files).parent / f"postgres.{what}"


def _answers(address: Address, where: Place) -> bool:
    """Does the server let the administrator in? Not yet is no; never is an error."""
    try:
        psycopg.connect(address.conninfo()).close()
    except psycopg.OperationalError as error:
        said = str(error).lower()
        if "password authentication failed" in said:
            raise DatabaseTrouble(
                f"the secret database-admin in {where.data}/secrets does not open the database in {where.files}: "
                "restore the secrets that belong to it"
            ) from error
        if "permission denied" in said:
            raise DatabaseTrouble(f"the socket in {where.socket} belongs to another account") from error
        return False
    return True
