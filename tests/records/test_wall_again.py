"""A new version's wall reaches a database that has an older one: whole, without losing anything, while people act."""

from __future__ import annotations

import subprocess
import threading

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from evenhand.operations.database import Cluster, addresses
from evenhand.operations.database.binaries import binaries
from evenhand.operations.database.migrating import bring_wall_up_to_date, sign_in_tables
from evenhand.records.wall import again
from tests.world import raw


def schema() -> str:
    """What the whole schema is, as PostgreSQL itself writes it out."""
    import os
    from pathlib import Path

    admin = Cluster(Path(settings.DATA)).address().named(addresses(os.environ).app.dbname)
    programs = binaries(Path(Cluster(Path(settings.DATA)).place.files), "", os.environ)
    dumped = subprocess.run(
        [programs.program("pg_dump"), "--schema-only", "--restrict-key=same", f"--dbname={admin.conninfo()}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if dumped.returncode:  # an older pg_dump knows no --restrict-key
        dumped = subprocess.run(
            [programs.program("pg_dump"), "--schema-only", f"--dbname={admin.conninfo()}"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    return "\n".join(line for line in dumped.stdout.splitlines() if "restrict" not in line)


def raise_it() -> None:
    again.raise_again(connections["admin"], sign_in_tables=sign_in_tables())


def why() -> str:
    with connections["admin"].cursor() as cursor:
        return again.why_raise(cursor.connection)


def test_raised_twice_it_is_the_same_wall_with_everything_in_it(world):
    done = world.refer()
    before = schema()
    held = raw("select token_hash from wall.session order by 1", alias="admin")
    key = raw("select inner_pad from wall.key", alias="admin")
    raise_it()
    assert schema() == before, (
        "a statement of records/wall/*.sql cannot be run twice: see records/wall/again.py"
    )
    assert raw("select token_hash from wall.session order by 1", alias="admin") == held
    assert raw("select inner_pad from wall.key", alias="admin") == key
    world.take(
        done.case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."}
    )
    assert not bring_wall_up_to_date(connections["admin"])


@pytest.mark.parametrize(
    "change",
    [
        "grant select on decision to evenhand_signin",
        "drop policy see on note",
        "create policy wide on note for select to evenhand_app using (true)",
        "alter table note no force row level security",
        "alter table ledger_entry disable trigger no_change",
        "grant execute on function wall.enter_house() to evenhand_app",
        "create or replace function wall.holds(r text) returns boolean language sql stable security definer as 'select true'",
    ],
)
def test_whatever_was_changed_by_hand_is_noticed_and_put_back(database, change):
    before = schema()
    raw(change, alias="admin")
    assert why()
    assert bring_wall_up_to_date(connections["admin"])
    assert why() == ""
    assert schema() == before


def test_another_versions_wall_is_replaced(database):
    raw("update wall.raised set fingerprint = 'another'", alias="admin")
    assert why() == "another version raised it"
    assert bring_wall_up_to_date(connections["admin"])
    assert why() == ""


def test_it_waits_for_who_acts_and_they_wait_for_it(world):
    done = world.refer()
    started, go_on, failed = threading.Event(), threading.Event(), []

    def act() -> None:
        try:
            with world.enter("gateway_officer@force"):
                raw("update case_file set place = place where id = %s", [done.case_id], alias="admin")
                raw("select 1 from decision limit 1")
                started.set()
                go_on.wait(10)
                raw("select 1 from note limit 1")
        except Exception as error:  # whatever goes wrong for somebody who acts is what the test is about
            failed.append(error)
            started.set()
        finally:
            connections.close_all()

    thread = threading.Thread(target=act)
    thread.start()
    assert started.wait(10)
    timer = threading.Timer(1.2, go_on.set)
    timer.start()
    raise_it()
    thread.join()
    assert not failed
    assert go_on.is_set()


def test_tables_that_stay_in_use_are_told_of_and_nothing_is_changed(database, monkeypatch):
    monkeypatch.setattr(again, "TRIES", 1)
    before = schema()
    admin = connections["admin"].get_connection_params()
    with psycopg.connect(**{k: admin[k] for k in ("host", "port", "dbname", "user", "password")}) as other:
        other.execute("lock table note in access share mode")
        with pytest.raises(again.WallBusy, match="stop web and worker"):
            raise_it()
    assert schema() == before
