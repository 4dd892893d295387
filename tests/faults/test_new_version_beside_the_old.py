"""A web process told to end takes nothing new, finishes what it has in hand, and loses no act while the next one serves."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
from django.conf import settings

from evenhand.gate.entry import open_session
from evenhand.operations.database import Cluster, addresses
from tests.faults.attacks import admin
from tests.operations.backup.test_after_a_restore import free_port
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
IN_HAND = 2


@contextmanager
def web() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A real web process over the tests' database, ready."""
    number = free_port()
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    process = subprocess.Popen(
        [sys.executable, "-m", "evenhand.cli.main", "serve", "--workers", "1"],
        env=environ | {"PYTHONPATH": str(ROOT / "src"), "EVENHAND_DATA": str(settings.DATA), "EVENHAND_MODE": "demo",
                       "EVENHAND_PORT": str(number), "EVENHAND_PROCESS": ""},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while not answers(number):
            assert process.poll() is None, f"ended with {process.returncode}"
            assert time.monotonic() < end
            time.sleep(0.1)
        yield process, number
    finally:
        # Killed alone, it would leave the process that serves behind, and that one goes on for ever.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@dataclass
class Partner:
    """A partner's system: sends each concern until it is acknowledged, under one number, to whichever process serves."""

    tokens: list[str]
    area: str
    port: int
    acknowledged: dict[str, str] = field(default_factory=dict)
    cut_off: list[str] = field(default_factory=list)
    refused: int = 0
    told: threading.Condition = field(default_factory=threading.Condition)

    def send(self, once: str, port: int, session: int = 0) -> bool:
        body = {"answers": {"danger": "no", "what_happened": "Something.", "why_now": "Now.", "names": "Sami Example",
                            "born": "2009-05-04", "sector": "education"}, "area": self.area, "reason": "I am worried.", "once": once}  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.connect()
        except OSError:
            self.refused += 1  # never taken in: the sender knows that nothing was done
            return False
        try:
            connection.request(
                "POST", "/api/v1/referrals", json.dumps(body),
                {"Authorization": f"Bearer {self.tokens[session]}", "Content-Type": "application/json", "Connection": "close"},
            )  # fmt: skip
            answer = connection.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.cut_off.append(repr(error))
            return False
        finally:
            connection.close()
        if answer.status == 503:
            return False  # "nothing was written; try again"
        assert answer.status == 201, told
        with self.told:
            self.acknowledged[once] = told["reference"]
            self.told.notify_all()
        return True

    def work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            once = str(uuid4())
            while not self.send(once, self.port):
                stop.wait(0.05)


def held_up() -> psycopg.Connection:
    """Hold every act up where it would write its line, so that requests are in hand for as long as the test wants."""
    address = Cluster(Path(settings.DATA), durable=False).ensure().named(addresses(os.environ).app.dbname)
    session = psycopg.connect(address.as_itself().conninfo())
    session.execute("lock table ledger_epoch in access exclusive mode")
    return session


def wait_for(waiting: int) -> None:
    """Wait until so many acts wait, for the lock or for one that waits for it.

    Asked outside the transaction that holds the lock: within one the server lists the sessions that it listed first.
    """
    end = time.monotonic() + 60
    many = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename = 'evenhand_app'"
    server = Cluster(Path(settings.DATA), durable=False).address()
    with psycopg.connect(server.conninfo(), autocommit=True) as other:
        while other.execute(many).fetchone()[0] < waiting:  # type: ignore[index]  # a count is always there
            assert time.monotonic() < end
            time.sleep(0.05)


def test_an_old_process_ends_in_order_while_the_new_one_serves(world: World):
    # A session each: what one session does at once is done one after another.
    tokens = [open_session(world.people["safeguarding_lead@school"].id) for _ in range(1 + IN_HAND)]
    partner = Partner(tokens, world.areas["town"].code, 0)
    before = admin("select count(*) from case_file")[0][0]
    with ExitStack() as both:
        blue, partner.port = both.enter_context(web())
        stop = threading.Event()
        sender = threading.Thread(target=partner.work, args=(stop,))
        sender.start()
        _, green = both.enter_context(web())  # the new version comes up beside the old one
        old, partner.port = partner.port, green
        lock = held_up()
        in_hand = [
            threading.Thread(target=partner.send, args=(str(uuid4()), old, 1 + i)) for i in range(IN_HAND)
        ]
        for one in in_hand:
            one.start()
        wait_for(1 + IN_HAND)  # the sender's own act on the new process waits too
        blue.terminate()
        end = time.monotonic() + 10
        while answers_at_all(old):
            assert time.monotonic() < end, "it goes on taking requests"
            time.sleep(0.05)
        assert blue.poll() is None, "it ended with requests in hand"
        lock.rollback()
        lock.close()
        for one in in_hand:
            one.join(30)
        assert blue.wait(20) == 0
        so_far = len(partner.acknowledged)
        with partner.told:
            partner.told.wait_for(lambda: len(partner.acknowledged) >= so_far + 3, timeout=20)
        stop.set()
        sender.join(30)
    assert not partner.cut_off
    assert len(partner.acknowledged) >= IN_HAND + 3
    kept = {row[0] for row in admin("select reference from case_file")}
    assert set(partner.acknowledged.values()) <= kept
    assert len(set(partner.acknowledged.values())) == len(partner.acknowledged)
    assert admin("select count(*) from case_file")[0][0] == before + len(partner.acknowledged)


def answers_at_all(port: int) -> bool:
    """Say whether anybody takes a connection there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True
