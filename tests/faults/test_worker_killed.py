"""A worker killed between the effect and the commit: the duty is owed still, and then done once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.conf import settings

from evenhand.gate import demo
from evenhand.operations import duties, worker
from evenhand.outside.notify import NotSent
from tests.faults.attacks import admin
from tests.faults.killing import killed_in
from tests.world import World

# A real worker that stops dead inside a duty, after its effect was written and before anything was committed.
STUCK = """
from evenhand.operations import duties, worker
real = duties._perform
def perform(duty, moment):
    real(duty, moment)
    print("written", flush=True)
    time.sleep(60)
duties._perform = perform
worker.work()
"""


def owed() -> list[tuple[object, ...]]:
    return admin("select id from duty where done_at is null and kind <> 'mail'")


def work_off() -> None:
    with demo.as_worker():
        while worker.work():
            pass


def test_a_worker_killed_in_the_middle_leaves_the_duty_owed_and_it_is_done_once(world: World):
    work_off()
    done = world.refer()
    before = len(owed())
    assert before
    # Its session ends with it; nothing that it wrote is there.
    killed_in(STUCK, at="written")
    assert len(owed()) == before
    assert admin("select count(*) from task where case_id = %s", [done.case_id]) == [(0,)]
    work_off()
    assert not owed()
    tasks = admin("select label from task where case_id = %s", [done.case_id])
    assert ("Screen the report",) in tasks
    assert len(tasks) == len(set(tasks))
    told = admin("select practitioner_id, text from notice where case_id = %s", [done.case_id])
    assert len(told) == len(set(told)) >= len(tasks)


def test_a_letter_waits_for_the_mail_server_longer_each_time_and_the_act_stands(world: World, monkeypatch):
    sent: list[tuple[object, ...]] = []
    away = True

    def send(to: str, subject: str, text: str, *, number: object = None) -> str:
        if away:
            raise NotSent("the mail server did not take the message")
        sent.append((to, number))
        return "mail"

    monkeypatch.setattr(duties, "send", send)
    done = world.refer()
    work_off()
    assert admin("select place from case_file where id = %s", [done.case_id]) == [("received",)]
    letters = "select d.id, d.due_at, d.tries from duty d where kind = 'mail' and done_at is null and contents->>'to' = %s"
    address = world.people["gateway_officer@force"].email
    pauses = []
    for tries in range(1, 5):
        number, due, tried = admin(letters, [address])[0]
        assert tried == tries
        pauses.append(due - admin("select now()")[0][0])
        admin("update duty set due_at = now() - interval '1 second' where id = %s", [number])
        work_off()
    assert pauses == sorted(pauses)
    assert pauses[-1] > timedelta(seconds=10)
    admin("update duty set tries = 40, due_at = now() where id = %s", [number])
    work_off()
    due = admin("select due_at - now() from duty where id = %s", [number])[0][0]
    assert timedelta(minutes=50) < due <= timedelta(hours=1)
    away = False
    admin("update duty set due_at = now() where id = %s", [number])
    work_off()
    assert (address, number) in sent
    assert not admin(letters, [address])
    assert [n for _, n in sent].count(number) == 1


def test_a_letter_that_may_have_gone_is_known_again(world: World):
    from email import message_from_bytes
    from uuid import uuid4

    from evenhand.outside.notify import send

    number = uuid4()
    send("a@example.org", "x", "y", number=number)
    send("a@example.org", "x", "y", number=number)
    kept = list(Path(settings.MAIL_FOLDER).glob(f"{number}*"))
    assert len(kept) == 1
    assert str(number) in message_from_bytes(kept[0].read_bytes())["Message-ID"]
